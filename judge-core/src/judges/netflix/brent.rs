//! Brent's root finder, step for step as Kayenta runs it.

/// Kayenta's tolerance is 1e-4 of the metric's unit, whatever the unit is. Brent's method uses half of it.
const HALF_TOLERANCE: f64 = 0.5e-4;

/// R's limit of 1000 iterations, and the extra one of its loop.
const MOST_STEPS: usize = 1001;

/// A point and the value of the function there.
#[derive(Debug, Clone, Copy)]
pub(super) struct FunctionPoint {
    pub(super) at: f64,
    pub(super) value: f64,
}

/// The root of `f` between `low` and `high` (Brent 1973, chapter 4, `zero`), as in netlib's `zeroin` and R's
/// `uniroot`. The order of the operations is theirs, because verdicts depend on the last bits.
pub(super) fn root<E>(
    low: FunctionPoint,
    high: FunctionPoint,
    mut f: impl FnMut(f64) -> Result<f64, E>,
) -> Result<f64, E> {
    if is_zero(low.value) {
        return Ok(low.at);
    }
    let (mut a, mut b, mut c) = (low, high, low);
    for _ in 0..MOST_STEPS {
        let last_step = b.at - a.at;
        if c.value.abs() < b.value.abs() {
            (a, b, c) = (b, c, b);
        }
        let tolerance = 2.0 * f64::EPSILON * b.at.abs() + HALF_TOLERANCE;
        let bisection = (c.at - b.at) / 2.0;
        if bisection.abs() <= tolerance || is_zero(b.value) {
            return Ok(b.at);
        }
        let mut step = bisection;
        if last_step.abs() >= tolerance && a.value.abs() > b.value.abs() {
            step = interpolate(a, b, c, last_step, tolerance).unwrap_or(bisection);
        }
        if step.abs() < tolerance {
            step = if step > 0.0 { tolerance } else { -tolerance };
        }
        a = b;
        let at = b.at + step;
        b = FunctionPoint { at, value: f(at)? };
        if (b.value > 0.0 && c.value > 0.0) || (b.value < 0.0 && c.value < 0.0) {
            c = a;
        }
    }
    Ok(b.at)
}

/// The step to the zero of the secant or the inverse parabola; `None` if it leaves the bracket or is more
/// than half of the last step.
fn interpolate(
    a: FunctionPoint,
    b: FunctionPoint,
    c: FunctionPoint,
    last_step: f64,
    tolerance: f64,
) -> Option<f64> {
    let bracket = c.at - b.at;
    let (mut p, mut q);
    let from_a = b.value / a.value;
    if a.at == c.at {
        p = bracket * from_a;
        q = 1.0 - from_a;
    } else {
        let to_c = a.value / c.value;
        let from_c = b.value / c.value;
        p = from_a * (bracket * to_c * (to_c - from_c) - (b.at - a.at) * (from_c - 1.0));
        q = (to_c - 1.0) * (from_c - 1.0) * (from_a - 1.0);
    }
    if p > 0.0 {
        q = -q;
    } else {
        p = -p;
    }
    let inside = p < 0.75 * bracket * q - (tolerance * q).abs() / 2.0;
    (inside && p < (last_step * q / 2.0).abs()).then(|| p / q)
}

/// Whether `value` is zero to within one unit in the last place.
fn is_zero(value: f64) -> bool {
    value.abs() <= f64::from_bits(1)
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;

    #[test]
    fn finds_a_root_to_its_tolerance() {
        let f = |at: f64| at * at - 2.0;
        let found = root(
            FunctionPoint { at: 0.0, value: f(0.0) },
            FunctionPoint { at: 2.0, value: f(2.0) },
            |at| Ok::<_, Infallible>(f(at)),
        );
        let Ok(found) = found;
        assert!((found - 2.0_f64.sqrt()).abs() < 1e-4);
    }
}
