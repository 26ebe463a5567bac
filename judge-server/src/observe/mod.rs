//! What the server reports about itself: a log line and metrics for each call, spans, the log, and messages to systemd.

pub(crate) mod call;
mod canaries;
mod escape;
pub mod logs;
pub(crate) mod metrics;
pub(crate) mod outcome;
pub(crate) mod systemd;
pub(crate) mod traces;
