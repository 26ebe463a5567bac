//! Judges the recorded canaries in every recorded form.

use std::path::Path;

use serde_json::Value;

use crate::harness::{Answer, TestFolder};

fn judge(arguments: &str) -> Answer {
    let recorded = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/recorded");
    let mut words: Vec<String> = Vec::new();
    for word in arguments.split(' ') {
        let path = recorded.join(word);
        words.push(if path.exists() { path.display().to_string() } else { word.to_owned() });
    }
    TestFolder::with(&[]).judge(&words.join(" "))
}

/// Everything that must not depend on the form: all but ids, tags, and the number of gaps at the ends, which only
/// tables show.
fn essence(judgement: &str) -> Value {
    let mut judgement: Value = serde_json::from_str(judgement).unwrap();
    for metric in judgement["metrics"].as_array_mut().unwrap() {
        let metric = metric.as_object_mut().unwrap();
        metric.remove("id");
        metric.remove("tags");
        for side in ["baseline", "canary"] {
            let counts = metric[side]["counts"].as_object_mut().unwrap();
            counts.remove("submitted");
            counts.remove("gaps");
        }
    }
    judgement["metrics"].as_array_mut().unwrap().sort_by_key(|metric| metric["name"].to_string());
    judgement["groups"].as_array_mut().unwrap().sort_by_key(|group| group["name"].to_string());
    judgement["metrics"].take()
}

#[test]
fn verdicts_do_not_depend_on_the_form() {
    for (canary, code) in [("same-version", 0), ("slower", 4), ("failing", 4)] {
        let run = "run -f json --config canary-config.json";
        let wide =
            judge(&format!("{run} --baseline {canary}/baseline.csv --canary {canary}/canary.csv"));
        assert_eq!(wide.code, code, "{canary}: {wide:?}");
        let files = judge(&format!("{run} --baseline {canary}/baseline --canary {canary}/canary"));
        let request = judge(&format!("run -f json {canary}/request.json"));
        for other in [files, request] {
            assert_eq!(other.code, code, "{canary}: {other:?}");
            assert_eq!(essence(&other.stdout), essence(&wide.stdout), "{canary}");
        }
    }
    let long = judge(
        "run -f json --config canary-config.json --baseline failing/baseline-long.csv \
         --canary failing/canary-long.csv",
    );
    assert_eq!(long.code, 4, "{long:?}");
}

#[test]
fn the_recorded_config_has_no_problems() {
    let answer = judge("config check --strict canary-config.json");
    assert_eq!(answer.code, 0, "{answer:?}");
}
