//! Lengths of time as text.

/// A length of time, in milliseconds, as people write it: `1h 30m`; also what command lines take.
pub fn show(millis: u64) -> String {
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
            assert_eq!(show(millis), shown);
        }
    }
}
