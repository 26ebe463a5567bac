//! The server over its sockets, on loopback, called by real clients.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "what these functions are for is to fail a test"
)]

mod bad_input;
mod callers;
mod canaries;
mod certificates;
mod codes;
mod compression;
mod config_folder;
mod deploy_files;
mod drain;
mod evidence;
mod golden;
mod harness;
mod healthcheck;
mod hostile;
mod kayenta_clients;
mod kept;
mod limits;
mod monitor;
mod offline;
mod one_answer;
#[cfg(feature = "otlp")]
mod otlp;
mod own_json;
mod pages;
#[path = "../../../judge-core/tests/one_answer/pinned.rs"]
mod pinned;
mod raw;
mod reflection;
mod same;
mod scopes;
mod score_ends;
mod scores;
mod security;
/// A stand-in for a Prometheus.
#[path = "../../../judge-canary/tests/canaries/source.rs"]
#[allow(dead_code, reason = "the library's tests use all of it")]
mod source;
mod tls;
mod validate;
mod warnings;
