//! Why a config was not calibrated.

use judge_core::JudgeError;
use thiserror::Error;

/// What is wrong with a history or with what is asked of it.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CalibrateError {
    /// The history holds nothing.
    #[error("the history is empty; give at least one recording with points")]
    Empty,
    /// Time between points is 0.
    #[error("a step of 0 ms; allowed is a step above 0")]
    Step,
    /// The series of one recording differ in length.
    #[error(
        "{recording}: the series of {metric:?} has {points} points, but others of the recording have \
         {expected}; put them on one grid, with gaps where there is no point"
    )]
    Length {
        /// The recording.
        recording: String,
        /// The metric.
        metric: String,
        /// Its points.
        points: usize,
        /// The points of the series before it.
        expected: usize,
    },
    /// No metric of the config is in the history.
    #[error(
        "no metric of the config is in the history; the history has {found}; the config has {wanted}"
    )]
    NothingOfConfig {
        /// Names in the history.
        found: String,
        /// Names in the config.
        wanted: String,
    },
    /// An option is out of range.
    #[error("{name}: {value}, but allowed is {allowed}")]
    Option {
        /// The option.
        name: &'static str,
        /// What was given.
        value: f64,
        /// What may be given.
        allowed: &'static str,
    },
    /// A proposal is for one length of window.
    #[error("expected one length of window for a proposal, got {got}")]
    Lengths {
        /// Different lengths that were given.
        got: usize,
    },
    /// No window is short enough.
    #[error(
        "the longest recording lasts {} min, but {pairing} of {} min need {} min; give longer history \
         or shorter windows",
        short(*longest),
        short(*shortest),
        short(*needed)
    )]
    TooShort {
        /// Minutes of the longest recording that could be used.
        longest: f64,
        /// What is compared.
        pairing: &'static str,
        /// The shortest window asked for, in minutes.
        shortest: f64,
        /// What it needs, in minutes.
        needed: f64,
    },
    /// The judge refuses the config.
    #[error(transparent)]
    Refused(#[from] JudgeError),
}

/// Minutes, to a thousandth.
fn short(minutes: f64) -> f64 {
    (minutes * 1000.0).round() / 1000.0
}
