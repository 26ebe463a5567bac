//! Reads Kayenta's remote-judge request.

pub(super) mod problems;

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{self, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::config::Thresholds;
use crate::number;
use crate::request::JudgeRequest;
use crate::series::{Clock, MetricPair, Series, Tags};

use super::config;
use super::document::{Node, ProblemList};
use super::looks;

/// The parsed document. The config and the thresholds stay JSON for their own readers; points are parsed
/// straight into vectors.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RawRequest {
    canary_config: Option<Value>,
    score_thresholds: Option<Value>,
    metric_set_pair_list: Option<Vec<Object<RawPair>>>,
    looks: Option<Value>,
}

#[derive(Deserialize)]
pub(super) struct RawPair {
    name: Option<String>,
    id: Option<ReadText>,
    tags: Option<BTreeMap<String, Option<ReadText>>>,
    values: Option<Object<RawValues>>,
    history: Option<Vec<ReadPoints>>,
    scopes: Option<Object<RawScopes>>,
}

#[derive(Deserialize)]
struct RawValues {
    control: Option<ReadPoints>,
    experiment: Option<ReadPoints>,
}

#[derive(Deserialize, Default)]
struct RawScopes {
    #[serde(default)]
    control: Value,
    #[serde(default)]
    experiment: Value,
}

/// The request; `given` are the thresholds of one that has none. `None` if [`problems::of_request`] finds problems.
pub(super) fn read(
    Object(raw): Object<RawRequest>,
    given: Option<Thresholds>,
) -> Option<JudgeRequest> {
    let (config, _) = config::read(&raw.canary_config?);
    let thresholds = match raw.score_thresholds {
        Some(own) => config::read_thresholds(&Node::root(&own), &mut ProblemList::new()),
        None => given,
    };
    let mut found = ProblemList::new();
    let looks = raw.looks.and_then(|looks| looks::read(&Node::root(&looks), &mut found));
    let pairs = read_pairs(raw.metric_set_pair_list?);
    if !found.is_empty() {
        return None;
    }
    Some(JudgeRequest { config: config?, thresholds: thresholds?, pairs: pairs?, looks })
}

/// The pairs. `None` if [`problems::of_pairs`] finds problems.
pub(super) fn read_pairs(pairs: Vec<Object<RawPair>>) -> Option<Vec<MetricPair>> {
    pairs.into_iter().map(read_pair).collect()
}

fn read_pair(Object(pair): Object<RawPair>) -> Option<MetricPair> {
    let Object(values) = pair.values?;
    let (ReadPoints(baseline), ReadPoints(canary)) = (values.control?, values.experiment?);
    let scopes = pair.scopes.map(|Object(scopes)| scopes).unwrap_or_default();
    let history = pair.history.unwrap_or_default().into_iter();
    let text = |ReadText(text)| text;
    let tags = pair.tags.map(|tags| -> Tags {
        tags.into_iter().map(|(tag, value)| (tag, value.map(text))).collect()
    });
    Some(MetricPair {
        name: pair.name?,
        id: pair.id.map(text),
        tags,
        baseline: Series { values: baseline, clock: clock(&scopes.control) },
        canary: Series { values: canary, clock: clock(&scopes.experiment) },
        history: history.map(|ReadPoints(values)| Series::from(values)).collect(),
    })
}

/// The clock of a scope that has start and step as integers. Kayenta's own judge reads neither.
fn clock(scope: &Value) -> Option<Clock> {
    let start_millis = scope.get("startTimeMillis")?.as_i64()?;
    Clock::new(start_millis, scope.get("stepMillis")?.as_u64()?).ok()
}

/// The content of a JSON object. Serde's derive alone would accept a list of the values as well.
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

/// A string, or a number or flag in its place, as Jackson reads a field of type String.
struct ReadText(String);

impl<'de> Deserialize<'de> for ReadText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextVisitor)
    }
}

struct TextVisitor;

impl Visitor<'_> for TextVisitor {
    type Value = ReadText;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<ReadText, E> {
        Ok(ReadText(text.to_owned()))
    }

    fn visit_string<E: de::Error>(self, text: String) -> Result<ReadText, E> {
        Ok(ReadText(text))
    }

    fn visit_bool<E: de::Error>(self, flag: bool) -> Result<ReadText, E> {
        Ok(ReadText(flag.to_string()))
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<ReadText, E> {
        Ok(ReadText(number.to_string()))
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<ReadText, E> {
        Ok(ReadText(number.to_string()))
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<ReadText, E> {
        Ok(ReadText(Value::from(number).to_string()))
    }
}

/// Points of a series: numbers, the words for what JSON lacks, or `null` for a gap.
struct ReadPoints(Vec<f64>);

impl<'de> Deserialize<'de> for ReadPoints {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(PointsVisitor)
    }
}

struct PointsVisitor;

impl<'de> Visitor<'de> for PointsVisitor {
    type Value = ReadPoints;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of points")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut points: A) -> Result<ReadPoints, A::Error> {
        let mut values = Vec::with_capacity(points.size_hint().unwrap_or_default());
        while let Some(ReadPoint(value)) = points.next_element()? {
            values.push(value);
        }
        Ok(ReadPoints(values))
    }
}

struct ReadPoint(f64);

impl<'de> Deserialize<'de> for ReadPoint {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PointVisitor)
    }
}

struct PointVisitor;

/// What a point can be.
const POINT: &str = r#"a number, null, or one of "NaN", "Infinity", "-Infinity""#;

impl Visitor<'_> for PointVisitor {
    type Value = ReadPoint;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(POINT)
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<ReadPoint, E> {
        Ok(ReadPoint(value))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<ReadPoint, E> {
        Ok(ReadPoint(value as f64))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<ReadPoint, E> {
        Ok(ReadPoint(value as f64))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<ReadPoint, E> {
        let value = number::parse(text);
        value.map(ReadPoint).ok_or_else(|| E::invalid_value(de::Unexpected::Str(text), &self))
    }

    fn visit_unit<E: de::Error>(self) -> Result<ReadPoint, E> {
        Ok(ReadPoint(f64::NAN))
    }
}
