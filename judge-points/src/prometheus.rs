//! Responses of Prometheus to `query_range`.

mod document;

use std::collections::BTreeMap;

use thiserror::Error;

use crate::{number, time};

/// One series of a response, its points in the order in which they came.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LabelledSeries {
    /// Its labels; `__name__` is the metric's name.
    pub labels: BTreeMap<String, String>,
    /// Milliseconds since the Unix epoch.
    pub times: Vec<i64>,
    /// As many as times; NaN is a gap.
    pub values: Vec<f64>,
}

impl LabelledSeries {
    /// Its labels as Prometheus writes them: `up{job="api"}`.
    pub fn written(&self) -> String {
        let name = self.labels.get("__name__").map_or("", String::as_str);
        let others = self.labels.iter().filter(|(label, _)| *label != "__name__");
        let others: Vec<String> =
            others.map(|(label, value)| format!("{label}={value:?}")).collect();
        format!("{name}{{{}}}", others.join(", "))
    }
}

/// Why a response was not read.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ResponseError {
    /// It is no JSON, or not all of it.
    #[error("{0}")]
    Json(serde_json::Error),
    /// Something in it is of another type.
    #[error("{path}: {source}")]
    Field {
        /// Where.
        path: String,
        /// What is wrong there.
        source: serde_json::Error,
    },
    /// It is JSON of something else.
    #[error("not a Prometheus response, which has a status and data: {0}")]
    NotAResponse(&'static str),
    /// Prometheus refused the query.
    #[error("Prometheus answered with an error: {kind}: {text}; run the query again")]
    Answered {
        /// Its `errorType`.
        kind: String,
        /// Its `error`.
        text: String,
    },
    /// A status that no Prometheus writes.
    #[error("status: {0:?}, but allowed is \"success\"")]
    Status(String),
    /// It answers another kind of query.
    #[error(
        "data.resultType: {0:?}, but allowed is \"matrix\"; ask /api/v1/query_range, with start, end \
         and step"
    )]
    ResultType(String),
    /// Its points are histograms.
    #[error(
        "data.result[{series}]: native histograms have no single value; take a quantile in the query"
    )]
    Histogram {
        /// Which series, from 0.
        series: usize,
    },
    /// A time or a value that is none.
    #[error("data.result[{series}].values[{point}]: {found}, but allowed is {allowed}")]
    Point {
        /// Which series, from 0.
        series: usize,
        /// Which point, from 0.
        point: usize,
        /// What stands there.
        found: String,
        /// What may stand there.
        allowed: &'static str,
    },
}

/// The series of a response, in its order.
///
/// # Errors
/// When it is not the response to a `query_range` that succeeded, or a point of it cannot be read.
pub fn read(bytes: &[u8]) -> Result<Vec<LabelledSeries>, ResponseError> {
    document::read(bytes)?.into_iter().enumerate().map(|(index, found)| one(index, found)).collect()
}

fn one(series: usize, found: document::Series) -> Result<LabelledSeries, ResponseError> {
    if found.histograms.is_some() {
        return Err(ResponseError::Histogram { series });
    }
    let mut times = Vec::with_capacity(found.values.len());
    let mut values = Vec::with_capacity(found.values.len());
    for (point, document::Point(seconds, text)) in found.values.iter().enumerate() {
        let wrong = |found, allowed| ResponseError::Point { series, point, found, allowed };
        times.push(
            time::from_seconds(*seconds)
                .ok_or_else(|| wrong(format!("the time {seconds:?}"), "seconds since 1970"))?,
        );
        values
            .push(number::parse(text).ok_or_else(|| wrong(format!("{text:?}"), number::ALLOWED))?);
    }
    Ok(LabelledSeries { labels: found.metric, times, values })
}

#[cfg(test)]
mod tests;
