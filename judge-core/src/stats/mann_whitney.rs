//! The Mann–Whitney U test.

mod exact;

use super::distribution::normal;
use super::ranks::RankSums;
use super::{ExactTooCostly, Method, PValues, Sample};
pub(super) use exact::NullDistribution;

/// Number of additions up to which [`Method::Auto`] is exact: tens of microseconds.
const CHEAP: f64 = 65_536.0;

/// Result of the Mann–Whitney test.
///
/// [`mann_whitney`](crate::stats::mann_whitney()) has an example.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct MannWhitney {
    /// U of x: number of pairs with x > y, plus half of those with x = y; from 0 to mn.
    pub u: f64,
    /// Distance of U from its mean mn/2, in standard deviations, continuity-corrected. Positive if x tends to
    /// be greater; 0 if all values are equal.
    pub z: f64,
    /// The p-values; all are 1 if all values are equal.
    pub p: PValues,
    /// Whether the p-values come from the exact null distribution.
    pub exact: bool,
}

/// The Mann–Whitney U test (Wilcoxon rank-sum test): does one sample tend to have greater values?
///
/// The null hypothesis is that both samples have one distribution. The test uses the order of the values
/// only. It does *not* say how large a difference is (see [`super::hodges_lehmann`]), and it does not hold
/// its significance level if both variances and sizes differ (see [`super::brunner_munzel`]).
///
/// Asymptotic p-values are corrected for ties and for continuity. [`Method::Auto`] is exact if that takes at
/// most 65 536 additions: about 40 values a side without ties, 11 with ties.
///
/// # Cost
/// O(m + n), and the exact null distribution: without ties O(m²n) additions (m the smaller side), with
/// ties O(m(m + n)s), s the range of doubled ranks.
///
/// # Errors
/// If [`Method::Exact`] would take too long.
///
/// # References
/// Mann and Whitney (1947), eq. 1 (U); Lehmann (1975), *Nonparametrics*, eq. 1.36 (variance with
/// ties); Harding (1984), "An efficient, minimal-storage procedure for calculating the Mann–Whitney U,
/// generalized U and similar distributions"; Streitberg and Röhmel (1986), "Exact distributions for
/// permutation and rank tests" (ties).
///
/// # Example
/// ```
/// use judge_core::stats::{Method, Sample, mann_whitney};
/// let x = Sample::new(vec![4.0, 5.0, 6.0])?;
/// let y = Sample::new(vec![1.0, 2.0, 3.0])?;
/// let test = mann_whitney(&x, &y, Method::Auto)?;
/// assert_eq!(test.u, 9.0);
/// assert!((test.p.two_sided - 0.1).abs() < 1e-15);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn mann_whitney(x: &Sample, y: &Sample, method: Method) -> Result<MannWhitney, ExactTooCostly> {
    let sums = RankSums::from_sorted(x.sorted(), y.sorted());
    let null = choose(x.sorted(), y.sorted(), sums, method, None)?;
    Ok(test(sums, null.as_ref()))
}

/// The exact null distribution, if `method` asks for it or it is cheap; `known` is used again if it fits.
pub(super) fn choose(
    x: &[f64],
    y: &[f64],
    sums: RankSums,
    method: Method,
    known: Option<NullDistribution>,
) -> Result<Option<NullDistribution>, ExactTooCostly> {
    let limit = match method {
        Method::Asymptotic => return Ok(None),
        Method::Auto => CHEAP,
        Method::Exact => exact::LIMIT,
    };
    let fits = |known: &NullDistribution| !sums.has_ties() && known.fits(x.len(), y.len());
    if let Some(known) = known.filter(fits) {
        return Ok(Some(known));
    }
    match NullDistribution::new(x, y, sums.has_ties(), limit) {
        Ok(null) => Ok(Some(null)),
        Err(_) if method == Method::Auto => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whether [`choose`] can choose an exact distribution at these sizes.
pub(super) fn may_be_exact(m: usize, n: usize, method: Method) -> bool {
    match method {
        Method::Asymptotic => false,
        Method::Exact => true,
        Method::Auto => exact::untied_additions(m.min(n) as f64, m.max(n) as f64) <= CHEAP,
    }
}

/// The test from rank sums.
pub(super) fn test(sums: RankSums, null: Option<&NullDistribution>) -> MannWhitney {
    let u = sums.twice_u as f64 / 2.0;
    let deviation = u - sums.pairs() / 2.0;
    let sd = sums.null_variance(sums.pooled_ties).sqrt();
    if sd == 0.0 {
        return MannWhitney { u, z: 0.0, p: PValues::NO_EVIDENCE, exact: null.is_some() };
    }
    let z = (deviation.abs() - 0.5).max(0.0).copysign(deviation) / sd;
    let p = match null {
        Some(null) => PValues::from_tails(null.at_most(sums.twice_u), null.at_least(sums.twice_u)),
        None => PValues::from_tails(
            normal::upper_tail((-deviation - 0.5) / sd),
            normal::upper_tail((deviation - 0.5) / sd),
        ),
    };
    MannWhitney { u, z, p, exact: null.is_some() }
}
