//! Two sides that are constant and differ.
//!
//! The test is undefined for them, so Kayenta adds Gaussian noise from an unseeded source. Here the expected
//! order statistics of that noise replace it: quantiles of the same distribution. The class is the one that
//! Kayenta nearly always gives, and it is always the same.

use crate::stats::distribution::normal;

use super::parameters::CONSTANT_NOISE;

/// Adds the expected noise to the equal values of `sorted`.
pub(super) fn spread(sorted: &mut [f64]) {
    let n = sorted.len() as f64;
    for (index, value) in sorted.iter_mut().enumerate() {
        // From the upper tail, so that the first quantile is the lowest.
        let quantile = -normal::upper_quantile((index as f64 + 0.5) / n);
        *value += CONSTANT_NOISE * value.abs() * quantile;
    }
}
