//! Do single points of the canary stand out from everything that the baseline did?
//!
//! Three points of 31 can never be significant by ranks: the three largest of both sides are all the
//! canary's in one of eight healthy pairs. Their size must speak. **Null**: far out, both sides fall
//! off like a power with exponent 3 ([`super::scale`]; less for wide lognormal noise). Then of m points
//! the k-th largest excess is c times the largest of the baseline's n with probability
//! (1 + c³·n/m)⁻ᵏ: exceedances of c·M arrive as a Poisson process with rate E·c⁻³·m/n, where E, the
//! baseline's own expected exceedances of M, is exponential. Lighter tails make it rarer.
//! **Statistic**: the smallest such probability over k of three or more; a point right behind another
//! one that stands out counts half, or less as those of the baseline last, and with memory φ one g
//! points behind 1 − φᵍ: one incident is not two.
//! The baseline's largest excess is never taken to be less than normal noise of as many points would
//! have, nor than the smallest change that matters. A canary whose level is higher is held against
//! that level where the location has found it; else only as far as the baseline itself was out: a
//! level beyond that stands out, and of few points ranks cannot tell. Points beside which, within a
//! step, the baseline stands out as well (of differences: is higher by half as much) are left out.
//! **Effect**: c. **Cost**: O(n), and O(k log k) for the points that stand out.

use super::case::Case;
use super::excursions::Bad;

/// Fewer points are no tail.
const FEWEST: usize = 3;
/// Points stand out from so many standard deviations on, Tukey's far-out fence for normal noise.
const STANDS_OUT: f64 = 3.0;
/// They do not matter unless they are so many times as far out as any point of the baseline: with
/// many points, being a little further out is soon significant.
const CLEAR: f64 = 1.5;
/// Weight of a point right behind another one that stands out, where those of the baseline are alone.
const FOLLOWING: f64 = 0.5;

/// Points that stand out.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tail {
    /// How many are at least `ratio` times as far out as any of the baseline's.
    pub(super) points: usize,
    pub(super) ratio: f64,
    pub(super) p: f64,
}

#[derive(Debug, Default)]
pub(super) struct Buffers {
    /// Excess and weight.
    points: Vec<(f64, f64)>,
}

pub(super) fn find(case: &Case, level_is_found: bool, buffers: &mut Buffers) -> Option<Tail> {
    let n = case.points.out.len();
    let normal = (2.0 * (n.max(2) as f64).ln()).sqrt() * case.points.scale;
    let largest = case.points.base_out.iter().copied().fold(0.0, f64::max);
    let reference = case.points.size(largest).max(normal).max(case.points.minimum);
    let fence = case.points.fence(STANDS_OUT);
    if reference <= 0.0 {
        return None;
    }
    let usual = Bad::of(&case.points.base_out, fence);
    let following = FOLLOWING * (1.0 - usual.share_followed());
    buffers.points.clear();
    let mut last: Option<usize> = None;
    let mut level = case.level_above_middle();
    if !level_is_found {
        level = level.min(case.points.on_scale(reference));
    }
    for (index, out) in case.points.out.iter().map(|out| out - level).enumerate() {
        let enough = if case.paired { 0.5 * out } else { fence };
        let shared = case.points.beside.get(index).is_some_and(|&beside| beside > enough);
        if out > fence && !shared {
            let size = case.points.size(out);
            buffers
                .points
                .push((size, last.map_or(1.0, |last| news(index - last, case.phi, following))));
            last = Some(index);
        }
    }
    if buffers.points.len() < FEWEST {
        return None;
    }
    buffers.points.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
    let rarer = case.points.base_out.len() as f64 / n as f64;
    let mut weight = 0.0;
    let mut best: Option<Tail> = None;
    for (index, (out, own)) in buffers.points.iter().enumerate() {
        weight += own;
        let ratio = out / reference;
        if index + 1 < FEWEST || ratio < CLEAR {
            continue;
        }
        let p = (1.0 + rarer * ratio.powf(case.points.exponent)).powf(-weight);
        if best.is_none_or(|best| p < best.p) {
            best = Some(Tail { points: index + 1, ratio, p });
        }
    }
    best
}

/// What a point says that stands out `gap` points after another one.
fn news(gap: usize, phi: f64, following: f64) -> f64 {
    let own = 1.0 - phi.powf(gap as f64);
    if gap == 1 { following * own } else { own }
}
