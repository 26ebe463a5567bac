//! Parity with Kayenta's own judge, row by row. `fixtures/golden/kayenta/README.md` says where the
//! rows come from, `intended.rs` where ours differs on purpose.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod edge_cases;
mod golden;
mod intended;

use judge_core::judges::netflix::shift_interval;
use judge_core::judges::{Judge, NetflixAcaJudge};
use judge_core::kayenta;
use serde_json::Value;

/// The judge's answer to a request document as Kayenta would print it, groups by name.
fn answer(request: &Value) -> Result<Value, String> {
    let request = kayenta::read_request(request.to_string().as_bytes());
    let request = request.map_err(|refused| refused.to_string())?;
    let judgement = NetflixAcaJudge.judge(&request).map_err(|refused| refused.to_string())?;
    Ok(serde_json::to_value(kayenta::result(&judgement)).unwrap())
}

/// Kayenta lists group scores in the order of a hash map.
fn groups_by_name(mut result: Value) -> Value {
    let groups = result["groupScores"].as_array_mut().unwrap();
    groups.sort_by_key(|group| group["name"].as_str().unwrap().to_owned());
    result
}

/// A result as it can be compared: groups by name, and no ratio for two constant sides, to which
/// Kayenta adds noise first. (Row case-259 has one that its `random_ratio` does not name: a side is
/// constant only once its outlier is gone.)
fn comparable(result: &Value) -> Value {
    let mut result = groups_by_name(result.clone());
    for metric in result["results"].as_array_mut().unwrap() {
        let constant = |side: &str| {
            let stats = &metric[side]["stats"];
            stats["min"] == stats["max"] && stats["count"] != 0
        };
        let random = constant("experimentMetadata") && constant("controlMetadata");
        if random && metric["resultMetadata"]["ratio"] != 1.0 {
            metric["resultMetadata"]["ratio"] = Value::Null;
        }
    }
    result
}

#[test]
fn all_requests_are_judged_as_kayenta_judges_them() {
    let rows = golden::rows("judge.ndjson.gz");
    assert_eq!(rows.len(), 600);
    for row in rows {
        if intended::RANDOM_CLASS.contains(&row["id"].as_str().unwrap()) {
            continue;
        }
        let actual = comparable(&answer(&row).unwrap());
        assert_eq!(actual, comparable(&row["expected"]), "{}", row["id"]);
    }
}

#[test]
fn all_intervals_are_the_same_doubles() {
    let rows = golden::rows("mann-whitney.ndjson.gz");
    assert_eq!(rows.len(), 500);
    for row in rows {
        check_interval(&row, &row["expected"], &row["id"]);
    }
}

/// Holds the interval of `row`'s samples against `expected`, or its absence against an error.
fn check_interval(row: &Value, expected: &Value, title: &Value) {
    let (x, y) = (golden::points(&row["x"]), golden::points(&row["y"]));
    let shift = shift_interval(&x, &y, row["conf"].as_f64().unwrap());
    match shift {
        Err(_) => assert!(expected["error"].is_string(), "{title}: not {expected}"),
        Ok(shift) => {
            let actual =
                [shift.interval.lower, shift.interval.upper, shift.estimate].map(golden::bits);
            let expected = ["lower", "upper", "estimate"]
                .map(|bound| golden::bits(golden::point(&expected[bound])));
            assert_eq!(actual, expected, "{title}: {shift:?}");
        }
    }
}
