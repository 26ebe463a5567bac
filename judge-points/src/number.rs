//! Parses the value of a point.

/// Words for a gap besides `NaN`, in any letter case, as JSON, spreadsheets, R, JavaScript (Grafana's exports),
/// Python and databases write them.
const GAPS: [&str; 10] =
    ["null", "N/A", "NA", "undefined", "none", "nil", "-", "#N/A", "\\N", "<null>"];

/// Parses `text`. Empty text, `NaN` and the other words for a gap give NaN. `None` if it is not a number, or is too
/// large for a double.
pub fn parse(text: &str) -> Option<f64> {
    if text.is_empty() || GAPS.iter().any(|gap| text.eq_ignore_ascii_case(gap)) {
        return Some(f64::NAN);
    }
    let value: f64 = text.parse().ok()?;
    let overflown = value.is_infinite() && text.bytes().any(|byte| byte.is_ascii_digit());
    (!overflown).then_some(value)
}

/// Advice for a number in another form, with a unit or with commas; empty for other text.
pub fn hint(text: &str) -> &'static str {
    let digits = text.trim_start_matches(['-', '+']);
    let end =
        digits.find(|c: char| !c.is_ascii_digit() && c != '.' && c != ',').unwrap_or(digits.len());
    let (number, unit) = digits.split_at(end);
    let has_digits = number.bytes().any(|byte| byte.is_ascii_digit());
    if has_digits && number.contains(',') && unit.is_empty() {
        "; write numbers with a point before the decimals and nothing between thousands"
    } else if has_digits && unit.trim().starts_with(|c: char| c.is_alphabetic() || c == '%') {
        "; write all values of a column in one unit, without the unit"
    } else {
        ""
    }
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
        for gap in ["", "NaN", "nan", "null", "N/A", "n/a", "NA", "undefined", "None", "-", "#N/A"]
        {
            assert!(parse(gap).is_some_and(f64::is_nan), "{gap}");
        }
        for (text, part) in
            [("1,234", "between thousands"), ("12 ms", "unit"), ("5%", "unit"), ("x", "")]
        {
            assert!(
                hint(text).contains(part) && hint(text).is_empty() == part.is_empty(),
                "{text}"
            );
        }
        for wrong in ["x", "1,5", "1e999", "-1e999", "0x10", "--", "1 2"] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}
