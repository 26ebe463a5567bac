//! Bytes to a protobuf message to the core's request to a judgement and back.
#![no_main]

use judge_core::{JudgeRequest, judges};
use judge_server::proto;
use libfuzzer_sys::fuzz_target;
use prost::Message;

fuzz_target!(|bytes: &[u8]| {
    let Ok(message) = proto::JudgeRequest::decode(bytes) else { return };
    let Ok(request) = JudgeRequest::try_from(message) else { return };
    let Ok(judge) = judges::chosen_by(&request) else { return };
    let Ok(judgement) = judge.judge(&request) else { return };
    let answer = proto::Judgement::from(judgement);
    assert_eq!(answer.metrics.len(), request.pairs.len());
    assert!(proto::Judgement::decode(answer.encode_to_vec().as_slice()).is_ok());
});
