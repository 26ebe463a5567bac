//! Why there are no windows.

use std::time::Duration;

use thiserror::Error;

use super::length;

/// Why a canary's life cannot be cut into windows. Lengths are in milliseconds.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum WindowError {
    /// A duration is out of range.
    #[error(
        "{name}: {duration:?}, but allowed is {least} to ten years (3660 days), in whole milliseconds"
    )]
    Duration {
        /// Which.
        name: &'static str,
        /// What it is.
        duration: Duration,
        /// What it may be at least.
        least: &'static str,
    },
    /// An interval would never end.
    #[error(
        "interval: {}, but allowed is at most the lifetime, {}; leave it out for one judgement at the \
         end", length::show(*.interval), length::show(*.lifetime)
    )]
    IntervalAboveLifetime {
        /// The interval.
        interval: u64,
        /// The lifetime.
        lifetime: u64,
    },
    /// Some windows would have no point.
    #[error("{name}: {}, but allowed is at least the step, {}", length::show(*.span), length::show(*.step))]
    BelowStep {
        /// Which.
        name: &'static str,
        /// What it is.
        span: u64,
        /// The step.
        step: u64,
    },
    /// Nothing of a release is left to judge.
    #[error(
        "the canary was recorded for {}, and the first {} are warm-up: nothing is left to judge; \
         shorten --warm-up", length::show(*.recorded), length::show(*.warm_up)
    )]
    AllWarmUp {
        /// How long the recording is.
        recorded: u64,
        /// The warm-up.
        warm_up: u64,
    },
    /// A recording is far longer than the interval.
    #[error(
        "the recording has {count} intervals, but allowed are {allowed}; look for a wrong timestamp, \
         or lengthen --interval"
    )]
    TooManyIntervals {
        /// How many there would be.
        count: i64,
        /// How many there may be.
        allowed: i64,
    },
}
