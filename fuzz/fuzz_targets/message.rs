//! Reads bytes as each gRPC message, then judges and answers as the server does.
#![no_main]

mod entrance;

use entrance::answer;
use judge_contract::proto;
use judge_server::offline::Entrance;
use libfuzzer_sys::fuzz_target;
use prost::Message;
use proto::judge_stream_response::Outcome;

fuzz_target!(|bytes: &[u8]| {
    let judged = answer(Entrance::Judge, bytes).map(|answer| {
        proto::JudgeResponse::decode(answer.as_slice()).expect("an answer can be read")
    });

    // A stream's request is field 1 of its message.
    let mut message = vec![0x0a];
    prost::encode_length_delimiter(bytes.len(), &mut message).expect("a vector takes it");
    message.extend_from_slice(bytes);
    let streamed = answer(Entrance::JudgeOfStream, &message).map(|answer| {
        proto::JudgeStreamResponse::decode(answer.as_slice()).expect("an answer can be read")
    });
    if let (Some(judged), Some(streamed)) = (judged, streamed) {
        assert_eq!(judged.id, streamed.id);
        let Some(Outcome::Judgement(streamed)) = streamed.outcome else { panic!("no judgement") };
        // Not equal as such, because of NaN.
        let judged = judged.judgement.expect("a judgement");
        assert_eq!(judged.encode_to_vec(), streamed.encode_to_vec());
    }
    answer(Entrance::JudgeOfStream, bytes);

    if let Some(answer) = answer(Entrance::Validate, bytes) {
        let answer = proto::ValidateConfigResponse::decode(answer.as_slice());
        let answer = answer.expect("an answer can be read");
        let errors = |problem: &proto::Problem| problem.severity() == proto::Severity::Error;
        assert!(!(answer.usable && answer.problems.iter().any(errors)), "{answer:?}");
    }
});
