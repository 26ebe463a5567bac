//! Writes a remote-judge request.

use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::config::Thresholds;
use crate::looks::Looks;
use crate::number;
use crate::request::JudgeRequest;
use crate::series::{MetricPair, Series, Tags};

/// The document, borrowed. Absent properties are omitted, not null.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WrittenRequest<'a> {
    canary_config: &'a Value,
    score_thresholds: Thresholds,
    metric_set_pair_list: Vec<Pair<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    looks: Option<WrittenLooks>,
}

#[derive(Serialize)]
struct WrittenLooks {
    number: u32,
    planned: u32,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    sliding: bool,
}

impl From<Looks> for WrittenLooks {
    fn from(looks: Looks) -> Self {
        Self { number: looks.number(), planned: looks.planned(), sliding: looks.is_sliding() }
    }
}

#[derive(Serialize)]
struct Pair<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tags: Option<&'a Tags>,
    values: Values<'a>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    history: Vec<WrittenPoints<'a>>,
    scopes: Scopes,
}

#[derive(Serialize)]
struct Values<'a> {
    control: WrittenPoints<'a>,
    experiment: WrittenPoints<'a>,
}

struct WrittenPoints<'a>(&'a [f64]);

#[derive(Serialize)]
struct Scopes {
    #[serde(skip_serializing_if = "Option::is_none")]
    control: Option<WrittenScope>,
    #[serde(skip_serializing_if = "Option::is_none")]
    experiment: Option<WrittenScope>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WrittenScope {
    start_time_millis: i64,
    step_millis: u64,
}

impl<'a> WrittenRequest<'a> {
    pub(super) fn new(config: &'a Value, request: &'a JudgeRequest) -> Self {
        Self {
            canary_config: config,
            score_thresholds: request.thresholds,
            metric_set_pair_list: request.pairs.iter().map(Pair::from).collect(),
            looks: request.looks.map(WrittenLooks::from),
        }
    }
}

impl<'a> From<&'a MetricPair> for Pair<'a> {
    fn from(pair: &'a MetricPair) -> Self {
        let MetricPair { name, id, tags, baseline, canary, history } = pair;
        Self {
            name,
            id: id.as_deref(),
            tags: tags.as_ref(),
            values: Values {
                control: WrittenPoints(&baseline.values),
                experiment: WrittenPoints(&canary.values),
            },
            history: history.iter().map(|series| WrittenPoints(&series.values)).collect(),
            scopes: Scopes { control: scope(baseline), experiment: scope(canary) },
        }
    }
}

fn scope(series: &Series) -> Option<WrittenScope> {
    let clock = series.clock?;
    Some(WrittenScope { start_time_millis: clock.start_millis(), step_millis: clock.step_millis() })
}

impl Serialize for WrittenPoints<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(WrittenPoint))
    }
}

struct WrittenPoint<'a>(&'a f64);

impl Serialize for WrittenPoint<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        number::serialize(self.0, serializer)
    }
}
