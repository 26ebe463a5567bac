//! Do the canary's bad points come in runs, where the baseline's are alone?
//!
//! The same values, but minutes on end instead of one now and then: location, spread and tail are
//! equal. **Null**: a bad point is followed by another one as often as on the baseline, as far as
//! that is known. What is known: bad points of a normal autoregression follow each other with
//! probability about q^((1 − φ)/(1 + φ)) when their share is q (Ledford and Tawn 1996), which counts
//! for sixteen observations, and the baseline's own bad points. **Statistic**: bad points of the canary
//! followed by another one; p is their beta-binomial tail. Without memory this is near the exact
//! distribution of runs (Wald and Wolfowitz 1940), and several short runs count like one long one.
//! **Effect**: the share of bad points that are followed; below one half it does not matter. **Cost**: O(n).

use super::case::Case;

/// A point is bad from so many standard deviations above the baseline's middle on: one in 44 of
/// normal noise.
const BAD: f64 = 2.0;
/// What theory says about the share that follows counts for so many observed points.
const PRIOR: f64 = 16.0;
/// Fewer bad points have no pattern.
const FEWEST: usize = 4;

/// Bad points and how they follow each other.
#[derive(Debug, Clone, Copy)]
pub(super) struct Excursions {
    pub(super) bad: usize,
    pub(super) followed: usize,
    pub(super) baseline_bad: usize,
    pub(super) baseline_followed: usize,
    pub(super) p: f64,
}

pub(super) fn find(case: &Case) -> Option<Excursions> {
    let fence = (BAD * case.scale).max(case.minimum);
    if fence <= 0.0 {
        return None;
    }
    let canary = Runs::of(&case.out, fence);
    let baseline = Runs::of(&case.base_out, fence);
    if canary.bad < FEWEST || 2 * canary.bad > case.out.len() {
        return None;
    }
    let phi = if case.paired { case.phi } else { case.of_y.phi };
    let share = canary.bad as f64 / case.out.len() as f64;
    let follows = share.powf((1.0 - phi) / (1.0 + phi));
    let a = PRIOR * follows + baseline.followed as f64;
    let b = PRIOR * (1.0 - follows) + (baseline.bad - baseline.followed) as f64;
    // The last bad point of all is followed by none.
    let trials = canary.bad - 1;
    Some(Excursions {
        bad: canary.bad,
        followed: canary.followed,
        baseline_bad: baseline.bad,
        baseline_followed: baseline.followed,
        p: beta_binomial_tail(canary.followed, trials, a, b),
    })
}

impl Excursions {
    /// Whether bad points are mostly minutes on end: as many are followed as are not.
    pub(super) fn matters(&self) -> bool {
        2 * self.followed >= self.bad
    }
}

struct Runs {
    bad: usize,
    followed: usize,
}

impl Runs {
    fn of(out: &[f64], fence: f64) -> Self {
        let bad = out.iter().filter(|v| **v > fence).count();
        let followed = out.windows(2).filter(|pair| pair[0] > fence && pair[1] > fence).count();
        Self { bad, followed }
    }
}

/// P(K ≥ k) for K successes in n trials whose probability is beta distributed.
fn beta_binomial_tail(k: usize, n: usize, a: f64, b: f64) -> f64 {
    let ln_beta = |a: f64, b: f64| libm::lgamma(a) + libm::lgamma(b) - libm::lgamma(a + b);
    let (k, n) = (k as f64, n as f64);
    let at = |j: f64| {
        let choose = libm::lgamma(n + 1.0) - libm::lgamma(j + 1.0) - libm::lgamma(n - j + 1.0);
        (choose + ln_beta(j + a, n - j + b) - ln_beta(a, b)).exp()
    };
    let (mut term, mut j, mut tail) = (at(k), k, 0.0);
    while j <= n {
        tail += term;
        term *= (n - j) / (j + 1.0) * (j + a) / (n - j - 1.0 + b);
        j += 1.0;
    }
    tail.min(1.0)
}
