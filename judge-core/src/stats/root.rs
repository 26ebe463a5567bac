//! Root of a monotone function.

/// Enough steps for any bracket of doubles; half of them are bisections.
const STEPS: usize = 300;

/// The root of a monotone `f` between `from` and `to`, where it has different signs, to the last bits.
///
/// The Illinois variant of false position (Dowell and Jarratt 1971), with a bisection every other
/// step, so that the bracket always shrinks.
pub(super) fn root(f: impl Fn(f64) -> f64, from: f64, to: f64) -> f64 {
    let (mut a, mut b) = (from, to);
    let (mut fa, mut fb) = (f(a), f(b));
    for step in 0..STEPS {
        if fa == 0.0 || (b - a).abs() <= 2.0 * f64::EPSILON * a.abs().max(b.abs()) {
            return a;
        }
        let falsi = b - fb * ((b - a) / (fb - fa));
        let inside = (a < falsi && falsi < b) || (b < falsi && falsi < a);
        let middle = if step % 2 == 0 && inside { falsi } else { a.midpoint(b) };
        let value = f(middle);
        if (value > 0.0) == (fb > 0.0) && value != 0.0 {
            fa /= 2.0;
        } else {
            (a, fa) = (b, fb);
        }
        (b, fb) = (middle, value);
        if value == 0.0 {
            return middle;
        }
    }
    b
}
