//! Student's t distribution, any positive degrees of freedom.
//!
//! The tail is an incomplete beta function, P(T > t) = I(x; ν/2, 1/2) / 2 with x = ν/(ν + t²), that is a factor times
//! a hypergeometric function, computed by Gauss's continued fraction (DLMF 8.17.7, 8.17.8, 15.7.5). In the tail it is
//! the one whose terms are all positive. The factor in front of it goes through ln(1 + t²/ν) and an asymptotic series
//! of Γ(a + 1/2)/Γ(a), which keep their digits when ν is large, where differences of ln Γ do not.

use super::normal;
use crate::math;

const SQRT_PI: f64 = 1.772_453_850_905_516;
/// Relative changes of the continued fraction below this are rounding.
const PRECISION: f64 = 2.0 * f64::EPSILON;
/// Of Γ(a + ½)/(Γ(a)√a) in powers of 1/a: Graham, Knuth and Patashnik (1994), *Concrete Mathematics*,
/// answer 9.60, continued.
const GAMMA_RATIO: [f64; 8] = [
    1.0,
    -1.0 / 8.0,
    1.0 / 128.0,
    5.0 / 1_024.0,
    -21.0 / 32_768.0,
    -399.0 / 262_144.0,
    869.0 / 4_194_304.0,
    39_325.0 / 33_554_432.0,
];
/// Far more steps than any sample that fits in memory needs: they grow with the root of ν.
const STEPS: u32 = 1_000_000;

/// P(T > t) with `df` degrees of freedom; with infinite `df` the normal tail.
pub(crate) fn upper_tail(t: f64, df: f64) -> f64 {
    if df.is_infinite() {
        normal::upper_tail(t)
    } else if t < 0.0 {
        1.0 - upper_tail(-t, df)
    } else {
        let (a, odds) = (df / 2.0, odds(t, df));
        let front = front(odds, a);
        if odds * (a + 1.0) > 1.5 {
            0.5 * front / a * ((1.0 + odds) / odds) * tail_fraction(a, odds)
        } else {
            0.5 - front * middle_fraction(a, odds / (1.0 + odds))
        }
    }
}

/// The t with P(T > t) = `tail`, for a tail up to one half.
pub(crate) fn upper_quantile(tail: f64, df: f64) -> f64 {
    let z = normal::upper_quantile(tail);
    if df.is_infinite() || z <= 0.0 {
        return z.max(0.0);
    }
    let mut t = z + expansion(z, df);
    // Newton in (ln t, ln tail), where the curve is nearly straight in both the middle and the tail.
    for _ in 0..100 {
        let at = upper_tail(t, df);
        let slope = front(odds(t, df), df / 2.0) / at;
        let step = math::ln(at / tail) / slope;
        t *= math::exp(step.clamp(-2.0, 2.0));
        // Convergence is quadratic: the next step would be rounding.
        let goes_on = step.abs() > 1e-9;
        if !goes_on {
            break;
        }
    }
    t
}

/// From this many degrees of freedom on, Hill's transformation is off by less than 10⁻⁶ of a tail of 10⁻⁴.
const ENOUGH_FOR_HILL: f64 = 8.0;

/// The z whose normal tail equals the tail of `t`: for p-values of many t, at a tenth of the cost of
/// [`upper_tail`]. Its tail is off by 10⁻⁶ of itself at 10⁻⁴ and more, and by 10⁻³ at 10⁻¹⁰ (Hill 1970,
/// "Algorithm 395: Student's t-distribution").
pub(crate) fn normal_score(t: f64, df: f64) -> f64 {
    if df.is_infinite() {
        t
    } else if t < 0.0 {
        -normal_score(-t, df)
    } else if df < ENOUGH_FOR_HILL {
        normal::upper_quantile(upper_tail(t, df).max(f64::MIN_POSITIVE))
    } else {
        let a = df - 0.5;
        let b = 48.0 * a * a;
        let y = a * math::ln_1p(odds(t, df));
        let below = 0.8 * y * y + 100.0 + b;
        let correction = (((-0.4 * y - 3.3) * y - 24.0) * y - 85.5) / below;
        ((correction + y + 3.0) / b + 1.0) * y.sqrt()
    }
}

/// P(T > t) as [`normal_score`] gives it.
pub(crate) fn fast_upper_tail(t: f64, df: f64) -> f64 {
    normal::upper_tail(normal_score(t, df))
}

/// Correction of a normal quantile (Abramowitz and Stegun 1964, 26.7.5): nearly all of the difference unless
/// ν is small.
fn expansion(z: f64, df: f64) -> f64 {
    let z2 = z * z;
    let first = (z2 + 1.0) * z / 4.0;
    if df < 8.0 {
        return first / df;
    }
    let second = ((5.0 * z2 + 16.0) * z2 + 3.0) * z / 96.0;
    let third = (((3.0 * z2 + 19.0) * z2 + 17.0) * z2 - 15.0) * z / 384.0;
    ((third / df + second) / df + first) / df
}

/// t²/ν, in an order that overflows last.
fn odds(t: f64, df: f64) -> f64 {
    let scaled = t / df.sqrt();
    (scaled * scaled).min(f64::MAX)
}

/// xᵃ(1 − x)^½ / B(a, ½), which is also t times the density.
fn front(odds: f64, a: f64) -> f64 {
    let share = (odds / (1.0 + odds)).sqrt();
    math::exp(-a * math::ln_1p(odds)) * share * gamma_ratio(a) / SQRT_PI
}

/// Γ(a + ½)/Γ(a).
fn gamma_ratio(a: f64) -> f64 {
    let (mut a, mut factor) = (a, 1.0);
    while a < 40.0 {
        factor *= a / (a + 0.5);
        a += 1.0;
    }
    factor * a.sqrt() * GAMMA_RATIO.iter().rev().fold(0.0, |sum, term| sum / a + term)
}

/// F(½, 1; a + 1; −1/odds), by Gauss's continued fraction: all terms are positive, so nothing cancels.
fn tail_fraction(a: f64, odds: f64) -> f64 {
    let c = a + 1.0;
    continued(|step| {
        let j = f64::from(step / 2);
        let top = if step % 2 == 1 { (0.5 + j) * (c - 1.0 + j) } else { j * (c - 1.5 + j) };
        let at = c + f64::from(step) - 1.0;
        top / ((at - 1.0).max(f64::MIN_POSITIVE) * at) / odds
    })
}

/// F(½ + a, 1; 3/2; x), the same for the middle of the distribution.
fn middle_fraction(a: f64, x: f64) -> f64 {
    continued(|step| {
        let j = f64::from(step / 2);
        let top = if step % 2 == 1 { -(0.5 + j) * (0.5 + a + j) } else { j * (a - j) };
        let at = 0.5 + f64::from(step);
        top / ((at - 1.0) * at) * x
    })
}

/// 1/(1 + k₁/(1 + k₂/(1 + ...))), by the modified Lentz recursion.
fn continued(k: impl Fn(u32) -> f64) -> f64 {
    let away = |v: f64| if v == 0.0 { f64::MIN_POSITIVE } else { v };
    let (mut value, mut c, mut d) = (1.0, 1.0, 0.0);
    for step in 1..STEPS {
        let k = k(step);
        d = 1.0 / away(1.0 + k * d);
        c = away(1.0 + k / c);
        let change = c * d;
        value *= change;
        let goes_on = (change - 1.0).abs() > PRECISION;
        if !goes_on {
            break;
        }
    }
    1.0 / value
}
