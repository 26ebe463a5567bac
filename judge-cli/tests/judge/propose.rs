//! Tests `judge calibrate --propose`.

use std::fmt::Write;

use serde_json::{Value, json};

use crate::harness::TestFolder;

/// One point per minute of `latency`, around 100 times `factor`, and of `rate`, around 500, with noise from `seed`.
fn instance(seed: u64, factor: f64, points: u64) -> Vec<u8> {
    let mut table = "timestamp,latency,rate\n".to_owned();
    let mut state = seed;
    let mut noise = || {
        // Knuth's MMIX generator; its upper bits are uniform enough.
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 40) as f64 / (1_u64 << 24) as f64
    };
    for index in 0..points {
        let time = 1_700_000_000 + 60 * index;
        let latency = factor * (95.0 + 10.0 * noise());
        writeln!(table, "{time},{latency},{}", 480.0 + 40.0 * noise()).unwrap();
    }
    table.into_bytes()
}

/// Unsorted keys, unknown keys, and numbers in unusual notation.
const CONFIG: &str = r#"{
  "zone": {"b": [1, 2.50, null], "a": true},
  "name": "shop",
  "judge": {"name": "EvidenceJudge-v1", "judgeConfigurations": {}},
  "metrics": [
    {
      "query": {"type": "prometheus", "serviceType": "prometheus", "labelBindings": []},
      "name": "latency",
      "groups": ["G"],
      "analysisConfigurations": {"canary": {"effectSize": {"criticalIncrease": 3}, "direction": "increase"}}
    },
    {"name": "rate", "groups": ["G"], "analysisConfigurations": {"canary": {"direction": "decrease"}}, "extra": "x"}
  ],
  "classifier": {"scoreThresholds": {"pass": 95, "marginal": 75}, "groupWeights": {"G": 100}}
}"#;

/// Two instances whose latencies always differ by 6 %, in windows of 10 minutes.
fn place() -> TestFolder {
    TestFolder::with(&[
        ("config.json", CONFIG.as_bytes()),
        ("one.csv", &instance(1, 1.0, 1300)),
        ("two.csv", &instance(2, 1.06, 1300)),
    ])
}

const PROPOSE: &str =
    "calibrate --config config.json --history one.csv two.csv --minutes 10 --propose";

fn allowed_increase(config: &Value) -> Option<f64> {
    let canary = &config["metrics"][0]["analysisConfigurations"]["canary"];
    canary["effectSize"]["allowedIncrease"].as_f64()
}

#[test]
fn the_proposed_config_passes_what_is_healthy_and_stops_twice_its_allowance() {
    let place = place();
    let answer = place.judge(&format!("{PROPOSE} --output proposed.json"));
    assert_eq!(answer.code, 0, "{answer:?}");
    assert!(answer.stdout.contains("Proposed allowances for windows of 10 min"), "{answer:?}");
    let checked = place.judge("config check proposed.json");
    assert_eq!(checked.code, 0, "{checked:?}");

    let written = std::fs::read_to_string(place.path().join("proposed.json")).unwrap();
    let allowed = allowed_increase(&serde_json::from_str(&written).unwrap()).unwrap();
    assert!((1.02..1.2).contains(&allowed), "{written}");

    // The same instances with different noise.
    place.write("next.csv", &instance(11, 1.0, 1300));
    place.write("next-too.csv", &instance(12, 1.06, 1300));
    let held_back = |config: &str| {
        let history = "--history next.csv next-too.csv --minutes 10 --pairs 400 -f json";
        let answer = place.judge(&format!("calibrate --config {config} {history}"));
        assert_eq!(answer.code, 0, "{answer:?}");
        let figures: Value = serde_json::from_str(&answer.stdout).unwrap();
        figures["config"]["blocks"][0]["share"].as_f64().unwrap()
    };
    assert!(held_back("config.json") > 0.05, "{}", held_back("config.json"));
    assert!(held_back("proposed.json") <= 0.01, "{}", held_back("proposed.json"));

    let twice = 1.0 + 2.0 * (allowed - 1.0);
    place.write("baseline.csv", &instance(21, 1.0, 60));
    for (factor, code) in [(1.0, 0), (twice, 4)] {
        place.write("canary.csv", &instance(22, factor, 60));
        let run = "run --config proposed.json --baseline baseline.csv --canary canary.csv";
        let answer = place.judge(run);
        assert_eq!(answer.code, code, "{factor}: {answer:?}");
    }
}

#[test]
fn a_proposal_changes_nothing_else_in_the_config() {
    let place = place();
    let answer = place.judge(PROPOSE);
    assert_eq!(answer.code, 0, "{answer:?}");
    assert!(answer.stderr.contains("Proposed allowances"), "{answer:?}");
    let mut proposed: Value = serde_json::from_str(&answer.stdout).unwrap();
    assert!(allowed_increase(&proposed).is_some(), "{answer:?}");
    for metric in 0..2 {
        let canary = &mut proposed["metrics"][metric]["analysisConfigurations"]["canary"];
        if let Some(size) = canary["effectSize"].as_object_mut() {
            size.remove("allowedIncrease");
            size.remove("allowedDecrease");
        }
        if canary["effectSize"] == json!({}) || canary["effectSize"].is_null() {
            canary.as_object_mut().unwrap().remove("effectSize");
        }
    }
    // Compared as text, so that the order of keys counts.
    let given: Value = serde_json::from_str(CONFIG).unwrap();
    assert_eq!(proposed.to_string(), given.to_string());
    let place_of = |key| answer.stdout.find(key).unwrap();
    assert!(place_of("\"zone\"") < place_of("\"name\": \"shop\""), "{answer:?}");
}

#[test]
fn figures_and_config_come_in_one_document() {
    let place = place();
    let answer = place.judge(&format!("{PROPOSE} --format json --false-alarms 2%"));
    assert_eq!(answer.code, 0, "{answer:?}");
    let document: Value = serde_json::from_str(&answer.stdout).unwrap();
    assert_eq!(document["target"], json!({"falseAlarms": 0.02, "largest": 1.0}));
    let latency = &document["metrics"][0];
    assert_eq!(latency["kind"], "allow");
    assert_eq!(latency["allowance"]["form"], "relative");
    assert_eq!(
        latency["allowance"]["allowedIncrease"].as_f64(),
        allowed_increase(&document["config"])
    );
    assert_eq!(latency["spread"]["instances"], 2);
    let share = |when: &str| document[when]["share"].as_f64().unwrap();
    assert!(share("falseAlarmsAfter") <= 0.02 && share("falseAlarmsBefore") > 0.05, "{document:#}");
    let change = |when: &str| latency[when]["change"].as_f64().unwrap();
    assert!(change("shiftAfter") >= change("shiftBefore"), "{latency:#}");
}

#[test]
fn useless_allowances_are_reported_and_not_written() {
    let place = place();
    place.write("two.csv", &instance(2, 3.0, 1300));
    let answer = place.judge(PROPOSE);
    assert_eq!(answer.code, 0, "{answer:?}");
    assert_eq!(allowed_increase(&serde_json::from_str(&answer.stdout).unwrap()), None);
    for part in [
        "too large",
        "latency: no allowance up to +100% holds its false alarms",
        "its instances differ all the time, by 200%",
        "or mute the metric",
        "; with latency muted ",
    ] {
        assert!(answer.stderr.contains(part), "{part}: {answer:?}");
    }
    // A larger --largest writes the allowance.
    let answer = place.judge(&format!("{PROPOSE} --largest 900%"));
    let allowed = allowed_increase(&serde_json::from_str(&answer.stdout).unwrap());
    assert!(allowed.is_some_and(|allowed| allowed > 2.5), "{answer:?}");
}

#[test]
fn bad_options_are_refused() {
    let place = place();
    for (arguments, says) in [
        (
            "--propose --minutes 5,10",
            "--minutes: expected one length of window for a proposal, got 2",
        ),
        ("--propose --minutes 2000", "two instances over windows"),
        ("--propose --false-alarms 0", "expected a share above 0 and at most 50%"),
        ("--propose --false-alarms 60%", "'60%'"),
        ("--propose --largest 0", "'0'"),
        ("--propose --change 5%", "cannot be used with"),
        ("--false-alarms 1%", "--propose"),
        ("--largest 100%", "--propose"),
    ] {
        let history = "--history one.csv two.csv";
        let answer = place.judge(&format!("calibrate --config config.json {history} {arguments}"));
        assert_eq!(answer.code, 2, "{arguments}: {answer:?}");
        assert!(answer.stderr.contains(says), "{arguments}: {answer:?}");
        assert_eq!(answer.stdout, "", "{arguments}");
    }
}
