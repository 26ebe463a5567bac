//! Tests the `judge` command as its users run it.
#![allow(clippy::unwrap_used, reason = "these are tests")]

mod asked;
mod bad_input;
mod batch;
mod calibrate;
mod config_check;
#[cfg(feature = "retro")]
mod examples;
mod fetch;
mod field;
mod harness;
#[cfg(not(feature = "retro"))]
mod left_out;
mod one_answer;
mod output;
#[cfg(feature = "retro")]
mod pages;
#[path = "../../../judge-core/tests/one_answer/pinned.rs"]
mod pinned;
mod propose;
mod readme;
mod recorded;
mod report;
#[cfg(feature = "retro")]
mod retro;
#[cfg(feature = "retro")]
mod retro_input;
mod run;
#[cfg(feature = "retro")]
mod same_csv;
mod sizes;
mod store;
mod test;
mod watch;
mod wording;
