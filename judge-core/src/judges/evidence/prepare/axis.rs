//! The coordinates in which a metric is judged: turned so that harm is up, and logarithms where these
//! behave as the theory of the tests wants it.
//!
//! Latencies, sizes and rates are often multiplicative: noise, load and allowances are shares of the
//! level, so their logarithms add. The baseline alone decides which it is (Box and Cox 1964, λ = 0
//! against λ = 1): were the canary asked, too, more harm could change the coordinates and so be missed.

use crate::judgement::Change;
use crate::judges::evidence::parameters as p;
use crate::math;
use crate::stats::median;

use super::timeline::Timeline;

/// Maps values of a timeline to coordinates, and shifts of coordinates back.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Axis {
    logs: bool,
    /// 1 where an increase is harm, −1 where a decrease is.
    sign: f64,
    /// Size of the baseline's median, in the timeline's unit.
    level: f64,
    /// The timeline's unit is 2 to this power.
    exponent: i32,
}

impl Axis {
    pub(crate) fn new(logs: bool, change: Change, timeline: &Timeline) -> Self {
        let sign = match change {
            Change::Increase => 1.0,
            Change::Decrease => -1.0,
        };
        let level = median(&timeline.sorted_baseline).abs();
        Self { logs, sign, level, exponent: timeline.exponent() }
    }

    /// Whether harm of `change` is up.
    pub(crate) fn is_of(&self, change: Change) -> bool {
        (self.sign > 0.0) == (change == Change::Increase)
    }

    /// The same with harm turned round.
    pub(crate) fn turned(self) -> Self {
        Self { sign: -self.sign, ..self }
    }

    pub(crate) fn sign(&self) -> f64 {
        self.sign
    }

    pub(crate) fn is_logarithmic(&self) -> bool {
        self.logs
    }

    /// Size of the baseline's median, in the timeline's unit.
    pub(crate) fn level(&self) -> f64 {
        self.level
    }

    /// The coordinate of a value.
    pub(crate) fn coordinate(&self, value: f64) -> f64 {
        self.sign * if self.logs { math::ln(value) } else { value }
    }

    /// How much a shift of coordinates is in the timeline's unit, at the baseline's level; harm is above 0.
    pub(crate) fn size(&self, shift: f64) -> f64 {
        if self.logs { self.level * self.sign * math::exp_m1(self.sign * shift) } else { shift }
    }

    /// A shift of coordinates in the metric's own sense and unit.
    pub(crate) fn in_metric(&self, shift: f64) -> f64 {
        libm::ldexp(self.sign * self.size(shift), self.exponent)
    }

    /// The shift of which [`Axis::size`] makes `size`; infinite where no shift is that large.
    pub(crate) fn shift(&self, size: f64) -> f64 {
        if !self.logs {
            return size;
        }
        let share = self.sign * size / self.level;
        if share > -1.0 { self.sign * math::ln_1p(share) } else { f64::INFINITY }
    }

    /// A coordinate of the baseline with the allowed share on top.
    pub(crate) fn allow(&self, coordinate: f64, share: f64) -> f64 {
        if share == 0.0 {
            coordinate
        } else if self.logs {
            coordinate + self.shift(share.min(1.0 - 1e-9) * self.level)
        } else {
            coordinate + share * coordinate.abs()
        }
    }

    /// Exponent of the power with which points far out get rarer, at least: 3, no heavier than what
    /// still has a variance, and about as heavy as request latencies get; a lognormal's where that is
    /// less, two standard deviations out.
    pub(crate) fn tail_exponent(&self, deviation: f64) -> f64 {
        if self.logs { (2.0 / deviation).min(p::TAIL_EXPONENT) } else { p::TAIL_EXPONENT }
    }
}

/// Whether logarithms of the baseline are clearly nearer to normal than its values; they are kept in `timeline`.
pub(crate) fn prefers_logarithms(timeline: &mut Timeline) -> bool {
    let Timeline { sorted_canary, sorted_baseline, sorted_logs, .. } = timeline;
    let positive = |sorted: &[f64]| sorted.first().is_some_and(|least| *least > 0.0);
    positive(sorted_baseline)
        && positive(sorted_canary)
        && gain_of_logarithms(sorted_baseline, sorted_logs) > p::LOGARITHMS_GAIN
}

/// Logarithm of how much likelier a normal distribution of logarithms is than one of the values.
fn gain_of_logarithms(sorted: &[f64], logs: &mut Vec<f64>) -> f64 {
    let n = sorted.len() as f64;
    let mean = sorted.iter().sum::<f64>() / n;
    let variance = sorted.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / n;
    if variance <= p::SMALL_NOISE * p::SMALL_NOISE * mean * mean {
        return 0.0;
    }
    logs.clear();
    logs.extend(sorted.iter().map(|value| math::ln(*value)));
    let first = logs.first().copied().unwrap_or_default();
    let (mut sum, mut squares) = (0.0, 0.0);
    for log in logs {
        let log = *log - first;
        sum += log;
        squares += log * log;
    }
    let of_logs = squares / n - (sum / n) * (sum / n);
    n * (0.5 * math::ln(variance / of_logs) - sum / n - first)
}
