//! Calls the server with small limits, and checks the rules that every response must keep.

use std::cell::RefCell;

use judge_contract::proto;
use judge_server::offline::{Entrance, Offline};
use judge_server::{Refusal, Settings};

/// Total bytes of headers that the stricter gRPC clients accept.
const HEADERS: usize = 8 * 1024;

/// Largest number of problems in a response, including the one that counts the others.
const PROBLEMS: usize = 1001;

thread_local! {
    static OFFLINE: RefCell<Offline> = RefCell::new(offline());
}

fn offline() -> Offline {
    let flags =
        ["judge-server", "--max-metrics=12", "--max-series-points=500", "--max-points=2000"];
    let settings = Settings::read(flags.into_iter().map(Into::into)).expect("settings");
    Offline::new(&settings, 256)
}

/// The response to `message`; `None` if the server correctly refuses it.
#[allow(dead_code, reason = "one of the fuzzers does not use it")]
pub fn answer(entrance: Entrance, message: &[u8]) -> Option<Vec<u8>> {
    let answered = OFFLINE.with_borrow_mut(|offline| offline.answer(entrance, message));
    answered.map_err(check).ok()
}

/// The verdicts of a stream of `messages`; `None` if the server correctly refuses one.
#[allow(dead_code, reason = "one of the fuzzers uses it")]
pub fn monitor(messages: &[&[u8]]) -> Option<Vec<Vec<u8>>> {
    OFFLINE.with_borrow_mut(|offline| offline.monitor(messages)).map_err(check).ok()
}

fn check(refusal: Refusal) {
    assert!(!matches!(refusal, Refusal::Internal), "a defect");
    let in_stream = proto::Refusal::from(refusal.clone());
    assert!(in_stream.problems.len() <= PROBLEMS, "{} problems", in_stream.problems.len());
    let answer = tonic::Status::from(refusal).into_http::<()>();
    // Each line adds four bytes to its two texts.
    let lines = answer.headers().iter().map(|(name, value)| name.as_str().len() + value.len() + 4);
    let length: usize = lines.sum();
    assert!(length < HEADERS, "{length} bytes of headers");
}
