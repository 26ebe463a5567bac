//! A Prometheus `query_range` response.

use std::collections::BTreeSet;
use std::sync::Arc;

use judge_points::prometheus::{self, LabelledSeries, ResponseError};
use judge_replay::{RepeatedTime, TimedSeries, sort_by_time};
use thiserror::Error;

/// Why a response was not read.
#[derive(Debug, Error)]
#[non_exhaustive]
pub(crate) enum PrometheusError {
    #[error("{0}")]
    Response(ResponseError),
    #[error("data.result[{series}].values[{}]: {repeated}", .repeated.again)]
    Repeated { series: usize, repeated: RepeatedTime },
    #[error(
        "expected one series per metric, got {}: {}; aggregate them in the query, as in sum(...) or \
         avg(...)",
        .0.len(),
        listed(.0)
    )]
    SeveralSeries(Vec<String>),
}

/// Reads a response. Every series of several has a `__name__` of its own.
pub(crate) fn read(bytes: &[u8]) -> Result<Vec<TimedSeries>, PrometheusError> {
    let result = prometheus::read(bytes).map_err(PrometheusError::Response)?;
    let names: BTreeSet<_> = result.iter().map(|series| series.labels.get("__name__")).collect();
    if result.len() > 1 && (names.len() < result.len() || names.contains(&None)) {
        let written = result.iter().map(LabelledSeries::written);
        return Err(PrometheusError::SeveralSeries(written.collect()));
    }
    result.into_iter().enumerate().map(|(index, series)| timed(index, series)).collect()
}

fn timed(series: usize, found: LabelledSeries) -> Result<TimedSeries, PrometheusError> {
    let labels = found.written();
    let LabelledSeries { labels: mut names, mut times, values } = found;
    let positions: Vec<u64> = (0..).take(times.len()).collect();
    let mut column = [values];
    sort_by_time("point", &mut times, &positions, &mut column)
        .map_err(|repeated| PrometheusError::Repeated { series, repeated })?;
    let [values] = column;
    Ok(TimedSeries { name: names.remove("__name__"), labels, times: Arc::new(times), values })
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

#[cfg(test)]
mod tests;
