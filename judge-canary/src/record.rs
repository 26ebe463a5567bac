//! What is kept of a canary: what was asked for, what became of it, and its looks.

use std::collections::BTreeMap;

use judge_core::{Clock, Judgement, MetricPair, Series, Thresholds, Verdict};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::plan::{LookWindow, PlanSpec, SideWindow};

/// Where a canary stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum CanaryState {
    /// Looks are to come.
    Running,
    /// It has a verdict.
    Finished,
    /// It ended without one: its source stayed away, or its config cannot be judged.
    Failed,
    /// Somebody ended it.
    Cancelled,
}

impl CanaryState {
    /// All there are.
    pub const ALL: [Self; 4] = [Self::Running, Self::Finished, Self::Failed, Self::Cancelled];

    /// As it is stored, and as filters name it.
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

/// Which config a canary is judged by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum ConfigChoice {
    /// A stored one: its newest version, or the one that is given.
    Stored {
        /// Its id.
        id: String,
        /// Its version; nothing for the newest.
        version: Option<i64>,
    },
    /// One that came with the request, Kayenta's JSON.
    Inline(Value),
}

/// What a caller asks for. [`Canaries::start`](crate::Canaries::start) takes it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CanaryRequest {
    /// A start with a key that was used before gives the canary of that start; nothing for a new one each time.
    pub key: Option<String>,
    /// Which API it came by, such as `canary` or `kayenta`: lists can be filtered by it.
    pub origin: String,
    /// The application that it is a canary of.
    pub application: String,
    /// Which config it is judged by.
    pub config: ConfigChoice,
    /// Thresholds that win over those of the config.
    pub thresholds: Option<Thresholds>,
    /// The sides, and when they are looked at.
    pub plan: PlanSpec,
    /// Given by the caller, and repeated wherever the canary is shown.
    #[serde(default)]
    pub metadata: BTreeMap<String, String>,
    /// What the API that it came by needs to answer in its own words; not read here.
    #[serde(default)]
    pub api: Value,
}

/// A canary in a line of a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CanarySummary {
    /// A ULID: ids sort by the time of the start.
    pub id: String,
    /// Which API it came by.
    pub origin: String,
    /// The application.
    pub application: String,
    /// The config's id; empty where the config came with the request.
    pub config_id: String,
    /// The config's version; 0 where it came with the request.
    pub config_version: i64,
    /// The config's name.
    pub config_name: String,
    /// Who started it: the name of a token or certificate, else the address.
    pub caller: String,
    /// Where it stands.
    pub state: CanaryState,
    /// The verdict: of the canary once it has ended, of the last look before.
    pub verdict: Option<Verdict>,
    /// The score of the look that the verdict is of.
    pub score: Option<f64>,
    /// Why it stands so, in a line.
    pub reason: String,
    /// How many looks there are to be.
    pub planned: usize,
    /// How many looks were made.
    pub looks: usize,
    /// When it was started.
    pub created_millis: i64,
    /// When it ended; nothing while it is under way.
    pub ended_millis: Option<i64>,
    /// When the next look is made; of no meaning once it has ended.
    pub next_millis: i64,
}

impl CanarySummary {
    /// Whether it has ended.
    pub fn is_over(&self) -> bool {
        self.ended_millis.is_some()
    }
}

/// A canary with all that was asked for.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Canary {
    /// What became of it.
    #[serde(flatten)]
    pub summary: CanarySummary,
    /// What was asked for, with the start that the plan was given.
    pub request: CanaryRequest,
    /// The config that it is judged by, as it was when the canary was started.
    pub config: Value,
    /// What the releases before it say: metrics that drift.
    pub warnings: Vec<String>,
}

/// One look.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CanaryLook {
    /// What it looked at; its number among them.
    pub window: LookWindow,
    /// When it began.
    pub began_millis: i64,
    /// When it was done.
    pub ended_millis: i64,
    /// What came of it.
    pub result: LookResult,
}

/// What came of a look.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum LookResult {
    /// It was judged.
    Judged(Box<JudgedSeries>),
    /// There is no judgement.
    Failed(LookFailure),
}

/// A judgement, and where the series that it is of are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct JudgedSeries {
    /// What the judge said. The ids of its metrics are those of the metric set.
    pub judgement: Judgement,
    /// What to know about the series.
    pub warnings: Vec<String>,
    /// The id of the series, for [`Canaries::metric_set`](crate::Canaries::metric_set).
    pub metric_set: String,
}

/// Why a look has no judgement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LookFailure {
    /// What kind of failure.
    pub kind: FailureKind,
    /// Every reason, for people.
    pub reasons: Vec<String>,
}

impl LookFailure {
    /// The first reason in a line, and how many more there are.
    pub fn line(&self) -> String {
        let first = self.reasons.first().and_then(|reason| reason.lines().next());
        let first = first.unwrap_or("no reason was given");
        match self.reasons.len() {
            0 | 1 => first.to_owned(),
            all => format!("{first}; and {} more", all - 1),
        }
    }
}

/// What kind of failure a look had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum FailureKind {
    /// A source stayed away, or refused.
    Source,
    /// A query cannot be made or sent.
    Query,
    /// The judge refused config or series.
    Judge,
    /// Somebody ended it, and with it the canary.
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
    /// The pairs as judges and charts take them.
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
    /// The metric, as the config calls it.
    pub metric: String,
    /// What tells this pair from others of the metric.
    pub tags: BTreeMap<String, Option<String>>,
    /// The baseline's points.
    pub baseline: StoredSeries,
    /// The canary's points.
    pub canary: StoredSeries,
}

/// Points of one side, and what they were asked for by.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StoredSeries {
    /// The query as the source took it.
    pub query: String,
    /// The times that it was asked for.
    pub window: SideWindow,
    /// The points; NaN is a gap.
    #[serde(with = "points")]
    pub values: Vec<f64>,
}

/// Points in JSON: a gap is `null`, and what JSON has no number for is its name.
mod points {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    #[derive(serde::Serialize, Deserialize)]
    #[serde(untagged)]
    enum Point<'a> {
        Number(f64),
        Name(std::borrow::Cow<'a, str>),
        Gap(()),
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
        let points = Vec::<Point<'_>>::deserialize(from)?.into_iter();
        points
            .map(|point| match point {
                Point::Number(value) => Ok(value),
                Point::Gap(()) => Ok(f64::NAN),
                Point::Name(name) if name == "Infinity" => Ok(f64::INFINITY),
                Point::Name(name) if name == "-Infinity" => Ok(f64::NEG_INFINITY),
                Point::Name(name) => {
                    Err(D::Error::custom(format!("expected a point, got {name:?}")))
                }
            })
            .collect()
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
