//! Are large differences mostly the canary's?
//!
//! Several short bursts are too few points to shift the mean, and too short to be runs. Together they count.
//! **Null**: large differences between points of the same time are up as often as down. **Statistic**: the sum
//! of the differences beyond 1.5 robust standard deviations from their median, over the root of the sum of
//! their squares; at least seven such points. The φ of the small differences corrects it for autocorrelation.
//! **Effect**: mean height of the differences that are far up. **Cost**: O(n).

use crate::judges::evidence::parameters as p;
use crate::judges::evidence::prepare::comparison::Comparison;
use crate::judges::evidence::prepare::robust::Robust;
use crate::judges::evidence::prepare::timeline::Times;
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
}

/// Sums the large differences.
pub(crate) fn find(comparison: &Comparison) -> Option<Bursts> {
    // Points of fewer requests are more skewed: their large differences are not up as often as down.
    if comparison.noise_factor > p::EXCHANGEABLE {
        return None;
    }
    // Windows that follow each other have no times in common, but large differences between points with the
    // same index are up as often as down all the same.
    let by_index: Vec<f64>;
    let is_after = comparison.times == Times::After;
    let (differences, Robust { median, scale }) =
        if is_after && comparison.x.len() == comparison.y.len() {
            by_index = comparison.x.iter().zip(&comparison.y).map(|(x, y)| x - y).collect();
            (&by_index, Robust::estimate(&by_index, &mut Vec::new()))
        } else {
            (&comparison.differences, comparison.robust_differences)
        };
    if differences.len() < p::BURST_FEWEST || scale <= 0.0 {
        return None;
    }
    let (times, far, calm) = (scale.recip().min(f64::MAX), p::BURST_FROM, p::BURST_QUIET);
    let (mut sum, mut squares, mut up, mut down, mut height) = (0.0, 0.0, 0, 0, 0.0);
    let (mut product, mut quiet) = (0.0, 0.0);
    let mut before = 0.0;
    let (mut followed, mut was_down) = (0, false);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share of n points"
    )]
    let rank = (p::BURST_ABOVE * comparison.sorted_y.len() as f64) as usize;
    let high = comparison.sorted_y.get(rank).copied().unwrap_or(f64::INFINITY);
    let mut beyond = 0;
    for (index, difference) in differences.iter().enumerate() {
        let u = ((difference - median) * times).clamp(-LARGEST, LARGEST);
        if u.abs() > far {
            sum += u;
            squares += u * u;
            if u > 0.0 {
                up += 1;
                height += difference;
                let value = if is_after {
                    comparison.x.get(index)
                } else {
                    comparison.pairs.get(index).map(|(x, _)| x)
                };
                beyond += usize::from(value.is_some_and(|value| *value > high));
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
    if up + down < p::BURST_FEWEST || up == 0 || 2 * beyond < up {
        return None;
    }
    let phi = if quiet > 0.0 { (product / quiet).clamp(0.0, 0.9) } else { 0.0 };
    // If large differences in favour of the canary come in runs, those against it may, too.
    let on_end = if down >= p::BAD_FEWEST { followed as f64 / down as f64 } else { 0.0 };
    let phi = phi.max(on_end.min(0.9));
    let z = sum / squares.sqrt() / ((1.0 + phi) / (1.0 - phi)).sqrt();
    Some(Bursts { up, down, z, p: normal::upper_tail(z), height: height / up as f64 })
}
