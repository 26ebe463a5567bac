//! Reads histories from files, as users have them.
#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests")]

mod bad_input;
mod formats;
mod harness;
mod rules;
