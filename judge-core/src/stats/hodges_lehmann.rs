//! The Hodges–Lehmann shift: how far x lies above y.

use super::distribution::normal;
use super::mann_whitney::{NullDistribution, choose, may_be_exact};
use super::rank_targets::{RankRange, TARGETS};
use super::ranks::{RankCollector, RankSums};
use super::{ConfidenceLevel, ExactTooCostly, Interval, Method, Sample, Shift, TwoSampleScratch};

/// The Hodges–Lehmann shift with its confidence interval.
///
/// If the distribution of y is that of x, moved, the shift says how far. If the distributions differ in other
/// ways, the shift is the median of a difference x − y. It is *not* the difference of the means or of the
/// medians. If many differences share one value (zeros on both sides), that value can be the estimate and
/// both ends although a test is significant: use [`super::superiority`] then.
///
/// Estimate and ends are order statistics of the rounded differences, exact at any scale; the ends have the
/// ranks c and mn + 1 − c. The null variance behind an asymptotic c counts ties within the samples only:
/// between two differences, no shifted value of x equals a value of y. [`Method`] is that of
/// [`super::mann_whitney`]; with ties, c is asymptotic. A difference too large for a double counts as
/// `f64::MAX`.
///
/// The level of the interval is the confidence that it reaches: at least `level`, unless the samples are so
/// small that even the whole range of differences falls short.
///
/// # Cost
/// O(m + n) time and memory once sorted; the differences of large samples are never formed.
///
/// # Errors
/// If [`Method::Exact`] would take too long.
///
/// # References
/// Hodges and Lehmann (1963), "Estimates of location based on rank tests", eq. 2.3; Lehmann (1963),
/// "Nonparametric confidence intervals for a shift parameter", eq. 3.1; Hollander, Wolfe and Chicken
/// (2014), *Nonparametric Statistical Methods*, 4.35 to 4.43.
///
/// # Example
/// ```
/// use judge_core::stats::{ConfidenceLevel, Method, Sample, hodges_lehmann};
/// let x = Sample::new(vec![11.0, 12.0, 14.0, 15.0, 18.0])?;
/// let y = Sample::new(vec![1.0, 2.0, 4.0, 5.0, 8.0])?;
/// let shift = hodges_lehmann(&x, &y, ConfidenceLevel::new(0.9)?, Method::Auto)?;
/// assert_eq!(shift.estimate, 10.0);
/// assert_eq!((shift.interval.lower, shift.interval.upper), (7.0, 13.0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn hodges_lehmann(
    x: &Sample,
    y: &Sample,
    level: ConfidenceLevel,
    method: Method,
) -> Result<Shift, ExactTooCostly> {
    let mut scratch = TwoSampleScratch::default();
    Ok(locate(x.sorted(), y.sorted(), level, method, &mut scratch)?.shift)
}

/// The shift, and the other results of the same pass.
pub(super) struct ShiftAndRanks {
    pub(super) shift: Shift,
    pub(super) sums: RankSums,
    pub(super) null: Option<NullDistribution>,
}

/// Computes shift and rank sums in one pass over sorted sides. Without ties, [`Method`] may be exact.
pub(super) fn locate(
    x: &[f64],
    y: &[f64],
    level: ConfidenceLevel,
    method: Method,
    scratch: &mut TwoSampleScratch,
) -> Result<ShiftAndRanks, ExactTooCostly> {
    let mut collector = RankCollector::new(x, y);
    // An exact distribution needs all ties before the ranks are chosen.
    let null = if may_be_exact(x.len(), y.len(), method) {
        choose(x, y, RankSums::from_sorted(x, y), method, scratch.null.take())?
    } else {
        None
    };
    let ends = match &null {
        Some(null) if !null.is_tied() => exact_ends(null, level),
        _ => asymptotic_ends(collector.within_ties_only(), level),
    };
    let pairs = x.len() as u64 * y.len() as u64;
    let targets: [RankRange; TARGETS] = [
        RankRange { first: ends.rank, last: ends.rank },
        RankRange { first: pairs.div_ceil(2), last: pairs / 2 + 1 },
        RankRange { first: pairs + 1 - ends.rank, last: pairs + 1 - ends.rank },
    ];
    let [lower, middle, upper] = scratch.selector.select(x, y, &targets, |rows, at_most, below| {
        collector.visit(rows, at_most, below);
    });
    let estimate = in_range(middle.first).midpoint(in_range(middle.last));
    let interval = Interval::new(in_range(lower.first), in_range(upper.last), ends.coverage);
    let shift = Shift::new(estimate, interval);
    Ok(ShiftAndRanks { shift, sums: collector.finish(x, y), null })
}

/// Removes negative zeros and the infinities that a difference of doubles can overflow to.
fn in_range(difference: f64) -> f64 {
    (difference + 0.0).clamp(-f64::MAX, f64::MAX)
}

/// Rank of the lower end among the differences, and the confidence of the interval from it.
struct EndRank {
    rank: u64,
    coverage: f64,
}

fn exact_ends(null: &NullDistribution, level: ConfidenceLevel) -> EndRank {
    let rank = null.quantile(level.tail()).max(1);
    EndRank { rank, coverage: 1.0 - 2.0 * null.untied_at_most(rank - 1) }
}

fn asymptotic_ends(sums: RankSums, level: ConfidenceLevel) -> EndRank {
    let sd = sums.null_variance(sums.pooled_ties).sqrt();
    let middle = sums.pairs() / 2.0 - 0.5;
    let before = (middle - normal::upper_quantile(level.tail()) * sd).floor().max(0.0);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "from 0 to half the number of pairs"
    )]
    let rank = before as u64 + 1;
    let coverage = 1.0 - 2.0 * normal::upper_tail((middle - before) / sd);
    EndRank { rank, coverage: coverage.max(0.0) }
}
