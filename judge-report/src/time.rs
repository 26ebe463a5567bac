//! Times for people, in UTC.

use jiff::Timestamp;

/// A time as `2026-11-20 14:09:02 UTC`; the number itself if it is outside of the calendar.
pub fn utc(millis: i64) -> String {
    match Timestamp::from_millisecond(millis) {
        Ok(time) => time.strftime("%Y-%m-%d %H:%M:%S UTC").to_string(),
        Err(_) => format!("{millis} ms since 1970"),
    }
}

/// A duration in the largest unit that divides it: `15 s`, `1 min`, `250 ms`.
pub fn duration(millis: u64) -> String {
    const UNITS: [(u64, &str); 4] =
        [(86_400_000, "d"), (3_600_000, "h"), (60_000, "min"), (1000, "s")];
    let unit = UNITS.iter().find(|(size, _)| millis >= *size && millis.is_multiple_of(*size));
    match unit {
        Some((size, name)) => format!("{} {name}", millis / size),
        None => format!("{millis} ms"),
    }
}

/// Elapsed time in two units at most: `40 s`, `25 min`, `1 h 5 min`.
pub fn elapsed(millis: u64) -> String {
    let seconds = millis / 1000;
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    let parts = [(hours, "h"), (minutes, "min"), (if hours == 0 { seconds } else { 0 }, "s")];
    let parts = parts.iter().filter(|(count, _)| *count > 0);
    let parts: Vec<String> = parts.map(|(count, unit)| format!("{count} {unit}")).collect();
    if parts.is_empty() { duration(millis) } else { parts.join(" ") }
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

    #[test]
    fn elapsed_time_is_in_units_people_use() {
        for (millis, text) in [
            (0, "0 ms"),
            (40_000, "40 s"),
            (1_500_000, "25 min"),
            (1_530_000, "25 min 30 s"),
            (3_900_000, "1 h 5 min"),
            (7_200_000, "2 h"),
        ] {
            assert_eq!(elapsed(millis), text);
        }
    }
}
