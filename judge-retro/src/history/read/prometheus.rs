//! A Prometheus `query_range` response as a long table: one column per label, one row per point.

use std::collections::BTreeMap;
use std::fs;
use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, RecordBatch, StringArray, TimestampMillisecondArray};
use arrow_schema::{ArrowError, Schema};
use judge_points::prometheus::{self, LabelledSeries, ResponseError};
use judge_replay::ColumnNames;

use super::rows::{Rows, Unread, indices};
use crate::history::error::FileProblem;
use crate::history::{Format, HistoryFile};

pub(super) fn schema(file: &HistoryFile, names: &ColumnNames) -> Result<Schema, Unread> {
    Ok(response(file, names)?.schema().as_ref().clone())
}

pub(super) fn read(
    file: &HistoryFile,
    names: &ColumnNames,
    columns: &[String],
    take: &mut impl FnMut(Rows) -> Result<bool, Unread>,
) -> Result<(), Unread> {
    let response = response(file, names)?;
    let projection = indices(response.schema_ref(), columns)?;
    take(response.project(&projection)?.into()).map(drop)
}

/// Reads the whole response. Its labels become columns. `__name__` becomes the metric, unless another label has the
/// name of the metric column.
fn response(file: &HistoryFile, names: &ColumnNames) -> Result<RecordBatch, Unread> {
    let series = prometheus::read(&fs::read(&file.path)?).map_err(|error| match error {
        ResponseError::Json(reason) => {
            FileProblem::Broken { format: Format::Prometheus, reason: reason.to_string() }
        }
        other => FileProblem::Prometheus(other.to_string()),
    })?;
    Ok(table(&series, names)?)
}

fn table(all: &[LabelledSeries], names: &ColumnNames) -> Result<RecordBatch, ArrowError> {
    let has_metric = all.iter().any(|series| series.labels.contains_key(&names.metric));
    // Maps each column to its label.
    let mut labels: BTreeMap<&str, &str> = BTreeMap::new();
    for label in all.iter().flat_map(|series| series.labels.keys()).map(String::as_str) {
        let column = if label == "__name__" && !has_metric { names.metric.as_str() } else { label };
        // The points fill these two columns.
        if column != names.timestamp && column != names.value {
            labels.insert(column, label);
        }
    }
    if all.is_empty() {
        // A query without a result has no rows. Its missing columns are not an error.
        let columns = [&names.release, &names.role, &names.metric];
        labels.extend(columns.map(|name| (name.as_str(), name.as_str())));
    }
    let mut columns: Vec<(&str, ArrayRef)> = Vec::new();
    for (column, label) in labels {
        let texts = all.iter().flat_map(|series| {
            let text = series.labels.get(label).map(String::as_str);
            std::iter::repeat_n(text, series.values.len())
        });
        columns.push((column, Arc::new(texts.collect::<StringArray>())));
    }
    let times = all.iter().flat_map(|series| &series.times).copied();
    let times = TimestampMillisecondArray::from_iter_values(times).with_timezone("UTC");
    columns.push((&names.timestamp, Arc::new(times)));
    let values = all.iter().flat_map(|series| &series.values).copied();
    columns.push((&names.value, Arc::new(Float64Array::from_iter_values(values))));
    RecordBatch::try_from_iter(columns)
}
