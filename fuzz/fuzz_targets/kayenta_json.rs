//! Reads bytes as Kayenta's documents: a request of `POST /judge`, and a config to check.
#![no_main]

mod entrance;

use entrance::answer;
use judge_contract::proto;
use judge_server::offline::Entrance;
use libfuzzer_sys::fuzz_target;
use prost::Message;

fuzz_target!(|bytes: &[u8]| {
    if let Some(answer) = answer(Entrance::JudgeKayenta, bytes) {
        let _: serde_json::Value = serde_json::from_slice(&answer).expect("a result is JSON");
    }
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let config = proto::validate_config_request::Config::KayentaConfigJson(text.to_owned());
    let request = proto::ValidateConfigRequest { config: Some(config) };
    if let Some(answer) = answer(Entrance::Validate, &request.encode_to_vec()) {
        proto::ValidateConfigResponse::decode(answer.as_slice()).expect("an answer can be read");
    }
});
