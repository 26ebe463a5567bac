//! Does the canary end above the bar?
//!
//! What promotion makes permanent is the end state. **Null**: the canary's last points are no higher
//! than the bar. **Statistic**: of all stretches that end with the last point, from four points to
//! four fifths of the window, the largest mean in units of its standard error, points clipped so that
//! no single one makes a level. **p**: of the maximum of a Brownian motion's standardised sums over
//! that range (Siegmund 1985, "Sequential Analysis", eq. 4.43), which grows with the logarithm of the
//! range only. Means of a few points of a skewed metric are not normal, so ranks must agree: the p of
//! the stretch's Mann-Whitney test against the bar, scanned alike, is the lower limit. **Effect**: the
//! shift over that stretch. **Cost**: O(n log n).

use crate::stats::distribution::{normal, student};

use super::case::{Case, scanned};
use super::process::variance_of_mean;

/// Fewer points are no state.
const SHORTEST: usize = 4;
/// Single points count for so many standard deviations at most.
const CLIP: f64 = 4.0;

/// How the canary ends.
#[derive(Debug, Clone, Copy)]
pub(super) struct EndState {
    /// Points of the stretch.
    pub(super) length: usize,
    pub(super) t: f64,
    pub(super) p: f64,
    /// Mean above the bar.
    pub(super) above: f64,
}

pub(super) fn find(case: &Case) -> Option<EndState> {
    let n = case.above.len();
    let longest = n * 4 / 5;
    if longest < SHORTEST {
        return None;
    }
    let reach = clip(case.phi) * case.noise;
    let reach = if reach > 0.0 { reach } else { f64::INFINITY };
    let Clipped { mean, variance } = Clipped::of(case, reach);
    let base = if case.paired { 0.0 } else { variance * variance_of_mean(case.y.len(), case.phi) };
    let mut best: Option<EndState> = None;
    let (mut sum, mut plain, mut power) = (0.0, 0.0, 1.0);
    let rest = 1.0 - case.phi;
    for (index, value) in case.above.iter().rev().take(longest).enumerate() {
        sum += value.min(reach) - mean;
        plain += value;
        power *= case.phi;
        let length = index as f64 + 1.0;
        if index + 1 < SHORTEST || sum <= 0.0 {
            continue;
        }
        let own = (length * (1.0 - case.phi * case.phi) - 2.0 * case.phi * (1.0 - power))
            / (length * length * rest * rest);
        let error = (variance * own + base).sqrt();
        let t = if error > 0.0 { sum / length / error } else { f64::INFINITY };
        if best.is_none_or(|best| t > best.t) {
            best = Some(EndState { length: index + 1, t, p: 1.0, above: plain / length });
        }
    }
    let mut best = best?;
    let by_size = student::upper_tail(best.t, case.freedom_of_noise());
    let by_rank = rank_tail(case, best.length);
    best.p = scanned(by_size.max(by_rank), SHORTEST, longest);
    Some(best)
}

/// What clipping makes of healthy points: a skewed metric keeps more of one tail than of the other.
struct Clipped {
    mean: f64,
    variance: f64,
}

impl Clipped {
    fn of(case: &Case, reach: f64) -> Self {
        if case.paired {
            return Self { mean: 0.0, variance: case.noise * case.noise };
        }
        let n = case.y.len() as f64;
        let clipped = || case.y.iter().map(|y| (y - case.of_y.mean).clamp(-reach, reach));
        let mean = clipped().sum::<f64>() / n;
        let squares: f64 = clipped().map(|v| (v - mean).powi(2)).sum();
        Self { mean, variance: (squares / (n - 1.0)).max(case.noise * case.noise) }
    }
}

/// The p of ranks alone for the last `length` points, as if they were independent.
fn rank_tail(case: &Case, length: usize) -> f64 {
    let last = &case.above[case.above.len() - length..];
    let m = length as f64;
    if case.paired {
        // The sign test: half of the differences of a healthy canary are above the bar.
        let positive = last.iter().filter(|v| **v > 0.0).count() as f64;
        return normal::upper_tail((positive - 0.5 * m - 0.5) / (0.25 * m).sqrt())
            .min(if positive == m { 0.5_f64.powf(m) } else { 1.0 });
    }
    let (x, bar) = (&case.x[case.x.len() - length..], &case.sorted_bar);
    let n = bar.len() as f64;
    let wins: f64 = x
        .iter()
        .map(|v| {
            let below = bar.partition_point(|b| b < v);
            let through = bar.partition_point(|b| b <= v);
            0.5 * (below + through) as f64
        })
        .sum();
    if wins == m * n {
        // Complete separation: one arrangement of all.
        let ln = libm::lgamma(m + 1.0) + libm::lgamma(n + 1.0) - libm::lgamma(m + n + 1.0);
        return ln.exp();
    }
    let z = (wins - 0.5 * m * n - 0.5) / (m * n * (m + n + 1.0) / 12.0).sqrt();
    normal::upper_tail(z)
}

/// With memory a level needs fewer, larger points: each counts for more.
pub(super) fn clip(phi: f64) -> f64 {
    CLIP * ((1.0 + phi) / (1.0 - phi)).sqrt()
}
