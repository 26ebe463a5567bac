//! The standard normal distribution.

use statrs::distribution::{ContinuousCDF, Normal};
use std::f64::consts::SQRT_2;

/// P(Z > z): never as 1 − cdf, which is 0 from z = 9 on.
pub(crate) fn upper_tail(z: f64) -> f64 {
    0.5 * libm::erfc(z / SQRT_2)
}

/// The z with P(Z > z) = `tail`.
pub(crate) fn upper_quantile(tail: f64) -> f64 {
    -Normal::standard().inverse_cdf(tail)
}

/// The z with P(Z > z) = `tail`, also for a tail above a half or of 0.
pub(crate) fn score(tail: f64) -> f64 {
    if tail <= 0.5 {
        upper_quantile(tail.max(1e-300))
    } else {
        -upper_quantile((1.0 - tail).max(1e-300))
    }
}
