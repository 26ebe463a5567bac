//! What one test found in one metric.

use serde::{Deserialize, Serialize};

use super::Interval;
use crate::number;

/// What a test looks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum TestKind {
    /// The canary's level differs.
    Location,
    /// The canary ends worse than it began.
    EndState,
    /// The canary varies more.
    Spread,
    /// Single points stand out from everything the baseline did.
    Tail,
    /// The canary's bad points come in runs.
    Excursions,
    /// Events are more frequent.
    Events,
    /// A transient at the start, which is then not judged.
    StartUp,
}

impl TestKind {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Location,
        Self::EndState,
        Self::Spread,
        Self::Tail,
        Self::Excursions,
        Self::Events,
        Self::StartUp,
    ];

    /// Its name in configs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Location => "location",
            Self::EndState => "endState",
            Self::Spread => "spread",
            Self::Tail => "tail",
            Self::Excursions => "excursions",
            Self::Events => "events",
            Self::StartUp => "startUp",
        }
    }
}

/// What an estimate is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum Estimated {
    /// Canary − baseline, in the metric's unit.
    Shift,
    /// The canary's spread divided by the baseline's.
    SpreadRatio,
    /// Excess of the smallest of the points that stand out, divided by the baseline's largest.
    ExcessRatio,
    /// The share of bad points that another bad point follows.
    ShareFollowed,
    /// The canary's rate of events divided by the baseline's.
    RateRatio,
}

/// Whether a finding speaks of an increase or of a decrease.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Change {
    /// The canary is higher, or has more of it upwards.
    Increase,
    /// The canary is lower, or has more of it downwards.
    Decrease,
}

/// One test of one metric.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// The test.
    pub test: TestKind,
    /// The change it looked for.
    pub change: Change,
    /// Its statistic: z or t for location, end state and spread, points for the tail, pairs for
    /// excursions, events for events.
    #[serde(with = "number")]
    pub statistic: f64,
    /// How likely as much is where nothing is wrong beyond the allowance.
    pub p: f64,
    /// Harm needs a p of at most this: the test's share of the metric's level.
    pub level: f64,
    /// What the estimate is of.
    pub estimated: Estimated,
    /// The estimate.
    #[serde(with = "number")]
    pub estimate: f64,
    /// Its confidence interval, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval: Option<Interval>,
    /// Whether the change is large enough to matter.
    pub matters: bool,
    /// What a person would say.
    pub sentence: String,
}

impl Finding {
    /// Significant and large enough to matter.
    pub fn is_harm(&self) -> bool {
        self.matters && self.p <= self.level
    }

    /// How much evidence it is: p in units of its level, smaller is more.
    pub fn weight(&self) -> f64 {
        self.p / self.level
    }
}
