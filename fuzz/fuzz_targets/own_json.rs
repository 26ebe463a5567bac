//! Bytes as our own JSON, read and answered as `POST /v1/judge` and `POST /v1/config:validate` do.
#![no_main]

mod entrance;

use entrance::answer;
use judge_contract::proto;
use judge_server::offline::Entrance;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Some(answer) = answer(Entrance::JudgeJson, bytes) {
        let answer: proto::JudgeResponse =
            serde_json::from_slice(&answer).expect("an answer can be read");
        assert!(answer.judgement.is_some());
    }
    if let Some(answer) = answer(Entrance::ValidateJson, bytes) {
        let _: proto::ValidateConfigResponse =
            serde_json::from_slice(&answer).expect("an answer can be read");
    }
});
