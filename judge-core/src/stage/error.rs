//! Errors of windows.

use std::time::Duration;

use thiserror::Error;

use super::length;

/// Why a recording cannot be cut into windows. Lengths are in milliseconds.
///
/// # Example
/// ```
/// use std::time::Duration;
///
/// use judge_core::stage::{Lifetime, WindowError, WindowOptions, Windows};
///
/// let options = WindowOptions {
///     lifetime: Lifetime::Fixed(Duration::from_secs(1800)),
///     interval: Some(Duration::from_secs(3600)),
///     ..WindowOptions::default()
/// };
/// let error = Windows::try_from(options).unwrap_err();
/// assert_eq!(
///     error,
///     WindowError::IntervalAboveLifetime { interval: 3_600_000, lifetime: 1_800_000 }
/// );
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum WindowError {
    /// A duration is out of range.
    #[error(
        "{name}: expected {least} to ten years (3660 days), in whole milliseconds, got {duration:?}"
    )]
    Duration {
        /// Which.
        name: &'static str,
        /// What it is.
        duration: Duration,
        /// Smallest allowed value.
        least: &'static str,
    },
    /// The interval is longer than the lifetime.
    #[error(
        "interval: expected at most the lifetime, {}, got {}; leave it out for one judgement at the end",
        length::show(*.lifetime), length::show(*.interval)
    )]
    IntervalAboveLifetime {
        /// The interval.
        interval: u64,
        /// The lifetime.
        lifetime: u64,
    },
    /// A length is below the step, so some windows would have no point.
    #[error("{name}: expected at least the step, {}, got {}", length::show(*.step), length::show(*.span))]
    BelowStep {
        /// Which.
        name: &'static str,
        /// What it is.
        span: u64,
        /// The step.
        step: u64,
    },
    /// The warm-up covers the whole recording.
    #[error(
        "the canary was recorded for {}, and the first {} are warm-up; nothing is left to judge: \
         shorten the warm-up", length::show(*.recorded), length::show(*.warm_up)
    )]
    AllWarmUp {
        /// How long the recording is.
        recorded: u64,
        /// The warm-up.
        warm_up: u64,
    },
    /// The recording has too many intervals.
    #[error(
        "expected at most {allowed} intervals, got {count}; look for a wrong timestamp, or lengthen \
         the interval"
    )]
    TooManyIntervals {
        /// Number of intervals.
        count: i64,
        /// Largest allowed number.
        allowed: i64,
    },
}
