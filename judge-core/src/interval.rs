//! Intervals, and the shift between two sides.

use serde::{Deserialize, Serialize};

use crate::number;

/// A confidence interval, both ends included.
///
/// An end is infinite where the data set no bound.
///
/// # Example
/// ```
/// use judge_core::Interval;
/// let interval = Interval::new(-1.0, 2.0, 0.95);
/// assert!(interval.contains(0.0));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Interval {
    /// Lower end.
    #[serde(with = "number")]
    pub lower: f64,
    /// Upper end.
    #[serde(with = "number")]
    pub upper: f64,
    /// Confidence level, between 0 and 1.
    pub level: f64,
}

impl Interval {
    /// The interval from `lower` to `upper` at a confidence level such as 0.98.
    pub fn new(lower: f64, upper: f64, level: f64) -> Self {
        Self { lower, upper, level }
    }

    /// Whether `value` lies in the interval or at one of its ends.
    pub fn contains(self, value: f64) -> bool {
        self.lower <= value && value <= self.upper
    }
}

/// By how much one side lies above the other, in the unit of the values.
///
/// [`hodges_lehmann`](crate::stats::hodges_lehmann()) and
/// [`shift_interval`](crate::judges::netflix::shift_interval) estimate it.
///
/// # Example
/// ```
/// use judge_core::{Interval, Shift};
///
/// let shift = Shift::new(5.0, Interval::new(3.0, 7.0, 0.98));
/// assert!(!shift.interval.contains(0.0), "the sides differ");
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Shift {
    /// The estimate.
    pub estimate: f64,
    /// Its confidence interval.
    pub interval: Interval,
}

impl Shift {
    /// A shift of `estimate` with its interval.
    pub fn new(estimate: f64, interval: Interval) -> Self {
        Self { estimate, interval }
    }
}
