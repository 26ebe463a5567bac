//! `/metricSetPairList`: the points of a judgement.

use judge_canary::{MetricSet, SideWindow, StoredPair, without_delay};
use serde_json::{Map, Value, json};

use super::super::read_series;
use super::request::KayentaRequest;
use super::times::iso;
use crate::convert::refusal::Refusal;

/// Bytes of a point in an answer: as a value, and as text.
const POINT_BYTES: usize = size_of::<Value>() + 20;

async fn series(asked: &KayentaRequest<'_>) -> Result<MetricSet, Refusal> {
    read_series(asked.canaries, asked.params.id(), &asked.context.held).await
}

pub(super) async fn list(asked: &KayentaRequest<'_>) -> Result<Value, Refusal> {
    let set = series(asked).await?;
    asked.context.held.grow(set.points().saturating_mul(POINT_BYTES))?;
    Ok(without_delay(set.points() * 8, || set.pairs.into_iter().map(pair).collect()))
}

pub(super) async fn get(asked: &KayentaRequest<'_>) -> Result<Value, Refusal> {
    let mut set = series(asked).await?;
    let wanted = asked.params.at(1);
    set.pairs.retain(|pair| pair.id == wanted);
    asked.context.held.grow(set.points().saturating_mul(POINT_BYTES))?;
    let found = set.pairs.pop().map(pair);
    found.ok_or_else(|| Refusal::Absent(format!("Metric set pair '{wanted}' not found.")))
}

fn pair(found: StoredPair) -> Value {
    let StoredPair { id, metric, tags, baseline, canary } = found;
    let tags: Map<String, Value> =
        tags.into_iter().map(|(tag, value)| (tag, json!(value))).collect();
    json!({
        "id": id, "name": metric, "tags": tags,
        "values": {"control": points(&baseline.values), "experiment": points(&canary.values)},
        "scopes": {"control": scope(baseline.window), "experiment": scope(canary.window)},
        "attributes": {"control": {"query": baseline.query}, "experiment": {"query": canary.query}},
    })
}

fn scope(window: SideWindow) -> Value {
    json!({
        "startTimeIso": iso(window.start_millis), "startTimeMillis": window.start_millis,
        "stepMillis": window.step_millis,
    })
}

/// Numbers that JSON cannot express are texts.
fn points(values: &[f64]) -> Value {
    let point = |value: &f64| match *value {
        value if value.is_nan() => json!("NaN"),
        f64::INFINITY => json!("Infinity"),
        f64::NEG_INFINITY => json!("-Infinity"),
        value => json!(value),
    };
    values.iter().map(point).collect()
}
