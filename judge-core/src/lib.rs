//! Judges a canary release against its baseline from their metrics, and says why.

// Verdicts are the same to the bit in every build; what only tests compute need not be.
#![cfg_attr(not(test), warn(clippy::disallowed_methods))]

mod clean;
pub mod config;
mod error;
pub mod figure;
mod interval;
pub mod judgement;
pub mod judges;
#[cfg(feature = "kayenta")]
pub mod kayenta;
mod math;
mod number;
mod order;
mod problem;
mod request;
mod score;
mod series;
mod side;
pub mod stats;
mod test_kind;
mod warning;

pub use config::{CanaryConfig, MetricConfig, Thresholds};
pub use error::{InvalidRequest, JudgeError, UnknownJudge};
pub use interval::{Interval, Shift};
pub use judgement::{Classification, Judgement, Verdict};
pub use judges::{EvidenceJudge, Judge, Judges, NetflixAcaJudge, Scratch};
pub use problem::{Problem, Severity};
pub use request::JudgeRequest;
pub use series::{Clock, MetricPair, Series, Tags};
pub use side::Side;
pub use test_kind::TestKind;
pub use warning::{Silence, Warning};

#[cfg(all(doctest, feature = "kayenta"))]
#[doc = include_str!("../../README.md")]
struct Readme;
