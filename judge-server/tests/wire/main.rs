//! The server over its sockets, on loopback, called by real clients.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "what these functions are for is to fail a test"
)]

mod bad_input;
mod callers;
mod certificates;
mod codes;
mod compression;
mod drain;
mod evidence;
mod golden;
mod harness;
mod healthcheck;
mod hostile;
mod limits;
mod offline;
#[cfg(feature = "otlp")]
mod otlp;
mod own_json;
mod raw;
mod reflection;
mod same;
mod security;
mod tls;
mod validate;
mod warnings;
