//! Our messages in protobuf's canonical JSON.

use std::sync::LazyLock;

use judge_core::Problem;
use prost::Message;
use prost_reflect::{DescriptorPool, DynamicMessage, SerializeOptions};
use serde::de::DeserializeOwned;

use crate::proto;
use crate::refusal::Refusal;

/// A message with a name to find its descriptor by.
pub trait Named: Message + Default {
    /// The full name, as in `canary.judge.v1.JudgeResponse`.
    const NAME: &'static str;
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

/// Reads a message.
///
/// # Errors
/// When the bytes are not JSON or not the message, with the field.
pub fn read<T: DeserializeOwned>(json: &[u8]) -> Result<T, Refusal> {
    let mut deserializer = serde_json::Deserializer::from_slice(json);
    let read = serde_path_to_error::deserialize(&mut deserializer);
    let message = read.map_err(|error| {
        let path = error.path().to_string();
        let path = if path == "." { String::new() } else { path };
        invalid(path, error.inner())
    })?;
    deserializer.end().map_err(|error| invalid(String::new(), &error))?;
    Ok(message)
}

fn invalid(path: String, error: &serde_json::Error) -> Refusal {
    let problem = if error.is_data() {
        Problem::error(path, error, "what the field takes; see /openapi.json")
    } else {
        Problem::error(path, format!("not JSON: {error}"), "one whole JSON document")
    };
    Refusal::Invalid(problem.into())
}

/// Writes a message, fields at their defaults included.
///
/// # Errors
/// When the message is none of the contract, which a test excludes.
pub fn write<T: Named>(message: &T) -> Result<Vec<u8>, Refusal> {
    let pool = POOL.as_ref().ok_or(Refusal::Internal)?;
    let descriptor = pool.get_message_by_name(T::NAME).ok_or(Refusal::Internal)?;
    let mut dynamic = DynamicMessage::new(descriptor);
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
        let thresholds: proto::Thresholds =
            read(br#"{"pass": "NaN", "marginal": "-Infinity"}"#).unwrap();
        assert!(thresholds.pass.unwrap().is_nan());
        let judgement = proto::Judgement { thresholds: Some(thresholds), ..Default::default() };
        let response = proto::JudgeResponse { judgement: Some(judgement), ..Default::default() };
        let written: serde_json::Value =
            serde_json::from_slice(&write(&response).unwrap()).unwrap();
        let expected = serde_json::json!({"pass": "NaN", "marginal": "-Infinity"});
        assert_eq!(written["judgement"]["thresholds"], expected);
    }

    #[test]
    fn what_is_wrong_has_its_path() {
        let cases = [
            (r#"{"pairs": [{"baseline": {"values": [1, "x"]}}]}"#, "pairs[0].baseline.values[1]"),
            (r#"{"pairs": [{"nome": 1}]}"#, "pairs[0].nome"),
            ("{} {}", ""),
            ("[", ""),
        ];
        for (json, path) in cases {
            let problems = read::<proto::JudgeRequest>(json.as_bytes()).unwrap_err().problems();
            assert_eq!(problems[0].path, path, "{json}: {problems:?}");
        }
    }
}
