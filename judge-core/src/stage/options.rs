//! Options of the windows, and their checks.

use std::time::Duration;

use super::error::WindowError;
use super::windows::Windows;

/// How long a canary is judged, the warm-up not counted.
///
/// [`WindowOptions`] has an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Lifetime {
    /// From the end of the warm-up to the end of the recording.
    #[default]
    Recorded,
    /// This long, whatever the length of the recording.
    Fixed(Duration),
}

/// Where each interval's window starts.
///
/// [`WindowOptions`] has an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Lookback {
    /// At the end of the warm-up, so that windows grow.
    #[default]
    Growing,
    /// This long before the interval's end.
    Sliding(Duration),
}

/// How a recording is cut into windows. The default is one window over the whole recording.
///
/// # Example
/// Half an hour, of which the first minute is a warm-up, judged every ten minutes:
/// ```
/// use std::time::Duration;
///
/// use judge_core::stage::{TimeSpan, WindowOptions, Windows};
///
/// let options = WindowOptions {
///     warm_up: Duration::from_secs(60),
///     interval: Some(Duration::from_secs(600)),
///     ..WindowOptions::default()
/// };
/// let windows = Windows::try_from(options)?.cut(TimeSpan { start_millis: 0, end_millis: 1_860_000 })?;
/// assert_eq!(windows.len(), 3);
/// assert_eq!(windows[1].canary, TimeSpan { start_millis: 60_000, end_millis: 1_260_000 });
/// # Ok::<(), judge_core::stage::WindowError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct WindowOptions {
    /// How long a canary is judged.
    pub lifetime: Lifetime,
    /// Time at the start of the recording that is not judged.
    pub warm_up: Duration,
    /// Time from one judgement to the next; `None` for one judgement at the end.
    pub interval: Option<Duration>,
    /// Where each window starts.
    pub lookback: Lookback,
    /// How much earlier the baseline was recorded: 0 for the same time, a week to compare with the week
    /// before.
    pub baseline_offset: Duration,
    /// The step that points are put on; `None` for each release's own.
    pub step: Option<Duration>,
}

/// The longest duration there may be: ten years.
const LONGEST: Duration = Duration::from_hours(10 * 366 * 24);

impl TryFrom<WindowOptions> for Windows {
    type Error = WindowError;

    fn try_from(options: WindowOptions) -> Result<Self, WindowError> {
        let lifetime = match options.lifetime {
            Lifetime::Recorded => None,
            Lifetime::Fixed(lifetime) => Some(above_zero("lifetime", lifetime)?),
        };
        let interval = above_zero_if_any("interval", options.interval)?;
        let sliding = match options.lookback {
            Lookback::Growing => None,
            Lookback::Sliding(length) => Some(above_zero("lookback", length)?),
        };
        let step = above_zero_if_any("step", options.step)?;
        if let (Some(interval), Some(lifetime)) = (interval, lifetime)
            && interval > lifetime
        {
            return Err(WindowError::IntervalAboveLifetime {
                interval: interval.unsigned_abs(),
                lifetime: lifetime.unsigned_abs(),
            });
        }
        if let Some(step) = step {
            let spans = [("lifetime", lifetime), ("interval", interval), ("lookback", sliding)];
            for (name, span) in spans {
                if let Some(span) = span.filter(|&span| span < step) {
                    return Err(WindowError::BelowStep {
                        name,
                        span: span.unsigned_abs(),
                        step: step.unsigned_abs(),
                    });
                }
            }
        }
        Ok(Self {
            lifetime,
            warm_up: millis("warm-up", options.warm_up)?,
            interval,
            sliding,
            baseline_offset: millis("baseline offset", options.baseline_offset)?,
            step: step.map(i64::unsigned_abs),
        })
    }
}

fn millis(name: &'static str, duration: Duration) -> Result<i64, WindowError> {
    let whole = duration.subsec_nanos().is_multiple_of(1_000_000);
    match i64::try_from(duration.as_millis()) {
        Ok(millis) if whole && duration <= LONGEST => Ok(millis),
        _ => Err(WindowError::Duration { name, duration, least: "0" }),
    }
}

fn above_zero(name: &'static str, duration: Duration) -> Result<i64, WindowError> {
    match millis(name, duration) {
        Ok(millis) if millis > 0 => Ok(millis),
        _ => Err(WindowError::Duration { name, duration, least: "a millisecond" }),
    }
}

fn above_zero_if_any(
    name: &'static str,
    duration: Option<Duration>,
) -> Result<Option<i64>, WindowError> {
    duration.map(|duration| above_zero(name, duration)).transpose()
}
