//! A test of the sides' differences at one assumed autocorrelation.

use crate::math;

use super::wagers::{Wagers, share_bet};

/// Assumed AR(1) coefficients with their prior weights, which fall slowly. The largest one determines how
/// autocorrelated a healthy metric may be: without 0.86, canaries of φ 0.8 alarm twice as often; with 0.9, half
/// of the power is lost at φ 0.5 and 60 points.
pub(super) const COEFFICIENTS: [Coefficient; 10] = [
    Coefficient { bet: 0.0, likelihood: 0.0, prior: 0.3 },
    Coefficient { bet: 0.1, likelihood: 0.09, prior: 0.11 },
    Coefficient { bet: 0.2, likelihood: 0.19, prior: 0.1 },
    Coefficient { bet: 0.3, likelihood: 0.29, prior: 0.09 },
    Coefficient { bet: 0.4, likelihood: 0.39, prior: 0.08 },
    Coefficient { bet: 0.5, likelihood: 0.49, prior: 0.075 },
    Coefficient { bet: 0.6, likelihood: 0.59, prior: 0.07 },
    Coefficient { bet: 0.7, likelihood: 0.69, prior: 0.06 },
    Coefficient { bet: 0.8, likelihood: 0.79, prior: 0.06 },
    Coefficient { bet: 0.86, likelihood: 0.854, prior: 0.055 },
];

/// An assumed autocorrelation.
#[derive(Debug, Clone, Copy)]
pub(super) struct Coefficient {
    /// The AR(1) coefficient with which differences are whitened before the bets.
    bet: f64,
    /// The coefficient for its likelihood: a tenth of a step lower, so that between two coefficients the higher
    /// one is preferred. Without this, 1.3 % of canaries with φ 0.8 alarm within 1,000 points.
    likelihood: f64,
    prior: f64,
}

/// Sizes of bets. Each is best for a shift of twice its size, in standard deviations of the noise.
const BETS: [f64; 3] = [0.15, 0.3, 0.7];
/// Deviations are cut at this many standard deviations before a bet.
const CLIP: f64 = 3.0;
/// √(π/2): the standard deviation of normal noise, in mean absolute deviations.
const DEVIATION: f64 = 1.253_314_137_315_500_1;
/// A residual sum of squares is at least this share of the total: less is rounding, no fit.
const ROUNDING: f64 = 1e-12;
const LN_2: f64 = std::f64::consts::LN_2;
const LN_PI: f64 = 1.144_729_885_849_400_2;

/// One pair of points: canary − baseline, and canary + baseline.
#[derive(Debug, Clone, Copy)]
pub(super) struct Turned {
    pub(super) difference: f64,
    pub(super) sum: f64,
}

/// Sums of squares and products of whitened points, for their mean and the residuals.
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

    /// The residual sum of squares.
    fn left(&self, constants: f64) -> f64 {
        let left = self.squares - self.products * self.products / constants;
        left.max(self.squares * ROUNDING)
    }
}

/// State of one coefficient: its likelihood, and the capital if it is the true one.
#[derive(Debug, Clone)]
pub(super) struct Hypothesis {
    of: Coefficient,
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
    /// For the differences.
    pub(super) differences: f64,
    /// For the sums.
    pub(super) sums: f64,
    /// For both, if they have one coefficient and one scale.
    pub(super) both: f64,
}

/// Whitening of a point by the one before, at one coefficient and distance.
#[derive(Debug, Clone, Copy)]
struct Whitening {
    phi: f64,
    scale: f64,
}

impl Whitening {
    fn new(coefficient: f64, steps: u64) -> Self {
        let phi = if steps == 1 { coefficient } else { math::pow(coefficient, steps as f64) };
        Self { phi, scale: (1.0 - phi * phi).sqrt() }
    }

    fn whiten(self, now: f64, before: f64) -> f64 {
        (now - self.phi * before) / self.scale
    }
}

impl Hypothesis {
    pub(super) fn new(of: Coefficient) -> Self {
        Self {
            of,
            ln_prior: math::ln(of.prior),
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
        let Some(before) = before else {
            self.learn(now, 1.0);
            self.bet(count, now.difference);
            return;
        };
        let likelihood = Whitening::new(self.of.likelihood, steps);
        let white = Turned {
            difference: likelihood.whiten(now.difference, before.difference),
            sum: likelihood.whiten(now.sum, before.sum),
        };
        self.learn(white, likelihood.whiten(1.0, 1.0));
        self.ln_determinant += 2.0 * math::ln(likelihood.scale);
        let bet = Whitening::new(self.of.bet, steps);
        self.bet(count, bet.whiten(now.difference, before.difference));
    }

    fn learn(&mut self, white: Turned, constant: f64) {
        self.differences.add(white.difference, constant);
        self.sums.add(white.sum, constant);
        self.constants += constant * constant;
    }

    /// Given its size, a healthy difference is above or below 0 with equal probability. So it gets either of
    /// the two factors of a bet, which sum to 2, with probability ½. The scale may therefore depend on the size
    /// itself.
    fn bet(&mut self, count: u64, difference: f64) {
        self.absolute += difference.abs();
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

    /// Restricted likelihoods, integrated over the mean and over the scale with density 1/σ. For m = n − 1:
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
