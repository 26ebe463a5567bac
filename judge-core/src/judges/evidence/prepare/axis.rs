//! The coordinates in which a metric is judged: oriented so that larger is worse.
//!
//! Values stay as they are, without logarithms (`docs/evidence-judge-measured.md` has the measurement).

use crate::judgement::{Change, Interval};
use crate::stats::median;

use super::timeline::PairTimeline;

/// Maps values of a timeline to coordinates, and shifts of coordinates back.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Axis {
    /// 1 where an increase is harm, −1 where a decrease is.
    sign: f64,
    /// Size of the baseline's median, in the timeline's unit.
    baseline_size: f64,
    /// The timeline's unit is 2 to this power.
    exponent: i32,
}

impl Axis {
    pub(crate) fn new(change: Change, timeline: &PairTimeline) -> Self {
        let sign = match change {
            Change::Increase => 1.0,
            Change::Decrease => -1.0,
        };
        let baseline_size = median(&timeline.sorted_baseline).abs();
        Self { sign, baseline_size, exponent: timeline.exponent() }
    }

    /// Whether larger coordinates are worse if `change` is harmful.
    pub(crate) fn is_for(&self, change: Change) -> bool {
        (self.sign > 0.0) == (change == Change::Increase)
    }

    /// The axis for the opposite direction of harm.
    pub(crate) fn reverse(self) -> Self {
        Self { sign: -self.sign, ..self }
    }

    pub(crate) fn sign(&self) -> f64 {
        self.sign
    }

    pub(crate) fn baseline_size(&self) -> f64 {
        self.baseline_size
    }

    /// The coordinate of a value.
    pub(crate) fn coordinate(&self, value: f64) -> f64 {
        self.sign * value
    }

    /// A shift of coordinates, in the metric's own direction and unit.
    pub(crate) fn in_metric(&self, shift: f64) -> f64 {
        libm::ldexp(self.sign * shift, self.exponent)
    }

    /// An interval of shifts of coordinates at a confidence `level`, in the metric's own direction and unit.
    pub(crate) fn interval(&self, lower: f64, upper: f64, level: f64) -> Interval {
        let (a, b) = (self.in_metric(lower), self.in_metric(upper));
        Interval::new(a.min(b), a.max(b), level)
    }
}

/// Changes the sign of coordinates.
pub(crate) fn reverse(coordinates: &mut [f64]) {
    for coordinate in coordinates {
        *coordinate = -*coordinate;
    }
}

/// A coordinate of the baseline, made worse by the allowed share.
pub(crate) fn allow(coordinate: f64, share: f64) -> f64 {
    coordinate + share * coordinate.abs()
}
