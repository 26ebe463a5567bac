//! Everything a judge returns.

mod change;
mod explain;
mod finding;
mod named;
mod short;
mod standing;

pub use crate::interval::Interval;
pub use crate::side::Side;
pub use crate::test_kind::TestKind;
pub use finding::{Change, Estimated, Finding};
pub(crate) use short::{push_fixed, push_short};
pub use standing::Standing;

use serde::{Deserialize, Serialize, Serializer};

use crate::config::{Direction, EffectMeasure, Thresholds};
use crate::number;
use crate::series::Tags;
use crate::warning::Warning;

/// The verdict on the whole canary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Verdict {
    /// The score reaches the pass threshold.
    Pass,
    /// The score reaches only the marginal threshold.
    Marginal,
    /// The score is below both.
    Fail,
}

impl Verdict {
    /// The verdict for `score` under `thresholds`.
    pub fn of(score: f64, thresholds: Thresholds) -> Self {
        if score >= thresholds.pass {
            Self::Pass
        } else if score >= thresholds.marginal {
            Self::Marginal
        } else {
            Self::Fail
        }
    }
}

/// The class of one metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Classification {
    /// No harmful change was shown.
    Pass,
    /// The canary is higher than it may be.
    High,
    /// The canary is lower than it may be.
    Low,
    /// A side has no data.
    NoData,
    /// A side has no data and the metric must have some.
    NoDataFail,
    /// The test could not be made.
    Error,
    /// Harm was neither shown nor ruled out.
    Inconclusive,
}

/// An effect and the allowances it was held against.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Effect {
    /// What is measured.
    pub measure: EffectMeasure,
    /// Its value; NaN where it is undefined (a mean of 0), which then never protects a metric.
    #[serde(with = "number")]
    pub value: f64,
    /// High needs at least this much.
    #[serde(with = "number")]
    pub allowed_increase: f64,
    /// Low needs at most this much.
    #[serde(with = "number")]
    pub allowed_decrease: f64,
    /// A critical High needs at least this much.
    #[serde(with = "number")]
    pub critical_increase: f64,
    /// A critical Low needs at most this much.
    #[serde(with = "number")]
    pub critical_decrease: f64,
}

/// One test of a metric: what was found and what it was held against.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Evidence {
    /// The shift canary − baseline, in the metric's unit.
    #[serde(with = "number")]
    pub estimate: f64,
    /// Its confidence interval.
    pub interval: Interval,
    /// Half-width of the band around 0 that the interval must leave to count as a change, in the
    /// metric's unit.
    #[serde(with = "number")]
    pub tolerance: f64,
    /// The effect size and its allowances.
    pub effect: Effect,
    /// Which changes of the metric are failures.
    pub direction: Direction,
}

/// What decided the class of a metric.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "kind")]
#[non_exhaustive]
pub enum Decision {
    /// A side has no points left after cleaning.
    MissingData,
    /// Both sides hold the same values.
    Identical,
    /// All values of both sides are one value.
    OneValue,
    /// The two sides were tested against each other.
    Tested(Evidence),
    /// Both sides are constant and differ. The test is made as for two sides that vary by a
    /// 100,000th of their value.
    Constants(Evidence),
    /// The test has no answer for these points, as for one point a side.
    Untestable,
    /// A panel of tests; what each found is in the metric's findings.
    Panel(Panel),
}

/// What a panel of tests came to.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Panel {
    /// The shift canary − baseline, in the metric's unit.
    #[serde(with = "number")]
    pub estimate: f64,
    /// Its confidence interval.
    pub interval: Interval,
    /// The level, as far as 0 from the smallest shift that is harm, in the metric's unit.
    #[serde(with = "number")]
    pub allowed: f64,
    /// The shift that would have been found in four canaries of five, in the metric's unit.
    #[serde(default, with = "number")]
    pub would_find: f64,
    /// How many more points a side would settle an inconclusive metric at this noise, if the
    /// estimate held; `None` where it is settled or no number would.
    pub more_points: Option<usize>,
    /// Points at the start that were left out because a transient healed.
    pub left_out: usize,
    /// Whether an inconclusive metric counts as failing, as the config says.
    pub fails: bool,
    /// Shifts that healthy windows make normal; `None` without enough history.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub healthy: Option<Interval>,
}

/// Points of one side, before and after cleaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Counts {
    /// Points as they came, gaps included.
    pub submitted: usize,
    /// Gaps among them.
    pub gaps: usize,
    /// Outliers removed.
    pub outliers: usize,
    /// Points judged. With gaps replaced by 0 these include them.
    pub judged: usize,
}

/// One side of a metric after cleaning, in the metric's unit. Everything is 0 for an empty side.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SideSummary {
    /// Counts of points.
    pub counts: Counts,
    /// Arithmetic mean.
    #[serde(with = "number")]
    pub mean: f64,
    /// Median.
    #[serde(with = "number")]
    pub median: f64,
    /// Smallest value.
    #[serde(with = "number")]
    pub min: f64,
    /// Largest value.
    #[serde(with = "number")]
    pub max: f64,
    /// 95th percentile.
    #[serde(default, with = "number")]
    pub p95: f64,
    /// Standard deviation (n − 1); 0 for one point.
    #[serde(with = "number")]
    pub std: f64,
}

/// The judgement of one metric.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MetricJudgement {
    /// The metric's name.
    pub name: String,
    /// As given with the pair.
    pub id: Option<String>,
    /// As given with the pair.
    pub tags: Option<Tags>,
    /// The groups the metric counts in.
    pub groups: Vec<String>,
    /// Its class.
    pub classification: Classification,
    /// Why it is not Pass, in Kayenta's words.
    pub reason: Option<String>,
    /// Whether it alone fails the canary.
    pub critical: bool,
    /// Whether it is left out of every score.
    pub muted: bool,
    /// The baseline after cleaning.
    pub baseline: SideSummary,
    /// The canary after cleaning.
    pub canary: SideSummary,
    /// Canary mean divided by baseline mean, NaN where one is 0; `None` if the test failed.
    #[serde(default, with = "number::optional")]
    pub mean_ratio: Option<f64>,
    /// What decided the class.
    pub decision: Decision,
    /// What the tests of a panel found, the strongest first; empty for judges without one.
    #[serde(default)]
    pub findings: Vec<Finding>,
}

/// The score of one group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GroupScore {
    /// The group.
    pub name: String,
    /// 100 · passing / counted metrics; 0 if none counts.
    #[serde(with = "number")]
    pub score: f64,
    /// Percent of the canary's score that the group decides.
    #[serde(with = "number")]
    pub weight: f64,
    /// Points of the canary's score that its failing metrics cost.
    #[serde(with = "number")]
    pub cost: f64,
}

/// Everything a judge says about a canary.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Judgement {
    /// Name of the judge.
    pub judge: String,
    /// The verdict.
    pub verdict: Verdict,
    /// 0 to 100, to two decimals. The parity judge leaves this range when weights do.
    #[serde(with = "number")]
    pub score: f64,
    /// Why the score is 0, where one finding alone decided it.
    pub reason: Option<String>,
    /// The thresholds that gave the verdict.
    pub thresholds: Thresholds,
    /// The groups, in order of first appearance among the metrics.
    pub groups: Vec<GroupScore>,
    /// The metrics, in the order of the pairs.
    pub metrics: Vec<MetricJudgement>,
    /// What a person should know about this judgement.
    pub warnings: Vec<Warning>,
}

/// A metric with its explanation, which is derived and therefore not stored.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ExplainedMetric<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tags: Option<&'a Tags>,
    groups: &'a [String],
    classification: Classification,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    explanation: String,
    critical: bool,
    muted: bool,
    baseline: &'a SideSummary,
    canary: &'a SideSummary,
    #[serde(with = "number::optional", skip_serializing_if = "Option::is_none")]
    mean_ratio: Option<f64>,
    decision: &'a Decision,
    #[serde(skip_serializing_if = "<[Finding]>::is_empty")]
    findings: &'a [Finding],
    #[serde(skip_serializing_if = "String::is_empty")]
    would_change: String,
}

impl Serialize for MetricJudgement {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let explained = ExplainedMetric {
            name: &self.name,
            id: self.id.as_deref(),
            tags: self.tags.as_ref(),
            groups: &self.groups,
            classification: self.classification,
            reason: self.reason.as_deref(),
            explanation: self.explanation(),
            critical: self.critical,
            muted: self.muted,
            baseline: &self.baseline,
            canary: &self.canary,
            mean_ratio: self.mean_ratio,
            decision: &self.decision,
            findings: &self.findings,
            would_change: self.what_would_change(),
        };
        explained.serialize(serializer)
    }
}
