//! Are bad points of the canary minutes on end?
//!
//! Bad minutes may have the same values as the baseline's, but on end instead of one now and then:
//! location, spread and tail are then equal. **Null**: bad points follow each other as often as the
//! noise's autocorrelation makes them, and as on the baseline. **Statistic**: the exact probability of so few runs
//! among so many bad points (David 1947), averaged over φ, times the probability of as many bad points as have a
//! pattern at all; where most bad points are alone it is not asked. Several short runs count like one
//! long one. **Effect**: the share of bad points that are followed. **Cost**: O(n).

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

/// How bad points follow each other.
pub(crate) fn find(of: &Comparison, excess: &Excess) -> Option<Runs> {
    let fence = excess.fence(p::BAD);
    if fence <= 0.0 {
        return None;
    }
    let canary = Bad::count(&excess.canary, fence);
    let baseline = Bad::count(&excess.baseline, fence);
    // Where bad points are mostly alone there is nothing to ask.
    if canary.bad < p::BAD_FEWEST || 2 * canary.bad > excess.canary.len() || !canary.are_on_end() {
        return None;
    }
    let (m, n) = (excess.canary.len(), excess.baseline.len());
    // As many are bad on the baseline, and one more, since none does not mean never.
    let often = ((baseline.bad as f64 + 1.0) / (n as f64 + 1.0)).min(1.0);
    let asked = at_least(p::BAD_FEWEST, m, often);
    let seen = followed_at_most(baseline);
    // How the baseline's own bad points follow each other also says what φ may be.
    let (mut sum, mut weights) = (0.0, 0.0);
    for (phi, weight) in NODES.into_iter().zip(*of.weights_of_baseline()) {
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

/// How often a bad point is followed by another, at the end of an interval for nine of ten, if any was.
fn followed_at_most(of: Bad) -> f64 {
    const NINE_OF_TEN: f64 = 1.28;
    if of.followed == 0 {
        return 0.0;
    }
    let n = of.bad.max(p::BAD_FEWEST) as f64;
    let often = ((of.followed + 1) as f64 / n).min(1.0);
    (often + NINE_OF_TEN * (often * (1.0 - often) / n).sqrt()).min(1.0 - 1e-9)
}

/// How often a bad point of `n` follows one, where noise is an autoregression with (1 − φ)/(1 + φ)
/// `shorter` worth (Ledford and Tawn 1996).
fn follows(of: Bad, n: usize, shorter: f64) -> f64 {
    math::pow(of.bad as f64 / n as f64, shorter).clamp(1e-9, 1.0 - 1e-9)
}

/// Probabilities of a number of runs.
struct RunCount {
    exactly: f64,
    at_most: f64,
}

/// The probability that as many bad points of `n` come in so many runs, and in as few, where a bad point
/// is followed with probability `follows`: that of a Markov chain given how many are bad (David 1947),
/// which without memory is Wald and Wolfowitz's (1940).
fn runs(of: Bad, n: usize, follows: f64) -> RunCount {
    /// Sums are scaled down before they overflow.
    const LARGE: f64 = 1e200;
    let (bad, good) = (of.bad as f64, (n - of.bad) as f64);
    if of.bad == 0 || n == of.bad {
        return RunCount { exactly: 1.0, at_most: 1.0 };
    }
    let starts = (bad / good * (1.0 - follows)).min(1.0 - 1e-9);
    // Odds by which each run that ends makes an arrangement less likely.
    let odds = starts * (1.0 - follows) / (follows * (1.0 - starts));
    let runs = (of.bad - of.followed) as f64;
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
