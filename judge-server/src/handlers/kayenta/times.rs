//! Times and durations as Java writes them.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::fields::field;
use super::request::wrong;
use crate::convert::refusal::Refusal;

/// A time as text, with milliseconds where it has any.
pub(super) fn iso(millis: i64) -> String {
    let time = Timestamp::from_millisecond(millis).unwrap_or_default();
    if millis % 1000 == 0 { format!("{time:.0}") } else { format!("{time:.3}") }
}

/// A time that may have an offset, or be seconds since the epoch.
pub(super) fn instant(object: &Value, path: &str) -> Result<Option<i64>, Refusal> {
    let Some(found) = field(object, path) else { return Ok(None) };
    let refusal =
        || wrong(format!("{path}: expected a time such as 2026-01-01T10:00:00Z, got {found}"));
    let seconds = match found {
        Value::String(text) if text.trim().is_empty() => return Ok(None),
        Value::String(text) => match text.trim().parse::<Timestamp>() {
            Ok(time) => return Ok(Some(time.as_millisecond())),
            Err(_) => text.trim().parse::<f64>().ok(),
        },
        found => found.as_f64(),
    };
    let time = seconds.and_then(|seconds| {
        let time = std::time::Duration::try_from_secs_f64(seconds).ok()?;
        Timestamp::from_second(0).ok()?.checked_add(time).ok()
    });
    Ok(Some(time.ok_or_else(refusal)?.as_millisecond()))
}

/// `java.time.Duration`'s text: `PT1H30M`, `PT0.5S`, `PT0S`.
pub(super) fn duration(millis: u64) -> String {
    SignedDuration::from_millis(i64::try_from(millis).unwrap_or(i64::MAX)).to_string()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn times_are_those_of_java() {
        for (millis, text) in [
            (1_595_877_456_000, "2020-07-27T19:17:36Z"),
            (1_595_877_456_050, "2020-07-27T19:17:36.050Z"),
        ] {
            assert_eq!(iso(millis), text);
            assert_eq!(instant(&json!({"t": text}), "t").unwrap(), Some(millis));
        }
        for odd in [json!("2020-07-27T21:17:36+02:00"), json!(1_595_877_456), json!("1595877456")] {
            assert_eq!(instant(&json!({"t": odd}), "t").unwrap(), Some(1_595_877_456_000));
        }
        assert!(instant(&json!({"t": "soon"}), "t").is_err());
        assert_eq!(instant(&json!({"t": ""}), "t").unwrap(), None);
        for (millis, text) in [
            (3_600_000, "PT1H"),
            (300_000, "PT5M"),
            (5_430_500, "PT1H30M30.5S"),
            (0, "PT0S"),
            (90_000, "PT1M30S"),
        ] {
            assert_eq!(duration(millis), text);
        }
    }
}
