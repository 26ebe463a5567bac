//! What the server tells of itself: the line of the log and the metrics of each call, spans, the log,
//! and what systemd hears.

pub(crate) mod call;
mod canaries;
mod escape;
pub mod logs;
pub(crate) mod metrics;
pub(crate) mod outcome;
mod register;
pub(crate) mod systemd;
pub(crate) mod traces;
