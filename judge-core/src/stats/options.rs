//! What the caller chooses for a test or an interval.

use thiserror::Error;

use crate::interval::Interval;

/// How sure an interval is to hold what it estimates: strictly between 0 and 1, such as 0.98.
///
/// # Example
/// ```
/// use judge_core::stats::ConfidenceLevel;
/// assert_eq!(ConfidenceLevel::new(0.98)?.value(), 0.98);
/// assert!(ConfidenceLevel::new(98.0).is_err());
/// # Ok::<(), judge_core::stats::ConfidenceLevelError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct ConfidenceLevel(f64);

/// The value is no confidence level.
#[derive(Debug, Clone, Copy, PartialEq, Error)]
#[error("a confidence level lies between 0 and 1, both excluded, got {0}: for 98 % write 0.98")]
pub struct ConfidenceLevelError(f64);

impl ConfidenceLevel {
    /// Checks `level`.
    ///
    /// # Errors
    /// When it is not strictly between 0 and 1.
    ///
    /// # Example
    /// ```
    /// use judge_core::stats::ConfidenceLevel;
    /// assert_eq!(ConfidenceLevel::new(0.98)?.value(), 0.98);
    /// assert!(ConfidenceLevel::new(98.0).is_err());
    /// # Ok::<(), judge_core::stats::ConfidenceLevelError>(())
    /// ```
    pub fn new(level: f64) -> Result<Self, ConfidenceLevelError> {
        if level > 0.0 && level < 1.0 { Ok(Self(level)) } else { Err(ConfidenceLevelError(level)) }
    }

    /// The level, such as 0.98.
    pub fn value(self) -> f64 {
        self.0
    }

    /// What is left outside on each side, such as 0.01; never 0.
    pub(super) fn tail(self) -> f64 {
        (1.0 - self.0) / 2.0
    }

    /// The interval from `lower` to `upper` at this level.
    pub(super) fn interval(self, lower: f64, upper: f64) -> Interval {
        Interval::new(lower, upper, self.0)
    }

    /// The interval that excludes nothing.
    pub(super) fn unbounded(self) -> Interval {
        self.interval(f64::NEG_INFINITY, f64::INFINITY)
    }
}

/// The direction that a test looks for: whether x tends to be different from, below or above y.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alternative {
    /// x tends to differ from y, either way.
    TwoSided,
    /// x tends to be less than y.
    Less,
    /// x tends to be greater than y.
    Greater,
}

/// How a null distribution is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Method {
    /// Exact where that is cheap, else asymptotic; each test documents its rule.
    #[default]
    Auto,
    /// From all arrangements of the values.
    Exact,
    /// From the limiting distribution.
    Asymptotic,
}

/// The exact method was asked for where it would take too long.
#[derive(Debug, Clone, Copy, PartialEq, Error)]
#[error(
    "the exact null distribution of {m} and {n} values takes about {operations:.1e} additions, \
     at most {limit:.1e} are allowed: use the asymptotic method"
)]
pub struct ExactTooCostly {
    /// Values of x.
    pub m: usize,
    /// Values of y.
    pub n: usize,
    /// Additions needed.
    pub operations: f64,
    /// Additions allowed.
    pub limit: f64,
}

/// The p-values of one test: how likely data at least as far out is when the null hypothesis holds.
///
/// A p-value is not the probability that the null hypothesis holds, nor the size of an effect.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PValues {
    /// For a difference either way.
    pub two_sided: f64,
    /// For x below y.
    pub less: f64,
    /// For x above y.
    pub greater: f64,
}

impl PValues {
    /// The p-value for one alternative.
    ///
    /// # Example
    /// ```
    /// use judge_core::stats::{Alternative, PValues};
    /// let p = PValues { two_sided: 0.04, less: 0.98, greater: 0.02 };
    /// assert_eq!(p.of(Alternative::Greater), 0.02);
    /// ```
    pub fn of(self, alternative: Alternative) -> f64 {
        match alternative {
            Alternative::TwoSided => self.two_sided,
            Alternative::Less => self.less,
            Alternative::Greater => self.greater,
        }
    }

    /// Twice the smaller tail, at most 1.
    pub(super) fn from_tails(less: f64, greater: f64) -> Self {
        let (less, greater) = (less.min(1.0), greater.min(1.0));
        Self { two_sided: (2.0 * less.min(greater)).min(1.0), less, greater }
    }

    /// Nothing speaks against the null hypothesis.
    pub(super) const NO_EVIDENCE: Self = Self { two_sided: 1.0, less: 1.0, greater: 1.0 };
}
