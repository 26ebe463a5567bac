//! Options of tests and intervals, and p-values.

use serde::Serialize;
use thiserror::Error;

use crate::interval::Interval;

/// Confidence level of an interval: above 0 and below 1, such as 0.98.
///
/// # Example
/// ```
/// use judge_core::stats::ConfidenceLevel;
/// assert_eq!(ConfidenceLevel::new(0.98)?.value(), 0.98);
/// assert!(ConfidenceLevel::new(98.0).is_err());
/// # Ok::<(), judge_core::stats::ConfidenceLevelError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize)]
#[serde(transparent)]
pub struct ConfidenceLevel(f64);

/// A number that is not a [`ConfidenceLevel`].
///
/// # Example
/// ```
/// use judge_core::stats::ConfidenceLevel;
///
/// let error = ConfidenceLevel::new(98.0).unwrap_err();
/// assert!(error.to_string().ends_with("such as 0.98 for 98 %, got 98"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Error)]
#[error("expected a confidence level above 0 and below 1, such as 0.98 for 98 %, got {0}")]
pub struct ConfidenceLevelError(f64);

impl ConfidenceLevel {
    /// Checks `level`.
    ///
    /// # Errors
    /// If `level` is not above 0 and below 1.
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

    /// A level that is known to be one.
    pub(crate) const fn constant(level: f64) -> Self {
        Self(level)
    }

    /// The significance level: 1 − level, such as 0.02.
    pub fn significance(self) -> f64 {
        1.0 - self.0
    }

    /// Probability outside the interval on each side, such as 0.01; never 0.
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

/// The alternative hypothesis: whether x tends to differ from y, to be below y, or above y.
///
/// [`PValues::for_alternative`] has an example.
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
///
/// [`two_sample()`](super::two_sample()) has an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Method {
    /// Exact if that is cheap, else asymptotic; each test documents its rule.
    #[default]
    Auto,
    /// Exact, from all arrangements of the values.
    Exact,
    /// Asymptotic, from the limiting distribution.
    Asymptotic,
}

/// [`Method::Exact`] would take too long.
///
/// # Example
/// ```
/// use judge_core::stats::{Method, Sample, mann_whitney};
///
/// let values: Vec<f64> = (0..2000).map(f64::from).collect();
/// let (x, y) = (Sample::new(values.clone())?, Sample::new(values)?);
/// let error = mann_whitney(&x, &y, Method::Exact).unwrap_err();
/// assert!(error.operations > error.limit);
/// assert!(mann_whitney(&x, &y, Method::Auto).is_ok());
/// # Ok::<(), judge_core::stats::SampleError>(())
/// ```
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

/// The p-values of one test: the probability of data at least as extreme if the null hypothesis holds.
///
/// A p-value is *not* the probability that the null hypothesis holds, and *not* the size of an effect.
///
/// [`PValues::for_alternative`] has an example.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PValues {
    /// For a difference in either direction.
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
    /// assert_eq!(p.for_alternative(Alternative::Greater), 0.02);
    /// ```
    pub fn for_alternative(self, alternative: Alternative) -> f64 {
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

    /// No evidence against the null hypothesis.
    pub(super) const NO_EVIDENCE: Self = Self { two_sided: 1.0, less: 1.0, greater: 1.0 };
}
