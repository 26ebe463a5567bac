//! Times and lengths of time as text, by the rules of `judge run`.

use thiserror::Error;

/// From here on a number is milliseconds: as seconds it would be the year 5138, as milliseconds it
/// is March 1973.
const FIRST_MILLIS: f64 = 1e11;

/// Numbers beyond are finer than milliseconds: as milliseconds this is the year 5138.
pub(crate) const LAST_MILLIS: i64 = 100_000_000_000_000;

/// Why a timestamp was not understood.
#[derive(Debug, Clone, PartialEq, Error)]
pub(crate) enum TimeError {
    #[error(
        "{0:?} is not a timestamp; allowed are RFC 3339 (2026-01-31T12:00:00Z) and seconds or \
         milliseconds since 1970"
    )]
    Unknown(String),
    #[error("{0:?} has no time zone; add Z for UTC, or an offset such as +01:00")]
    NoZone(String),
    #[error(
        "{0} is too large for seconds or milliseconds since 1970; divide it down to milliseconds"
    )]
    TooFine(String),
}

/// Milliseconds since 1970 of a timestamp in text.
pub(crate) fn parse(text: &str) -> Result<i64, TimeError> {
    if let Ok(number) = text.parse::<f64>() {
        return from_number(number).map_err(|_| {
            if number.is_finite() {
                TimeError::TooFine(text.to_owned())
            } else {
                TimeError::Unknown(text.to_owned())
            }
        });
    }
    match text.parse::<jiff::Timestamp>() {
        Ok(time) => Ok(time.as_millisecond()),
        Err(_) if text.parse::<jiff::civil::DateTime>().is_ok() => {
            Err(TimeError::NoZone(text.to_owned()))
        }
        Err(_) => Err(TimeError::Unknown(text.to_owned())),
    }
}

/// Milliseconds since 1970 of seconds or milliseconds.
pub(crate) fn from_number(number: f64) -> Result<i64, TimeError> {
    let millis = if number.abs() < FIRST_MILLIS { number * 1000.0 } else { number };
    whole_millis(millis).ok_or_else(|| TimeError::TooFine(number.to_string()))
}

/// Milliseconds since 1970 of seconds, as Prometheus writes them; `None` far outside human times.
pub(crate) fn from_seconds(seconds: f64) -> Option<i64> {
    whole_millis(seconds * 1000.0)
}

#[allow(clippy::cast_possible_truncation, reason = "the range is checked")]
fn whole_millis(millis: f64) -> Option<i64> {
    (millis.abs() < LAST_MILLIS as f64).then(|| millis.round() as i64)
}

/// A time, in milliseconds since the Unix epoch, as people read it: RFC 3339 in UTC.
pub fn show(millis: i64) -> String {
    jiff::Timestamp::from_millisecond(millis)
        .map_or_else(|_| millis.to_string(), |time| time.to_string())
}

/// A length of time, in milliseconds, as people write it: `1h 30m`; also what command lines take.
pub fn show_length(millis: u64) -> String {
    const UNITS: [(u64, &str); 5] =
        [(86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1000, "s"), (1, "ms")];
    let mut rest = millis;
    let mut parts = Vec::new();
    for (unit, name) in UNITS {
        if rest >= unit {
            parts.push(format!("{}{name}", rest / unit));
            rest %= unit;
        }
    }
    if parts.is_empty() { "0s".to_owned() } else { parts.join(" ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_shown_in_their_units() {
        for (millis, shown) in [
            (0, "0s"),
            (1, "1ms"),
            (61_001, "1m 1s 1ms"),
            (5_400_000, "1h 30m"),
            (7 * 86_400_000, "7d"),
        ] {
            assert_eq!(show_length(millis), shown);
        }
    }

    #[test]
    fn every_kind_of_timestamp_becomes_utc() {
        for (text, millis) in [
            ("1573592097", 1_573_592_097_000),
            ("1573592097.25", 1_573_592_097_250),
            ("1573592097000", 1_573_592_097_000),
            ("2019-11-12T20:54:57Z", 1_573_592_097_000),
            ("2019-11-12T21:54:57.5+01:00", 1_573_592_097_500),
        ] {
            assert_eq!(parse(text), Ok(millis), "{text}");
        }
        for (text, part) in [
            ("yesterday", "not a timestamp"),
            ("", "not a timestamp"),
            ("NaN", "not a timestamp"),
            ("2019-11-12T20:54:57", "no time zone"),
            ("1573592097000000000", "too large"),
        ] {
            let error = parse(text).unwrap_err().to_string();
            assert!(error.contains(part), "{text}: {error}");
        }
    }
}
