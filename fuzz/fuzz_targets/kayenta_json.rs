//! Bytes as Kayenta's request to Kayenta's result, which must be JSON.
#![no_main]

use judge_core::{judges, kayenta};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ = kayenta::check_config(bytes);
    let Ok(request) = kayenta::read_request(bytes) else { return };
    let Ok(judge) = judges::chosen_by(&request) else { return };
    let Ok(judgement) = judge.judge(&request) else { return };
    let result = serde_json::to_vec(&kayenta::result(&judgement)).expect("a result can be written");
    let _: serde_json::Value = serde_json::from_slice(&result).expect("a result is JSON");
});
