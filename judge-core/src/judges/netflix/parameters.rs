//! Numbers of Kayenta's source.

/// Confidence level of the interval of the shift. Kayenta reads no other.
pub(super) const CONFIDENCE: f64 = 0.98;

/// Kayenta's normal quantile for [`CONFIDENCE`], two-sided, to the last bit.
pub(super) const NORMAL_QUANTILE: f64 = 2.326_347_874_040_841;

/// Share of the estimate that the interval must clear.
pub(super) const TOLERANCE: f64 = 0.25;

/// Standard deviation of the noise that Kayenta adds to two constant sides, as a share of their value.
pub(super) const CONSTANT_NOISE: f64 = 1e-5;
