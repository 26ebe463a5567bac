//! Do bad points of the canary come in runs?
//!
//! **Null**: bad points follow each other as often as the autocorrelation of the noise makes them, and as on the baseline.
//! **Statistic**: the exact probability of so few runs among so many bad points (David 1947), averaged over φ, times the
//! probability of the number of bad points that the test needs. It does not run if most bad points are alone. Several short runs
//! count like one long run. **Effect**: the share of bad points that follow another. **Cost**: O(n).

use crate::judges::evidence::parameters as p;
use crate::judges::evidence::prepare::autocorrelation::NODES;
use crate::judges::evidence::prepare::comparison::Comparison;
use crate::math;

use super::excess::{Bad, Excess};

/// Bad points and how they follow each other.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Runs {
    pub(crate) canary: Bad,
    pub(crate) baseline: Bad,
    pub(crate) p: f64,
}

/// Tests how bad points follow each other.
pub(crate) fn find(comparison: &Comparison, excess: &Excess) -> Option<Runs> {
    let fence = excess.fence(p::BAD);
    if fence <= 0.0 {
        return None;
    }
    let canary = Bad::count(&excess.canary, fence);
    let baseline = Bad::count(&excess.baseline, fence);
    // If most bad points are alone, there is no run to test.
    if canary.bad < p::BAD_FEWEST || 2 * canary.bad > excess.canary.len() || !canary.are_on_end() {
        return None;
    }
    let (m, n) = (excess.canary.len(), excess.baseline.len());
    // The baseline's share of bad points, with one more bad point: none seen does not mean that there is never
    // one.
    let often = ((baseline.bad as f64 + 1.0) / (n as f64 + 1.0)).min(1.0);
    let asked = at_least(p::BAD_FEWEST, m, often);
    let seen = followed_at_most(baseline);
    // The way in which the baseline's own bad points follow each other changes the weights of φ.
    let (mut sum, mut weights) = (0.0, 0.0);
    for (phi, weight) in NODES.into_iter().zip(comparison.weights_of_baseline) {
        if weight == 0.0 {
            continue;
        }
        let shorter = (1.0 - phi) / (1.0 + phi);
        let of_baseline = runs(baseline, n, follows(baseline, m, shorter));
        let tail = runs(canary, m, follows(canary, m, shorter).max(seen)).at_most;
        let weight = weight * of_baseline.exactly;
        sum += weight * math::pow(asked, shorter) * tail;
        weights += weight;
    }
    let p = if weights > 0.0 { (sum / weights).min(1.0) } else { 1.0 };
    Some(Runs { canary, baseline, p })
}

/// P(K ≥ k) for K successes in n trials of probability p.
fn at_least(k: usize, n: usize, p: f64) -> f64 {
    let (odds, mut term) = (p / (1.0 - p), math::pow(1.0 - p, n as f64));
    let mut below = 0.0;
    for j in 0..k.min(n + 1) {
        below += term;
        term *= (n - j) as f64 / (j + 1) as f64 * odds;
    }
    (1.0 - below).clamp(0.0, 1.0)
}

/// Upper limit of the probability that another bad point follows, at 90 % confidence; 0 if none was seen.
fn followed_at_most(counts: Bad) -> f64 {
    if counts.followed == 0 {
        return 0.0;
    }
    let n = counts.bad.max(p::BAD_FEWEST) as f64;
    let often = ((counts.followed + 1) as f64 / n).min(1.0);
    (often + p::NINE_OF_TEN * (often * (1.0 - often) / n).sqrt()).min(1.0 - 1e-9)
}

/// Probability that a bad point among `n` follows another, if noise is an autoregression whose points have the
/// information of (1 − φ)/(1 + φ), `shorter`, independent ones each (Ledford and Tawn 1996).
fn follows(counts: Bad, n: usize, shorter: f64) -> f64 {
    math::pow(counts.bad as f64 / n as f64, shorter).clamp(1e-9, 1.0 - 1e-9)
}

/// Probabilities of a number of runs.
struct RunCount {
    exactly: f64,
    at_most: f64,
}

/// The probability that this many bad points among `n` come in exactly this many runs, and in at most this
/// many. A bad point is followed by another with probability `follows`. This is the distribution of a Markov
/// chain given the number of bad points (David 1947); with independent points it is that of Wald and Wolfowitz
/// (1940).
fn runs(counts: Bad, n: usize, follows: f64) -> RunCount {
    /// Sums are scaled down before they overflow.
    const LARGE: f64 = 1e200;
    let (bad, good) = (counts.bad as f64, (n - counts.bad) as f64);
    if counts.bad == 0 || n == counts.bad {
        return RunCount { exactly: 1.0, at_most: 1.0 };
    }
    let starts = (bad / good * (1.0 - follows)).min(1.0 - 1e-9);
    // Odds by which every further run makes an arrangement less likely.
    let odds = starts * (1.0 - follows) / (follows * (1.0 - starts));
    let runs = (counts.bad - counts.followed) as f64;
    let (mut term, mut exactly, mut at_most, mut all) = (1.0, 0.0, 0.0, 0.0);
    let mut index = 1.0;
    while index <= bad && index <= good + 1.0 {
        all += term;
        if index <= runs {
            at_most += term;
            exactly = if index == runs { term } else { 0.0 };
        }
        // C(bad − 1, r − 1) · C(good + 1, r) · oddsʳ, from one r to the next.
        term *= (bad - index) / index * (good + 1.0 - index) / (index + 1.0) * odds;
        index += 1.0;
        if all > LARGE {
            for sum in [&mut term, &mut exactly, &mut at_most, &mut all] {
                *sum /= LARGE;
            }
        }
    }
    RunCount { exactly: exactly / all, at_most: at_most / all }
}
