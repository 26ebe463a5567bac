//! The server's entrance, with limits that small inputs reach, and what must hold of every answer.

use std::cell::RefCell;

use judge_contract::proto;
use judge_server::offline::{Entrance, Offline};
use judge_server::{Refusal, Settings};

/// Bytes of all headers together that the stricter clients of gRPC read.
const HEADERS: usize = 8 * 1024;

/// Problems in an answer, with the one that says how many more there are.
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

/// The answer to `message`, or nothing where it is refused as it should be.
#[allow(dead_code, reason = "one of the fuzzers does not use it")]
pub fn answer(entrance: Entrance, message: &[u8]) -> Option<Vec<u8>> {
    let answered = OFFLINE.with_borrow_mut(|offline| offline.answer(entrance, message));
    answered.map_err(check).ok()
}

/// The verdicts of a stream of `messages`, or nothing where one is refused as it should be.
#[allow(dead_code, reason = "one of the fuzzers uses it")]
pub fn monitor(messages: &[&[u8]]) -> Option<Vec<Vec<u8>>> {
    OFFLINE.with_borrow_mut(|offline| offline.monitor(messages)).map_err(check).ok()
}

fn check(refusal: Refusal) {
    assert!(!matches!(refusal, Refusal::Internal), "a defect");
    let in_stream = proto::Refusal::from(refusal.clone());
    assert!(in_stream.problems.len() <= PROBLEMS, "{} problems", in_stream.problems.len());
    let answer = tonic::Status::from(refusal).into_http::<()>();
    // Each line has four bytes between and behind its two texts.
    let lines = answer.headers().iter().map(|(name, value)| name.as_str().len() + value.len() + 4);
    let length: usize = lines.sum();
    assert!(length < HEADERS, "{length} bytes of headers");
}
