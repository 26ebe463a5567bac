//! Real stores with known history. `.ci/sources` installs them and runs these tests.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "what these functions are for is to fail a test"
)]

mod fetch;
mod graphite;
mod influxdb;
mod prometheus;
mod server;
