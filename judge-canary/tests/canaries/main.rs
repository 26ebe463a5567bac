//! Canaries over real stores and a source over HTTP.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "what these functions are for is to fail a test"
)]

mod life;
mod source;
mod store;
