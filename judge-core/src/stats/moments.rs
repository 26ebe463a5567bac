//! Means and sums of squares that neither overflow nor lose their digits.

/// A power of two that scales the largest value to about 1, so that squares neither overflow nor underflow.
/// Scaling by it changes no digit.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scale(f64);

impl Scale {
    /// The scale for values that are scaled together.
    pub(super) fn from_values<'a>(values: impl Iterator<Item = &'a f64>) -> Self {
        let largest = values.fold(0.0_f64, |largest, v| largest.max(v.abs()));
        let (_, exponent) = libm::frexp(largest);
        Self(libm::ldexp(1.0, (-exponent).clamp(-1020, 1020)))
    }

    pub(super) fn down(self, value: f64) -> f64 {
        value * self.0
    }
}

/// The mean of values near 1.
pub(super) fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// Σ(v − mean)².
pub(super) fn sum_of_squares(values: &[f64], mean: f64) -> f64 {
    values.iter().map(|v| (v - mean) * (v - mean)).sum()
}
