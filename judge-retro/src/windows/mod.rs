//! Which points each interval of a canary's life is judged on, as Spinnaker's canary stage has it.
//!
//! All times are milliseconds since the Unix epoch, so neither time zones nor daylight saving play a
//! part; Unix time repeats or smears a leap second, and no window is longer or shorter for it. A span
//! of time holds its start and not its end, so that windows that follow each other share no point.
//!
//! Source: `RunCanaryIntervalsStage.kt` of Spinnaker's orca. Where this differs from it:
//!
//! - Spinnaker reckons in whole minutes; here it is milliseconds.
//! - An interval longer than the lifetime is cut to it there and refused here.
//! - Given an end time, Spinnaker waits for the warm-up but judges its points all the same. Here the
//!   warm-up is never judged, unless a sliding lookback reaches into it, as it can there.

mod error;
mod options;
mod stage;

pub use error::WindowError;
pub use options::{Lifetime, Lookback, WindowOptions};
pub use stage::{Stage, StageRule};

/// A span of time: its start, and not its end, in milliseconds since the Unix epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeSpan {
    /// The first moment in it.
    pub start_millis: i64,
    /// The first moment after it.
    pub end_millis: i64,
}

impl TimeSpan {
    /// How long it is, in milliseconds; 0 if it ends before it starts.
    pub fn millis(self) -> u64 {
        u64::try_from(self.end_millis.saturating_sub(self.start_millis)).unwrap_or(0)
    }

    /// The same span this much earlier.
    fn earlier(self, millis: i64) -> Self {
        Self {
            start_millis: self.start_millis.saturating_sub(millis),
            end_millis: self.end_millis.saturating_sub(millis),
        }
    }
}

/// What one judgement of a canary looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Which interval of the canary's life it ends, from 1.
    pub interval: usize,
    /// Of the canary's points.
    pub canary: TimeSpan,
    /// Of the baseline's points: the canary's, earlier by the baseline offset.
    pub baseline: TimeSpan,
}

/// How a canary's life is cut into windows; always one that can be followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Windows {
    /// `None` where it ends with the recording.
    lifetime: Option<i64>,
    warm_up: i64,
    /// `None` for one interval as long as the lifetime.
    interval: Option<i64>,
    /// How far back a sliding lookback reaches; `None` for a growing one.
    sliding: Option<i64>,
    baseline_offset: i64,
    step: Option<u64>,
}

impl Windows {
    /// The step that points are put on; `None` for each release's own.
    pub fn step_millis(&self) -> Option<u64> {
        self.step
    }

    /// The warm-up of a canary that was recorded from `start_millis` on; `None` if there is none.
    pub fn warm_up(&self, start_millis: i64) -> Option<TimeSpan> {
        let end_millis = start_millis.saturating_add(self.warm_up);
        (self.warm_up > 0).then_some(TimeSpan { start_millis, end_millis })
    }

    /// The windows of a canary whose points were recorded in `recorded`, in order, at least one.
    ///
    /// Analysis begins a warm-up after the recording does. Interval `i` ends `i` intervals later; a
    /// rest shorter than an interval at the end of the lifetime is not judged. Growing windows start
    /// where analysis begins, sliding ones their length before their end, be that in the warm-up or
    /// before the recording. An interval that would begin after the recording's end is left out: no
    /// point of it is new. Points missing at the end of the last one are gaps.
    ///
    /// # Errors
    /// When the recording ends before analysis begins, or would be cut into more than a million
    /// intervals.
    pub fn cut(&self, recorded: TimeSpan) -> Result<Vec<Window>, WindowError> {
        let begin = recorded.start_millis.saturating_add(self.warm_up);
        let rest = recorded.end_millis.saturating_sub(begin);
        if rest <= 0 {
            return Err(WindowError::AllWarmUp {
                recorded: recorded.millis(),
                warm_up: self.warm_up.unsigned_abs(),
            });
        }
        let lifetime = self.lifetime.unwrap_or(rest);
        let interval = self.interval.unwrap_or(lifetime).min(lifetime);
        let begun = rest.saturating_sub(1) / interval + 1;
        let count = (lifetime / interval).min(begun);
        if count > MOST_INTERVALS {
            return Err(WindowError::TooManyIntervals { count, allowed: MOST_INTERVALS });
        }
        let windows = (1..=count).zip(1..).map(|(number, interval_number)| {
            let end_millis = begin.saturating_add(number.saturating_mul(interval));
            let start_millis =
                self.sliding.map_or(begin, |length| end_millis.saturating_sub(length));
            let canary = TimeSpan { start_millis, end_millis };
            let baseline = canary.earlier(self.baseline_offset);
            Window { interval: interval_number, canary, baseline }
        });
        Ok(windows.collect())
    }
}

/// The most intervals of one release: two years of minutes, rounded down.
const MOST_INTERVALS: i64 = 1_000_000;

#[cfg(test)]
mod tests;
