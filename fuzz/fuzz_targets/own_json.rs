//! Bytes as our own JSON, read and answered as `POST /v1/judge` does.
#![no_main]

use judge_core::{JudgeRequest, judges};
use judge_server::{proto, proto_json};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(message) = proto_json::read::<proto::JudgeRequest>(bytes) else { return };
    let Ok(request) = JudgeRequest::try_from(message) else { return };
    let Ok(judge) = judges::chosen_by(&request) else { return };
    let Ok(judgement) = judge.judge(&request) else { return };
    let response = proto::JudgeResponse { id: String::new(), judgement: Some(judgement.into()) };
    let answer = proto_json::write(&response).expect("an answer can be written");
    let _: serde_json::Value = serde_json::from_slice(&answer).expect("an answer is JSON");
});
