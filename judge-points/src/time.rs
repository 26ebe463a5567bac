//! Timestamps: RFC 3339, or seconds or milliseconds since 1970.

use jiff::fmt::temporal::Pieces;
use thiserror::Error;

/// Numbers from here on are milliseconds. As seconds this one is in the year 5138, as milliseconds in March 1973.
const FIRST_MILLIS: f64 = 1e11;

/// Times are nearer to 1970 than this, in milliseconds: the limit is in the year 5138. Larger numbers count a unit
/// finer than milliseconds.
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
        "expected a time with a time zone, got {0:?}; add Z for UTC, or an offset such as +01:00, or give \
         --time-zone"
    )]
    NoZone(String),
    /// Its day and month cannot be told apart.
    #[error("expected a date with its year first, such as 2026-01-31, got {0:?}")]
    DayOrMonth(String),
    /// Its offset from UTC is a day or more.
    #[error("expected an offset from UTC of at most 23:59, such as +01:00, got {0:?}")]
    Offset(String),
    /// It counts a unit finer than milliseconds.
    #[error("expected seconds or milliseconds since 1970, got {0}; convert it to milliseconds")]
    TooFine(String),
}

/// Parses a timestamp into milliseconds since 1970.
///
/// # Errors
/// If it is no timestamp, has no time zone, or counts a unit finer than milliseconds.
pub fn parse(text: &str) -> Result<i64, TimeError> {
    parse_in(text, None)
}

/// Parses a timestamp as [`parse`] does; `zone` applies to times without a time zone.
///
/// # Errors
/// As [`parse`].
///
/// # Example
/// ```
/// use judge_points::time::{self, TimeZone};
///
/// let zone: TimeZone = "+01:00".parse()?;
/// let millis = time::parse_in("31.01.2026 13:00", Some(&zone))?;
/// assert_eq!(millis, time::parse("2026-01-31T12:00:00Z")?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn parse_in(text: &str, zone: Option<&TimeZone>) -> Result<i64, TimeError> {
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
        Ok(_) if has_far_offset(text) => Err(TimeError::Offset(text.to_owned())),
        Ok(time) => Ok(time.as_millisecond()),
        Err(_) => match (civil(text), zone) {
            (Some(civil), Some(TimeZone(zone))) => zone
                .to_timestamp(civil)
                .map(jiff::Timestamp::as_millisecond)
                .map_err(|_| TimeError::Unknown(text.to_owned())),
            (Some(_), None) => Err(TimeError::NoZone(text.to_owned())),
            (None, _) if is_day_or_month(text) => Err(TimeError::DayOrMonth(text.to_owned())),
            (None, _) => Err(TimeError::Unknown(text.to_owned())),
        },
    }
}

/// Whether a time's offset is a day or more. jiff accepts offsets up to 25:59; RFC 3339 does not.
fn has_far_offset(time: &str) -> bool {
    let pieces = || Pieces::parse(time).ok()?.to_numeric_offset();
    !time.ends_with('Z') && pieces().is_some_and(|offset| offset.seconds().abs() >= 24 * 60 * 60)
}

/// A time zone by its name, such as Europe/Berlin, or its offset, such as +01:00.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimeZone(jiff::tz::TimeZone);

impl std::str::FromStr for TimeZone {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let offset = || {
            // Midnight in the zone is this far from midnight in UTC.
            let midnight = parse(&format!("1970-01-01T00:00:00{text}")).ok()?;
            let seconds = i32::try_from(-midnight / 1000).ok()?;
            jiff::tz::Offset::from_seconds(seconds).ok().map(jiff::tz::TimeZone::fixed)
        };
        if matches!(text, "Z" | "UTC") {
            return Ok(Self(jiff::tz::TimeZone::UTC));
        }
        let named = jiff::tz::TimeZone::get(text).ok();
        named.or_else(offset).map(Self).ok_or_else(|| {
            format!("expected a time zone such as UTC, Europe/Berlin or +01:00, got {text:?}")
        })
    }
}

/// Parses a date and time without a zone: ISO 8601, with slashes, or the day first with dots.
fn civil(text: &str) -> Option<jiff::civil::DateTime> {
    if let Ok(civil) = text.parse() {
        return Some(civil);
    }
    let (date, time) = text.split_once([' ', 'T']).unwrap_or((text, "00:00"));
    let slashes: Vec<&str> = date.split('/').collect();
    let points: Vec<&str> = date.split('.').collect();
    let [year, month, day] = match (slashes.as_slice(), points.as_slice()) {
        (&[year, month, day], _) if year.len() == 4 => [year, month, day],
        (_, &[day, month, year]) if year.len() == 4 => [year, month, day],
        _ => return None,
    };
    let time = time.trim().replace(',', ".");
    format!("{year}-{month:0>2}-{day:0>2}T{time:0>5}").parse().ok()
}

/// Whether `text` begins with a date like 01/02/2026.
fn is_day_or_month(text: &str) -> bool {
    let date = text.split([' ', 'T', ',']).next().unwrap_or_default();
    let numbers = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let parts: Vec<&str> = date.split(['/', '-']).collect();
    parts.len() == 3 && parts[0].len() <= 2 && parts.into_iter().all(numbers)
}

/// Converts seconds or milliseconds since 1970, told apart by their size, to milliseconds since 1970.
///
/// # Errors
/// If it is finer than milliseconds, or not finite.
pub fn from_number(number: f64) -> Result<i64, TimeError> {
    let millis = if number.abs() < FIRST_MILLIS { number * 1000.0 } else { number };
    whole_millis(millis).ok_or_else(|| TimeError::TooFine(number.to_string()))
}

/// Converts seconds since 1970, as Prometheus writes them, to milliseconds; `None` beyond [`LAST_MILLIS`].
pub fn from_seconds(seconds: f64) -> Option<i64> {
    whole_millis(seconds * 1000.0)
}

#[allow(clippy::cast_possible_truncation, reason = "the range is checked")]
fn whole_millis(millis: f64) -> Option<i64> {
    (millis.abs() < LAST_MILLIS as f64).then(|| millis.round() as i64)
}

/// Formats a time, in milliseconds since the Unix epoch, for people: RFC 3339 in UTC.
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
            ("2019-11-13T20:53:57+23:59", 1_573_592_097_000),
        ] {
            assert_eq!(parse(text), Ok(millis), "{text}");
        }
    }

    #[test]
    fn times_without_a_zone_get_the_given_zone() {
        let zone: TimeZone = "Europe/Berlin".parse().unwrap();
        for (text, utc) in [
            ("2024-01-01 00:00:15", "2023-12-31T23:00:15Z"),
            ("2024-07-01T12:00", "2024-07-01T10:00:00Z"),
            ("01.07.2024 12:00:00,5", "2024-07-01T10:00:00.5Z"),
            ("1.7.2024 9:05", "2024-07-01T07:05:00Z"),
            ("2024/07/01 12:00:00", "2024-07-01T10:00:00Z"),
            ("2024-07-01", "2024-06-30T22:00:00Z"),
            ("2024-07-01T12:00:00Z", "2024-07-01T12:00:00Z"),
        ] {
            assert_eq!(parse_in(text, Some(&zone)), parse(utc), "{text}");
        }
        let zone: TimeZone = "-03:30".parse().unwrap();
        assert_eq!(parse_in("2024-01-01 00:00", Some(&zone)), parse("2024-01-01T03:30:00Z"));
        for wrong in ["Europe/Berlim", "+24:00", "-25:30", ""] {
            let error = wrong.parse::<TimeZone>().unwrap_err();
            assert!(error.starts_with("expected a time zone"), "{wrong}: {error}");
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
            ("12.11.2019 20:54", "with a time zone"),
            ("11/12/2019 20:54", "year first"),
            ("2019-11-12T20:54:57+24:00", "at most 23:59"),
            ("2019-11-12 20:54:57-2500", "at most 23:59"),
            ("1573592097000000000", "convert it to milliseconds"),
        ] {
            let error = parse(text).unwrap_err().to_string();
            assert!(error.contains(part), "{text}: {error}");
        }
    }
}
