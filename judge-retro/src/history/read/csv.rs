//! CSV files: every column is text.

use std::fs::File;
use std::sync::Arc;

use arrow_array::builder::StringViewBuilder;
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field, Schema};
use judge_points::csv_reader::{CsvReader, CsvTable};
use judge_points::table;
use judge_replay::ColumnNames;

use super::rows::{ROWS, Rows, Unread, indices};
use crate::history::HistoryFile;
use crate::history::error::FileProblem;

/// Most cells in a batch, of 16 bytes each.
const CELLS: usize = 64 * ROWS;

/// The columns. As in `judge run`, the time column may have other names.
pub(super) fn schema(file: &HistoryFile, names: &ColumnNames) -> Schema {
    let header = file.csv.iter().flat_map(CsvTable::header);
    let mut columns: Vec<String> = header.cloned().collect();
    let timestamp = ColumnNames::default().timestamp;
    if names.timestamp == timestamp
        && let Some(column) = table::time_column(&columns)
    {
        columns[column] = timestamp;
    }
    text_columns(&columns)
}

fn text_columns(names: &[String]) -> Schema {
    let field = |name: &String| Field::new(name, DataType::Utf8View, false);
    Schema::new(names.iter().map(field).collect::<Vec<_>>())
}

pub(super) fn read(
    file: &HistoryFile,
    names: &ColumnNames,
    columns: &[String],
    take: &mut impl FnMut(Rows) -> Result<bool, Unread>,
) -> Result<(), Unread> {
    let table = file.csv.as_ref().ok_or(FileProblem::Empty)?;
    let fields = indices(&schema(file, names), columns)?;
    let needed = Arc::new(text_columns(columns));
    let mut reader = CsvReader::new(table, File::open(&file.path)?)?;
    // A table of thousands of columns is read in smaller pieces.
    let rows = (CELLS / fields.len().max(1)).clamp(1, ROWS);
    let mut more = true;
    while more {
        let mut texts: Vec<StringViewBuilder> =
            fields.iter().map(|_| StringViewBuilder::with_capacity(rows)).collect();
        let mut lines = Vec::with_capacity(rows);
        while lines.len() < rows {
            let Some(row) = reader.next_row()? else {
                more = false;
                break;
            };
            lines.push(row.line());
            for (text, field) in texts.iter_mut().zip(&fields) {
                text.append_value(row.text(*field).map_err(FileProblem::Table)?);
            }
        }
        if lines.is_empty() {
            break;
        }
        let arrays = texts.iter_mut().map(|text| -> ArrayRef { Arc::new(text.finish()) });
        let columns = RecordBatch::try_new(Arc::clone(&needed), arrays.collect())?;
        more &= take(Rows { columns, lines: Some(lines) })?;
    }
    Ok(())
}
