//! A metric as a sentence sees it.

use crate::judgement::{Change, Interval};
use crate::judges::evidence::parameters as p;
use crate::judges::evidence::prepare::comparison::Comparison;

/// A metric as a sentence sees it.
#[derive(Clone, Copy)]
pub(crate) struct View<'a> {
    pub(crate) comparison: &'a Comparison,
    pub(crate) change: Change,
}

impl View<'_> {
    pub(super) fn in_metric(&self, shift: f64) -> f64 {
        self.comparison.axis.in_metric(shift)
    }

    /// An interval of shifts, in the metric's own direction and unit.
    pub(super) fn interval(&self, lower: f64, upper: f64) -> Interval {
        let (a, b) = (self.in_metric(lower), self.in_metric(upper));
        Interval { lower: a.min(b), upper: a.max(b), level: p::SHOWN }
    }
}
