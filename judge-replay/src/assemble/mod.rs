//! Puts the rows of one release on a grid, as series.

mod buckets;
mod grid;
mod rows;
mod sorted;

use std::collections::BTreeSet;

use judge_core::judgement::Side;

pub use buckets::{Buckets, MOST_IGNORED, SeriesIndex};
pub use rows::{PointRows, RowSource};

use crate::release::{RecordedInstance, RecordedSeries, ReleaseGrid};
use grid::{Extent, GridPlacer};

/// The series of one release on their grids.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordedRows {
    /// The times of the baseline's points.
    pub baseline: ReleaseGrid,
    /// The times of the canary's points.
    pub canary: ReleaseGrid,
    /// Baseline and canary of each needed series, in the order of the [`SeriesIndex`].
    pub series: Vec<[RecordedSeries; 2]>,
}

/// Puts releases on grids one by one, and reuses its buffers.
#[derive(Debug, Default)]
pub struct GridAssembler {
    step: Option<u64>,
    ignored: BTreeSet<String>,
    placer: GridPlacer,
}

impl GridAssembler {
    /// Creates an assembler with a step of `step` milliseconds, or with each release's own step.
    pub fn new(step: Option<u64>) -> Self {
        Self { step, ..Self::default() }
    }

    /// Returns the names of the metrics ignored since the last call.
    pub fn take_ignored(&mut self) -> BTreeSet<String> {
        std::mem::take(&mut self.ignored)
    }

    /// Assembles the release whose rows are in `buckets`.
    ///
    /// # Errors
    /// If the release cannot be judged; the error is a message for people.
    pub fn assemble(&mut self, buckets: &mut Buckets) -> Result<RecordedRows, String> {
        self.ignored.append(&mut buckets.take_ignored());
        if let Some(problem) = buckets.problem() {
            return Err(problem.to_owned());
        }
        let mut ends = [Extent::default(); 2];
        let mut smallest = None;
        let mut points = 0;
        let instances = buckets.instances_by_name();
        for &instance in &instances {
            for series in 0..buckets.series().len() {
                for side in [Side::Baseline, Side::Canary] {
                    let bucket = buckets.bucket(instance, series, side);
                    let found = sorted::sort(bucket);
                    points += bucket.times.len();
                    let found = found.map_err(|error| locate(buckets, series, side, &error))?;
                    if let Some(found) = found {
                        ends[index(side)].include(found.first, found.last);
                        smallest = smallest.into_iter().chain(found.smallest).min();
                    }
                }
            }
        }
        let [baseline, canary] = ends;
        let Some(origin) = canary.first().or(baseline.first()) else {
            return Err("no row has a metric of the config".to_owned());
        };
        let step = self.step.or(smallest).unwrap_or(LONE_POINT_STEP);
        let grid = |ends: Extent| ends.grid(origin, step);
        let (baseline, canary) = (grid(baseline), grid(canary));
        let series = buckets.series().len() * buckets.instances().len();
        grid::check_size([baseline, canary], series, points, step)?;
        let mut recorded: Vec<[RecordedSeries; 2]> = Vec::new();
        recorded.resize_with(buckets.series().len(), Default::default);
        for (number, both) in recorded.iter_mut().enumerate() {
            for (side, grid) in [(Side::Baseline, baseline), (Side::Canary, canary)] {
                both[index(side)] = self.side(buckets, &instances, number, side, grid)?;
            }
        }
        Ok(RecordedRows { baseline, canary, series: recorded })
    }

    /// Puts one side of one series on its grid.
    fn side(
        &mut self,
        buckets: &mut Buckets,
        order: &[usize],
        series: usize,
        side: Side,
        grid: ReleaseGrid,
    ) -> Result<RecordedSeries, String> {
        let exact = self.step.is_none();
        let mut instances = Vec::new();
        for &number in order {
            let bucket = buckets.bucket(number, series, side);
            if bucket.times.is_empty() {
                continue;
            }
            let values = self
                .placer
                .place(bucket, grid, exact)
                .map_err(|error| locate(buckets, series, side, &error))?;
            instances.push(RecordedInstance { name: buckets.instances()[number].clone(), values });
        }
        Ok(match instances.as_mut_slice() {
            [] => RecordedSeries::default(),
            [only] if only.name.is_empty() => {
                RecordedSeries::from(std::mem::take(&mut only.values))
            }
            [only] => RecordedSeries { values: only.values.clone(), instances },
            several => RecordedSeries { values: mean(several, grid.points), instances },
        })
    }
}

/// The step if no series has two points: a minute, Kayenta's default.
const LONE_POINT_STEP: u64 = 60_000;

fn index(side: Side) -> usize {
    match side {
        Side::Baseline => 0,
        Side::Canary => 1,
    }
}

/// Adds the metric and the side to `problem`.
fn locate(buckets: &Buckets, series: usize, side: Side, problem: &str) -> String {
    format!("metric {:?}, {}: {problem}", buckets.series()[series], side.name())
}

/// The mean, at each time, over the instances that have a point at that time.
fn mean(instances: &[RecordedInstance], points: usize) -> Vec<f64> {
    let at = |point: usize| {
        let there =
            || instances.iter().map(|instance| instance.values[point]).filter(|v| !v.is_nan());
        there().sum::<f64>() / there().count() as f64
    };
    (0..points).map(at).collect()
}

#[cfg(test)]
mod tests;
