//! Is the canary's level above the bar?
//!
//! **Null**: points of canary and bar come from one distribution, with the memory of a first-order
//! autoregression. **Statistics**: Mann and Whitney's U (unpaired) or Wilcoxon's signed ranks
//! (paired), their z divided by the root of the variance inflation, and Student's t of clipped means
//! with as many degrees of freedom as there are independent points. Ranks are robust and powerful but
//! saturate when memory leaves few independent points; the t goes on growing with the size of the
//! change. The smaller p counts. The two agree so closely that this costs a quarter of the level at
//! most, which is charged. **Effect**: the shift canary − baseline with an interval in which memory
//! is accounted for. **Cost**: O(n log n).

use crate::judgement::Interval;
use crate::stats::distribution::{normal, student};
use crate::stats::{ConfidenceLevel, Method, Placed, TwoSampleScratch, place, place_test};

use super::case::Case;
use super::memory::variance_of_mean;
use super::sides::Sides;

/// What taking the smaller of two nearly equal p-values costs, at most: measured on normal,
/// lognormal and gamma noise at 15 to 240 points.
const TWO_STATISTICS: f64 = 1.25;

/// Where the canary is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Location {
    /// z of the ranks, or t: whichever is more significant.
    pub(super) statistic: f64,
    /// Against the bar.
    pub(super) p: f64,
    /// Standard normal equivalent of the shift against the baseline itself.
    pub(super) z: f64,
    /// Canary − baseline, oriented, in the metric's unit.
    pub(super) shift: f64,
    pub(super) interval: Interval,
    /// Mean of the canary above the bar.
    pub(super) above: f64,
    /// Mean of the canary above the baseline.
    pub(super) above_baseline: f64,
}

pub(super) fn locate(
    case: &Case,
    sides: &mut Sides,
    confidence: f64,
    sparse: bool,
    scratch: &mut TwoSampleScratch,
) -> Option<Location> {
    let df = case.freedom();
    let (ranks, shift, interval) = if case.paired {
        paired(case, confidence, df)
    } else {
        unpaired(case, sides, confidence, df, scratch)?
    };
    let above = case.of_above.mean;
    let by_size = case.tail_of_mean(above);
    let p = match sparse {
        // Where most points are 0, a few large ones make the mean: ranks must agree.
        true if case.error_of_mean() > 0.0 => by_size.max(ranks.p),
        // Without noise they alone can tell.
        true => ranks.p,
        false => TWO_STATISTICS * by_size.min(ranks.p),
    };
    let p = p.min(1.0);
    let statistic = if by_size < ranks.p { quantile(by_size) } else { ranks.z };
    let above_baseline = above + case.offset;
    let against_baseline =
        if case.offset == 0.0 { by_size } else { case.tail_of_mean(above_baseline) };
    let z = quantile(against_baseline);
    Some(Location { statistic, p, z, shift, interval, above, above_baseline })
}

struct Ranks {
    z: f64,
    p: f64,
}

/// A z with memory taken out, and its tail.
fn without_memory(z: f64, case: &Case, n: usize, df: f64) -> Ranks {
    let z = z / (n as f64 * variance_of_mean(n, case.phi)).sqrt();
    let score = if case.phi > 0.0 { student::normal_score(z, df) } else { z };
    Ranks { z, p: normal::upper_tail(score) }
}

/// Where the canary is against the baseline, in the grid's sense.
#[derive(Debug, Clone, Copy)]
pub(super) struct Places {
    level: ConfidenceLevel,
    placed: Placed,
}

impl Places {
    /// Of `sides`, which know it already if they were asked with the same `level`.
    fn of(
        sides: &mut Sides,
        level: ConfidenceLevel,
        scratch: &mut TwoSampleScratch,
    ) -> Option<Placed> {
        if let Some(known) = sides.places.filter(|known| known.level == level) {
            return Some(known.placed);
        }
        if sides.sorted_x.is_empty() || sides.sorted_y.is_empty() {
            return None;
        }
        let placed = place(&sides.sorted_x, &sides.sorted_y, level, scratch).ok()?;
        sides.places = Some(Self { level, placed });
        Some(placed)
    }
}

fn unpaired(
    case: &Case,
    sides: &mut Sides,
    confidence: f64,
    df: f64,
    scratch: &mut TwoSampleScratch,
) -> Option<(Ranks, f64, Interval)> {
    let n = case.x.len().min(case.y.len());
    let inflation = (n as f64 * variance_of_mean(n, case.phi)).sqrt();
    let wanted = (1.0 - confidence) / 2.0;
    // The interval of independent points that is as wide as the one wanted.
    let z = if case.phi > 0.0 {
        student::from_normal_score(normal::upper_quantile(wanted), df) * inflation
    } else {
        normal::upper_quantile(wanted)
    };
    let level = ConfidenceLevel::new(1.0 - 2.0 * normal::upper_tail(z).max(1e-15)).ok()?;
    let Placed { p, shift } = Places::of(sides, level, scratch)?;
    let greater = if case.offset > 0.0 {
        place_test(&case.sorted_x, &case.sorted_bar, Method::Auto, scratch).ok()?.greater
    } else if case.scale.is_up() {
        p.greater
    } else {
        p.less
    };
    let ranks = if case.phi > 0.0 {
        without_memory(quantile(greater), case, n, df)
    } else {
        Ranks { z: quantile(greater), p: greater }
    };
    let (lower, upper) = (shift.interval.lower, shift.interval.upper);
    Some(if case.scale.is_up() {
        (ranks, shift.estimate, Interval { lower, upper, level: confidence })
    } else {
        (ranks, -shift.estimate, Interval { lower: -upper, upper: -lower, level: confidence })
    })
}

/// z of a tail, also of one above a half or of 0.
pub(super) fn quantile(tail: f64) -> f64 {
    if tail <= 0.5 {
        normal::upper_quantile(tail.max(1e-300))
    } else {
        -normal::upper_quantile((1.0 - tail).max(1e-300))
    }
}

fn paired(case: &Case, confidence: f64, df: f64) -> (Ranks, f64, Interval) {
    let n = case.above.len();
    let ranks = without_memory(signed_ranks(&case.above), case, n, df);
    let shift = case.of_above.mean + case.offset;
    let z = normal::upper_quantile((1.0 - confidence) / 2.0);
    let reach = student::from_normal_score(z, df) * case.error_of_mean();
    (ranks, shift, Interval { lower: shift - reach, upper: shift + reach, level: confidence })
}

/// Wilcoxon's (1945) z of the ranks of positive differences, continuity corrected; zeros take part in
/// the ranking and then count for neither side (Pratt 1959), ties share ranks.
fn signed_ranks(differences: &[f64]) -> f64 {
    let mut ordered: Vec<f64> = differences.to_vec();
    ordered.sort_unstable_by(|a, b| a.abs().total_cmp(&b.abs()));
    let (mut excess, mut variance, mut index) = (0.0, 0.0, 0);
    while index < ordered.len() {
        let size = ordered[index].abs();
        let tied = ordered[index..].iter().take_while(|d| d.abs() == size).count();
        let rank = index as f64 + 0.5 * (tied as f64 + 1.0);
        for difference in &ordered[index..index + tied] {
            if *difference != 0.0 {
                excess += rank * difference.signum();
                variance += rank * rank;
            }
        }
        index += tied;
    }
    if variance == 0.0 { 0.0 } else { (excess - 1.0) / variance.sqrt() }
}
