//! The record of a canary: its request, its state, and its looks.

use std::collections::BTreeMap;

use judge_core::{Clock, Judgement, MetricPair, Series, Thresholds, Verdict};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::plan::{LookWindow, PlanSpec, SideWindow};

/// State of a canary.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum CanaryState {
    /// Further looks follow.
    #[default]
    Running,
    /// It has a verdict.
    Finished,
    /// It ended without a verdict: its source was unavailable, or its config cannot be judged.
    Failed,
    /// Somebody cancelled it.
    Cancelled,
}

impl CanaryState {
    /// All states.
    pub const ALL: [Self; 4] = [Self::Running, Self::Finished, Self::Failed, Self::Cancelled];

    /// Name of the state in the store and in filters.
    pub fn name(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Finished => "finished",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// The state called `name`.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}

/// The config that judges a canary.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum ConfigChoice {
    /// A stored config: its newest version, or a given one.
    Stored {
        /// Its id.
        id: String,
        /// Its version; `None` for the newest.
        version: Option<i64>,
    },
    /// A config in the request, as Kayenta's JSON.
    Inline(Value),
}

/// A request to start a canary, for [`Canaries::start`](crate::Canaries::start).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CanaryRequest {
    /// Idempotency key: a start with a key that was used before returns the canary of that start. `None` for a
    /// new canary each time.
    pub key: Option<String>,
    /// The API of the request, such as `canary` or `kayenta`; lists can be filtered by it.
    pub origin: String,
    /// The application.
    pub application: String,
    /// The config.
    pub config: ConfigChoice,
    /// Thresholds that replace those of the config.
    pub thresholds: Option<Thresholds>,
    /// The sides, and the times of the looks.
    pub plan: PlanSpec,
    /// Metadata of the caller, repeated wherever the canary is shown.
    #[serde(default)]
    pub metadata: BTreeMap<String, String>,
    /// What the API of the request needs for its own responses; not read here.
    #[serde(default)]
    pub api: Value,
}

/// A canary as a line of a list.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CanarySummary {
    /// A ULID: ids sort by the time of the start.
    pub id: String,
    /// The API of the request.
    pub origin: String,
    /// The application.
    pub application: String,
    /// The config's id; empty if the config was in the request.
    pub config_id: String,
    /// The config's version; 0 if it was in the request.
    pub config_version: i64,
    /// The config's name.
    pub config_name: String,
    /// Caller who started it: name of its token or certificate, else its address.
    pub caller: String,
    /// The state.
    pub state: CanaryState,
    /// The verdict: of the canary after its end, of the last look before.
    pub verdict: Option<Verdict>,
    /// Score of the look that gave the verdict.
    pub score: Option<f64>,
    /// Reason of the state, in one line.
    pub reason: String,
    /// Number of planned looks.
    pub planned: usize,
    /// Number of looks made.
    pub looks: usize,
    /// Time of the start.
    pub created_millis: i64,
    /// Time of the end; `None` while it is running.
    pub ended_millis: Option<i64>,
    /// Time of the next look; without meaning after the end.
    pub next_millis: i64,
}

impl CanarySummary {
    /// Whether it has ended.
    pub fn is_over(&self) -> bool {
        self.ended_millis.is_some()
    }
}

/// A canary with its request.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Canary {
    /// Its summary.
    #[serde(flatten)]
    pub summary: CanarySummary,
    /// The request; its plan has the start.
    pub request: CanaryRequest,
    /// The config that judges it, as it was at the start.
    pub config: Value,
    /// Metrics that drifted over the releases before it.
    pub warnings: Vec<String>,
}

/// One look.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CanaryLook {
    /// The windows and the number of the look.
    pub window: LookWindow,
    /// Time of its begin.
    pub began_millis: i64,
    /// Time of its end.
    pub ended_millis: i64,
    /// The result.
    pub result: LookResult,
}

/// Result of a look.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum LookResult {
    /// It was judged.
    Judged(Box<JudgedSeries>),
    /// There is no judgement.
    Failed(LookFailure),
}

/// A judgement, and the id of its series.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct JudgedSeries {
    /// The judgement. The ids of its metrics are those of the metric set.
    pub judgement: Judgement,
    /// Notices about the series.
    pub warnings: Vec<String>,
    /// The id of the series, for [`Canaries::metric_set`](crate::Canaries::metric_set).
    pub metric_set: String,
}

/// Why a look has no judgement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LookFailure {
    /// The kind of failure.
    pub kind: FailureKind,
    /// All reasons, for people.
    pub reasons: Vec<String>,
}

impl LookFailure {
    /// The first reason, and the number of the others, in one line.
    pub fn line(&self) -> String {
        let first = self.reasons.first().and_then(|reason| reason.lines().next());
        let first = first.unwrap_or("no reason was given");
        match self.reasons.len() {
            0 | 1 => first.to_owned(),
            all => format!("{first}; and {} more", all - 1),
        }
    }
}

/// The kind of failure of a look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum FailureKind {
    /// A source was unavailable, or refused.
    Source,
    /// A query cannot be built or sent.
    Query,
    /// The judge refused the config or the series.
    Judge,
    /// Somebody cancelled the look, and with it the canary.
    Cancelled,
}

impl CanaryLook {
    /// The judgement, if there is one.
    pub fn judgement(&self) -> Option<&Judgement> {
        match &self.result {
            LookResult::Judged(judged) => Some(&judged.judgement),
            LookResult::Failed(_) => None,
        }
    }

    /// The id of the series that were judged.
    pub fn metric_set(&self) -> Option<&str> {
        match &self.result {
            LookResult::Judged(judged) => Some(&judged.metric_set),
            LookResult::Failed(_) => None,
        }
    }
}

/// The series of one look.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MetricSet {
    /// The pairs, in the order of the judgement's metrics.
    pub pairs: Vec<StoredPair>,
}

impl MetricSet {
    /// Number of points.
    pub fn points(&self) -> usize {
        self.pairs.iter().map(|pair| pair.baseline.values.len() + pair.canary.values.len()).sum()
    }

    /// The pairs for judges and charts.
    pub fn pairs(&self) -> Vec<MetricPair> {
        self.pairs.iter().map(MetricPair::from).collect()
    }
}

impl From<&StoredPair> for MetricPair {
    fn from(stored: &StoredPair) -> Self {
        let mut pair = Self::new(stored.metric.clone(), Vec::new(), Vec::new());
        pair.id = Some(stored.id.clone());
        pair.tags = Some(stored.tags.clone());
        pair.baseline = Series::from(&stored.baseline);
        pair.canary = Series::from(&stored.canary);
        pair
    }
}

impl From<&StoredSeries> for Series {
    fn from(stored: &StoredSeries) -> Self {
        let SideWindow { start_millis, step_millis, .. } = stored.window;
        Self { values: stored.values.clone(), clock: Clock::new(start_millis, step_millis).ok() }
    }
}

/// The series of one metric on both sides.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StoredPair {
    /// A UUID, the same as in the judgement.
    pub id: String,
    /// Name of the metric in the config.
    pub metric: String,
    /// Tags that distinguish this pair from others of the metric.
    pub tags: BTreeMap<String, Option<String>>,
    /// The baseline's points.
    pub baseline: StoredSeries,
    /// The canary's points.
    pub canary: StoredSeries,
}

/// Points of one side, with the query and the times that they were fetched for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StoredSeries {
    /// The query that was sent to the source.
    pub query: String,
    /// The times that were fetched.
    pub window: SideWindow,
    /// The points; NaN is a gap.
    #[serde(with = "points")]
    pub values: Vec<f64>,
}

/// Points in JSON: a gap is `null`; infinite values are their names.
mod points {
    use serde::{Deserialize, Deserializer, Serializer};

    #[derive(serde::Serialize, Deserialize)]
    #[serde(untagged)]
    enum Point<'a> {
        Number(f64),
        Name(std::borrow::Cow<'a, str>),
        Gap(()),
    }

    /// As small as its number: a list of [`Point`]s would take three times as much.
    #[derive(Deserialize)]
    #[serde(try_from = "Point<'static>")]
    struct Value(f64);

    impl TryFrom<Point<'static>> for Value {
        type Error = String;

        fn try_from(point: Point<'static>) -> Result<Self, String> {
            match point {
                Point::Number(value) => Ok(Self(value)),
                Point::Gap(()) => Ok(Self(f64::NAN)),
                Point::Name(name) if name == "Infinity" => Ok(Self(f64::INFINITY)),
                Point::Name(name) if name == "-Infinity" => Ok(Self(f64::NEG_INFINITY)),
                Point::Name(name) => Err(format!("expected a point, got {name:?}")),
            }
        }
    }

    pub(super) fn serialize<S: Serializer>(values: &[f64], to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(values.iter().map(|&value| match value {
            value if value.is_nan() => Point::Gap(()),
            f64::INFINITY => Point::Name("Infinity".into()),
            f64::NEG_INFINITY => Point::Name("-Infinity".into()),
            value => Point::Number(value),
        }))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<f64>, D::Error> {
        Ok(Vec::<Value>::deserialize(from)?.into_iter().map(|Value(value)| value).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_are_the_same_bits_again() {
        let window = SideWindow { start_millis: 0, end_millis: 300, step_millis: 60 };
        let values =
            vec![0.1 + 0.2, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -0.0, 5e-324, f64::MAX];
        let series = StoredSeries { query: "up".into(), window, values };
        let json = serde_json::to_string(&series).unwrap();
        let again: StoredSeries = serde_json::from_str(&json).unwrap();
        let bits = |series: &StoredSeries| -> Vec<u64> {
            series.values.iter().map(|value| value.to_bits()).collect()
        };
        assert_eq!(bits(&again), bits(&series));
        assert!(serde_json::from_str::<StoredSeries>(&json.replace("-Inf", "Ind")).is_err());
    }
}
