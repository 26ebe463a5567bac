//! Canaries over real stores and a source over HTTP.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "what these functions are for is to fail a test"
)]

mod changes;
mod faults;
mod life;
mod postgres;
#[allow(dead_code, reason = "the server's tests use all of it")]
mod source;
mod store;
mod wire;
