//! Timestamps: RFC 3339, or seconds or milliseconds since 1970.

use thiserror::Error;

/// From here on a number is milliseconds. As seconds it would be the year 5138; as milliseconds it is
/// March 1973.
const FIRST_MILLIS: f64 = 1e11;

/// No time is this far from 1970, in milliseconds: it is the year 5138. Larger numbers are finer than
/// milliseconds.
pub const LAST_MILLIS: i64 = 100_000_000_000_000;

/// Why a timestamp cannot be read.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum TimeError {
    /// It is neither a date nor a number.
    #[error(
        "expected a timestamp, RFC 3339 (2026-01-31T12:00:00Z) or seconds or milliseconds since 1970, \
         got {0:?}"
    )]
    Unknown(String),
    /// It has no time zone.
    #[error(
        "expected a time with a time zone, got {0:?}; add Z for UTC, or an offset such as +01:00"
    )]
    NoZone(String),
    /// It counts something finer than milliseconds.
    #[error("expected seconds or milliseconds since 1970, got {0}; convert it to milliseconds")]
    TooFine(String),
}

/// Milliseconds since 1970 of a timestamp in text.
///
/// # Errors
/// If it is no timestamp, has no time zone, or counts a unit finer than milliseconds.
pub fn parse(text: &str) -> Result<i64, TimeError> {
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

/// Milliseconds since 1970 of seconds or milliseconds, whichever makes a time that people recorded.
///
/// # Errors
/// If it is finer than milliseconds, or not finite.
pub fn from_number(number: f64) -> Result<i64, TimeError> {
    let millis = if number.abs() < FIRST_MILLIS { number * 1000.0 } else { number };
    whole_millis(millis).ok_or_else(|| TimeError::TooFine(number.to_string()))
}

/// Milliseconds since 1970 of seconds, as Prometheus writes them; `None` far outside human times.
pub fn from_seconds(seconds: f64) -> Option<i64> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_each_kind() {
        for (text, millis) in [
            ("1573592097", 1_573_592_097_000),
            ("1573592097.25", 1_573_592_097_250),
            ("1573592097000", 1_573_592_097_000),
            ("1.573592097e9", 1_573_592_097_000),
            ("0", 0),
            ("-60", -60_000),
            ("2019-11-12T20:54:57Z", 1_573_592_097_000),
            ("2019-11-12T21:54:57.5+01:00", 1_573_592_097_500),
            ("2019-11-12 20:54:57Z", 1_573_592_097_000),
        ] {
            assert_eq!(parse(text), Ok(millis), "{text}");
        }
    }

    #[test]
    fn says_what_is_wrong() {
        for (text, part) in [
            ("yesterday", "expected a timestamp"),
            ("", "expected a timestamp"),
            ("NaN", "expected a timestamp"),
            ("2019-13-12T20:54:57Z", "expected a timestamp"),
            ("2019-11-12T20:54:57", "with a time zone"),
            ("1573592097000000000", "convert it to milliseconds"),
        ] {
            let error = parse(text).unwrap_err().to_string();
            assert!(error.contains(part), "{text}: {error}");
        }
    }
}
