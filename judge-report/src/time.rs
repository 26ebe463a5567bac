//! Times for people, in UTC.

use jiff::Timestamp;

/// `2026-11-20 14:09:02 UTC`, or the number where no calendar reaches that far.
pub(crate) fn utc(millis: i64) -> String {
    match Timestamp::from_millisecond(millis) {
        Ok(time) => time.strftime("%Y-%m-%d %H:%M:%S UTC").to_string(),
        Err(_) => format!("{millis} ms since 1970"),
    }
}

/// `15 s`, `1 min`, `250 ms`.
pub(crate) fn duration(millis: u64) -> String {
    const UNITS: [(u64, &str); 4] =
        [(86_400_000, "d"), (3_600_000, "h"), (60_000, "min"), (1000, "s")];
    let unit = UNITS.iter().find(|(size, _)| millis >= *size && millis.is_multiple_of(*size));
    match unit {
        Some((size, name)) => format!("{} {name}", millis / size),
        None => format!("{millis} ms"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_durations_are_short() {
        assert_eq!(utc(1_795_183_742_000), "2026-11-20 14:09:02 UTC");
        assert_eq!(utc(i64::MAX), "9223372036854775807 ms since 1970");
        for (millis, text) in
            [(0, "0 ms"), (250, "250 ms"), (1500, "1500 ms"), (90_000, "90 s"), (120_000, "2 min")]
        {
            assert_eq!(duration(millis), text);
        }
    }
}
