//! The judgement of one metric.

use serde::{Deserialize, Serialize, Serializer};

use crate::number;
use crate::series::Tags;

use super::decision::{Classification, Decision};
use super::finding::Finding;

/// Numbers of points of one side, before and after cleaning.
///
/// [`SideSummary`] has an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Counts {
    /// Points submitted, gaps included.
    pub submitted: usize,
    /// Gaps among them.
    pub gaps: usize,
    /// Outliers removed.
    pub outliers: usize,
    /// Points judged. If gaps are replaced by 0, they are included.
    pub judged: usize,
}

/// Summary of one side of a metric after cleaning, in the metric's unit. All numbers are 0 for an empty side.
///
/// # Example
/// ```
/// use judge_core::{CanaryConfig, Judge, JudgeRequest, MetricConfig, MetricPair, NetflixAcaJudge};
///
/// let metrics = vec![MetricConfig::new("latency", "Latency")];
/// let config = CanaryConfig { metrics, ..CanaryConfig::default() };
/// let pairs = vec![MetricPair::new("latency", vec![1.0, 2.0, 3.0], vec![2.0, f64::NAN, 4.0])];
/// let request = JudgeRequest { config, pairs, ..JudgeRequest::default() };
/// let canary = NetflixAcaJudge.judge(&request)?.metrics[0].canary;
/// assert_eq!((canary.counts.gaps, canary.counts.judged, canary.mean), (1, 2, 3.0));
/// # Ok::<(), judge_core::JudgeError>(())
/// ```
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
    /// Standard deviation with n − 1 in the denominator; 0 for one point.
    #[serde(with = "number")]
    pub std: f64,
}

/// The judgement of one metric.
///
/// [`Judgement`](super::Judgement) and [`MetricJudgement::new`] have examples.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct MetricJudgement {
    /// Name of the metric.
    pub name: String,
    /// Given with the pair.
    pub id: Option<String>,
    /// Given with the pair.
    pub tags: Option<Tags>,
    /// Groups that the metric counts in.
    pub groups: Vec<String>,
    /// Class of the metric.
    pub classification: Classification,
    /// Why the class is not Pass, in Kayenta's words.
    pub reason: Option<String>,
    /// Whether the metric alone fails the canary.
    pub critical: bool,
    /// Whether the metric is left out of every score.
    pub muted: bool,
    /// The baseline after cleaning.
    pub baseline: SideSummary,
    /// The canary after cleaning.
    pub canary: SideSummary,
    /// Mean of the canary divided by the mean of the baseline; NaN if one of them is 0; `None` if the metric
    /// could not be tested.
    #[serde(default, with = "number::optional")]
    pub mean_ratio: Option<f64>,
    /// What decided the class.
    pub decision: Decision,
    /// What each test of `EvidenceJudge-v1` found, strongest evidence first; empty for the parity judge.
    #[serde(default)]
    pub findings: Vec<Finding>,
}

impl MetricJudgement {
    /// The judgement of a metric without groups, tags, findings and numbers. Set its fields to add them.
    ///
    /// # Example
    /// ```
    /// use judge_core::Classification;
    /// use judge_core::judgement::{Decision, MetricJudgement};
    ///
    /// let mut metric = MetricJudgement::new("latency", Classification::Pass, Decision::Identical);
    /// metric.groups = vec!["Latency".to_owned()];
    /// assert_eq!(metric.explanation(), "both sides hold the same values");
    /// ```
    pub fn new(
        name: impl Into<String>,
        classification: Classification,
        decision: Decision,
    ) -> Self {
        Self {
            name: name.into(),
            id: None,
            tags: None,
            groups: Vec::new(),
            classification,
            reason: None,
            critical: false,
            muted: false,
            baseline: SideSummary::default(),
            canary: SideSummary::default(),
            mean_ratio: None,
            decision,
            findings: Vec::new(),
        }
    }
}

/// A metric with its explanation. The explanation is derived, so it is written and not stored.
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
