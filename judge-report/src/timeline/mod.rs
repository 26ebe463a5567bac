//! The page of one release, judged interval by interval.

pub(crate) mod intervals;
mod page;
pub(crate) mod scores;

use judge_core::{Classification, Judgement, LookLevel, Thresholds, Verdict};
use serde::{Deserialize, Serialize};

pub use page::timeline_page;

use crate::{TimeRange, time};

/// A release and the judgements of its intervals.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Timeline {
    /// Its name.
    pub release: String,
    /// The verdict on the release.
    pub verdict: Verdict,
    /// Why its end was not judged; then it has no verdict. `None` if it was judged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unfinished: Option<String>,
    /// The scores at which an interval passes or is marginal.
    pub thresholds: Thresholds,
    /// When the canary started, in milliseconds since the Unix epoch.
    pub start_millis: i64,
    /// The metrics, in the order of every interval's classes.
    pub metrics: Vec<String>,
    /// The intervals in order of time. Those after the deciding one show what would have happened without the stop.
    pub intervals: Vec<TimelineInterval>,
    /// Index of the interval that decided. The page shows its judgement.
    pub deciding: usize,
    /// When and why the release was stopped; `None` if it was not.
    pub stopped: Option<Stop>,
}

/// A summary of the judgement of one interval.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TimelineInterval {
    /// The window that was judged.
    pub window: TimeRange,
    /// Its verdict.
    pub verdict: Verdict,
    /// Its score, 0 to 100.
    pub score: f64,
    /// The class of each metric of the timeline; `None` where it was not judged.
    pub classes: Vec<Option<Classification>>,
    /// The finding that decided alone and makes the score 0, in words; `None` if there is none.
    pub reason: Option<String>,
    /// The look and its significance level, if it was one of several planned looks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub look: Option<LookLevel>,
    /// Its strongest evidence of harm, to compare with that level ([`Judgement::strongest_p`]).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strongest_p: Option<f64>,
}

impl TimelineInterval {
    /// Summarizes the judgement of `window`, with the class of each of the timeline's metrics.
    pub fn new(
        window: TimeRange,
        judgement: &Judgement,
        classes: Vec<Option<Classification>>,
    ) -> Self {
        Self {
            window,
            verdict: judgement.verdict,
            score: judgement.score,
            classes,
            reason: judgement.reason.clone(),
            look: judgement.look,
            strongest_p: judgement.strongest_p(),
        }
    }
}

/// When a release was stopped, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Stop {
    /// The time, in milliseconds since the Unix epoch.
    pub at_millis: i64,
    /// The metric that cost the most points; `None` if none did.
    pub metric: Option<String>,
}

impl Timeline {
    /// The interval that decided.
    pub(crate) fn decided(&self) -> Option<&TimelineInterval> {
        self.intervals.get(self.deciding)
    }

    /// Time from the start of the canary to `millis`, in words; the time of day if `millis` is before the start.
    pub(crate) fn elapsed(&self, millis: i64) -> String {
        match u64::try_from(millis.saturating_sub(self.start_millis)) {
            Ok(elapsed) => time::elapsed(elapsed),
            Err(_) => time::utc(millis),
        }
    }
}
