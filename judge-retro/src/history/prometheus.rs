//! A Prometheus `query_range` response as a long table: one column per label, one row per point.

use std::collections::BTreeSet;
use std::fs;

use judge_points::prometheus::{self, LabelledSeries, ResponseError};
use judge_replay::ColumnNames;
use polars::prelude::{
    Column, DataFrame, DataType, IntoColumn, IntoLazy, LazyFrame, NamedFrom, PolarsResult, Series,
    StringChunked, TimeUnit, TimeZone,
};

use super::error::{FileProblem, HistoryError};
use super::files::HistoryFile;
use super::format::Format;

/// Reads the whole response. Its labels are columns; `__name__` is the metric, unless a label has the
/// name of the metric column.
pub(super) fn read(file: &HistoryFile, names: &ColumnNames) -> Result<LazyFrame, HistoryError> {
    let bytes =
        fs::read(&file.path).map_err(|error| file.error(FileProblem::Io(error.to_string())))?;
    let series = prometheus::read(&bytes).map_err(|error| match error {
        ResponseError::Json(reason) => {
            let (format, reason) = (Format::Prometheus, reason.to_string());
            file.error(FileProblem::Broken { format, reason })
        }
        other => file.error(FileProblem::Prometheus(other.to_string())),
    })?;
    table(&series, names).map_err(|error| file.error(FileProblem::Prometheus(error.to_string())))
}

fn table(all: &[LabelledSeries], names: &ColumnNames) -> PolarsResult<LazyFrame> {
    let mut labels: BTreeSet<&str> =
        all.iter().flat_map(|series| series.labels.keys()).map(String::as_str).collect();
    if all.is_empty() {
        // A query that found nothing has no rows, which lack no column.
        labels.extend([&names.release, &names.role, &names.metric].map(String::as_str));
    }
    let of_label = |label: &str, column: &str| {
        let of_series = |series: &LabelledSeries| {
            let text = series.labels.get(label).cloned();
            std::iter::repeat_n(text, series.values.len())
        };
        let texts: StringChunked = all.iter().flat_map(of_series).collect();
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
    let times: Vec<i64> = all.iter().flat_map(|series| &series.times).copied().collect();
    let times = Series::new(names.timestamp.as_str().into(), times).cast(&utc)?;
    let values: Vec<f64> = all.iter().flat_map(|series| &series.values).copied().collect();
    columns.push(times.into_column());
    columns.push(Series::new(names.value.as_str().into(), values).into_column());
    Ok(DataFrame::new_infer_height(columns)?.lazy())
}
