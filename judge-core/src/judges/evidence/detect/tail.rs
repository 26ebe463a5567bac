//! Do single points of the canary stand out from everything that the baseline did?
//!
//! Three points of 31 can never be significant by ranks: in one of eight healthy pairs the three largest
//! points of both sides all belong to the canary. So this test looks at how large they are. **Null**: far
//! out, both sides have a Pareto tail with exponent a, 3 or, for sparse metrics, 2. Then of m points the k-th
//! largest excess is at least c times the largest of the baseline's n with probability (1 + cᵃ·n/m)⁻ᵏ:
//! exceedances of c·M arrive as a Poisson process with rate E·c⁻ᵃ·m/n, where E, the baseline's own expected
//! exceedances of M, is exponential. Lighter tails make it rarer. A baseline with few distinct values shows no tail; there
//! the test takes the exact probability that the k largest points all belong to the canary. **Statistic**:
//! the smallest such probability over k of three or more. A point close behind another one that stands
//! out counts less, and so does one in a stretch that the baseline's volatility would make noisy. Excesses
//! are measured from the canary's median; if the location test found no shift, from no higher than the
//! baseline's largest excess. **Effect**: c. **Cost**: O(n + k log k).

use crate::judges::evidence::parameters as p;
use crate::judges::evidence::prepare::comparison::Comparison;
use crate::math;

use super::excess::{Bad, Excess, has_few_values, weight_after};

/// Points that stand out.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tail {
    /// How many are at least `ratio` times as far out as any of the baseline's.
    pub(crate) points: usize,
    pub(crate) ratio: f64,
    pub(crate) p: f64,
}

/// Finds the points that stand out. `phi` is the autocorrelation of the noise.
pub(crate) fn find(
    comparison: &Comparison,
    excess: &Excess,
    phi: f64,
    is_sparse: bool,
    location_is_found: bool,
) -> Option<Tail> {
    let (exponent, clear) = if is_sparse {
        (p::SPARSE_TAIL_EXPONENT, p::SPARSE_TAIL_CLEAR)
    } else {
        (p::TAIL_EXPONENT, p::TAIL_CLEAR)
    };
    let mut reference = excess.reference();
    if comparison.is_constant() {
        // A constant baseline shows no noise, but the canary's points on the good side do.
        let level = comparison.robust_y.median;
        reference = comparison.x.iter().map(|x| level - x).fold(reference, f64::max);
    }
    let fence = excess.fence(p::STANDS_OUT);
    if reference <= 0.0 {
        return None;
    }
    let baseline_bad = Bad::count(&excess.baseline, fence);
    let following = p::FOLLOWING * (1.0 - baseline_bad.share_followed());
    let mut middle = excess.middle;
    if !location_is_found {
        middle = middle.min(reference);
    }
    let outs = excess.canary.iter().map(|out| out - middle).enumerate();
    let beyond: Vec<(usize, f64)> = outs
        .filter(|(index, out)| *out > fence && !is_shared(comparison, excess, *index, *out))
        .collect();
    if beyond.len() < p::TAIL_FEWEST {
        return None;
    }
    let volatility = excess.volatility_of_baseline();
    // Excess and weight of each point.
    let mut points: Vec<(f64, f64)> = Vec::with_capacity(beyond.len());
    let mut last: Option<usize> = None;
    for (index, out) in beyond {
        let weight = last.map_or(1.0, |last| {
            let gap = index - last;
            weight_after(gap, phi, following) * (1.0 - volatility.correlation(gap))
        });
        points.push((out, weight));
        last = Some(index);
    }
    points.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
    let coarse = has_few_values(&comparison.sorted_y);
    let (m, n) = (excess.canary.len() as f64, excess.baseline.len() as f64);
    let (mut weight, mut exact) = (0.0, 1.0);
    let mut best: Option<Tail> = None;
    for (index, (out, point_weight)) in points.iter().enumerate() {
        weight += point_weight;
        exact *= (m - index as f64) / (m + n - index as f64);
        let ratio = out / reference;
        if index + 1 < p::TAIL_FEWEST || ratio < clear {
            continue;
        }
        let by_size = math::pow(1.0 + n / m * math::pow(ratio, exponent), -weight);
        let p = if coarse { exact } else { by_size };
        if best.is_none_or(|best| p < best.p) {
            best = Some(Tail { points: index + 1, ratio, p });
        }
    }
    best
}

/// Whether both sides saw one event, a step apart: the baseline is higher there than at the time of the
/// difference, by at least half of the difference.
fn is_shared(comparison: &Comparison, excess: &Excess, index: usize, out: f64) -> bool {
    if !excess.paired {
        return false;
    }
    let near = &comparison.pairs[index.saturating_sub(1)..comparison.pairs.len().min(index + 2)];
    let highest = near.iter().map(|(_, y)| *y).fold(f64::NEG_INFINITY, f64::max);
    highest - comparison.pairs[index].1 > p::SHARED_EVENT * out
}
