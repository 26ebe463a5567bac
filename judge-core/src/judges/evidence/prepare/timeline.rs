//! Both sides of a metric on one time axis.

use crate::clean::Cleaned;
use crate::config::{MetricConfig, NanStrategy, Outliers};
use crate::judges::evidence::parameters as p;
use crate::order;
use crate::series::{Clock, Series};

/// How the times of the two sides relate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Times {
    /// Nothing is known that would pair points.
    #[default]
    Unknown,
    /// Points with the same index were taken at the same time, and both sides have equally many.
    Same,
    /// The canary's window follows the baseline's: one series with a break.
    After,
}

/// The points of both sides in time order, NaN for a gap.
///
/// Values are in units of a power of two near the largest of them, so that no square overflows or
/// vanishes, whatever the metric's own unit is.
#[derive(Debug, Default)]
pub(crate) struct PairTimeline {
    pub(crate) canary: Vec<f64>,
    pub(crate) baseline: Vec<f64>,
    pub(crate) times: Times,
    /// The canary's points, ascending.
    pub(crate) sorted_canary: Vec<f64>,
    /// The baseline's points, ascending.
    pub(crate) sorted_baseline: Vec<f64>,
    /// The unit is 2 to this power.
    exponent: i32,
    /// Factor by which the canary's points may vary more than the baseline's because they are measured from
    /// fewer requests; 1 if that is not so, or not known.
    pub(crate) noise_factor: f64,
}

impl PairTimeline {
    /// Reads both sides and aligns them. Outliers become gaps if the config removes them. Outliers of a sparse
    /// metric stay: on the side with few events, every event would be an outlier.
    pub(crate) fn refill(
        &mut self,
        canary: (&Series, &Cleaned),
        baseline: (&Series, &Cleaned),
        config: &MetricConfig,
        warm_up: usize,
    ) {
        let removes = removes_outliers(config, canary.0, baseline.0);
        lay(&mut self.canary, canary.0, canary.1, config, removes);
        lay(&mut self.baseline, baseline.0, baseline.1, config, removes);
        self.noise_factor = 1.0;
        self.align(canary.0.clock, baseline.0.clock);
        for side in [&mut self.canary, &mut self.baseline] {
            side.drain(..warm_up.min(side.len()));
        }
        bound_infinite([&mut self.canary, &mut self.baseline]);
        self.choose_unit();
        let scale = self.in_unit(1.0);
        let sort = |sorted: &mut Vec<f64>, side: &[f64], cleaned: &Cleaned| {
            let finite = cleaned.sorted.iter().filter(|v| v.is_finite());
            sorted.clear();
            sorted.extend(finite.map(|v| v * scale));
            if warm_up > 0 || sorted.len() != count(side) {
                sort_points(sorted, side);
            }
        };
        sort(&mut self.sorted_canary, &self.canary, canary.1);
        sort(&mut self.sorted_baseline, &self.baseline, baseline.1);
    }

    /// Two windows from different times, in the unit that they already have.
    pub(crate) fn from_windows(canary: &[f64], baseline: &[f64]) -> Self {
        let times = if canary.len() == baseline.len() { Times::Same } else { Times::Unknown };
        let (canary, baseline) = (canary.to_vec(), baseline.to_vec());
        let mut timeline = Self { canary, baseline, times, noise_factor: 1.0, ..Self::default() };
        sort_points(&mut timeline.sorted_canary, &timeline.canary);
        sort_points(&mut timeline.sorted_baseline, &timeline.baseline);
        timeline
    }

    /// The points that are not 0; the others become gaps.
    pub(crate) fn without_zeros(&self) -> Self {
        let gaps = |side: &[f64]| -> Vec<f64> {
            side.iter().map(|&value| if value == 0.0 { f64::NAN } else { value }).collect()
        };
        let points = |sorted: &[f64]| sorted.iter().copied().filter(|v| *v != 0.0).collect();
        Self {
            canary: gaps(&self.canary),
            baseline: gaps(&self.baseline),
            sorted_canary: points(&self.sorted_canary),
            sorted_baseline: points(&self.sorted_baseline),
            ..*self
        }
    }

    fn align(&mut self, canary: Option<Clock>, baseline: Option<Clock>) {
        let overlap = |late: usize, long: usize| late < long && 2 * (long - late) > long;
        let late = canary.zip(baseline).and_then(|(canary, baseline)| offset(canary, baseline));
        self.times = match late.map(|late| (late >= 0, late.unsigned_abs())) {
            Some((_, 0)) => Times::Same,
            // The side that started later gets gaps at its start.
            Some((true, late)) if overlap(late, self.baseline.len()) => {
                pad(&mut self.canary, late);
                Times::Same
            }
            Some((false, late)) if overlap(late, self.canary.len()) => {
                pad(&mut self.baseline, late);
                Times::Same
            }
            // With a longer gap the windows are of two different days, for example: then points with the same
            // index share their time of day.
            Some((true, late))
                if (self.baseline.len()..=2 * self.baseline.len()).contains(&late) =>
            {
                Times::After
            }
            _ if self.canary.len() == self.baseline.len() => Times::Same,
            _ => Times::Unknown,
        };
        if self.times == Times::Same {
            let longer = self.canary.len().max(self.baseline.len());
            self.canary.resize(longer, f64::NAN);
            self.baseline.resize(longer, f64::NAN);
        }
    }

    /// Scales the canary's points, so that both sides have the same exposure.
    pub(crate) fn scale_canary(&mut self, factor: f64) {
        for value in self.canary.iter_mut().chain(&mut self.sorted_canary) {
            *value *= factor;
        }
    }

    /// Allows the canary's points to vary `factor` times as much as the baseline's; a factor below 1 counts as
    /// 1.
    pub(crate) fn let_canary_vary(&mut self, factor: f64) {
        // f64::max leaves NaN out.
        let extra_variance = (factor * factor - 1.0).max(0.0);
        self.noise_factor = (1.0 + extra_variance).sqrt();
    }

    /// Index after the first `points` points of the canary; if `paired`, only times at which both sides have a
    /// point count.
    pub(crate) fn index_behind(&self, points: usize, paired: bool) -> usize {
        let present = |index: usize, value: f64| {
            !(value.is_nan() || paired && self.baseline.get(index).is_none_or(|v| v.is_nan()))
        };
        let canary = self.canary.iter().enumerate();
        let present = canary.filter(|(index, value)| present(*index, **value));
        present.map(|(index, _)| index + 1).nth(points.saturating_sub(1)).unwrap_or(0)
    }

    /// Number of points from `start` on, on the side that has fewer.
    pub(crate) fn fewest_from(&self, start: usize) -> usize {
        let from = if self.times == Times::Same { start } else { 0 };
        let points = |side: &[f64], from| side.get(from..).map_or(0, count);
        points(&self.canary, start).min(points(&self.baseline, from))
    }

    fn choose_unit(&mut self) {
        let all = self.canary.iter().chain(&self.baseline);
        // f64::max leaves NaN out.
        let largest = all.fold(0.0_f64, |largest, value| largest.max(value.abs()));
        // Beyond that, the unit or its inverse would not be a normal double.
        self.exponent = libm::frexp(largest).1.clamp(-1020, 1020);
        let scale = self.in_unit(1.0);
        for value in self.canary.iter_mut().chain(&mut self.baseline) {
            *value *= scale;
        }
    }

    pub(crate) fn exponent(&self) -> i32 {
        self.exponent
    }

    /// Converts a value from the metric's unit to the timeline's.
    pub(crate) fn in_unit(&self, value: f64) -> f64 {
        libm::ldexp(value, -self.exponent)
    }

    /// Fills an empty side with zeros, for metrics in which no point means no event.
    pub(crate) fn fill_silence(&mut self) {
        let (canary, baseline) = (self.canary.len(), self.baseline.len());
        match (canary, baseline) {
            (0, points) if points > 0 => self.canary.resize(points, 0.0),
            (points, 0) if points > 0 => self.baseline.resize(points, 0.0),
            _ => return,
        }
        self.times = Times::Same;
        sort_points(&mut self.sorted_canary, &self.canary);
        sort_points(&mut self.sorted_baseline, &self.baseline);
    }
}

/// Whether outliers of `series` are removed; never for a sparse metric. `baseline` shows whether it is sparse.
pub(crate) fn removes_outliers(config: &MetricConfig, series: &Series, baseline: &Series) -> bool {
    matches!(config.outliers, Outliers::Remove(_)) && !are_sparse(&series.values, &baseline.values)
}

/// Whether at least half of the baseline's points are 0, and no point of either side is below. Gaps do not
/// count.
pub(crate) fn are_sparse(x: &[f64], y: &[f64]) -> bool {
    let points = y.iter().filter(|v| !v.is_nan()).count();
    let zeros = y.iter().filter(|v| **v == 0.0).count();
    points > 0 && 2 * zeros >= points && !x.iter().chain(y).any(|v| *v < 0.0)
}

/// Number of points that are no gaps.
pub(crate) fn count(side: &[f64]) -> usize {
    side.iter().filter(|v| !v.is_nan()).count()
}

/// Fills `sorted` with the points of `side`, ascending.
pub(crate) fn sort_points(sorted: &mut Vec<f64>, side: &[f64]) {
    sorted.clear();
    sorted.extend(side.iter().copied().filter(|v| !v.is_nan()));
    order::sort(sorted);
}

/// Replaces infinite values by one far beyond all finite values of `sides`; by gaps if there is none.
pub(super) fn bound_infinite<const SIDES: usize>(sides: [&mut Vec<f64>; SIDES]) {
    let finite = || sides.iter().flat_map(|side| side.iter()).copied().filter(|v| v.is_finite());
    if sides.iter().all(|side| !side.iter().any(|v| v.is_infinite())) {
        return;
    }
    // f64::min and f64::max leave NaN out.
    let (least, largest) = (finite().fold(f64::NAN, f64::min), finite().fold(f64::NAN, f64::max));
    let size = (largest - least).max(largest.abs()).max(least.abs());
    let far = p::INFINITE * if size > 0.0 { size } else { 1.0 };
    let [below, above] = if least.is_nan() {
        [f64::NAN; 2]
    } else {
        [(least - far).max(-f64::MAX), (largest + far).min(f64::MAX)]
    };
    for value in sides.into_iter().flatten().filter(|value| value.is_infinite()) {
        *value = if *value > 0.0 { above } else { below };
    }
}

/// Fills `side` with the points of one series.
pub(super) fn lay(
    side: &mut Vec<f64>,
    series: &Series,
    cleaned: &Cleaned,
    config: &MetricConfig,
    removes: bool,
) {
    let fill = match config.nan_strategy {
        NanStrategy::Remove => f64::NAN,
        NanStrategy::Replace => 0.0,
    };
    let (low, high) = match (removes, cleaned.sorted.first(), cleaned.sorted.last()) {
        (true, Some(&low), Some(&high)) => (low, high),
        _ => (f64::NEG_INFINITY, f64::INFINITY),
    };
    side.clear();
    side.extend(series.values.iter().map(|&value| {
        let value = if value.is_nan() { fill } else { value };
        if low <= value && value <= high { value } else { f64::NAN }
    }));
}

fn pad(side: &mut Vec<f64>, by: usize) {
    side.splice(0..0, std::iter::repeat_n(f64::NAN, by));
}

/// Number of steps by which the canary's series starts later, if both clocks have the same step and the number
/// is whole.
fn offset(canary: Clock, baseline: Clock) -> Option<isize> {
    if canary.step_millis() != baseline.step_millis() {
        return None;
    }
    let step = i128::from(canary.step_millis());
    let late = i128::from(canary.start_millis()) - i128::from(baseline.start_millis());
    if step == 0 || late % step != 0 { None } else { isize::try_from(late / step).ok() }
}
