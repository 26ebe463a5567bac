//! A source over real sockets: what goes wrong there, who is told what, how much is read.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "what these functions are for is to fail a test"
)]

mod accounts;
mod credentials;
mod faults;
mod limits;
mod server;
mod tls;
