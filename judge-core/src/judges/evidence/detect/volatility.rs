//! Quiet and noisy stretches: how little the sizes of neighbouring deviations say of each other.
//!
//! **Model**: a size is the sum of two parts. The stretch, an autoregression with coefficient φ, has a share s of the variance;
//! independent noise has the rest. Neither s nor φ is known. So twelve pairs of them and the model with independent sizes are
//! weighted by a prior and by the restricted likelihood (Harville 1977), which a Kalman filter computes. **Cost**: O(n) a pair,
//! for the last 240 points.

use std::sync::LazyLock;

use crate::judges::evidence::parameters as p;
use crate::judges::evidence::prepare::autocorrelation::variance_of_mean;
use crate::math;

const SHARES: usize = p::VOLATILITY_SHARES.len();
/// One model without stretches, then one for each φ with each share.
const MODELS: usize = 1 + p::VOLATILITY_PHIS.len() * SHARES;
const SHARE: [f64; MODELS] = models().0;
const PHI: [f64; MODELS] = models().1;

/// How the sizes of deviations depend on each other: the probability of each model.
#[derive(Debug)]
pub(super) struct Volatility([f64; MODELS]);

impl Volatility {
    /// Weighs the models by the last `sizes` of deviations, given as `N` series in time order.
    pub(super) fn estimate<const N: usize>(sizes: [&[f64]; N]) -> Self {
        let mut weights = [0.0; MODELS];
        for sizes in sizes {
            let last = &sizes[sizes.len().saturating_sub(p::VOLATILITY_POINTS)..];
            for (weight, log) in weights.iter_mut().zip(log_likelihoods(last)) {
                *weight += log;
            }
        }
        let largest = weights.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let independent = p::PRIOR_OF_SIDES;
        for (model, weight) in weights.iter_mut().enumerate() {
            let others = (1.0 - independent) / (MODELS - 1) as f64;
            let prior = if model == 0 { independent } else { others };
            *weight = prior * math::exp(*weight - largest);
        }
        let all: f64 = weights.iter().sum();
        // Sizes that are all equal contain no information.
        if !all.is_finite() {
            let mut independent = [0.0; MODELS];
            independent[0] = 1.0;
            return Self(independent);
        }
        Self(weights.map(|weight| weight / all))
    }

    /// The mean of `p_value` over the models. Its argument is the variance of the mean of `points` sizes,
    /// relative to that of independent sizes.
    pub(super) fn mean(&self, points: usize, p_value: impl Fn(f64) -> f64) -> f64 {
        let of_model = |((weight, share), phi): ((&f64, f64), f64)| {
            weight * p_value(1.0 - share + share * points as f64 * variance_of_mean(points, phi))
        };
        self.0.iter().zip(SHARE).zip(PHI).map(of_model).sum()
    }

    /// Correlation of two sizes that are `gap` points apart.
    pub(super) fn correlation(&self, gap: usize) -> f64 {
        let with_phi = |(weights, phi): (&[f64], f64)| {
            let share: f64 = weights.iter().zip(p::VOLATILITY_SHARES).map(|(w, s)| w * s).sum();
            share * math::pow(phi, gap as f64)
        };
        self.0[1..].chunks(SHARES).zip(p::VOLATILITY_PHIS).map(with_phi).sum()
    }
}

/// The share and φ of each model.
const fn models() -> ([f64; MODELS], [f64; MODELS]) {
    let (mut shares, mut phis) = ([0.0; MODELS], [0.0; MODELS]);
    let mut model = 1;
    while model < MODELS {
        shares[model] = p::VOLATILITY_SHARES[(model - 1) % SHARES];
        phis[model] = p::VOLATILITY_PHIS[(model - 1) / SHARES];
        model += 1;
    }
    (shares, phis)
}

/// One step of each model's Kalman filter. It depends on the number of points before it, and not on their values.
struct Step {
    /// Inverse variance of the innovation, which is the point less its prediction.
    precision: [f64; MODELS],
    /// Kalman gain.
    gain: [f64; MODELS],
    /// Innovation in a series of ones, times the precision.
    one: [f64; MODELS],
    /// Sum over the steps so far of the squared innovations in a series of ones, times their precisions.
    ones: [f64; MODELS],
    /// Sum over the steps so far of the logarithms of the innovations' variances.
    logs: [f64; MODELS],
}

static STEPS: LazyLock<Vec<Step>> = LazyLock::new(|| {
    // Prediction of the next point in a series of ones, and the variance of the state.
    let (mut predicted, mut variance) = ([0.0; MODELS], SHARE);
    let (mut ones, mut logs) = ([0.0; MODELS], [0.0; MODELS]);
    let step = |_| {
        let (mut precision, mut gain, mut one) = ([0.0; MODELS], [0.0; MODELS], [0.0; MODELS]);
        for m in 0..MODELS {
            let all = variance[m] + (1.0 - SHARE[m]);
            let new = 1.0 - predicted[m];
            precision[m] = 1.0 / all;
            gain[m] = variance[m] / all;
            one[m] = new * precision[m];
            ones[m] += new * one[m];
            logs[m] += math::ln(all);
            predicted[m] = PHI[m] * (predicted[m] + gain[m] * new);
            variance[m] = PHI[m] * PHI[m] * variance[m] * (1.0 - gain[m])
                + SHARE[m] * (1.0 - PHI[m] * PHI[m]);
        }
        Step { precision, gain, one, ones, logs }
    };
    (0..p::VOLATILITY_POINTS).map(step).collect()
});

/// Restricted log-likelihood of at most [`p::VOLATILITY_POINTS`] `sizes` around an unknown mean, with an unknown scale, under
/// each model.
///
/// The models go through the points side by side, because a model has to wait for its own last point only.
fn log_likelihoods(sizes: &[f64]) -> [f64; MODELS] {
    let (mut predicted, mut vv, mut vw) = ([0.0; MODELS], [0.0; MODELS], [0.0; MODELS]);
    for (size, step) in sizes.iter().zip(STEPS.iter()) {
        for m in 0..MODELS {
            let new = size - predicted[m];
            vv[m] += new * new * step.precision[m];
            vw[m] += new * step.one[m];
            predicted[m] = PHI[m] * (predicted[m] + step.gain[m] * new);
        }
    }
    // No size tells nothing, as equal ones do.
    let Some(last) = sizes.len().checked_sub(1).and_then(|last| STEPS.get(last)) else {
        return [f64::NAN; MODELS];
    };
    let free = sizes.len() as f64 - 1.0;
    std::array::from_fn(|m| {
        let rest = vv[m] - vw[m] * vw[m] / last.ones[m];
        -0.5 * (last.logs[m] + math::ln(last.ones[m]) + free * math::ln(rest))
    })
}

#[cfg(test)]
mod tests {
    use super::Volatility;

    /// Sizes in stretches of `length` points, each quiet or noisy, with as much chance as there is in sizes of normal values.
    fn sizes(points: usize, length: usize) -> Vec<f64> {
        let chance = |at: usize| ((at * 7919 + 13) % 101) as f64 / 100.0;
        let stretch = |at: usize| if chance(at / length) > 0.5 { 4.0 } else { 1.0 };
        (0..points).map(|at| stretch(at) * chance(at)).collect()
    }

    #[test]
    fn stretches_are_distinguished_from_chance() {
        let volatile = Volatility::estimate([&sizes(120, 20)]);
        let even = Volatility::estimate([&sizes(120, 1)]);
        assert!(volatile.correlation(1) > 0.2, "{volatile:?}");
        assert!(even.correlation(1) < 0.1, "{even:?}");
        assert!(volatile.mean(120, |wider| wider) > 2.0 * even.mean(120, |wider| wider));
    }

    #[test]
    fn long_series_do_not_overflow() {
        let smooth: Vec<f64> = (0..5000).map(|at| 2.0 + (f64::from(at) / 200.0).sin()).collect();
        assert!(Volatility::estimate([&smooth]).correlation(1) > 0.8);
    }

    #[test]
    fn equal_sizes_tell_nothing() {
        assert_eq!(Volatility::estimate([&[1.0; 30], &[0.0; 30]]).correlation(1), 0.0);
    }
}
