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
use super::document::{Node, Problems};

/// The parsed document. The config and the thresholds stay JSON for their own readers; points are parsed
/// straight into vectors.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RawRequest {
    canary_config: Option<Value>,
    score_thresholds: Option<Value>,
    metric_set_pair_list: Option<Vec<Object<RawPair>>>,
}

#[derive(Deserialize)]
pub(super) struct RawPair {
    name: Option<String>,
    id: Option<Text>,
    tags: Option<BTreeMap<String, Option<Text>>>,
    values: Option<Object<RawValues>>,
    history: Option<Vec<Points>>,
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

/// The request; `given` are the thresholds of one that has none. `None` if [`problems::of_request`] finds problems.
pub(super) fn read(
    Object(raw): Object<RawRequest>,
    given: Option<Thresholds>,
) -> Option<JudgeRequest> {
    let (config, _) = config::read(&raw.canary_config?);
    let thresholds = match raw.score_thresholds {
        Some(own) => config::read_thresholds(&Node::root(&own), &mut Problems::new()),
        None => given,
    };
    let pairs = read_pairs(raw.metric_set_pair_list?);
    Some(JudgeRequest { config: config?, thresholds: thresholds?, pairs: pairs? })
}

/// The pairs. `None` if [`problems::of_pairs`] finds problems.
pub(super) fn read_pairs(pairs: Vec<Object<RawPair>>) -> Option<Vec<MetricPair>> {
    pairs.into_iter().map(read_pair).collect()
}

fn read_pair(Object(pair): Object<RawPair>) -> Option<MetricPair> {
    let Object(values) = pair.values?;
    let (Points(baseline), Points(canary)) = (values.control?, values.experiment?);
    let scopes = pair.scopes.map(|Object(scopes)| scopes).unwrap_or_default();
    let history = pair.history.unwrap_or_default().into_iter();
    let text = |Text(text)| text;
    let tags = pair.tags.map(|tags| -> Tags {
        tags.into_iter().map(|(tag, value)| (tag, value.map(text))).collect()
    });
    Some(MetricPair {
        name: pair.name?,
        id: pair.id.map(text),
        tags,
        baseline: Series { values: baseline, clock: clock(&scopes.control) },
        canary: Series { values: canary, clock: clock(&scopes.experiment) },
        history: history.map(|Points(values)| Series::from(values)).collect(),
    })
}

/// The clock of a scope that has start and step as integers. Kayenta's own judge reads neither.
fn clock(scope: &Value) -> Option<Clock> {
    let start_millis = scope.get("startTimeMillis")?.as_i64()?;
    let step_millis = scope.get("stepMillis")?.as_u64().filter(|step| *step > 0)?;
    Some(Clock { start_millis, step_millis })
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
struct Text(String);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextVisitor)
    }
}

struct TextVisitor;

impl Visitor<'_> for TextVisitor {
    type Value = Text;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Text, E> {
        Ok(Text(text.to_owned()))
    }

    fn visit_string<E: de::Error>(self, text: String) -> Result<Text, E> {
        Ok(Text(text))
    }

    fn visit_bool<E: de::Error>(self, flag: bool) -> Result<Text, E> {
        Ok(Text(flag.to_string()))
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Text, E> {
        Ok(Text(number.to_string()))
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Text, E> {
        Ok(Text(number.to_string()))
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<Text, E> {
        Ok(Text(Value::from(number).to_string()))
    }
}

/// Points of a series: numbers, the words for what JSON lacks, or `null` for a gap.
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

/// What a point can be.
const POINT: &str = r#"a number, null, or one of "NaN", "Infinity", "-Infinity""#;

impl Visitor<'_> for PointVisitor {
    type Value = Point;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(POINT)
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
