//! Bodies written down from what Kayenta answers, with `<…>` where an answer has a value of its own.

use serde_json::Value;

/// The body of a file, by name.
pub(crate) fn body(name: &str) -> Value {
    let path =
        format!("{}/tests/wire/kayenta_clients/bodies/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    serde_json::from_str(&text).unwrap()
}

/// Everything in which `found` is not as `expected`: fields that are missing, wrong, or not among them.
pub(crate) fn differences(expected: &Value, found: &Value) -> Vec<String> {
    let mut all = Vec::new();
    compare("", expected, found, &mut all);
    all
}

fn compare(at: &str, expected: &Value, found: &Value, all: &mut Vec<String>) {
    match (expected, found) {
        (Value::Object(expected), Value::Object(found)) => {
            for (name, expected) in expected {
                match found.get(name) {
                    Some(found) => compare(&format!("{at}/{name}"), expected, found, all),
                    None => all.push(format!("{at}/{name}: missing")),
                }
            }
            for name in found.keys().filter(|name| !expected.contains_key(*name)) {
                all.push(format!("{at}/{name}: not expected"));
            }
        }
        (Value::Array(expected), Value::Array(found)) if expected.len() == found.len() => {
            for (index, (expected, found)) in expected.iter().zip(found).enumerate() {
                compare(&format!("{at}/{index}"), expected, found, all);
            }
        }
        (Value::Number(expected), Value::Number(number))
            if expected.as_f64() == number.as_f64() => {}
        (Value::String(pattern), found) if pattern.starts_with('<') => {
            if !fits(pattern, found) {
                all.push(format!("{at}: expected {pattern}, got {found}"));
            }
        }
        (expected, found) if expected == found => {}
        _ => all.push(format!("{at}: expected {expected}, got {found}")),
    }
}

/// Whether a value is one of those that a pattern stands for.
fn fits(pattern: &str, found: &Value) -> bool {
    let text = found.as_str();
    // As Orca's are: 26 characters of Crockford's 32.
    let is_letter = |letter: char| letter.is_ascii_digit() || letter.is_ascii_uppercase();
    let is_ulid = |text: &str| {
        text.len() == 26 && text.chars().all(is_letter) && !text.contains(['I', 'L', 'O', 'U'])
    };
    match pattern {
        "<number>" => found.is_number(),
        // Argo Rollouts and Deck read whole milliseconds.
        "<millis>" => found.as_i64().is_some_and(|millis| millis > 1_700_000_000_000),
        "<time>" => {
            text.is_some_and(|text| text.ends_with('Z') && text.parse::<jiff::Timestamp>().is_ok())
        }
        "<uuid>" => text.is_some_and(|text| text.parse::<uuid::Uuid>().is_ok()),
        "<ulid>" => text.is_some_and(is_ulid),
        "<text>" => found.is_string(),
        pattern => {
            let Some(text) = text else { return false };
            if let Some(number) = pattern.strip_prefix("<look ") {
                return is_ulid(text) && text[23..] == format!("00{}", &number[..1]);
            }
            let part = pattern.strip_prefix("<text with ").and_then(|rest| rest.strip_suffix('>'));
            text.contains(part.unwrap_or_else(|| panic!("there is no pattern {pattern}")))
        }
    }
}

#[test]
fn differences_of_bodies_are_found() {
    let expected =
        serde_json::json!({"a": "<look 1>", "b": [1, "<number>"], "c": "<text with x>", "d": 1.0});
    let same =
        serde_json::json!({"a": "01DS50WVHAWSTAQACJKB1VK001", "b": [1.0, 2], "c": "axe", "d": 1});
    assert_eq!(differences(&expected, &same), Vec::<String>::new());
    let other =
        serde_json::json!({"a": "01DS50WVHAWSTAQACJKB1VKDQB", "b": [2, "2"], "c": "a", "e": 1});
    assert_eq!(
        differences(&expected, &other),
        [
            "/a: expected <look 1>, got \"01DS50WVHAWSTAQACJKB1VKDQB\"",
            "/b/0: expected 1, got 2",
            "/b/1: expected <number>, got \"2\"",
            "/c: expected <text with x>, got \"a\"",
            "/d: missing",
            "/e: not expected"
        ]
    );
}
