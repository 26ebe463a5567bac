//! Measures what a canary config can and cannot detect, on a history of healthy instances.
//!
//! ```text
//! history --> pairs of healthy windows --> judge --> false alarms
//!                        └--> inject a change --> judge --> smallest change found, minutes needed
//! ```
//!
//! Every figure has an interval that covers two errors: a finite number of pairs, and a finite history.
//! `docs/calibration.md` describes the method and how well it agrees with the truth.
//!
//! # Example
//! ```
//! use judge_calibrate::{Calibrator, HealthyHistory, Options, Recording};
//! use judge_core::judges::NetflixAcaJudge;
//! use judge_core::{CanaryConfig, MetricConfig, Thresholds};
//!
//! // Two instances of one release that ran at the same time, a point a minute.
//! let wobble = |seed: u32| (0..600_u32).map(|k| 10.0 + f64::from((k * seed) % 97) / 50.0).collect();
//! let instances = [31, 57].map(|seed| [("latency".to_owned(), wobble(seed))].into());
//! let history = HealthyHistory::new(60_000, vec![Recording::new("today", instances.to_vec())?])?;
//! let config =
//!     CanaryConfig { metrics: vec![MetricConfig::new("latency", "Latency")], ..CanaryConfig::default() };
//! let calibrator = Calibrator {
//!     history: &history,
//!     config: &config,
//!     thresholds: Thresholds::DEFAULT,
//!     judge: &NetflixAcaJudge,
//!     options: Options { minutes: vec![10.0, 60.0], ..Options::default() },
//! };
//! let calibration = calibrator.run(&|_progress| {})?;
//! let found = calibration.metrics[0].shift[1].as_ref().and_then(|smallest| smallest.change);
//! assert!(found.is_some_and(|change| change < 0.2), "{found:?}");
//! # Ok::<(), judge_calibrate::CalibrateError>(())
//! ```

mod advice;
mod advise;
mod calibration;
mod calibrator;
mod change;
mod error;
mod figures;
mod healthy_pairs;
mod history;
mod inputs;
mod jobs;
mod lone_failure;
mod looks;
mod options;
mod pairs;
mod profile;
mod propose;
mod recordings;
mod search;
mod share;
mod time_to_detect;
mod trial;

pub use advice::{Advice, AdviceKind};
pub use calibration::{
    Calibration, ConfigFigures, HistorySummary, LoneFailure, MetricFigures, SmallestChange,
    TimeToDetect, WindowFigures,
};
pub use calibrator::{Calibrator, Progress};
pub use change::ChangeKind;
pub use error::CalibrateError;
pub use history::{HealthyHistory, Instance, Recording};
pub use looks::{Alarms, LooksFigures, LooksRow};
pub use options::Options;
pub use pairs::Pairing;
pub use propose::{
    Allowance, HeldOut, MetricProposal, Proposal, ProposalEffect, ProposalKind, ProposalTarget,
    SpreadFigures,
};
pub use recordings::{Recordings, TimedInstance, recordings};
pub use share::Share;
