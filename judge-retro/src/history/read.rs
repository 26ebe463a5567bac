//! Reads the columns and the rows of files.

mod arrow_file;
mod csv;
mod ndjson;
mod parquet;
mod prometheus;
mod rows;

use std::sync::Arc;

use arrow_schema::Schema;
use judge_points::table::TableError;
use judge_replay::ColumnNames;

use super::batch::Batch;
use super::error::{FileProblem, HistoryError};
use super::files::HistoryFile;
use super::format::Format;
use super::guard::guarded;
use super::layout::FileLayout;
use rows::{Rows, Unread};

/// Reads the columns of `file`.
pub(super) fn schema(file: &HistoryFile, names: &ColumnNames) -> Result<Schema, HistoryError> {
    let read = || {
        let schema = match file.format {
            Format::Parquet => parquet::schema(file),
            Format::Csv => Ok(csv::schema(file, names)),
            Format::Ndjson => ndjson::schema(file),
            Format::Ipc => arrow_file::schema(file),
            Format::Prometheus => prometheus::schema(file, names),
        };
        schema.map_err(|unread| unread.in_file(file))
    };
    let schema = guarded(file, read)?;
    let mut seen = std::collections::HashSet::new();
    match schema.fields().iter().find(|field| !seen.insert(field.name().clone())) {
        Some(field) => {
            Err(file.error(FileProblem::Table(TableError::RepeatedColumn(field.name().clone()))))
        }
        None => Ok(schema),
    }
}

/// Passes the rows of `file` to `take` in order, until `take` returns false.
pub(super) fn read(
    file: &Arc<HistoryFile>,
    layout: &FileLayout,
    names: &ColumnNames,
    take: impl Fn(Batch) -> bool,
) -> Result<(), HistoryError> {
    let columns = layout.columns();
    let mut first_row = 0;
    let mut each = |rows: Rows| -> Result<bool, Unread> {
        let count = rows.columns.num_rows();
        let batch = Batch::new(file, layout, first_row, &rows.columns, rows.lines)?;
        first_row += count;
        Ok(take(batch))
    };
    let read = || {
        let read = match file.format {
            Format::Parquet => parquet::read(file, &columns, &mut each),
            Format::Csv => csv::read(file, names, &columns, &mut each),
            Format::Ndjson => ndjson::read(file, &layout.schema, &columns, &mut each),
            Format::Ipc => arrow_file::read(file, &layout.schema, &columns, &mut each),
            Format::Prometheus => prometheus::read(file, names, &columns, &mut each),
        };
        read.map_err(|unread| unread.in_file(file))
    };
    guarded(file, read)
}
