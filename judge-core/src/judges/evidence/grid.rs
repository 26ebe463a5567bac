//! Both sides on one time axis.

use crate::clean::Cleaned;
use crate::config::{MetricConfig, NanStrategy, Outliers};
use crate::order;
use crate::series::{Clock, Series};

use super::sides::fill;

/// The points of both sides in time order, NaN where there is none. When `aligned`, points of one
/// index were taken at one time, and there are as many on either side.
///
/// Values are in units of a power of two near the largest of them, so that no square overflows or
/// vanishes, whatever the metric's own unit is.
#[derive(Debug, Default)]
pub(super) struct Grid {
    pub(super) canary: Vec<f64>,
    pub(super) baseline: Vec<f64>,
    pub(super) aligned: bool,
    /// The canary's points, ascending.
    pub(super) sorted_canary: Vec<f64>,
    /// The baseline's points, ascending.
    pub(super) sorted_baseline: Vec<f64>,
    /// Whether values are logarithms, still of multiples of the unit.
    pub(super) logs: bool,
    /// The unit is 2 to this power.
    exponent: i32,
}

impl Grid {
    /// Lays out both sides. Outliers, where they are removed, and infinities become gaps.
    pub(super) fn refill(
        &mut self,
        canary: (&Series, &Cleaned),
        baseline: (&Series, &Cleaned),
        config: &MetricConfig,
        warm_up: usize,
    ) {
        lay(&mut self.canary, canary.0, canary.1, config);
        lay(&mut self.baseline, baseline.0, baseline.1, config);
        let offset = match (canary.0.clock, baseline.0.clock) {
            (Some(canary), Some(baseline)) => offset(canary, baseline),
            _ => None,
        };
        let overlap = |late: usize, long: usize| late < long && 2 * (long - late) > long;
        match offset {
            // A canary that started later has no points at first.
            Some(late) if late > 0 && overlap(late.unsigned_abs(), self.baseline.len()) => {
                pad(&mut self.canary, late.unsigned_abs());
                self.aligned = true;
            }
            Some(late) if late < 0 && overlap(late.unsigned_abs(), self.canary.len()) => {
                pad(&mut self.baseline, late.unsigned_abs());
                self.aligned = true;
            }
            Some(0) => self.aligned = true,
            _ => self.aligned = self.canary.len() == self.baseline.len(),
        }
        if self.aligned {
            let longer = self.canary.len().max(self.baseline.len());
            self.canary.resize(longer, f64::NAN);
            self.baseline.resize(longer, f64::NAN);
        }
        for side in [&mut self.canary, &mut self.baseline] {
            side.drain(..warm_up.min(side.len()));
        }
        self.logs = false;
        self.choose_unit();
        let Scale { first, second } = Scale::to(-self.exponent);
        let sort = |sorted: &mut Vec<f64>, side: &[f64], cleaned: &Cleaned| {
            let finite = cleaned.sorted.iter().filter(|v| v.is_finite());
            fill(sorted, finite.map(|v| v * first * second));
            if warm_up > 0 || sorted.len() != points(side) {
                sort_points(sorted, side);
            }
        };
        sort(&mut self.sorted_canary, &self.canary, canary.1);
        sort(&mut self.sorted_baseline, &self.baseline, baseline.1);
    }

    /// Puts the canary's points in another proportion to the baseline's.
    pub(super) fn scale_canary(&mut self, factor: f64) {
        for value in self.canary.iter_mut().chain(&mut self.sorted_canary) {
            *value *= factor;
        }
    }

    fn choose_unit(&mut self) {
        let all = self.canary.iter().chain(&self.baseline);
        // f64::max leaves NaN out.
        let largest = all.fold(0.0_f64, |largest, value| largest.max(value.abs()));
        self.exponent = libm::frexp(largest).1;
        let Scale { first, second } = Scale::to(-self.exponent);
        for value in self.canary.iter_mut().chain(&mut self.baseline) {
            *value = *value * first * second;
        }
    }

    /// Takes logarithms where that makes the sides more normal.
    pub(super) fn take_logs_where_better(&mut self) {
        let sides = [&self.sorted_canary, &self.sorted_baseline];
        if sides.iter().any(|side| side.first().is_none_or(|&least| least <= 0.0)) {
            return;
        }
        let gain: f64 = sides.iter().map(|side| gain_of_logs(side)).sum();
        if gain <= 0.0 {
            return;
        }
        self.logs = true;
        let all = self.canary.iter_mut().chain(&mut self.baseline);
        for value in all.chain(&mut self.sorted_canary).chain(&mut self.sorted_baseline) {
            *value = value.ln();
        }
    }

    /// Canary and baseline of the times from `start` on at which both have a point, on one time axis.
    pub(super) fn pairs(&self, start: usize) -> impl Iterator<Item = (f64, f64)> {
        let sides = self.canary.iter().zip(&self.baseline).skip(start);
        sides.map(|(x, y)| (*x, *y)).filter(|(x, y)| !x.is_nan() && !y.is_nan())
    }

    /// A value of the metric's own unit in the grid's.
    pub(super) fn in_unit(&self, value: f64) -> f64 {
        libm::ldexp(value, -self.exponent)
    }

    /// A value of the grid in the metric's own unit.
    pub(super) fn out_of_unit(&self, value: f64) -> f64 {
        libm::ldexp(value, self.exponent)
    }

    /// No point means no event: an empty side then is as many zeros as the other side has points.
    pub(super) fn fill_silence(&mut self) {
        if !self.canary.is_empty() && !self.baseline.is_empty() {
            return;
        }
        let (canary, baseline) = (self.canary.len(), self.baseline.len());
        if canary == 0 {
            self.canary.resize(baseline, 0.0);
        } else if baseline == 0 {
            self.baseline.resize(canary, 0.0);
        }
        self.aligned = self.canary.len() == self.baseline.len();
        sort_points(&mut self.sorted_canary, &self.canary);
        sort_points(&mut self.sorted_baseline, &self.baseline);
    }
}

/// Noise of a smaller share of the level is as good as the same on both scales.
const ALIKE: f64 = 0.1;

/// By how much a normal distribution of logarithms is likelier than one of the values (logarithm).
fn gain_of_logs(sorted: &[f64]) -> f64 {
    let n = sorted.len() as f64;
    let mean = sorted.iter().sum::<f64>() / n;
    let variance = sorted.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n;
    if variance <= (ALIKE * mean).powi(2) {
        return 0.0;
    }
    let (mut sum, mut squares) = (0.0, 0.0);
    let first = sorted.first().map_or(0.0, |v| v.ln());
    for value in sorted {
        let log = value.ln() - first;
        sum += log;
        squares += log * log;
    }
    let of_logs = squares / n - (sum / n).powi(2);
    n * (0.5 * (variance / of_logs).ln() - sum / n - first)
}

/// A power of two as two factors, since neither 2¹⁰⁷⁴ nor its inverse is a double.
struct Scale {
    first: f64,
    second: f64,
}

impl Scale {
    fn to(exponent: i32) -> Self {
        let half = exponent / 2;
        Self { first: libm::ldexp(1.0, half), second: libm::ldexp(1.0, exponent - half) }
    }
}

/// How many points there are.
pub(super) fn points(side: &[f64]) -> usize {
    side.iter().filter(|v| !v.is_nan()).count()
}

pub(super) fn sort_points(sorted: &mut Vec<f64>, side: &[f64]) {
    fill(sorted, side.iter().copied().filter(|v| !v.is_nan()));
    order::sort(sorted);
}

fn lay(side: &mut Vec<f64>, series: &Series, cleaned: &Cleaned, config: &MetricConfig) {
    let fill = match config.nan_strategy {
        NanStrategy::Remove => f64::NAN,
        NanStrategy::Replace => 0.0,
    };
    let (low, high) = match (config.outliers, cleaned.sorted.first(), cleaned.sorted.last()) {
        (Outliers::Remove(_), Some(&low), Some(&high)) => (low, high),
        _ => (f64::NEG_INFINITY, f64::INFINITY),
    };
    side.clear();
    side.extend(series.values.iter().map(|&value| {
        let value = if value.is_nan() { fill } else { value };
        if value.is_finite() && low <= value && value <= high { value } else { f64::NAN }
    }));
}

fn pad(side: &mut Vec<f64>, by: usize) {
    side.splice(0..0, std::iter::repeat_n(f64::NAN, by));
}

/// By how many steps the canary's series starts later, if both have one step and a whole number of
/// them lies between.
fn offset(canary: Clock, baseline: Clock) -> Option<isize> {
    if canary.step_millis != baseline.step_millis {
        return None;
    }
    let step = i128::from(canary.step_millis);
    let late = i128::from(canary.start_millis) - i128::from(baseline.start_millis);
    if step == 0 || late % step != 0 { None } else { isize::try_from(late / step).ok() }
}
