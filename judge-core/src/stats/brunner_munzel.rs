//! The Brunner–Munzel test.

use super::distribution::student;
use super::ranks::RankSums;
use super::superiority::PlacementVariance;
use super::{PValues, Sample};

/// Result of the Brunner–Munzel test.
///
/// [`brunner_munzel`](crate::stats::brunner_munzel()) has an example.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct BrunnerMunzel {
    /// Distance of the probability of superiority from one half, in standard errors; positive if x tends to
    /// be greater.
    pub statistic: f64,
    /// Satterthwaite's degrees of freedom of the t distribution.
    pub df: f64,
    /// The p-values.
    pub p: PValues,
}

/// The Brunner–Munzel test: does x tend to lie above or below y, even if variances and sizes differ?
///
/// The null hypothesis is that P(x > y) + P(x = y)/2 is one half. It does *not* say that the distributions
/// are equal. The test is an approximation for about ten values a side and more: small, tied or unbalanced
/// samples give too many rejections. `None` if the variance cannot be estimated: a side of one value, samples
/// that do not overlap, or no variation. [`super::mann_whitney()`] answers then.
///
/// # Cost
/// O(m + n) once sorted.
///
/// # References
/// Brunner and Munzel (2000), "The nonparametric Behrens–Fisher problem: asymptotic theory and a
/// small-sample approximation", eq. 4.6 (variance), 4.8 (statistic), 4.11 (degrees of freedom).
///
/// # Example
/// ```
/// use judge_core::stats::{Sample, brunner_munzel};
/// // Brunner and Munzel (2000), table 1: pain scores, t = 3.1375, 17.683 degrees of freedom.
/// let x = [1, 2, 1, 1, 1, 1, 1, 1, 1, 1, 2, 4, 1, 1].map(f64::from);
/// let y = [3, 3, 4, 3, 1, 2, 3, 1, 1, 5, 4].map(f64::from);
/// let test = brunner_munzel(&Sample::new(y.to_vec())?, &Sample::new(x.to_vec())?);
/// let test = test.ok_or("no variance")?;
/// assert!((test.statistic - 3.1375).abs() < 5e-5 && (test.df - 17.683).abs() < 5e-4);
/// assert!((test.p.two_sided - 0.005786).abs() < 5e-7);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn brunner_munzel(x: &Sample, y: &Sample) -> Option<BrunnerMunzel> {
    let sums = RankSums::from_sorted(x.sorted(), y.sorted());
    let PlacementVariance { variance, df } = PlacementVariance::estimate(sums)?;
    // 4U − 2mn as an integer, so that no digit is lost near a probability of one half.
    let above = 2 * i128::from(sums.twice_u) - 2 * i128::from(sums.m) * i128::from(sums.n);
    let statistic = above as f64 / (4.0 * sums.pairs()) / variance.sqrt();
    let p = PValues::from_tails(
        student::upper_tail(-statistic, df),
        student::upper_tail(statistic, df),
    );
    Some(BrunnerMunzel { statistic, df, p })
}
