//! Times and durations of messages, in milliseconds.

use std::time::Duration;

use judge_core::Problem;
use pbjson_types::{Duration as ProtoDuration, Timestamp};

/// 0001-01-01T00:00:00Z
const FIRST_MILLIS: i64 = -62_135_596_800_000;

/// 9999-12-31T23:59:59.999Z
const LAST_MILLIS: i64 = 253_402_300_799_999;

/// The timestamp of a time in milliseconds since the Unix epoch.
pub fn time(millis: i64) -> Timestamp {
    let nanos = i32::try_from(millis.rem_euclid(1000) * 1_000_000).unwrap_or_default();
    Timestamp { seconds: millis.div_euclid(1000), nanos }
}

/// The timestamp of a time, if JSON can write it: from the year 1 to the year 9999.
pub fn writable_time(millis: i64) -> Option<Timestamp> {
    (FIRST_MILLIS..=LAST_MILLIS).contains(&millis).then(|| time(millis))
}

/// Milliseconds since the Unix epoch; parts of a millisecond are cut off.
pub fn millis_of(time: &Timestamp) -> i64 {
    time.seconds.saturating_mul(1000).saturating_add(i64::from(time.nanos) / 1_000_000)
}

/// The duration of `millis` milliseconds.
pub fn duration(millis: u64) -> ProtoDuration {
    Duration::from_millis(millis).into()
}

/// Milliseconds of a duration, if one is given; `path` is its field.
///
/// # Errors
/// If it is negative, or no whole number of milliseconds.
pub fn length(path: &'static str, given: Option<ProtoDuration>) -> Result<Option<u64>, Problem> {
    let Some(ProtoDuration { seconds, nanos }) = given else { return Ok(None) };
    let millis = i128::from(seconds) * 1000 + i128::from(nanos) / 1_000_000;
    let whole = u64::try_from(millis).ok().filter(|_| nanos % 1_000_000 == 0);
    let found = || format!("{seconds} s and {nanos} ns");
    let whole = whole.ok_or_else(|| Problem::error(path, found(), "whole milliseconds from 0"));
    Ok(Some(whole?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{proto, proto_json};

    #[test]
    fn times_are_whole_milliseconds() {
        for millis in [0, 1, 999, 1_795_184_200_123, -1] {
            assert_eq!(millis_of(&time(millis)), millis);
        }
    }

    #[test]
    fn writable_times_are_those_that_json_can_write() {
        for millis in [FIRST_MILLIS, 0, LAST_MILLIS] {
            let time = writable_time(millis);
            let entry = proto::AuditEntry { time, ..proto::AuditEntry::default() };
            assert!(time.is_some() && proto_json::write(&entry).is_ok(), "{millis}");
        }
        for millis in [i64::MIN, FIRST_MILLIS - 1, LAST_MILLIS + 1, i64::MAX] {
            assert_eq!(writable_time(millis), None);
        }
    }

    #[test]
    fn lengths_are_whole_milliseconds() {
        let given = |seconds, nanos| length("x", Some(ProtoDuration { seconds, nanos }));
        assert_eq!(given(1, 500_000_000).unwrap(), Some(1500));
        assert_eq!(length("x", None).unwrap(), None);
        assert!(
            given(-1, 0).is_err() && given(0, 1).is_err() && given(i64::MIN, i32::MIN).is_err()
        );
    }
}
