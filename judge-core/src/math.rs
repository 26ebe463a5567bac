//! Transcendental functions with the same result in every build.
//!
//! `std` leaves the last bits of these functions to the platform's C library, so that two builds of one
//! commit can differ in them. The `libm` crate computes them in Rust. Square roots, sums and products are
//! exact by IEEE 754 and need no such care.

/// Natural logarithm.
pub(crate) fn ln(x: f64) -> f64 {
    libm::log(x)
}

/// ln(1 + x), also for small x.
pub(crate) fn ln_1p(x: f64) -> f64 {
    libm::log1p(x)
}

/// Logarithm to base 10.
pub(crate) fn log10(x: f64) -> f64 {
    libm::log10(x)
}

/// eˣ.
pub(crate) fn exp(x: f64) -> f64 {
    libm::exp(x)
}

/// Hyperbolic sine.
pub(crate) fn sinh(x: f64) -> f64 {
    libm::sinh(x)
}

/// √(x² + y²), without overflow on the way.
pub(crate) fn hypot(x: f64, y: f64) -> f64 {
    libm::hypot(x, y)
}

/// x to the power y.
pub(crate) fn pow(x: f64, y: f64) -> f64 {
    libm::pow(x, y)
}

/// Cosine of an angle in radians.
pub(crate) fn cos(x: f64) -> f64 {
    libm::cos(x)
}

/// Tangent of an angle in radians.
pub(crate) fn tan(x: f64) -> f64 {
    libm::tan(x)
}

/// Arc tangent, in radians.
pub(crate) fn atan(x: f64) -> f64 {
    libm::atan(x)
}

/// ln Γ(x), for positive x.
pub(crate) fn ln_gamma(x: f64) -> f64 {
    libm::lgamma(x)
}

/// The complementary error function, 1 − erf x.
pub(crate) fn erfc(x: f64) -> f64 {
    libm::erfc(x)
}

/// The whole part of a number of at least 0; the largest `usize` of larger ones.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the cast saturates")]
pub(crate) fn whole(x: f64) -> usize {
    x as usize
}
