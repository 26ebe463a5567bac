//! The standard normal distribution.

use crate::math;
use std::f64::consts::SQRT_2;

/// Numerator and denominator of a rational function, highest power first.
struct Rational([f64; 8], [f64; 8]);

impl Rational {
    fn at(&self, r: f64) -> f64 {
        let horner =
            |powers: [f64; 8]| powers.into_iter().fold(0.0, |sum, factor| sum * r + factor);
        horner(self.0) / horner(self.1)
    }
}

/// Quantiles within 0.425 of the median, divided by that distance.
const MIDDLE: Rational = Rational(
    [
        2.5090809287301226727e+3,
        3.3430575583588128105e+4,
        6.7265770927008700853e+4,
        4.5921953931549871457e+4,
        1.3731693765509461125e+4,
        1.9715909503065514427e+3,
        1.3314166789178437745e+2,
        3.3871328727963666080e+0,
    ],
    [
        5.2264952788528545610e+3,
        2.8729085735721942674e+4,
        3.9307895800092710610e+4,
        2.1213794301586595867e+4,
        5.3941960214247511077e+3,
        6.8718700749205790830e+2,
        4.2313330701600911252e+1,
        1.0,
    ],
);
/// Quantiles of tails from 0.075 to 1.4e-11.
const TAIL: Rational = Rational(
    [
        7.74545014278341407640e-4,
        2.27238449892691845833e-2,
        2.41780725177450611770e-1,
        1.27045825245236838258e+0,
        3.64784832476320460504e+0,
        5.76949722146069140550e+0,
        4.63033784615654529590e+0,
        1.42343711074968357734e+0,
    ],
    [
        1.05075007164441684324e-9,
        5.47593808499534494600e-4,
        1.51986665636164571966e-2,
        1.48103976427480074590e-1,
        6.89767334985100004550e-1,
        1.67638483018380384940e+0,
        2.05319162663775882187e+0,
        1.0,
    ],
);
/// Quantiles of smaller tails.
const FAR_TAIL: Rational = Rational(
    [
        2.01033439929228813265e-7,
        2.71155556874348757815e-5,
        1.24266094738807843860e-3,
        2.65321895265761230930e-2,
        2.96560571828504891230e-1,
        1.78482653991729133580e+0,
        5.46378491116411436990e+0,
        6.65790464350110377720e+0,
    ],
    [
        2.04426310338993978564e-15,
        1.42151175831644588870e-7,
        1.84631831751005468180e-5,
        7.86869131145613259100e-4,
        1.48753612908506148525e-2,
        1.36929880922735805310e-1,
        5.99832206555887937690e-1,
        1.0,
    ],
);

/// Upper tail of the standard normal distribution, P(Z > z): never as 1 − cdf, which is 0 from z = 9 on.
pub(crate) fn upper_tail(z: f64) -> f64 {
    0.5 * math::erfc(z / SQRT_2)
}

/// Upper quantile of the standard normal distribution (inverse normal): the z with P(Z > z) = `tail`, infinite for a
/// tail of 0 or 1 (Wichura 1988, "Algorithm AS 241: The percentage points of the normal distribution", PPND16: 16
/// digits).
pub(crate) fn upper_quantile(tail: f64) -> f64 {
    let q = 0.5 - tail;
    if q.abs() <= 0.425 {
        return q * MIDDLE.at(0.180625 - q * q);
    }
    let smaller = tail.min(1.0 - tail);
    if smaller <= 0.0 {
        return f64::INFINITY.copysign(q);
    }
    let r = (-math::ln(smaller)).sqrt();
    let z = if r <= 5.0 { TAIL.at(r - 1.6) } else { FAR_TAIL.at(r - 5.0) };
    z.copysign(q)
}

/// The z with P(Z > z) = `tail`, also for a tail above a half or of 0.
pub(crate) fn score(tail: f64) -> f64 {
    if tail <= 0.5 {
        upper_quantile(tail.max(1e-300))
    } else {
        -upper_quantile((1.0 - tail).max(1e-300))
    }
}
