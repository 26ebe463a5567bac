//! The command itself: its settings, its log, its memory, and its end.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "what these functions are for is to fail a test"
)]

mod away;
mod end;
mod harness;
mod killed;
mod log;
mod memory;
mod settings;
mod signals;
/// A stand-in for a Prometheus.
#[path = "../../../judge-canary/tests/canaries/source.rs"]
#[allow(dead_code, reason = "the library's tests use all of it")]
mod source;
mod tls;
/// A way to a database.
#[path = "../../../judge-canary/tests/canaries/wire.rs"]
mod wire;
