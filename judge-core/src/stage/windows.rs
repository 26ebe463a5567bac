//! The points that each interval of a canary is judged on.

use crate::looks::Looks;

use super::error::WindowError;

/// A span of time with its start and without its end, in milliseconds since the Unix epoch.
///
/// [`WindowOptions`](super::WindowOptions) has an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeSpan {
    /// The first moment of the span.
    pub start_millis: i64,
    /// The first moment after the span.
    pub end_millis: i64,
}

impl TimeSpan {
    /// Its length in milliseconds; 0 if it ends before it starts.
    pub fn millis(self) -> u64 {
        u64::try_from(self.end_millis.saturating_sub(self.start_millis)).unwrap_or(0)
    }

    /// The span shifted to an earlier time.
    fn earlier(self, millis: i64) -> Self {
        Self {
            start_millis: self.start_millis.saturating_sub(millis),
            end_millis: self.end_millis.saturating_sub(millis),
        }
    }
}

/// The points that one judgement reads.
///
/// [`WindowOptions`](super::WindowOptions) has an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// The number of the interval that it ends, from 1.
    pub interval: usize,
    /// The canary's points.
    pub canary: TimeSpan,
    /// The baseline's points: the canary's span, earlier by the baseline offset.
    pub baseline: TimeSpan,
}

/// The windows of a canary. A value of this type is always valid.
///
/// [`WindowOptions`](super::WindowOptions) has an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Windows {
    /// `None` if it ends with the recording.
    pub(super) lifetime: Option<i64>,
    pub(super) warm_up: i64,
    /// `None` for one interval as long as the lifetime.
    pub(super) interval: Option<i64>,
    /// Length of a sliding lookback; `None` for a growing one.
    pub(super) sliding: Option<i64>,
    pub(super) baseline_offset: i64,
    pub(super) step: Option<u64>,
}

impl Windows {
    /// The step of the grid; `None` for each release's own.
    pub fn step_millis(&self) -> Option<u64> {
        self.step
    }

    /// The warm-up of a canary whose recording starts at `start_millis`; `None` if there is none.
    pub fn warm_up(&self, start_millis: i64) -> Option<TimeSpan> {
        let end_millis = start_millis.saturating_add(self.warm_up);
        (self.warm_up > 0).then_some(TimeSpan { start_millis, end_millis })
    }

    /// The windows of a canary with the recording `recorded`, in order; at least one.
    ///
    /// The analysis starts after the warm-up. Interval `i` ends `i` intervals later; a rest shorter than
    /// an interval at the end of the lifetime is not judged. Growing windows start with the analysis.
    /// Sliding windows start their length before their end, even if that is in the warm-up or before the
    /// recording. An interval that would start after the recording is left out, because it has no new
    /// point. Missing points at the end of the last interval are gaps.
    ///
    /// # Errors
    /// If the recording ends within the warm-up, or would have more than a million intervals.
    pub fn cut(&self, recorded: TimeSpan) -> Result<Vec<Window>, WindowError> {
        let layout = self.layout(recorded)?;
        Ok((1..=layout.count).map(|number| self.placed(layout, number)).collect())
    }

    /// Number of windows that [`Self::cut`] returns.
    ///
    /// # Errors
    /// As [`Self::cut`].
    pub fn count(&self, recorded: TimeSpan) -> Result<usize, WindowError> {
        Ok(usize::try_from(self.layout(recorded)?.count).unwrap_or(usize::MAX))
    }

    /// The window of interval `number`, from 1, as in [`Self::cut`]; `None` if there is none. O(1).
    pub fn window(&self, recorded: TimeSpan, number: usize) -> Option<Window> {
        let layout = self.layout(recorded).ok()?;
        let number = i64::try_from(number).ok()?;
        (1..=layout.count).contains(&number).then(|| self.placed(layout, number))
    }

    /// Most points that a side of one window has: those of the last, which no other exceeds. `None` if the step is not known.
    pub fn most_points(&self, recorded: TimeSpan) -> Option<u64> {
        let last = self.window(recorded, self.count(recorded).ok()?)?;
        Some(last.canary.millis().div_ceil(self.step?.max(1)))
    }

    fn layout(&self, recorded: TimeSpan) -> Result<Layout, WindowError> {
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
        Ok(Layout { begin, interval, count })
    }

    fn placed(&self, layout: Layout, number: i64) -> Window {
        let end_millis = layout.begin.saturating_add(number.saturating_mul(layout.interval));
        let start_millis =
            self.sliding.map_or(layout.begin, |length| end_millis.saturating_sub(length));
        let canary = TimeSpan { start_millis, end_millis };
        let baseline = canary.earlier(self.baseline_offset);
        let interval = usize::try_from(number).unwrap_or(usize::MAX);
        Window { interval, canary, baseline }
    }

    /// The look of the judgement of `window`, for a canary with the recording `recorded`; `None` if one
    /// judgement is planned. The plan covers the whole lifetime. If the recording ends before, the last look knows that no
    /// other follows.
    pub fn looks(&self, window: Window, recorded: TimeSpan) -> Option<Looks> {
        let begin = recorded.start_millis.saturating_add(self.warm_up);
        let lifetime = self.lifetime.unwrap_or(recorded.end_millis.saturating_sub(begin));
        let planned = u32::try_from(lifetime / self.interval?.clamp(1, lifetime.max(1))).ok()?;
        let looks = Looks::new(u32::try_from(window.interval).ok()?, planned).ok()?;
        let looks = if self.sliding.is_some() { looks.sliding() } else { looks };
        let is_last = self.window(recorded, window.interval + 1).is_none();
        let looks = if is_last { looks.ended() } else { looks };
        (planned > 1).then_some(looks)
    }
}

/// Where the windows of one recording lie.
#[derive(Debug, Clone, Copy)]
struct Layout {
    /// The end of the warm-up.
    begin: i64,
    interval: i64,
    count: i64,
}

/// The most intervals of one release: two years of minutes, rounded down.
const MOST_INTERVALS: i64 = 1_000_000;
