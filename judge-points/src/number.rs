//! The value of a point as text.

/// Words for a gap besides `NaN`, in any letter case: those of JSON, of spreadsheets and R, and of
/// JavaScript, as in what Grafana exports.
const GAPS: [&str; 4] = ["null", "N/A", "NA", "undefined"];

/// The value that `text` stands for; an empty text, `NaN` and other words for a gap are NaN. `None` if it
/// is not a number, or one too large for a double.
pub fn parse(text: &str) -> Option<f64> {
    if text.is_empty() || GAPS.iter().any(|gap| text.eq_ignore_ascii_case(gap)) {
        return Some(f64::NAN);
    }
    let value: f64 = text.parse().ok()?;
    let overflown = value.is_infinite() && text.bytes().any(|byte| byte.is_ascii_digit());
    (!overflown).then_some(value)
}

/// What [`parse`] accepts, for messages.
pub const EXPECTED: &str = "a number, Inf or -Inf, or NaN or an empty field for a gap";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_numbers_gaps_and_infinities() {
        for (text, value) in [
            ("1.5", 1.5),
            ("-2e-3", -0.002),
            ("+Inf", f64::INFINITY),
            ("-Inf", f64::NEG_INFINITY),
            ("Infinity", f64::INFINITY),
        ] {
            assert_eq!(parse(text), Some(value), "{text}");
        }
        for gap in ["", "NaN", "nan", "null", "N/A", "n/a", "NA", "undefined"] {
            assert!(parse(gap).is_some_and(f64::is_nan), "{gap}");
        }
        for wrong in ["x", "1,5", "1e999", "-1e999", "0x10", "none", "1 2"] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}
