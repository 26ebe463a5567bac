//! Writes Kayenta's `CanaryJudgeResult`.

use serde::Serialize;

use crate::judgement::{
    Classification, Decision, GroupScore, Judgement, MetricJudgement, SideSummary, Verdict,
};
use crate::number;
use crate::series::Tags;

/// The document, borrowed from a judgement. Absent properties are omitted, not null.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CanaryJudgeResult<'a> {
    judge_name: &'a str,
    results: Vec<AnalysisResult<'a>>,
    group_scores: Vec<Group<'a>>,
    score: Summary<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AnalysisResult<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    tags: Option<&'a Tags>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    classification: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    classification_reason: Option<&'a str>,
    groups: &'a [String],
    experiment_metadata: Metadata,
    control_metadata: Metadata,
    #[serde(skip_serializing_if = "Option::is_none")]
    result_metadata: Option<ResultMetadata>,
    critical: bool,
    muted: bool,
}

#[derive(Serialize)]
struct Metadata {
    stats: Stats,
}

#[derive(Serialize)]
struct Stats {
    count: usize,
    #[serde(with = "number")]
    mean: f64,
    #[serde(with = "number")]
    min: f64,
    #[serde(with = "number")]
    max: f64,
    #[serde(with = "number")]
    std: f64,
}

#[derive(Serialize)]
struct ResultMetadata {
    #[serde(with = "number")]
    ratio: f64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Group<'a> {
    name: &'a str,
    #[serde(with = "number")]
    score: f64,
    classification: &'static str,
    classification_reason: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Summary<'a> {
    #[serde(with = "number")]
    score: f64,
    classification: &'static str,
    classification_reason: &'a str,
}

impl<'a> From<&'a Judgement> for CanaryJudgeResult<'a> {
    fn from(judgement: &'a Judgement) -> Self {
        Self {
            judge_name: &judgement.judge,
            results: judgement.metrics.iter().map(AnalysisResult::from).collect(),
            group_scores: judgement.groups.iter().map(Group::from).collect(),
            score: Summary {
                score: judgement.score,
                classification: match judgement.verdict {
                    Verdict::Pass => "Pass",
                    Verdict::Marginal => "Marginal",
                    Verdict::Fail => "Fail",
                },
                classification_reason: judgement.reason.as_deref().unwrap_or_default(),
            },
        }
    }
}

impl<'a> From<&'a MetricJudgement> for AnalysisResult<'a> {
    fn from(metric: &'a MetricJudgement) -> Self {
        Self {
            name: &metric.name,
            tags: metric.tags.as_ref(),
            id: metric.id.as_deref(),
            classification: match metric.classification {
                Classification::Inconclusive => inconclusive(&metric.decision),
                Classification::Pass => "Pass",
                Classification::High => "High",
                Classification::Low => "Low",
                Classification::NoData => "Nodata",
                Classification::NoDataFail => "NodataFailMetric",
                Classification::Error => "Error",
            },
            classification_reason: metric.reason.as_deref(),
            groups: &metric.groups,
            experiment_metadata: Metadata::from(&metric.canary),
            control_metadata: Metadata::from(&metric.baseline),
            result_metadata: metric.mean_ratio.map(|ratio| ResultMetadata { ratio }),
            critical: metric.critical,
            muted: metric.muted,
        }
    }
}

/// Kayenta has no such class. This is the class that counts alike.
fn inconclusive(decision: &Decision) -> &'static str {
    match decision {
        Decision::Panel(panel) if !panel.fails => "Pass",
        Decision::Panel(panel) if panel.estimate < 0.0 => "Low",
        Decision::Panel(_) => "High",
        _ => "Nodata",
    }
}

impl From<&SideSummary> for Metadata {
    fn from(side: &SideSummary) -> Self {
        let &SideSummary { counts, mean, min, max, std, .. } = side;
        Self { stats: Stats { count: counts.judged, mean, min, max, std } }
    }
}

impl<'a> From<&'a GroupScore> for Group<'a> {
    fn from(group: &'a GroupScore) -> Self {
        Self {
            name: &group.name,
            score: group.score,
            classification: "",
            classification_reason: "",
        }
    }
}
