//! Quiet and noisy stretches: how little the sizes of neighbouring deviations say of each other.
//!
//! A metric may be quiet for minutes and noisy for minutes. Sizes of deviations are then autocorrelated,
//! and their mean is less certain than that of as many independent sizes. **Model**: a size is the sum of
//! two parts. An autoregression with coefficient φ, the stretch, has a share s of the variance; independent
//! chance has the rest. Neither s nor φ is known, so twelve pairs of them are weighed, and the model in
//! which all sizes are independent: by a prior and by the restricted likelihood (Harville 1977), which a
//! Kalman filter gives. An autoregression alone (s = 1) would take long stretches under much chance for
//! short ones. **Cost**: O(n) a pair, of the last 240 points.

use crate::judges::evidence::parameters as p;
use crate::judges::evidence::prepare::autocorrelation::variance_of_mean;
use crate::math;

const MODELS: usize = p::VOLATILITY_SHARES.len() * p::VOLATILITY_PHIS.len();

/// How the sizes of deviations follow each other.
#[derive(Debug)]
pub(super) struct Volatility {
    /// Probability that they do not.
    independent: f64,
    /// Probability of each share and φ.
    weights: [f64; MODELS],
}

impl Volatility {
    /// Weighs each model by the last `sizes` of deviations, a series each, in time order.
    pub(super) fn estimate<const N: usize>(sizes: [&[f64]; N]) -> Self {
        let log = |share: f64, phi: f64| -> f64 {
            let last =
                sizes.map(|sizes| &sizes[sizes.len().saturating_sub(p::VOLATILITY_POINTS)..]);
            last.into_iter().map(|sizes| log_likelihood(sizes, share, phi)).sum()
        };
        let alone = log(0.0, 0.0);
        let mut weights = [0.0; MODELS];
        for (weight, (share, phi)) in weights.iter_mut().zip(models()) {
            *weight = log(share, phi);
        }
        let largest = weights.iter().copied().fold(alone, f64::max);
        let prior = p::PRIOR_OF_SIDES.independent;
        let independent = prior * math::exp(alone - largest);
        for weight in &mut weights {
            *weight = (1.0 - prior) / MODELS as f64 * math::exp(*weight - largest);
        }
        let all = independent + weights.iter().sum::<f64>();
        // Sizes that are all equal tell nothing.
        if !all.is_finite() {
            return Self { independent: 1.0, weights: [0.0; MODELS] };
        }
        Self { independent: independent / all, weights: weights.map(|weight| weight / all) }
    }

    /// The mean over the models of `p_value`, which is told by how much the variance of the mean of so many `points` is larger
    /// than if their sizes were independent.
    pub(super) fn mean(&self, points: usize, p_value: impl Fn(f64) -> f64) -> f64 {
        let stretches = self.weights.iter().zip(models()).map(|(weight, (share, phi))| {
            let wider = 1.0 - share + share * points as f64 * variance_of_mean(points, phi);
            weight * p_value(wider)
        });
        self.independent * p_value(1.0) + stretches.sum::<f64>()
    }

    /// Correlation of two sizes that are `gap` points apart.
    pub(super) fn correlation(&self, gap: usize) -> f64 {
        let stretches = self.weights.iter().zip(models());
        stretches.map(|(weight, (share, phi))| weight * share * math::pow(phi, gap as f64)).sum()
    }
}

/// Each share of the variance with each φ.
fn models() -> impl Iterator<Item = (f64, f64)> {
    let with = |share| p::VOLATILITY_PHIS.into_iter().map(move |phi| (share, phi));
    p::VOLATILITY_SHARES.into_iter().flat_map(with)
}

/// Restricted log-likelihood of `sizes` around a mean, with a scale that nobody knows.
fn log_likelihood(sizes: &[f64], share: f64, phi: f64) -> f64 {
    /// A product is taken to its logarithm before it underflows.
    const SMALL: f64 = 1e-200;
    let chance = 1.0 - share;
    // What is foretold of the next point, of the sizes and of a series of ones, and its variance.
    let (mut foretold, mut of_one, mut variance) = (0.0, 0.0, share);
    let (mut determinant, mut logs) = (1.0, 0.0);
    let (mut vv, mut vw, mut ww) = (0.0, 0.0, 0.0);
    for size in sizes {
        let all = variance + chance;
        let (v, w) = (size - foretold, 1.0 - of_one);
        determinant *= all;
        if determinant < SMALL {
            logs += math::ln(determinant);
            determinant = 1.0;
        }
        vv += v * v / all;
        vw += v * w / all;
        ww += w * w / all;
        let gain = variance / all;
        foretold = phi * (foretold + gain * v);
        of_one = phi * (of_one + gain * w);
        variance = phi * phi * variance * (1.0 - gain) + share * (1.0 - phi * phi);
    }
    let rest = vv - vw * vw / ww;
    -0.5 * (logs
        + math::ln(determinant)
        + math::ln(ww)
        + (sizes.len() as f64 - 1.0) * math::ln(rest))
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
    fn stretches_are_told_from_chance() {
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
