//! First-order autoregression with an unknown coefficient φ.
//!
//! An estimate of φ from 31 points is off by 0.15, so no single φ is chosen. Every p-value is a mean over the values of φ below,
//! weighted by their prior and by the restricted likelihood of the points ([`super::regression`]).

use crate::math;

/// Number of values of φ.
pub(crate) const COUNT: usize = 11;
/// The values of φ.
pub(crate) const NODES: [f64; COUNT] = [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.88, 0.94];
/// Prior weights of the φ above 0, up to a factor: (1 − a)^1.67 − (1 − b)^1.67 for the stretch from a to
/// b that each node stands for.
const REST: [f64; COUNT - 1] =
    [0.0777, 0.0718, 0.0657, 0.0593, 0.0525, 0.0452, 0.0373, 0.026, 0.0145, 0.009];
/// φ with less posterior weight than this are left out.
const NEGLIGIBLE: f64 = 1e-4;

/// The weights of independent points: all weight on φ = 0.
pub(crate) const INDEPENDENT: Weights = [1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0];
/// Posterior weights of the φ, which sum to 1.
pub(crate) type Weights = [f64; COUNT];

/// Weighs each φ by the logarithm of its likelihood and by the prior, in which φ is 0 with probability `independent`.
pub(crate) fn weigh(logs: [f64; COUNT], independent: f64) -> Weights {
    let largest = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if !largest.is_finite() {
        return INDEPENDENT;
    }
    let rest: f64 = REST.iter().sum();
    let weights: Weights = std::array::from_fn(|index| {
        let prior = match index {
            0 => independent,
            _ => (1.0 - independent) * REST[index - 1] / rest,
        };
        prior * math::exp(logs[index] - largest)
    });
    let sum: f64 = weights.iter().sum();
    let weights = weights.map(|weight| if weight < NEGLIGIBLE * sum { 0.0 } else { weight });
    let kept: f64 = weights.iter().sum();
    weights.map(|weight| weight / kept)
}

/// Posterior mean of φ.
pub(crate) fn mean(weights: &Weights) -> f64 {
    weights.iter().zip(NODES).map(|(weight, phi)| weight * phi).sum()
}

/// Variance of the mean of `n` consecutive points in units of the variance of one: 1/n where φ is 0.
pub(crate) fn variance_of_mean(n: usize, phi: f64) -> f64 {
    let power = math::pow(phi, n as f64);
    let n = n as f64;
    let rest = 1.0 - phi;
    // [n(1 − φ²) − 2φ(1 − φⁿ)]/(1 − φ)² is the sum of all autocovariances.
    (n * (1.0 + phi) / rest - 2.0 * phi * (1.0 - power) / (rest * rest)) / (n * n)
}
