//! A Prometheus `query_range` response.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::Deserialize;
use serde::de::IgnoredAny;
use thiserror::Error;

use super::series_file::{RepeatedTime, TimedSeries, sort_by_time};
use super::{number, time};

/// Why a response was not read.
#[derive(Debug, Error)]
#[non_exhaustive]
pub(crate) enum PrometheusError {
    #[error("{0}")]
    Json(serde_json::Error),
    #[error("{path}: {source}")]
    Field { path: String, source: serde_json::Error },
    #[error("not a Prometheus response, which has a status and data: {0}")]
    NotAResponse(&'static str),
    #[error("Prometheus answered with an error: {kind}: {text}; run the query again")]
    Answered { kind: String, text: String },
    #[error("status: {0:?}, but allowed is \"success\"")]
    Status(String),
    #[error(
        "data.resultType: {0:?}, but allowed is \"matrix\"; ask /api/v1/query_range, with start, end \
         and step"
    )]
    ResultType(String),
    #[error(
        "data.result[{series}]: native histograms have no single value; take a quantile in the query"
    )]
    Histogram { series: usize },
    #[error("data.result[{series}].values[{point}]: {found}, but allowed is {allowed}")]
    Point { series: usize, point: usize, found: String, allowed: &'static str },
    #[error("data.result[{series}].values[{}]: {source}", .source.again)]
    Repeated { series: usize, source: RepeatedTime },
    #[error(
        "{} where a metric has one: {}; aggregate them in the query, as in sum(...) or avg(...)",
        several(.0.len()),
        listed(.0)
    )]
    SeveralSeries(Vec<String>),
}

#[derive(Deserialize)]
struct Head<'a> {
    status: Option<String>,
    #[serde(rename = "errorType", default)]
    error_type: Option<String>,
    #[serde(default)]
    error: Option<String>,
    #[serde(borrow, default)]
    data: Option<DataHead<'a>>,
    #[serde(rename = "canaryConfig", default)]
    canary_config: Option<IgnoredAny>,
    #[serde(default)]
    metrics: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct DataHead<'a> {
    #[serde(rename = "resultType", borrow, default)]
    result_type: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct Body<'a> {
    #[serde(borrow)]
    data: Data<'a>,
}

#[derive(Deserialize)]
struct Data<'a> {
    #[serde(borrow)]
    result: Vec<ResultSeries<'a>>,
}

#[derive(Deserialize)]
struct ResultSeries<'a> {
    #[serde(default)]
    metric: BTreeMap<String, String>,
    #[serde(borrow, default)]
    values: Vec<ResultPoint<'a>>,
    #[serde(default)]
    histograms: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct ResultPoint<'a>(f64, #[serde(borrow)] Cow<'a, str>);

/// Reads a response. Every series of several has a `__name__` of its own.
pub(crate) fn read(bytes: &[u8]) -> Result<Vec<TimedSeries>, PrometheusError> {
    check_head(parse(bytes)?)?;
    let body: Body = parse(bytes)?;
    let result = body.data.result;
    let names: BTreeSet<_> = result.iter().map(|series| series.metric.get("__name__")).collect();
    if result.len() > 1 && (names.len() < result.len() || names.contains(&None)) {
        return Err(PrometheusError::SeveralSeries(
            result.iter().map(|series| labels(&series.metric)).collect(),
        ));
    }
    result.into_iter().enumerate().map(|(index, series)| timed(index, &series)).collect()
}

fn parse<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, PrometheusError> {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let path = error.path().to_string();
        let source = error.into_inner();
        if source.is_data() && path != "." {
            PrometheusError::Field { path, source }
        } else {
            PrometheusError::Json(source)
        }
    })?;
    deserializer.end().map_err(PrometheusError::Json)?;
    Ok(value)
}

fn check_head(head: Head) -> Result<(), PrometheusError> {
    let Some(status) = head.status else {
        return Err(PrometheusError::NotAResponse(if head.canary_config.is_some() {
            "this is a remote-judge request; judge it with `judge run FILE`"
        } else if head.metrics.is_some() {
            "this is a canary config; give it as --config"
        } else {
            "there is no status"
        }));
    };
    match status.as_str() {
        "success" => {}
        "error" => {
            return Err(PrometheusError::Answered {
                kind: head.error_type.unwrap_or_else(|| "no errorType".to_owned()),
                text: head.error.unwrap_or_else(|| "no error text".to_owned()),
            });
        }
        _ => return Err(PrometheusError::Status(status)),
    }
    match head.data.map(|data| data.result_type) {
        Some(Some(matrix)) if matrix == "matrix" => Ok(()),
        Some(Some(other)) => Err(PrometheusError::ResultType(other.into_owned())),
        Some(None) => Err(PrometheusError::NotAResponse("there is no data.resultType")),
        None => Err(PrometheusError::NotAResponse("there is no data")),
    }
}

fn timed(series: usize, found: &ResultSeries) -> Result<TimedSeries, PrometheusError> {
    if found.histograms.is_some() {
        return Err(PrometheusError::Histogram { series });
    }
    let mut times = Vec::with_capacity(found.values.len());
    let mut values = Vec::with_capacity(found.values.len());
    for (point, ResultPoint(seconds, text)) in found.values.iter().enumerate() {
        let wrong = |found, allowed| PrometheusError::Point { series, point, found, allowed };
        times.push(
            time::from_seconds(*seconds)
                .ok_or_else(|| wrong(format!("the time {seconds:?}"), "seconds since 1970"))?,
        );
        values
            .push(number::parse(text).ok_or_else(|| wrong(format!("{text:?}"), number::ALLOWED))?);
    }
    let positions: Vec<u64> = (0..).take(times.len()).collect();
    let mut column = [values];
    sort_by_time("point", &mut times, &positions, &mut column)
        .map_err(|source| PrometheusError::Repeated { series, source })?;
    let [values] = column;
    Ok(TimedSeries {
        name: found.metric.get("__name__").cloned(),
        labels: labels(&found.metric),
        times: Arc::new(times),
        values,
    })
}

/// Labels as Prometheus writes them: `up{job="api"}`.
fn labels(metric: &BTreeMap<String, String>) -> String {
    let name = metric.get("__name__").map_or("", String::as_str);
    let others = metric.iter().filter(|(label, _)| *label != "__name__");
    let others: Vec<String> = others.map(|(label, value)| format!("{label}={value:?}")).collect();
    format!("{name}{{{}}}", others.join(", "))
}

/// The most series listed in an error.
const MOST_SERIES: usize = 10;

fn listed(labels: &[String]) -> String {
    let mut text: Vec<&str> = labels.iter().take(MOST_SERIES).map(String::as_str).collect();
    if labels.len() > MOST_SERIES {
        text.push("...");
    }
    text.join(", ")
}

fn several(count: usize) -> String {
    format!("{count} series")
}

#[cfg(test)]
mod tests;
