//! Responses of Prometheus to `query_range`.

mod document;
mod error;

use std::collections::BTreeMap;

pub use error::ResponseError;

use crate::{number, time};

/// One series of a response, with its points in the order of the response.
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

/// Reads the series of a response, in its order.
///
/// # Errors
/// If it is not the response to a successful `query_range`, or one of its points cannot be read.
pub fn read(bytes: &[u8]) -> Result<Vec<LabelledSeries>, ResponseError> {
    read_with_remarks(bytes).map(|(series, _)| series)
}

/// Reads the series as [`read`] does, and Prometheus's warnings and infos.
///
/// # Errors
/// As [`read`].
pub fn read_with_remarks(
    bytes: &[u8],
) -> Result<(Vec<LabelledSeries>, Vec<String>), ResponseError> {
    let (series, remarks) = document::read(bytes)?;
    let series = series.into_iter().enumerate().map(|(index, found)| labelled_series(index, found));
    Ok((series.collect::<Result<_, _>>()?, remarks))
}

fn labelled_series(
    series: usize,
    found: document::RawSeries,
) -> Result<LabelledSeries, ResponseError> {
    if found.histograms.is_some() {
        return Err(ResponseError::Histogram { series });
    }
    let mut times = Vec::with_capacity(found.values.len());
    let mut values = Vec::with_capacity(found.values.len());
    for (point, document::RawPoint(seconds, text)) in found.values.iter().enumerate() {
        let wrong = |found, expected| ResponseError::Point { series, point, found, expected };
        times.push(
            time::from_seconds(*seconds)
                .ok_or_else(|| wrong(format!("the time {seconds:?}"), "seconds since 1970"))?,
        );
        values
            .push(number::parse(text).ok_or_else(|| wrong(format!("{text:?}"), number::EXPECTED))?);
    }
    Ok(LabelledSeries { labels: found.metric, times, values })
}

#[cfg(test)]
mod tests;
