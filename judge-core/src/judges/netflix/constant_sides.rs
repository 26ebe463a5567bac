//! Two sides that are constant and differ.
//!
//! The test has no answer for them, so Kayenta adds Gaussian noise from an unseeded source. Here the
//! noise is replaced by its expectation: the quantiles of the same distribution. That gives the class
//! that Kayenta gives almost always, and always the same.

use crate::stats::distribution::normal;

use super::parameters::CONSTANT_NOISE;

/// Spreads the equal values of `sorted` as noise would, in expectation.
pub(super) fn spread(sorted: &mut [f64]) {
    let n = sorted.len() as f64;
    for (index, value) in sorted.iter_mut().enumerate() {
        // From the upper tail, so that the first quantile is the lowest.
        let quantile = -normal::upper_quantile((index as f64 + 0.5) / n);
        *value += CONSTANT_NOISE * value.abs() * quantile;
    }
}
