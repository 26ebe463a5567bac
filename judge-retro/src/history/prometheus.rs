//! A Prometheus `query_range` response as a long table: a column a label, a row a point.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use polars::prelude::{
    Column, DataFrame, DataType, IntoColumn, IntoLazy, LazyFrame, NamedFrom, Series, StringChunked,
    TimeUnit, TimeZone,
};
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::error::{FileProblem, HistoryError};
use super::files::HistoryFile;
use super::format::Format;
use super::options::ColumnNames;
use crate::{number, time};

#[derive(Deserialize)]
struct Response {
    status: String,
    #[serde(default)]
    error: Option<String>,
    #[serde(default)]
    data: Option<Data>,
}

#[derive(Deserialize)]
struct Data {
    #[serde(rename = "resultType")]
    result_type: String,
    #[serde(default)]
    result: Vec<OneSeries>,
}

#[derive(Deserialize)]
struct OneSeries {
    #[serde(default)]
    metric: BTreeMap<String, String>,
    #[serde(default)]
    values: Vec<Point>,
    #[serde(default)]
    histograms: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct Point(f64, String);

/// Reads the response whole. Its labels are columns; `__name__` is the metric where no label has the
/// metric's name.
pub(super) fn read(file: &HistoryFile, names: &ColumnNames) -> Result<LazyFrame, HistoryError> {
    let wrong = |text: String| file.error(FileProblem::Prometheus(text));
    let bytes =
        fs::read(&file.path).map_err(|error| file.error(FileProblem::Io(error.to_string())))?;
    let response: Response = serde_json::from_slice(&bytes).map_err(|error| {
        file.error(FileProblem::Broken { format: Format::Prometheus, reason: error.to_string() })
    })?;
    if response.status != "success" {
        let said = response.error.unwrap_or_else(|| "no error text".to_owned());
        return Err(wrong(format!(
            "status: {:?} ({said}), but allowed is \"success\"; run the query again",
            response.status
        )));
    }
    let Some(data) = response.data else {
        return Err(wrong("data: missing, but allowed is the result of a query".to_owned()));
    };
    if data.result_type != "matrix" {
        return Err(wrong(format!(
            "data.resultType: {:?}, but allowed is \"matrix\"; ask /api/v1/query_range, with start, \
             end and step",
            data.result_type
        )));
    }
    table(&data.result, names).map_err(wrong)
}

fn table(result: &[OneSeries], names: &ColumnNames) -> Result<LazyFrame, String> {
    let labels: BTreeSet<&str> =
        result.iter().flat_map(|series| series.metric.keys()).map(String::as_str).collect();
    let mut times = Vec::new();
    let mut values = Vec::new();
    for (index, series) in result.iter().enumerate() {
        if series.histograms.is_some() {
            return Err(format!(
                "data.result[{index}]: native histograms have no single value; take a quantile in \
                 the query"
            ));
        }
        for (point, Point(seconds, text)) in series.values.iter().enumerate() {
            let at = || format!("data.result[{index}].values[{point}]");
            let time = time::from_seconds(*seconds);
            times.push(time.ok_or_else(|| {
                format!("{}: the time {seconds:?}, but allowed is seconds since 1970", at())
            })?);
            let value = number::parse(text);
            values.push(value.ok_or_else(|| {
                format!("{}: {text:?}, but allowed is {}", at(), number::ALLOWED)
            })?);
        }
    }
    let of_label = |label: &str, column: &str| {
        let of_series = |series: &OneSeries| {
            let text = series.metric.get(label).cloned();
            std::iter::repeat_n(text, series.values.len())
        };
        let texts: StringChunked = result.iter().flat_map(of_series).collect();
        texts.with_name(column.into()).into_column()
    };
    let has_metric = labels.contains(names.metric.as_str());
    let mut columns: Vec<Column> = Vec::new();
    for label in labels {
        match label {
            "__name__" if !has_metric => columns.push(of_label(label, &names.metric)),
            // The points themselves are what these are called.
            label if label == names.timestamp || label == names.value => {}
            label => columns.push(of_label(label, label)),
        }
    }
    let utc = DataType::Datetime(TimeUnit::Milliseconds, Some(TimeZone::UTC));
    let times = Series::new(names.timestamp.as_str().into(), times);
    let times = times.cast(&utc).map_err(|error| error.to_string())?;
    columns.push(times.into_column());
    columns.push(Series::new(names.value.as_str().into(), values).into_column());
    let table = DataFrame::new_infer_height(columns).map_err(|error| error.to_string())?;
    Ok(table.lazy())
}
