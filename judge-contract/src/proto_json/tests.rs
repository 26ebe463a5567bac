//! Messages read from JSON, and the errors of documents that are no message.

use prost::Message;

use super::*;

#[test]
fn every_named_message_is_in_the_contract() {
    write(&proto::JudgeResponse::default()).unwrap();
    write(&proto::ListJudgesResponse::default()).unwrap();
    write(&proto::ValidateConfigResponse::default()).unwrap();
}

#[test]
fn unknown_messages_and_values_without_json_are_errors() {
    let unknown = write(&String::new()).unwrap_err();
    assert!(matches!(&unknown, MessageError::Unknown(_)), "{unknown}");
    let far = pbjson_types::Timestamp { seconds: i64::MAX, nanos: 0 };
    let unwritable = write(&proto::AuditEntry { time: Some(far), ..Default::default() });
    assert!(matches!(unwritable, Err(MessageError::Unwritable(_))), "{unwritable:?}");
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
fn errors_have_a_path_what_was_found_and_what_is_allowed() {
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
            format!(r#"{metric}.direction: expected {directions}, got "increase""#),
        ),
        (
            of_metric(r#"{"direction": 99}"#),
            format!("{metric}.direction: expected {directions}, got 99"),
        ),
        (
            of_metric(r#"{"critcal": true}"#),
            format!(
                "{metric}.critcal: expected one of critical, name, groups, direction, nanStrategy, outlierStrategy, \
                 outlierFactor, muted, mustHaveData, effectSize, evidence, got an unknown field"
            ),
        ),
        (
            of_metric(r#"{"evidence": {"warmUpPoints": -1}}"#),
            format!(
                "{metric}.evidence.warmUpPoints: expected a whole number, 0 to 4294967295, got -1"
            ),
        ),
        (of_metric("[]"), format!("{metric}: expected an object, got a list")),
        (
            of_metric(r#"{"critical": 1, "name": 2}"#),
            format!(
                "{metric}.critical: expected true or false, got 1; {metric}.name: expected a string, got 2"
            ),
        ),
        (
            r#"{"pairs": [{"baseline": {"values": [1, "x", null, [2]]}}]}"#.into(),
            format!(
                "pairs[0].baseline.values[1]: expected {number}, got \"x\"; pairs[0].baseline.values[2]: expected \
                 {number}, got null; pairs[0].baseline.values[3]: expected {number}, got a list"
            ),
        ),
        (
            r#"{"canaryConfig": {"groupWeights": {"a": null}}}"#.into(),
            format!("canaryConfig.groupWeights.a: expected {number}, got null"),
        ),
        (
            of_clock(r#"{"start": "2024-01-01", "step": "1 min"}"#),
            format!(
                "{clock}.start: expected a time such as \"2026-01-31T12:00:00Z\", got \"2024-01-01\"; {clock}.step: \
                 expected seconds such as \"60s\" or \"0.5s\", got \"1 min\""
            ),
        ),
        (
            r#"{"canaryConfig": {}, "kayentaConfigJson": "{}"}"#.into(),
            "kayentaConfigJson: expected one of the two, got this field and canaryConfig".into(),
        ),
        (
            r#"{"canaryConfig": {"groupWeights": {}, "group_weights": {}}}"#.into(),
            "canaryConfig.group_weights: expected one of the two, got this field and groupWeights"
                .into(),
        ),
        (
            r#"{"id": null, "pairs": [{"name": "a", "name": "b"}]}"#.into(),
            r#"pairs[0]: expected each field once, got "name" twice"#.into(),
        ),
        (
            r#"{"canaryConfig": {"groupWeights": {"a": 1, "b": 2, "a": 3}}}"#.into(),
            r#"canaryConfig.groupWeights: expected each field once, got "a" twice"#.into(),
        ),
        ("7".into(), "expected an object, got 7".into()),
        ("null".into(), "expected an object, got null".into()),
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
    assert!(refused(r#"{"nome": null}"#)[0].starts_with("nome: expected one of "));
}
