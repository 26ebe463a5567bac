//! Why a response was not read.

use thiserror::Error;

/// Why a response was not read.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ResponseError {
    /// It is no JSON, or not all of it.
    #[error("not valid JSON: {0}")]
    Json(serde_json::Error),
    /// Something in it is of another type.
    #[error("{path}: {source}")]
    Field {
        /// Where.
        path: String,
        /// The problem.
        source: serde_json::Error,
    },
    /// It is JSON of something else.
    #[error("expected a Prometheus response with status and data; {0}")]
    NotAResponse(&'static str),
    /// Prometheus refused the query.
    #[error("Prometheus returned an error: {kind}: {text}; run the query again")]
    Answered {
        /// Its `errorType`.
        kind: String,
        /// Its `error`.
        text: String,
    },
    /// A status that no Prometheus writes.
    #[error("status: expected \"success\", got {0:?}")]
    Status(String),
    /// It answers another kind of query.
    #[error(
        "data.resultType: expected \"matrix\", got {0:?}; query /api/v1/query_range with start, end and \
         step"
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
    #[error("data.result[{series}].values[{point}]: expected {expected}, got {found}")]
    Point {
        /// Which series, from 0.
        series: usize,
        /// Which point, from 0.
        point: usize,
        /// The value found.
        found: String,
        /// The expected value.
        expected: &'static str,
    },
}
