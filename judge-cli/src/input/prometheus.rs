//! A Prometheus `query_range` response.

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
}

/// Reads a response. Labels distinguish series of the same name.
pub(crate) fn read(bytes: &[u8]) -> Result<Vec<TimedSeries>, PrometheusError> {
    let result = prometheus::read(bytes).map_err(PrometheusError::Response)?;
    result.into_iter().enumerate().map(|(index, series)| timed_series(index, series)).collect()
}

fn timed_series(series: usize, found: LabelledSeries) -> Result<TimedSeries, PrometheusError> {
    let labels = found.written();
    let LabelledSeries { labels: mut names, mut times, values } = found;
    let positions: Vec<u64> = (0..).take(times.len()).collect();
    let mut column = [values];
    sort_by_time("point", &mut times, &positions, &mut column)
        .map_err(|repeated| PrometheusError::Repeated { series, repeated })?;
    let [values] = column;
    let name = names.remove("__name__");
    Ok(TimedSeries { name, labels, tags: names, times: Arc::new(times), values })
}

#[cfg(test)]
mod tests;
