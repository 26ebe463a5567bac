//! Are large differences mostly the canary's?
//!
//! Several short bursts are too few points to shift the mean, and too short to be runs. Together they count.
//! **Null**: large differences between points of the same time, the baseline's raised by what is allowed, are up
//! as often as down. **Statistic**: the sum of the differences beyond 1.5 robust standard deviations from their
//! median, over the root of the sum of their squares; at least seven such points. The φ of the small differences
//! corrects it for autocorrelation.
//! **Effect**: mean height of the differences that are far up. **Cost**: O(n).

use crate::judges::evidence::parameters as p;
use crate::judges::evidence::prepare::axis::allow;
use crate::judges::evidence::prepare::comparison::Comparison;
use crate::judges::evidence::prepare::robust::Robust;
use crate::judges::evidence::prepare::timeline::Times;
use crate::math;
use crate::stats::distribution::normal;

/// Differences beyond this many robust standard deviations count as much as this: their squares would overflow.
const LARGEST: f64 = 1e100;

/// Large differences.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bursts {
    /// Numbers of differences that are far up and far down.
    pub(crate) up: usize,
    pub(crate) down: usize,
    pub(crate) z: f64,
    pub(crate) p: f64,
    /// Mean of those that are far up.
    pub(crate) height: f64,
    /// The same, beyond what is allowed.
    pub(crate) beyond: f64,
}

/// Sums the large differences. The baseline's points are raised by the allowed `share`.
pub(crate) fn find(comparison: &Comparison, share: f64) -> Option<Bursts> {
    // Points of fewer requests are more skewed: their large differences are not up as often as down.
    if comparison.noise_factor > p::EXCHANGEABLE {
        return None;
    }
    // Windows that follow each other have no times in common, but large differences between points with the
    // same index are up as often as down all the same.
    let by_index: Vec<(f64, f64)>;
    let is_after = comparison.times == Times::After && comparison.x.len() == comparison.y.len();
    let pairs = if is_after {
        by_index = comparison.x.iter().copied().zip(comparison.y.iter().copied()).collect();
        &by_index
    } else {
        &comparison.pairs
    };
    if pairs.len() < p::BURST_FEWEST {
        return None;
    }
    let beyond_allowed = |(x, y): &(f64, f64)| x - allow(*y, share);
    let Robust { median, scale } = if is_after || share > 0.0 {
        let differences: Vec<f64> = pairs.iter().map(beyond_allowed).collect();
        Robust::estimate(&differences, &mut Vec::new())
    } else {
        comparison.robust_differences
    };
    if scale <= 0.0 {
        return None;
    }
    let (times, far, calm) = (scale.recip().min(f64::MAX), p::BURST_FROM, p::BURST_QUIET);
    let (mut sum, mut squares, mut up, mut down) = (0.0, 0.0, 0, 0);
    let (mut height, mut beyond) = (0.0, 0.0);
    let (mut product, mut quiet) = (0.0, 0.0);
    let mut before = 0.0;
    let (mut followed, mut was_down) = (0, false);
    let rank = math::whole(p::BURST_ABOVE * comparison.sorted_y.len() as f64);
    let high = comparison.sorted_y.get(rank).map_or(f64::INFINITY, |y| allow(*y, share));
    let mut are_high = 0;
    for pair in pairs {
        let difference = beyond_allowed(pair);
        let u = ((difference - median) * times).clamp(-LARGEST, LARGEST);
        if u.abs() > far {
            sum += u;
            squares += u * u;
            if u > 0.0 {
                up += 1;
                height += pair.0 - pair.1;
                beyond += difference;
                are_high += usize::from(pair.0 > high);
            } else {
                down += 1;
                followed += usize::from(was_down);
            }
        }
        was_down = u < -far;
        let kept = if u.abs() <= calm { u } else { 0.0 };
        quiet += kept * kept;
        product += before * kept;
        before = kept;
    }
    // Two curves of the same shape that are out of step differ much, and mostly in one direction.
    if up + down < p::BURST_FEWEST || up == 0 || 2 * are_high < up {
        return None;
    }
    let phi = if quiet > 0.0 { (product / quiet).clamp(0.0, p::BURST_PHI) } else { 0.0 };
    // If large differences in favour of the canary come in runs, those against it may, too.
    let on_end = if down >= p::BAD_FEWEST { followed as f64 / down as f64 } else { 0.0 };
    let phi = phi.max(on_end.min(p::BURST_PHI));
    let z = sum / squares.sqrt() / ((1.0 + phi) / (1.0 - phi)).sqrt();
    let (p, count) = (normal::upper_tail(z), up as f64);
    Some(Bursts { up, down, z, p, height: height / count, beyond: beyond / count })
}
