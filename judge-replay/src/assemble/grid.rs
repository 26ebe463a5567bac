//! Puts the points of a series on a grid.

use judge_points::time;

use super::buckets::Bucket;
use crate::release::ReleaseGrid;
use judge_core::stage::show_length;

/// The first and the last time of a side.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Extent(Option<(i64, i64)>);

impl Extent {
    pub(super) fn include(&mut self, first: i64, last: i64) {
        self.0 = Some(match self.0 {
            None => (first, last),
            Some((earliest, latest)) => (earliest.min(first), latest.max(last)),
        });
    }

    pub(super) fn first(self) -> Option<i64> {
        self.0.map(|(first, _)| first)
    }

    /// Builds the grid through `origin` from the first to the last time.
    pub(super) fn grid(self, origin: i64, step_millis: u64) -> ReleaseGrid {
        let step = i64::try_from(step_millis).unwrap_or(i64::MAX);
        let Some((first, last)) = self.0 else {
            return ReleaseGrid { start_millis: origin, step_millis, points: 0 };
        };
        let slot = |time: i64| time.saturating_sub(origin).div_euclid(step);
        let (first, last) = (slot(first), slot(last));
        let points = usize::try_from(last - first + 1).unwrap_or(usize::MAX);
        let start_millis = origin.saturating_add(first.saturating_mul(step));
        ReleaseGrid { start_millis, step_millis, points }
    }
}

/// A grid may have this many points per recorded point, ...
const POINTS_PER_POINT: usize = 4;
/// ... and this many more per release, which is 32 MiB.
const SPARE_POINTS: usize = 1 << 22;

/// Refuses grids that are almost only gaps: one wrong timestamp could exhaust the memory.
pub(super) fn check_size(
    grids: [ReleaseGrid; 2],
    series: usize,
    points: usize,
    step: u64,
) -> Result<(), String> {
    let slots = grids.iter().fold(0_usize, |sum, grid| sum.saturating_add(grid.points));
    let allowed = points.saturating_mul(POINTS_PER_POINT).saturating_add(SPARE_POINTS);
    if slots.saturating_mul(series) <= allowed {
        return Ok(());
    }
    let [baseline, canary] = grids.map(|grid| {
        let length = (grid.points as u64).saturating_mul(grid.step_millis);
        format!("{} from {}", show_length(length), time::show(grid.start_millis))
    });
    Err(format!(
        "{points} points are spread over far more steps of {}: the baseline over {baseline}, the \
         canary over {canary}; look for a wrong timestamp, or lengthen the step",
        show_length(step)
    ))
}

/// Puts series on a grid, and reuses its buffer.
#[derive(Debug, Default)]
pub(super) struct GridPlacer {
    counts: Vec<u32>,
}

impl GridPlacer {
    /// Puts the points of `bucket`, in ascending order of time, on `grid`. Averages points of one step. With `exact`,
    /// the times must be whole steps apart.
    pub(super) fn place(
        &mut self,
        bucket: &Bucket,
        grid: ReleaseGrid,
        exact: bool,
    ) -> Result<Vec<f64>, String> {
        let step = i64::try_from(grid.step_millis).unwrap_or(i64::MAX);
        let mut values = vec![f64::NAN; grid.points];
        let Some(&first) = bucket.times.first() else {
            return Ok(values);
        };
        self.counts.clear();
        let mut last = first;
        let mut slot = usize::try_from((first - grid.start_millis).div_euclid(step)).unwrap_or(0);
        for (index, (&time, &value)) in bucket.times.iter().zip(&bucket.values).enumerate() {
            // Usually the next point is one step later, which needs no division.
            if time == last + step {
                slot += 1;
            } else if index > 0 {
                let since = time - grid.start_millis;
                slot = usize::try_from(since.div_euclid(step)).unwrap_or(usize::MAX);
                if exact && (time - first) % step != 0 {
                    return Err(irregular(first, time, grid.step_millis));
                }
            }
            last = time;
            let Some(place) = values.get_mut(slot) else {
                return Err(format!("{} is outside of the grid", time::show(time)));
            };
            if exact || place.is_nan() {
                *place = value;
            } else if !value.is_nan() {
                self.add_to_mean(slot, place, value);
            }
        }
        Ok(values)
    }

    /// Adds `value` to the mean in `place`, the value of `slot`.
    fn add_to_mean(&mut self, slot: usize, place: &mut f64, value: f64) {
        if self.counts.len() <= slot {
            self.counts.resize(slot + 1, 1);
        }
        self.counts[slot] += 1;
        let count = f64::from(self.counts[slot]);
        *place += (value - *place) / count;
    }
}

fn irregular(first: i64, time: i64, step: u64) -> String {
    format!(
        "its points are not a regular {} apart: there is one at {} and one at {}; give the \
         step, such as 1m, and each is put where it falls",
        show_length(step),
        time::show(first),
        time::show(time)
    )
}
