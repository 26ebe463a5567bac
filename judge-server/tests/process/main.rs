//! The command itself: its settings, its log, its memory, and its end.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "what these functions are for is to fail a test"
)]

mod end;
mod harness;
mod log;
mod memory;
mod settings;
mod signals;
mod tls;
