//! One release over its intervals.

pub(crate) mod intervals;
mod page;
pub(crate) mod scores;

use judge_core::{Classification, Judgement, LookLevel, Thresholds, Verdict};
use serde::{Deserialize, Serialize};

pub use page::timeline_page;

use crate::{TimeRange, time};

/// A release that was judged again and again while it ran.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Timeline {
    /// The release.
    pub release: String,
    /// What became of it.
    pub verdict: Verdict,
    /// Why its end was not judged, where that is so: it has no verdict then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unfinished: Option<String>,
    /// The scores at which an interval passes or is marginal.
    pub thresholds: Thresholds,
    /// When the canary started, in milliseconds since the Unix epoch.
    pub start_millis: i64,
    /// The metrics, in the order of every interval's classes.
    pub metrics: Vec<String>,
    /// The intervals in order of time. Those after the one that decided were judged to show what would
    /// have come.
    pub intervals: Vec<TimelineInterval>,
    /// Which interval decided, from 0; its judgement is the one that the page shows.
    pub deciding: usize,
    /// The interval whose score stopped the release, if one did.
    pub stopped: Option<Stop>,
}

/// One interval's judgement in short.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TimelineInterval {
    /// The points that were judged.
    pub window: TimeRange,
    /// Its verdict.
    pub verdict: Verdict,
    /// Its score, 0 to 100.
    pub score: f64,
    /// The class of each metric of the timeline; `None` where it was not judged.
    pub classes: Vec<Option<Classification>>,
    /// Why the score is 0, where one finding alone decided it.
    pub reason: Option<String>,
    /// What it was judged at, if it was one of several planned looks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub look: Option<LookLevel>,
    /// Its strongest evidence of harm, beside that level ([`Judgement::strongest_p`]).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strongest_p: Option<f64>,
}

impl TimelineInterval {
    /// The judgement of the points in `window`, with the class of each metric of the timeline.
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
    /// When, in milliseconds since the Unix epoch.
    pub at_millis: i64,
    /// The metric that cost most, if one did.
    pub metric: Option<String>,
}

impl Timeline {
    /// The interval that decided.
    pub(crate) fn decided(&self) -> Option<&TimelineInterval> {
        self.intervals.get(self.deciding)
    }

    /// Time from the start of the canary to `millis`; the time of day if that is before the start.
    pub(crate) fn elapsed(&self, millis: i64) -> String {
        match u64::try_from(millis.saturating_sub(self.start_millis)) {
            Ok(elapsed) => time::elapsed(elapsed),
            Err(_) => time::utc(millis),
        }
    }
}
