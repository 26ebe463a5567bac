//! The JSON of our messages, and what is said of what is none.

use super::*;

#[test]
fn every_named_message_is_in_the_contract() {
    write(&proto::JudgeResponse::default()).unwrap();
    write(&proto::ListJudgesResponse::default()).unwrap();
    write(&proto::ValidateConfigResponse::default()).unwrap();
}

#[test]
fn doubles_that_json_lacks_are_words_in_and_out() {
    let json = br#"{"thresholds": {"pass": "NaN", "marginal": "-Infinity"}}"#;
    let thresholds = read::<proto::JudgeRequest>(json).unwrap().thresholds;
    assert!(thresholds.unwrap().pass.unwrap().is_nan());
    let judgement = proto::Judgement { thresholds, ..Default::default() };
    let response = proto::JudgeResponse { judgement: Some(judgement), ..Default::default() };
    let written: serde_json::Value = serde_json::from_slice(&write(&response).unwrap()).unwrap();
    let expected = serde_json::json!({"pass": "NaN", "marginal": "-Infinity"});
    assert_eq!(written["judgement"]["thresholds"], expected);
}

fn refused(json: &str) -> Vec<String> {
    let refusal = read::<proto::JudgeRequest>(json.as_bytes()).expect_err(json);
    refusal.problems().iter().map(ToString::to_string).collect()
}

#[test]
fn what_is_wrong_has_its_path_what_was_found_and_all_that_is_allowed() {
    let number = r#"a number, or "NaN", "Infinity" or "-Infinity""#;
    let directions =
        "DIRECTION_UNSPECIFIED, DIRECTION_INCREASE, DIRECTION_DECREASE, DIRECTION_EITHER";
    let metric = "canaryConfig.metrics[0]";
    let of_metric = |inner: &str| format!(r#"{{"canaryConfig": {{"metrics": [{inner}]}}}}"#);
    let of_clock = |clock: &str| format!(r#"{{"pairs": [{{"baseline": {{"clock": {clock}}}}}]}}"#);
    let clock = "pairs[0].baseline.clock";
    let cases = [
        (
            of_metric(r#"{"direction": "increase"}"#),
            format!(r#"{metric}.direction: "increase", but allowed is {directions}"#),
        ),
        (
            of_metric(r#"{"direction": 99}"#),
            format!("{metric}.direction: 99, but allowed is {directions}"),
        ),
        (
            of_metric(r#"{"critcal": true}"#),
            format!(
                "{metric}.critcal: an unknown field, but allowed is one of critical, name, \
                 groups, direction, nanStrategy, outlierStrategy, outlierFactor, muted, \
                 mustHaveData, effectSize, evidence"
            ),
        ),
        (
            of_metric(r#"{"evidence": {"warmUpPoints": -1}}"#),
            format!(
                "{metric}.evidence.warmUpPoints: -1, but allowed is a whole number, 0 to 4294967295"
            ),
        ),
        (of_metric("[]"), format!("{metric}: a list, but allowed is an object")),
        (
            of_metric(r#"{"critical": 1, "name": 2}"#),
            format!(
                "{metric}.critical: 1, but allowed is true or false; \
                 {metric}.name: 2, but allowed is a string"
            ),
        ),
        (
            r#"{"pairs": [{"baseline": {"values": [1, "x", null, [2]]}}]}"#.into(),
            format!(
                "pairs[0].baseline.values[1]: \"x\", but allowed is {number}; \
                 pairs[0].baseline.values[2]: null, but allowed is {number}; \
                 pairs[0].baseline.values[3]: a list, but allowed is {number}"
            ),
        ),
        (
            r#"{"canaryConfig": {"groupWeights": {"a": null}}}"#.into(),
            format!("canaryConfig.groupWeights.a: null, but allowed is {number}"),
        ),
        (
            of_clock(r#"{"start": "2024-01-01", "step": "1 min"}"#),
            format!(
                "{clock}.start: \"2024-01-01\", but allowed is a time such as \
                 \"2026-01-31T12:00:00Z\"; {clock}.step: \"1 min\", but allowed is seconds such \
                 as \"60s\" or \"0.5s\""
            ),
        ),
        (
            r#"{"canaryConfig": {}, "kayentaConfigJson": "{}"}"#.into(),
            "kayentaConfigJson: given as well as canaryConfig, but allowed is one of the two"
                .into(),
        ),
        (
            r#"{"canaryConfig": {"groupWeights": {}, "group_weights": {}}}"#.into(),
            "canaryConfig.group_weights: given as well as groupWeights, but allowed is one of \
             the two"
                .into(),
        ),
        (
            r#"{"id": null, "pairs": [{"name": "a", "name": "b"}]}"#.into(),
            r#"pairs[0]: "name" twice, but allowed is each field once"#.into(),
        ),
        (
            r#"{"canaryConfig": {"groupWeights": {"a": 1, "b": 2, "a": 3}}}"#.into(),
            r#"canaryConfig.groupWeights: "a" twice, but allowed is each field once"#.into(),
        ),
        ("7".into(), "7, but allowed is an object".into()),
        ("null".into(), "null, but allowed is an object".into()),
    ];
    for (json, expected) in cases {
        assert_eq!(refused(&json).join("; "), expected, "{json}");
    }
    for json in ["{} {}", "[", "", r#"{"id": "#] {
        assert!(refused(json)[0].contains("not JSON"), "{json}");
    }
}

#[test]
fn a_field_that_is_null_is_unset() {
    let nulls = r#"{"id": null, "judge": null, "kayentaConfigJson": null, "thresholds": null,
        "canaryConfig": {"metrics": [{"name": "a", "direction": null, "effectSize": null,
            "outlierFactor": null, "groups": null, "critical": null}], "groupWeights": null},
        "pairs": [{"name": "a", "tags": null, "baseline": {"values": null, "clock": null},
            "canary": {"values": [0.1, "NaN", 9007199254740993]}}]}"#;
    let without = r#"{"canaryConfig": {"metrics": [{"name": "a"}]},
        "pairs": [{"name": "a", "baseline": {},
            "canary": {"values": [0.1, "NaN", 9007199254740993]}}]}"#;
    let read = |json: &str| read::<proto::JudgeRequest>(json.as_bytes()).unwrap();
    // Not equal as such, because of NaN.
    assert_eq!(read(nulls).encode_to_vec(), read(without).encode_to_vec());
    assert!(refused(r#"{"nome": null}"#)[0].starts_with("nome: an unknown field"));
}
