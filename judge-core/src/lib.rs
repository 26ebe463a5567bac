//! Judges a canary release against its baseline from their metrics, and says why.
//!
//! A canary is a new version that gets a share of the traffic; its baseline is the version that is running already.
//! Give the metrics of both sides and a config to a judge, and it returns a verdict (Pass, Marginal or Fail), a score
//! from 0 to 100, and for every metric what decided. The library is pure: it reads no file, clock, network or random
//! source, and the same request gives the same judgement, bit for bit, on every machine.
//!
//! # Example
//!
//! ```
//! use judge_core::config::{Direction, MetricConfig};
//! use judge_core::judges::{EvidenceJudge, Judge};
//! use judge_core::{CanaryConfig, Classification, JudgeRequest, MetricPair, Verdict};
//!
//! // One point a minute; NaN is a gap.
//! let baseline: Vec<f64> = (0..30).map(|minute| 100.0 + f64::from(minute * 7 % 10)).collect();
//! let canary: Vec<f64> = (0..30).map(|minute| 150.0 + f64::from(minute * 3 % 10)).collect();
//!
//! let latency =
//!     MetricConfig { direction: Direction::Increase, ..MetricConfig::new("latency", "Latency") };
//! let config = CanaryConfig { metrics: vec![latency], ..CanaryConfig::default() };
//! let pairs = vec![MetricPair::new("latency", baseline, canary)];
//! let request = JudgeRequest { config, pairs, ..JudgeRequest::default() };
//!
//! let judgement = EvidenceJudge.judge(&request)?;
//! assert_eq!(judgement.verdict, Verdict::Fail);
//! let latency = &judgement.metrics[0];
//! assert_eq!(latency.classification, Classification::High);
//! println!("{}: {}", latency.name, latency.explanation());
//! # Ok::<(), judge_core::JudgeError>(())
//! ```
//!
//! # Overview
//!
//! | to | use |
//! | --- | --- |
//! | describe metrics, groups and thresholds | [`config`], or [`kayenta::read_config`] for Kayenta's JSON |
//! | put series together | [`MetricPair`], [`Series`], [`JudgeRequest`] |
//! | judge | a [`Judge`]; [`judges::built_in`] finds the one that a config names |
//! | judge many canaries | [`Judge::judge_with`] and one [`Scratch`] a thread |
//! | read the result | [`Judgement`]: verdict, score, groups, metrics, warnings |
//! | watch a canary point by point | [`monitor::Monitor`]: verdicts that hold however often one looks |
//! | know what is wrong with an input | [`JudgeError`] and its [`Problem`]s, each with its path |
//! | speak Kayenta's JSON | [`kayenta`] |
//! | compare two samples | [`stats`] |
//! | show numbers to people | [`mod@format`] |
//!
//! # Which judge
//!
//! [`EvidenceJudge`] is the default. It finds what a comparison of means cannot: late changes, more variation, bursts,
//! rare events. It says "inconclusive" where the points do not suffice, and it refuses configs that look wrong. Take
//! [`NetflixAcaJudge`] if verdicts must be those of Kayenta's `NetflixACAJudge-v1.0`, to the last bit; it compares
//! locations only, and accepts suspect configs with a warning. A program can add judges of its own: see [`Judges`].
//!
//! # Features
//!
//! | feature | default | gives |
//! | --- | --- | --- |
//! | `kayenta` | yes | Kayenta's JSON, in and out (module [`kayenta`]) |
//! | `ndarray` | no | [`stats::Sample`] from an `ndarray` view |
//!
//! # Compatibility
//!
//! The library needs the Rust version that `rust-version` in its `Cargo.toml` names; raising it is a minor release.
//! Versions follow [`SemVer`](https://semver.org). Enums and results that may grow are `#[non_exhaustive]`. Build
//! configs and requests with `..Default::default()`, so that new fields are no breaking change for you. Texts for
//! people (explanations, warnings, messages of errors) change in any release: match on types, paths and severities.
//! Until 1.0, a minor release may change verdicts of `EvidenceJudge-v1`, and the changelog lists each change;
//! `NetflixACAJudge-v1.0` keeps Kayenta's.

// Verdicts are the same to the bit in every build; what only tests compute need not be.
#![cfg_attr(not(test), warn(clippy::disallowed_methods))]

mod clean;
pub mod config;
mod error;
pub mod format;
mod interval;
pub mod judgement;
pub mod judges;
#[cfg(feature = "kayenta")]
pub mod kayenta;
mod looks;
mod math;
pub mod monitor;
pub mod number;
mod order;
mod problem;
mod request;
mod score;
mod series;
mod side;
pub mod stage;
pub mod stats;
mod sums;
mod test_kind;
mod warning;

pub use config::{CanaryConfig, MetricConfig, Thresholds};
pub use error::{InvalidRequest, JudgeError, UnknownJudge};
pub use interval::{Interval, Shift};
pub use judgement::{Classification, Judgement, Verdict};
pub use judges::{EvidenceJudge, Judge, Judges, NetflixAcaJudge, Scratch};
pub use looks::{LookLevel, Looks};
pub use problem::{Problem, Severity};
pub use request::JudgeRequest;
pub use series::{Clock, MetricPair, Series, Tags};
pub use side::Side;
pub use test_kind::TestKind;
pub use warning::{NoDataOutcome, Warning};

#[cfg(all(doctest, feature = "kayenta"))]
#[doc = include_str!("../../README.md")]
struct Readme;
