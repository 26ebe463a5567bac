//! Four significant digits, fast: a judgement of twenty metrics has over a hundred numbers, so they are
//! formatted without the exact arithmetic of the standard formatter wherever that cannot change the result.

use std::fmt::{self, Display, Write};

const DIGITS: i32 = 4;

/// 10 to the power of the index, each exact as a double.
const POWERS: [f64; 8] = [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7];

/// Range of numbers that the fast path takes.
const QUICK: std::ops::Range<f64> = 1e-4..1e4;

/// A scaled value this close to half way between two numbers of four digits is left to the exact path:
/// scaling is off by less than 1e-12.
const UNSURE: f64 = 1e-9;

/// `value` with four significant digits, without trailing zeros.
pub(crate) fn short(value: f64) -> String {
    let mut text = String::new();
    push_short(&mut text, value);
    text
}

/// Appends what [`short`] gives.
pub(crate) fn push_short(text: &mut String, value: f64) {
    match quick(value.abs()) {
        Some(digits) => {
            if value < 0.0 {
                text.push('-');
            }
            // Writing to a string cannot fail.
            let _ = digits.trimmed().write(text);
        }
        None => text.push_str(&exact(value)),
    }
}

/// Appends what [`short`] gives, with a plus for what is above 0.
pub(crate) fn push_signed(text: &mut String, value: f64) {
    if value > 0.0 {
        text.push('+');
    }
    push_short(text, value);
}

/// `size` with `decimals` decimals, as the standard formatter writes it.
pub(crate) fn fixed(size: f64, decimals: usize) -> impl Display {
    fmt::from_fn(move |f| {
        let quick = (0.0..1e3).contains(&size).then(|| rounded(size, decimals)).flatten();
        match quick {
            Some(digits) => digits.write(f),
            None => write!(f, "{size:.decimals$}"),
        }
    })
}

/// The number `whole` / 10^`decimals`.
struct Digits {
    whole: u32,
    decimals: usize,
}

impl Digits {
    /// Without the zeros at its end.
    fn trimmed(self) -> Self {
        let Self { mut whole, mut decimals } = self;
        while decimals > 0 && whole.is_multiple_of(10) {
            whole /= 10;
            decimals -= 1;
        }
        Self { whole, decimals }
    }

    fn write(self, to: &mut impl Write) -> fmt::Result {
        let Self { mut whole, decimals } = self;
        // From the last digit to the first; at most 8 and a point.
        let mut bytes = [b'0'; 12];
        let mut start = bytes.len();
        let mut written = 0;
        while whole > 0 || written <= decimals {
            if written == decimals && written > 0 {
                start -= 1;
                bytes[start] = b'.';
            }
            start -= 1;
            bytes[start] = b"0123456789"[(whole % 10) as usize];
            whole /= 10;
            written += 1;
        }
        to.write_str(std::str::from_utf8(&bytes[start..]).unwrap_or_default())
    }
}

/// The four digits of a size in the range of the fast path; `None` if only the exact path knows how they
/// round.
fn quick(size: f64) -> Option<Digits> {
    if !QUICK.contains(&size) {
        return None;
    }
    rounded(size, POWERS.iter().position(|power| size * power >= 1e3)?)
}

/// `size` rounded to `decimals` decimals (at most 4 unless it is small); `None` if only the exact path knows
/// how it rounds.
fn rounded(size: f64, decimals: usize) -> Option<Digits> {
    let scaled = size * POWERS[decimals];
    let below = scaled.floor();
    let rest = scaled - below;
    if (rest - 0.5).abs() < UNSURE {
        return None;
    }
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "at most 10,000,000 and not negative"
    )]
    let whole = below as u32 + u32::from(rest > 0.5);
    Some(Digits { whole, decimals })
}

/// Four significant digits of any value.
fn exact(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        return format!("{value}");
    }
    let scientific = format!("{value:.3e}");
    let exponent =
        scientific.split_once('e').and_then(|(_, exponent)| exponent.parse::<i32>().ok());
    let exponent = exponent.unwrap_or_default();
    let text = if (-4..15).contains(&exponent) {
        let decimals = usize::try_from(DIGITS - 1 - exponent).unwrap_or(0);
        let mut text = scientific;
        text.clear();
        // Writing to a string cannot fail.
        let _ = write!(text, "{value:.decimals$}");
        text
    } else {
        scientific
    };
    let (mantissa, rest) = text.split_at(text.find('e').unwrap_or(text.len()));
    if mantissa.contains('.') {
        format!("{}{rest}", mantissa.trim_end_matches('0').trim_end_matches('.'))
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_are_short() {
        let cases = [
            (0.0, "0"),
            (-0.0, "-0"),
            (1.0, "1"),
            (1.100_04, "1.1"),
            (-2.5, "-2.5"),
            (0.5, "0.5"),
            (9.9996, "10"),
            (9999.7, "10000"),
            (1234.5, "1234"),
            (0.000_1, "0.0001"),
            (0.000_099_999, "0.0001"),
            (123_456.0, "123456"),
            (0.000_123_456, "0.0001235"),
            (1.5e-9, "1.5e-9"),
            (2.5e20, "2.5e20"),
            (f64::NAN, "NaN"),
        ];
        for (value, text) in cases {
            assert_eq!(short(value), text);
        }
    }

    #[test]
    fn a_plus_for_what_is_above_0() {
        for (value, expected) in [(2.5, "+2.5"), (-2.5, "-2.5"), (0.0, "0"), (f64::NAN, "NaN")] {
            let mut text = String::new();
            push_signed(&mut text, value);
            assert_eq!(text, expected);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]

        #[test]
        fn fixed_decimals_are_those_of_the_formatter(
            size in 0.0..1100.0_f64, halves in 0..40_000_u32, decimals in 0..4_usize
        ) {
            for size in [size, f64::from(halves) / 2000.0, f64::NAN, f64::INFINITY] {
                let text = fixed(size, decimals).to_string();
                prop_assert_eq!(text, format!("{size:.decimals$}"));
            }
        }

        #[test]
        fn the_quick_way_is_the_exact_one(mantissa in -1.0..1.0_f64, exponent in -6..6_i32) {
            let value = mantissa * 10_f64.powi(exponent);
            prop_assert_eq!(short(value), exact(value));
        }

        #[test]
        fn also_where_it_is_half_way(digits in 0..200_000_u32, decimals in 0..9_i32) {
            // Five digits that end in a 5 are half way between two of four, as far as a double can be.
            let value = f64::from(digits / 10 * 10 + 5) / 10_f64.powi(decimals);
            prop_assert_eq!(short(value), exact(value));
        }
    }
}
