//! The differences of the sides at one assumed autocorrelation.

use crate::math;

use super::wagers::{Wagers, share_bet};

/// Assumed AR(1) coefficients with their prior weights. The largest decides how autocorrelated a healthy metric may be:
/// without 0.85, canaries of φ 0.8 alarm twice as often; with 0.9, half of the power is lost at φ 0.5 and 60 points.
pub(super) const COEFFICIENTS: [(f64, f64); 7] =
    [(0.0, 0.30), (0.15, 0.16), (0.3, 0.14), (0.45, 0.12), (0.6, 0.11), (0.75, 0.09), (0.85, 0.08)];
/// Sizes of bets: half of the shift, in standard deviations of the noise, that each is best for.
const BETS: [f64; 3] = [0.15, 0.3, 0.7];
/// Deviations beyond this many standard deviations bet as if they were no larger.
const CLIP: f64 = 3.0;
/// √(π/2): the standard deviation of normal noise, in mean absolute deviations.
const DEVIATION: f64 = 1.253_314_137_315_500_1;
/// A sum of squares is never a smaller share of what it is left of: rounding is no fit.
const ROUNDING: f64 = 1e-12;
const LN_2: f64 = std::f64::consts::LN_2;
const LN_PI: f64 = 1.144_729_885_849_400_2;

/// One pair of points: canary − baseline, and canary + baseline.
#[derive(Debug, Clone, Copy)]
pub(super) struct Turned {
    pub(super) difference: f64,
    pub(super) sum: f64,
}

/// Sums of squares and products of whitened points, for their mean and what it leaves.
#[derive(Debug, Clone, Default)]
struct Squares {
    squares: f64,
    products: f64,
}

impl Squares {
    fn add(&mut self, value: f64, constant: f64) {
        self.squares += value * value;
        self.products += value * constant;
    }

    /// What the mean leaves.
    fn left(&self, constants: f64) -> f64 {
        let left = self.squares - self.products * self.products / constants;
        left.max(self.squares * ROUNDING)
    }
}

/// What the points say of one coefficient, and the capital if it is the true one.
#[derive(Debug, Clone)]
pub(super) struct Hypothesis {
    phi: f64,
    ln_prior: f64,
    differences: Squares,
    sums: Squares,
    /// Sum of the squares of a whitened constant.
    constants: f64,
    /// Logarithm of the determinant of the points' correlation matrix.
    ln_determinant: f64,
    /// Sum of the absolute whitened differences.
    absolute: f64,
    increase: Wagers<{ BETS.len() }>,
    decrease: Wagers<{ BETS.len() }>,
}

/// Logarithms of the restricted likelihoods of one coefficient times its prior, without the scale.
#[derive(Debug, Clone, Copy)]
pub(super) struct Likelihoods {
    /// Of the differences.
    pub(super) differences: f64,
    /// Of the sums.
    pub(super) sums: f64,
    /// Of both, as if they had one coefficient and one scale.
    pub(super) both: f64,
}

impl Hypothesis {
    pub(super) fn new((phi, prior): (f64, f64)) -> Self {
        Self {
            phi,
            ln_prior: math::ln(prior),
            differences: Squares::default(),
            sums: Squares::default(),
            constants: 0.0,
            ln_determinant: 0.0,
            absolute: 0.0,
            increase: Wagers::new(),
            decrease: Wagers::new(),
        }
    }

    /// Adds pair `count`, `steps` steps after the one `before`.
    pub(super) fn add(&mut self, count: u64, now: Turned, before: Option<Turned>, steps: u64) {
        let (difference, sum, constant) = match before {
            None => (now.difference, now.sum, 1.0),
            Some(before) => {
                let phi = if steps == 1 { self.phi } else { math::pow(self.phi, steps as f64) };
                let left = 1.0 - phi * phi;
                self.ln_determinant += math::ln(left);
                let scale = left.sqrt();
                let whitened = |now: f64, before: f64| (now - phi * before) / scale;
                (
                    whitened(now.difference, before.difference),
                    whitened(now.sum, before.sum),
                    (1.0 - phi) / scale,
                )
            }
        };
        self.differences.add(difference, constant);
        self.sums.add(sum, constant);
        self.constants += constant * constant;
        self.absolute += difference.abs();
        self.bet(count, difference);
    }

    /// Given its size, a healthy difference is as likely above 0 as below: of the two factors of a bet, which sum to 2, it
    /// gets either with probability ½. The scale may therefore follow from the size itself.
    fn bet(&mut self, count: u64, difference: f64) {
        let mean = self.absolute / count as f64;
        let deviations =
            if mean > 0.0 { (difference / (DEVIATION * mean)).clamp(-CLIP, CLIP) } else { 0.0 };
        let odds = BETS.map(|bet| math::exp(-2.0 * bet * deviations));
        let share = share_bet(count);
        self.increase.pay(share, odds.map(|odds| 2.0 / (1.0 + odds)));
        self.decrease.pay(share, odds.map(|odds| 2.0 * odds / (1.0 + odds)));
    }

    /// Capital of the bets that the canary is higher, and that it is lower.
    pub(super) fn capitals(&self) -> (f64, f64) {
        (self.increase.capital(), self.decrease.capital())
    }

    /// Restricted likelihoods with the scale integrated over 1/σ (as the mean is, over the line): for m = n − 1,
    /// Γ(m/2)/2 · (π · RSS)^(−m/2) · |R|^(−½) · |1ᵀR⁻¹1|^(−½). `gammas` are ln Γ(m/2) and ln Γ(m).
    pub(super) fn likelihoods(&self, count: u64, gammas: (f64, f64)) -> Likelihoods {
        let freedom = count as f64 - 1.0;
        let (differences, sums) =
            (self.differences.left(self.constants), self.sums.left(self.constants));
        let shape = -0.5 * (self.ln_determinant + math::ln(self.constants));
        let one = |left: f64| {
            if left > 0.0 {
                shape + gammas.0 - 0.5 * freedom * (LN_PI + math::ln(left)) - LN_2
            } else {
                0.0
            }
        };
        let all = differences + sums;
        let both = if all > 0.0 {
            2.0 * shape + gammas.1 - freedom * (LN_PI + math::ln(all)) - LN_2
        } else {
            0.0
        };
        Likelihoods {
            differences: self.ln_prior + one(differences),
            sums: self.ln_prior + one(sums),
            both: self.ln_prior + both,
        }
    }

    pub(super) fn ln_prior(&self) -> f64 {
        self.ln_prior
    }
}
