//! What `EvidenceJudge-v1` can be told beyond Kayenta's schema. The defaults are meant to be left
//! alone.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::problem::Problem;
use crate::test_kind::TestKind;

/// The probability that a healthy metric passes: at least one half and below 1.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize)]
#[serde(transparent)]
pub struct Confidence(f64);

impl Confidence {
    /// A healthy metric that is judged alone fails once in 100; among several metrics
    /// [`AcrossMetrics`] makes each stricter: of ten healthy ones one fails in 3 % of the canaries.
    pub const DEFAULT: Self = Self(0.99);

    /// # Errors
    /// When `confidence` is below one half, or 1 or above.
    pub fn new(confidence: f64) -> Result<Self, Problem> {
        if (0.5..1.0).contains(&confidence) {
            Ok(Self(confidence))
        } else {
            Err(Problem::error("confidence", confidence, "from 0.5 up to, not including, 1"))
        }
    }

    /// The probability that a healthy metric fails.
    pub fn level(self) -> f64 {
        1.0 - self.0
    }
}

impl Default for Confidence {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// The smallest change that matters where the effect size allows none. A change is smaller than
/// that when it is smaller by any of the three measures.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MinimumChange {
    /// As a share of the baseline's level, 0 or above.
    pub relative: f64,
    /// In standard deviations of the metric's noise, 0 or above.
    pub noise: f64,
    /// In the metric's unit, 0 or above.
    pub absolute: f64,
}

impl MinimumChange {
    /// 2 %: two instances of one release differ by a percent or two in practice. A quarter of the
    /// noise: less is not visible in a graph.
    pub const DEFAULT: Self = Self { relative: 0.02, noise: 0.25, absolute: 0.0 };
}

impl Default for MinimumChange {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// What a metric counts.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum MetricKind {
    /// Sparse counts are recognised by their values, everything else is a gauge.
    #[default]
    Auto,
    /// A measured value.
    Gauge,
    /// Events per interval; `exposure` names the metric that holds what they are out of (requests,
    /// seconds), if they are not out of equal time.
    Count {
        /// A metric of the same request.
        exposure: Option<String>,
    },
    /// Events that are each one of the events of another metric, as errors are of requests.
    Proportion {
        /// The metric of the same request that holds all events.
        of: String,
    },
}

impl MetricKind {
    /// The metric that holds what the events are out of.
    pub fn exposure(&self) -> Option<&str> {
        match self {
            Self::Auto | Self::Gauge => None,
            Self::Count { exposure } => exposure.as_deref(),
            Self::Proportion { of } => Some(of),
        }
    }
}

/// What a metric counts as when harm is neither shown nor ruled out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum InconclusivePolicy {
    /// As passing, but the score is the pass threshold at most: doubt alone fails no canary, and none passes
    /// with full marks.
    #[default]
    PassThreshold,
    /// As passing.
    Pass,
    /// As passing, but the verdict is Marginal at best.
    Marginal,
    /// As failing.
    Fail,
}

/// What a systemic regression does to the verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum JointOutcome {
    /// The score is 0.
    #[default]
    Fail,
    /// The verdict is Marginal at best.
    Marginal,
    /// It is only reported.
    Warn,
}

/// The search for a systemic regression: many metrics a little worse.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Joint {
    /// Whether it is done.
    pub enabled: bool,
    /// How much of its allowance (or smallest change that matters) the median metric must have used
    /// up: above 0, at most 1.
    pub size: f64,
    /// What it does.
    pub outcome: JointOutcome,
}

impl Default for Joint {
    fn default() -> Self {
        Self { enabled: true, size: 0.4, outcome: JointOutcome::Fail }
    }
}

/// Whether the number of metrics makes each metric's test stricter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum AcrossMetrics {
    /// The level of each is divided by the square root of their number. A canary of many metrics has
    /// more chances to raise a false alarm, and as many to show harm: what minimises misses and
    /// false alarms together lies between a level that stays and one that is divided by the number.
    #[default]
    Balanced,
    /// Each is judged as if it were alone.
    Each,
    /// Any false failure at all is as rare as one metric's (Holm 1979).
    Holm,
    /// The share of false failures among failures is held (Benjamini and Hochberg 1995).
    BenjaminiHochberg,
}

/// The tests that run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Tests(BTreeSet<TestKind>);

impl Tests {
    /// Only these.
    pub fn only(tests: impl IntoIterator<Item = TestKind>) -> Self {
        Self(tests.into_iter().collect())
    }

    /// All but one.
    pub fn without(test: TestKind) -> Self {
        Self::only(TestKind::ALL.into_iter().filter(|other| *other != test))
    }

    /// Whether `test` runs.
    pub fn has(&self, test: TestKind) -> bool {
        self.0.contains(&test)
    }
}

impl Default for Tests {
    fn default() -> Self {
        Self::only(TestKind::ALL)
    }
}

/// The whole of `judge.judgeConfigurations` that the judge reads.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EvidenceConfig {
    /// Of each metric.
    pub confidence: Confidence,
    /// Of each metric.
    pub minimum_change: MinimumChange,
    /// Which tests run.
    pub tests: Tests,
    /// What an inconclusive metric counts as.
    pub inconclusive: InconclusivePolicy,
    /// The search for a systemic regression.
    pub joint: Joint,
    /// Whether many metrics make each stricter.
    pub across_metrics: AcrossMetrics,
    /// Points at the start of each series that are not judged.
    pub warm_up: usize,
}

/// What a metric's `analysisConfigurations.canary` says otherwise.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MetricEvidence {
    /// Its own confidence.
    pub confidence: Option<Confidence>,
    /// Its own smallest change, relative.
    pub minimum_relative: Option<f64>,
    /// Its own smallest change, in its noise.
    pub minimum_noise: Option<f64>,
    /// Its own smallest change, in its unit.
    pub minimum_absolute: Option<f64>,
    /// Its own tests.
    pub tests: Option<Tests>,
    /// What it counts.
    pub kind: MetricKind,
    /// Its own warm-up, in points.
    pub warm_up: Option<usize>,
}

impl MetricEvidence {
    /// The smallest change that matters to this metric.
    pub fn minimum_change(&self, judge: &EvidenceConfig) -> MinimumChange {
        MinimumChange {
            relative: self.minimum_relative.unwrap_or(judge.minimum_change.relative),
            noise: self.minimum_noise.unwrap_or(judge.minimum_change.noise),
            absolute: self.minimum_absolute.unwrap_or(judge.minimum_change.absolute),
        }
    }
}
