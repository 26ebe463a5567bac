//! Errors of a calibration.

use judge_core::JudgeError;
use thiserror::Error;

/// An invalid history, option or config.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CalibrateError {
    /// The history has no points.
    #[error("the history is empty; give at least one recording with points")]
    Empty,
    /// The step is 0.
    #[error("step: expected more than 0 ms, got 0 ms")]
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
    /// The metrics of the config have only gaps in the history.
    #[error(
        "the history has only gaps for the metrics of the config: {metrics}; give history with points"
    )]
    OnlyGaps {
        /// Names of the metrics.
        metrics: String,
    },
    /// An option is out of range.
    #[error("{name}: expected {expected}, got {value}")]
    Option {
        /// The option.
        name: &'static str,
        /// The value.
        value: f64,
        /// The expected range.
        expected: &'static str,
    },
    /// A proposal needs exactly one length of window.
    #[error("expected one length of window for a proposal, got {got}")]
    Lengths {
        /// Number of different lengths.
        got: usize,
    },
    /// The history is too short for all windows.
    #[error(
        "the longest recording lasts {} min, but {pairing} of {} min need {} min; give longer history \
         or shorter windows",
        short(*longest),
        short(*shortest),
        short(*needed)
    )]
    TooShort {
        /// Length of the longest usable recording, in minutes.
        longest: f64,
        /// The pairing.
        pairing: &'static str,
        /// The shortest requested window, in minutes.
        shortest: f64,
        /// The length that it needs, in minutes.
        needed: f64,
    },
    /// The judge refuses the config.
    #[error(transparent)]
    Refused(#[from] JudgeError),
}

/// Rounds minutes to a thousandth.
fn short(minutes: f64) -> f64 {
    (minutes * 1000.0).round() / 1000.0
}
