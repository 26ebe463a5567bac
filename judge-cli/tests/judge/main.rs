//! The `judge` command as its users meet it.
#![allow(clippy::unwrap_used, reason = "these are tests")]

mod bad_input;
mod batch;
mod calibrate;
mod config_check;
mod harness;
mod output;
mod readme;
mod recorded;
mod report;
mod run;
mod sizes;
mod test;
