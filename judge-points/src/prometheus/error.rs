//! Why a response was not read.

use thiserror::Error;

/// Why a response was not read.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ResponseError {
    /// It is not JSON, or is cut off.
    #[error("not valid JSON: {0}")]
    Json(serde_json::Error),
    /// A field has the wrong type.
    #[error("{path}: {source}")]
    Field {
        /// Path of the field.
        path: String,
        /// The problem.
        source: serde_json::Error,
    },
    /// It is JSON, but not a response.
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
    /// Unknown status.
    #[error("status: expected \"success\", got {0:?}")]
    Status(String),
    /// The response to another kind of query.
    #[error(
        "data.resultType: expected \"matrix\", got {0:?}; query /api/v1/query_range with start, end and \
         step"
    )]
    ResultType(String),
    /// A series consists of histograms.
    #[error(
        "data.result[{series}]: native histograms have no single value; take a quantile in the query"
    )]
    Histogram {
        /// Index of the series, from 0.
        series: usize,
    },
    /// A time or a value that cannot be read.
    #[error("data.result[{series}].values[{point}]: expected {expected}, got {found}")]
    Point {
        /// Index of the series, from 0.
        series: usize,
        /// Index of the point, from 0.
        point: usize,
        /// The value found.
        found: String,
        /// The expected value.
        expected: &'static str,
    },
}
