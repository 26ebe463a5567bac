//! Numbers as text for people, in a few significant digits. They are not for programs: digits are lost.

mod short;

pub(crate) use short::{fixed, push_short, push_signed, short};

/// Digits of a value.
const VALUE_DIGITS: i32 = 4;
/// Digits of a value that would otherwise look like another. Differences beyond these are errors of
/// arithmetic.
const MOST_DIGITS: i32 = 12;
/// Digits of a change, which is an estimate.
const CHANGE_DIGITS: i32 = 3;
/// Steps of a thousand above one.
const LARGE: [(f64, &str); 4] = [(1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")];
/// Below this, a plain number would be mostly zeros.
const SMALL: f64 = 1e-4;
/// From here on up even T does not help.
const HUGE: f64 = 1e16;
/// From here on a number is shortened to thousands.
const SHORTENED: f64 = 1e5;

/// A value in the metric's unit, in four digits: `0.00123`, `12.34`, `1234`, `123.4k`, `1.234e-7`.
///
/// # Example
/// ```
/// assert_eq!(judge_core::format::value(7_340_032.0), "7.34M");
/// ```
pub fn value(value: f64) -> String {
    rounded(value, VALUE_DIGITS)
}

/// The value with as many more digits as distinguish it from `other`, up to twelve.
///
/// # Example
/// ```
/// use judge_core::format::value_beside;
/// assert_eq!(value_beside(4e9, 4e9 + 10.0), "4G");
/// assert_eq!(value_beside(4e9 + 10.0, 4e9), "4.00000001G");
/// assert_eq!(value_beside(12.3456, 15.0), "12.35");
/// ```
pub fn value_beside(value: f64, other: f64) -> String {
    let told_apart = |digits: &i32| rounded(value, *digits) != rounded(other, *digits);
    rounded(value, (VALUE_DIGITS..=MOST_DIGITS).find(told_apart).unwrap_or(VALUE_DIGITS))
}

/// A change in percent, in three digits: `+12.3%`, `-0.02%`, `0%`. A ratio of 1 is 100%.
///
/// # Example
/// ```
/// assert_eq!(judge_core::format::percent(0.1234), "+12.3%");
/// ```
pub fn percent(ratio: f64) -> String {
    format!("{}%", signed(ratio * 100.0))
}

/// A change in the metric's unit, in three digits, with its sign.
///
/// # Example
/// ```
/// assert_eq!(judge_core::format::signed(2.5), "+2.5");
/// ```
pub fn signed(change: f64) -> String {
    let text = rounded(change, CHANGE_DIGITS);
    if change > 0.0 { format!("+{text}") } else { text }
}

/// A share in percent, in two digits, or to a tenth below 10 %: `0.5%`, `9.9%`, `42%`.
///
/// # Example
/// ```
/// assert_eq!(judge_core::format::share(0.0512), "5.1%");
/// assert_eq!(judge_core::format::share(0.417), "42%");
/// ```
pub fn share(share: f64) -> String {
    let percent = share * 100.0;
    let rounded = if percent < 9.95 { (percent * 10.0).round() / 10.0 } else { percent.round() };
    format!("{}%", value(rounded))
}

/// `number` rounded to `digits` significant digits; NaN and infinities stay as they are.
///
/// # Example
/// ```
/// assert_eq!(judge_core::format::round_to_digits(0.12345, 2), 0.12);
/// ```
pub fn round_to_digits(number: f64, digits: usize) -> f64 {
    let after = digits.saturating_sub(1);
    format!("{number:.after$e}").parse().unwrap_or(number)
}

fn rounded(value: f64, digits: i32) -> String {
    let size = value.abs();
    if value == 0.0 {
        "0".to_owned()
    } else if !value.is_finite() {
        infinite(value)
    } else if !(SMALL..HUGE).contains(&size) {
        let after = usize::try_from(digits - 1).unwrap_or(0);
        let text = format!("{value:.after$e}");
        let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        format!("{}e{exponent}", without_trailing_zeros(digits))
    } else if let Some((unit, suffix)) =
        LARGE.iter().find(|(unit, _)| size >= SHORTENED && size >= *unit)
    {
        format!("{}{suffix}", significant(value / unit, digits))
    } else {
        significant(value, digits)
    }
}

fn infinite(value: f64) -> String {
    if value.is_nan() {
        "NaN"
    } else if value > 0.0 {
        "Inf"
    } else {
        "-Inf"
    }
    .to_owned()
}

/// `digits` significant digits of a number that has at most 12 before its point.
fn significant(value: f64, digits: i32) -> String {
    #[allow(clippy::cast_possible_truncation, reason = "the logarithm of a double is small")]
    let before = crate::math::log10(value.abs()).floor() as i32 + 1;
    let after = usize::try_from(digits - before).unwrap_or(0);
    without_trailing_zeros(&format!("{value:.after$}")).to_owned()
}

fn without_trailing_zeros(text: &str) -> &str {
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_digits_at_any_size() {
        for (number, shown) in [
            (0.0, "0"),
            (1.0, "1"),
            (12.3456, "12.35"),
            (-12.3456, "-12.35"),
            (1234.56, "1235"),
            (99_999.4, "99999"),
            (123_456.0, "123.5k"),
            (7_340_032.0, "7.34M"),
            (1.5e13, "15T"),
            (1e300, "1e300"),
            (0.001_234_5, "0.001234"),
            (1.234_56e-7, "1.235e-7"),
            (f64::NAN, "NaN"),
            (f64::NEG_INFINITY, "-Inf"),
        ] {
            assert_eq!(value(number), shown, "{number:e}");
        }
        assert_eq!(value_beside(0.1 + 0.2, 0.3), "0.3");
        assert_eq!(value_beside(f64::NAN, f64::NAN), "NaN");
        assert_eq!(value_beside(-1.000_02e-9, -1.000_01e-9), "-1.00002e-9");
        assert_eq!(percent(0.1234), "+12.3%");
        assert_eq!(percent(-0.000_2), "-0.02%");
        assert_eq!(percent(0.0), "0%");
    }
}
