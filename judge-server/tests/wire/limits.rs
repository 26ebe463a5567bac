//! Limits at their edges, and what happens beyond them.

mod answers;
mod calls;
mod closing;
mod connections;
mod open;
mod reading;
mod refused;
mod size;
mod stored;
mod streams;

use judge_contract::proto::JudgeRequest;

use crate::harness::request;

/// Takes a second or so even alone.
fn slow() -> JudgeRequest {
    request("slow", 40, 12_000)
}

const SLOW: &[&str] = &["--max-message-size=16MiB", "--max-points=1000000", "--threads=1"];
