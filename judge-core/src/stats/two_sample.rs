//! Test, shift and probability of superiority in one call.

use super::hodges_lehmann::locate;
use super::{
    ConfidenceLevel, ExactTooCostly, MannWhitney, Method, PValues, Sample, Shift, Superiority,
    TwoSampleScratch, mann_whitney, superiority,
};

/// Result of [`two_sample`].
///
/// [`two_sample`](crate::stats::two_sample()) has an example.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct TwoSample {
    /// The Mann–Whitney test.
    pub test: MannWhitney,
    /// The Hodges–Lehmann shift: how far x lies above y.
    pub shift: Shift,
    /// The probability of superiority: how often x lies above y.
    pub superiority: Superiority,
}

/// The Mann–Whitney test, the Hodges–Lehmann shift and the probability of superiority, in one pass.
///
/// The results are those of [`super::mann_whitney()`], [`super::hodges_lehmann()`] and
/// [`super::superiority()`], to the bit. A p-value below 1 − level and an interval of the shift that contains
/// 0 can both be true: the test counts values that both sides share as ties, while around a shift other than
/// 0 there are none.
///
/// # Cost
/// O(m + n) time and memory once sorted.
///
/// # Errors
/// If [`Method::Exact`] would take too long.
///
/// # Example
/// ```
/// use judge_core::stats::{ConfidenceLevel, Method, Sample, TwoSampleScratch, two_sample};
/// let canary = Sample::new(vec![12.1, 13.4, 12.9, 14.0, 13.1, 12.7])?;
/// let baseline = Sample::new(vec![10.2, 11.0, 10.8, 11.9, 10.5, 11.4])?;
/// let mut scratch = TwoSampleScratch::default();
/// let level = ConfidenceLevel::new(0.98)?;
/// let found = two_sample(&canary, &baseline, level, Method::Auto, &mut scratch)?;
/// assert_eq!(found.superiority.probability, 1.0);
/// assert!(found.test.p.two_sided < 0.005);
/// assert!(found.shift.interval.lower > 0.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn two_sample(
    x: &Sample,
    y: &Sample,
    level: ConfidenceLevel,
    method: Method,
    scratch: &mut TwoSampleScratch,
) -> Result<TwoSample, ExactTooCostly> {
    let located = locate(x.sorted(), y.sorted(), level, method, scratch)?;
    let test = mann_whitney::test(located.sums, located.null.as_ref());
    scratch.null = located.null;
    let superiority = superiority::estimate(located.sums, level);
    Ok(TwoSample { test, shift: located.shift, superiority })
}

/// The p-values and the shift of [`two_sample`].
#[derive(Debug, Clone, Copy)]
pub(crate) struct Placed {
    pub(crate) p: PValues,
    pub(crate) shift: Shift,
}

/// Of sides that are finite, ascending and not empty.
pub(crate) fn place(
    x: &[f64],
    y: &[f64],
    level: ConfidenceLevel,
    scratch: &mut TwoSampleScratch,
) -> Result<Placed, ExactTooCostly> {
    let located = locate(x, y, level, Method::Auto, scratch)?;
    let p = mann_whitney::test(located.sums, located.null.as_ref()).p;
    scratch.null = located.null;
    Ok(Placed { p, shift: located.shift })
}
