//! Kayenta's remote-judge request.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{self, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::number;
use crate::problem::Problem;
use crate::request::JudgeRequest;
use crate::series::{Clock, MetricPair, Series, Tags};

use super::config;
use super::document::{Node, Problems};

/// The document as it is parsed. Small and odd parts stay JSON values so that everything wrong with
/// them is reported at once; the points are read straight into vectors.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RawRequest {
    canary_config: Option<Value>,
    score_thresholds: Option<Value>,
    metric_set_pair_list: Option<Vec<Object<RawPair>>>,
}

#[derive(Deserialize)]
struct RawPair {
    name: Option<String>,
    id: Option<String>,
    tags: Option<Tags>,
    values: Option<Object<RawValues>>,
    scopes: Option<Object<RawScopes>>,
}

#[derive(Deserialize)]
struct RawValues {
    control: Option<Points>,
    experiment: Option<Points>,
}

#[derive(Deserialize, Default)]
struct RawScopes {
    #[serde(default)]
    control: Value,
    #[serde(default)]
    experiment: Value,
}

const THRESHOLDS: &str =
    "an object with pass and marginal, as Kayenta sends it (those of the config are not read here)";

/// The request, or everything wrong with it.
pub(super) fn read(Object(raw): Object<RawRequest>) -> Result<JudgeRequest, Problems> {
    let mut problems = Problems::new();
    let config = match raw.canary_config {
        None | Some(Value::Null) => {
            problems.push(Problem::error("canaryConfig", "missing", "a canary config"));
            None
        }
        Some(document) => {
            let (config, found) = config::read(&document);
            problems.extend(found.into_iter().map(|problem| problem.within("canaryConfig")));
            config
        }
    };
    let thresholds = if let Some(thresholds) = raw.score_thresholds {
        let mut found = Problems::new();
        let thresholds = config::read_thresholds(&Node::root(&thresholds), &mut found);
        problems.extend(found.into_iter().map(|problem| problem.within("scoreThresholds")));
        thresholds
    } else {
        problems.push(Problem::error("scoreThresholds", "missing", THRESHOLDS));
        None
    };
    let pairs = raw.metric_set_pair_list.map(|pairs| read_pairs(pairs, &mut problems));
    if pairs.is_none() {
        problems.push(Problem::error("metricSetPairList", "missing", "a list of metric pairs"));
    }
    match (config, thresholds, pairs) {
        (Some(config), Some(thresholds), Some(pairs)) if problems.is_empty() => {
            Ok(JudgeRequest { config, thresholds, pairs })
        }
        _ => Err(problems),
    }
}

fn read_pairs(pairs: Vec<Object<RawPair>>, problems: &mut Problems) -> Vec<MetricPair> {
    let mut read = Vec::with_capacity(pairs.len());
    for (index, Object(pair)) in pairs.into_iter().enumerate() {
        let mut missing = |field: &str, allowed: &str| {
            let path = format!("metricSetPairList[{index}].{field}");
            problems.push(Problem::error(path, "missing", allowed));
        };
        let Some(name) = pair.name else {
            missing("name", "the name of a metric in canaryConfig.metrics");
            continue;
        };
        let Some(Object(values)) = pair.values else {
            missing("values", "an object with the lists control and experiment");
            continue;
        };
        let Some(Points(baseline)) = values.control else {
            missing("values.control", "the list of the baseline's points");
            continue;
        };
        let Some(Points(canary)) = values.experiment else {
            missing("values.experiment", "the list of the canary's points");
            continue;
        };
        let scopes = pair.scopes.map(|Object(scopes)| scopes).unwrap_or_default();
        read.push(MetricPair {
            name,
            id: pair.id,
            tags: pair.tags,
            baseline: Series { values: baseline, clock: clock(&scopes.control) },
            canary: Series { values: canary, clock: clock(&scopes.experiment) },
        });
    }
    read
}

/// The times of a scope, where it has both as whole numbers; Kayenta's own judge reads none.
fn clock(scope: &Value) -> Option<Clock> {
    let start_millis = scope.get("startTimeMillis")?.as_i64()?;
    let step_millis = scope.get("stepMillis")?.as_u64().filter(|step| *step > 0)?;
    Some(Clock { start_millis, step_millis })
}

/// What a JSON object holds. Without this a list of the values would be read as well.
pub(super) struct Object<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor(PhantomData))
    }
}

struct ObjectVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
    type Value = Object<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<Object<T>, A::Error> {
        T::deserialize(MapAccessDeserializer::new(fields)).map(Object)
    }
}

/// Points of a series: numbers, or the words for those that JSON lacks, or `null` for a gap.
struct Points(Vec<f64>);

impl<'de> Deserialize<'de> for Points {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(PointsVisitor)
    }
}

struct PointsVisitor;

impl<'de> Visitor<'de> for PointsVisitor {
    type Value = Points;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of points")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut points: A) -> Result<Points, A::Error> {
        let mut values = Vec::with_capacity(points.size_hint().unwrap_or_default());
        while let Some(Point(value)) = points.next_element()? {
            values.push(value);
        }
        Ok(Points(values))
    }
}

struct Point(f64);

impl<'de> Deserialize<'de> for Point {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PointVisitor)
    }
}

struct PointVisitor;

impl Visitor<'_> for PointVisitor {
    type Value = Point;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number, null, or one of \"NaN\", \"Infinity\", \"-Infinity\"")
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Point, E> {
        Ok(Point(value))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Point, E> {
        Ok(Point(value as f64))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Point, E> {
        Ok(Point(value as f64))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Point, E> {
        let value = number::parse(text);
        value.map(Point).ok_or_else(|| E::invalid_value(de::Unexpected::Str(text), &self))
    }

    fn visit_unit<E: de::Error>(self) -> Result<Point, E> {
        Ok(Point(f64::NAN))
    }
}
