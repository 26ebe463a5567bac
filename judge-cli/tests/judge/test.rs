//! Tests `judge test`.

use serde_json::Value;

use super::harness::TestFolder;

const BASELINE: &[u8] = b"timestamp,latency,errors\n0,1,0\n60,2,0\n120,3,0\n180,,0\n240,4,0\n";
const CANARY: &[u8] = b"latency\n5\n6\n7\n8\n";

#[test]
fn compares_a_named_column_with_the_only_one() {
    let place = TestFolder::with(&[("b.csv", BASELINE), ("c.csv", CANARY)]);
    let answer = place.judge("test -b b.csv -n c.csv --column latency --format json");
    assert_eq!(answer.code, 0, "{}", answer.stderr);
    let found: Value = serde_json::from_str(&answer.stdout).unwrap();
    // All 16 differences are known: 1 to 7 around 4; 2 of 70 arrangements are as extreme.
    assert_eq!(found["location"]["shift"]["estimate"], 4.0);
    assert_eq!(found["mannWhitney"]["statistic"], 16.0);
    assert_eq!(found["mannWhitney"]["twoSided"].as_f64().unwrap(), 2.0 / 70.0);
    assert_eq!(found["superiority"]["probability"]["estimate"], 1.0);
    assert_eq!(found["baseline"]["gaps"], 1);
}

#[test]
fn says_in_words_what_it_found() {
    let place = TestFolder::with(&[("b.csv", BASELINE), ("c.csv", CANARY)]);
    let answer = place.judge("test -b b.csv -n c.csv --column latency --level 0.9");
    for expected in [
        "baseline  latency: 4 points, 1 gap, median 2.5",
        "+4  +2 to +6",
        "the canary is higher",
        "exceeds a baseline point 100 times in 100",
        "3 times in 100, by the Mann-Whitney test, exact",
    ] {
        assert!(answer.stdout.contains(expected), "no {expected:?} in\n{}", answer.stdout);
    }
}

#[test]
fn columns_of_text_are_left_out_and_named() {
    let place = TestFolder::with(&[
        ("b.csv", b"Time,type,latency\n2024-01-01 00:00:00,a,1\n2024-01-01 00:01:00,b,2\n"),
        ("c.csv", CANARY),
    ]);
    let answer = place.judge("test -b b.csv -n c.csv");
    assert_eq!(answer.stderr, "warning: b.csv: ignored, not numbers: type\n");
    assert!(answer.stdout.starts_with("baseline  latency: 2 points"), "{answer:?}");
    assert_eq!(place.judge("test -b b.csv -n c.csv --column latency").stderr, "");
    let answer = place.judge("test -b b.csv -n c.csv --column type");
    assert!(answer.code == 2 && answer.stderr.contains("add Z for UTC"), "{answer:?}");
}

#[test]
fn the_level_is_shown_as_requested() {
    let place = TestFolder::with(&[("c.csv", CANARY)]);
    for (level, shown) in [("0.57", "57"), ("0.98", "98"), ("0.999", "99.9"), ("0.99999", "99.999")]
    {
        let answer = place.judge(&format!("test -b c.csv -n c.csv --level {level}"));
        let expected = format!("  {shown} % interval  ");
        assert!(answer.stdout.contains(&expected), "no {expected:?} in\n{}", answer.stdout);
    }
}

#[test]
fn bad_input_is_refused_with_a_way_out() {
    let place = TestFolder::with(&[
        ("b.csv", BASELINE),
        ("c.csv", CANARY),
        ("gaps.csv", b"latency\nNaN\n\n"),
        ("inf.csv", b"1\nInf\n"),
    ]);
    for (arguments, expected) in [
        ("test -b b.csv -n c.csv", "--column"),
        ("test -b b.csv -n c.csv --column p99", "\"p99\""),
        ("test -b gaps.csv -n c.csv", "at least one value"),
        ("test -b inf.csv -n c.csv", "finite values only, got inf at index 1"),
        ("test -b c.csv -n c.csv --level 1", "above 0 and below 1"),
        ("test -b - -n -", "standard input"),
        ("test -b missing.csv -n c.csv", "missing.csv"),
    ] {
        let answer = place.judge(arguments);
        assert_eq!(answer.code, 2, "{arguments}: {}", answer.stderr);
        assert!(answer.stderr.contains(expected), "{arguments}: {}", answer.stderr);
    }
}
