//! Our messages in protobuf's canonical JSON.

mod document;
mod walk;

use std::sync::LazyLock;

use judge_core::Problem;
use prost::Message;
use prost_reflect::{DescriptorPool, DynamicMessage, MessageDescriptor, SerializeOptions};
use serde::de::DeserializeOwned;

use crate::proto;
use crate::refusal::Refusal;

use document::Once;
use walk::Walk;

/// A message with a name to find its descriptor by.
pub trait Named: Message + Default {
    /// The full name, as in `canary.judge.v1.JudgeResponse`.
    const NAME: &'static str;
}

impl Named for proto::JudgeRequest {
    const NAME: &'static str = "canary.judge.v1.JudgeRequest";
}

impl Named for proto::ValidateConfigRequest {
    const NAME: &'static str = "canary.judge.v1.ValidateConfigRequest";
}

impl Named for proto::JudgeResponse {
    const NAME: &'static str = "canary.judge.v1.JudgeResponse";
}

impl Named for proto::ListJudgesResponse {
    const NAME: &'static str = "canary.judge.v1.ListJudgesResponse";
}

impl Named for proto::ValidateConfigResponse {
    const NAME: &'static str = "canary.judge.v1.ValidateConfigResponse";
}

static POOL: LazyLock<Option<DescriptorPool>> =
    LazyLock::new(|| DescriptorPool::decode(proto::DESCRIPTORS).ok());

/// Decodes the contract's descriptors now, which takes milliseconds, rather than in the first answer.
pub(crate) fn prepare() {
    LazyLock::force(&POOL);
}

/// Reads a message. A field that is `null` is unset.
///
/// # Errors
/// When the bytes are not JSON or not the message, with every field that no reader takes.
pub fn read<T: Named + DeserializeOwned>(json: &[u8]) -> Result<T, Refusal> {
    // The generated readers refuse `null`, take the last of two entries of a map, and what they say is
    // meant for programmers.
    match serde_json::from_slice(json) {
        Ok(message) if serde_json::from_slice::<Once>(json).is_ok() => Ok(message),
        _ => read_along_the_contract(json),
    }
}

fn read_along_the_contract<T: Named + DeserializeOwned>(json: &[u8]) -> Result<T, Refusal> {
    let mut document = read_document(json)?;
    let mut walk = Walk::default();
    walk.message(&mut document, &descriptor::<T>()?);
    if walk.problems.count() > 0 {
        return Err(walk.problems.into());
    }
    T::deserialize(document).map_err(|_| {
        let problem = Problem::error("", "another document", "the one that /openapi.json has");
        Refusal::Invalid(problem.into())
    })
}

fn read_document(json: &[u8]) -> Result<serde_json::Value, Refusal> {
    let mut deserializer = serde_json::Deserializer::from_slice(json);
    serde_path_to_error::deserialize::<_, Once>(&mut deserializer).map_err(|error| {
        let path = error.path().to_string();
        let path = if path == "." { String::new() } else { path };
        let error = error.inner();
        if error.is_data() {
            let found = without_place(error);
            return Refusal::Invalid(Problem::error(path, found, "each field once").into());
        }
        not_json(path, error)
    })?;
    serde_json::from_slice(json).map_err(|error| not_json(String::new(), &error))
}

fn not_json(path: String, error: &serde_json::Error) -> Refusal {
    let problem =
        Problem::error(path, format!("text that is not JSON: {error}"), "one JSON document");
    Refusal::Invalid(problem.into())
}

/// What an error says, without the line and column, which the path makes needless.
fn without_place(error: &serde_json::Error) -> String {
    let said = error.to_string();
    said.rsplit_once(" at line ").map(|(said, _)| said.to_owned()).unwrap_or(said)
}

fn descriptor<T: Named>() -> Result<MessageDescriptor, Refusal> {
    let pool = POOL.as_ref().ok_or(Refusal::Internal)?;
    pool.get_message_by_name(T::NAME).ok_or(Refusal::Internal)
}

/// Writes a message, fields at their defaults included.
///
/// # Errors
/// When the message is none of the contract, which a test excludes.
pub fn write<T: Named>(message: &T) -> Result<Vec<u8>, Refusal> {
    let mut dynamic = DynamicMessage::new(descriptor::<T>()?);
    dynamic.transcode_from(message).map_err(|_| Refusal::Internal)?;
    let mut json = Vec::new();
    let options = SerializeOptions::new().skip_default_fields(false);
    dynamic
        .serialize_with_options(&mut serde_json::Serializer::new(&mut json), &options)
        .map_err(|_| Refusal::Internal)?;
    Ok(json)
}

#[cfg(test)]
mod tests {
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
        let written: serde_json::Value =
            serde_json::from_slice(&write(&response).unwrap()).unwrap();
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
        let of_clock =
            |clock: &str| format!(r#"{{"pairs": [{{"baseline": {{"clock": {clock}}}}}]}}"#);
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
                    "{metric}.critcal: expected one of critical, name, groups, direction, nanStrategy, outlierStrategy, outlierFactor, muted, mustHaveData, effectSize, evidence, got an unknown field"
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
                    "pairs[0].baseline.values[1]: expected {number}, got \"x\"; pairs[0].baseline.values[2]: expected {number}, got null; pairs[0].baseline.values[3]: expected {number}, got a list"
                ),
            ),
            (
                r#"{"canaryConfig": {"groupWeights": {"a": null}}}"#.into(),
                format!("canaryConfig.groupWeights.a: expected {number}, got null"),
            ),
            (
                of_clock(r#"{"start": "2024-01-01", "step": "1 min"}"#),
                format!(
                    "{clock}.start: expected a time such as \"2026-01-31T12:00:00Z\", got \"2024-01-01\"; {clock}.step: expected seconds such as \"60s\" or \"0.5s\", got \"1 min\""
                ),
            ),
            (
                r#"{"canaryConfig": {}, "kayentaConfigJson": "{}"}"#.into(),
                "kayentaConfigJson: expected one of the two, got this field and canaryConfig"
                    .into(),
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
}
