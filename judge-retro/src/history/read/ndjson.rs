//! Files with one JSON object a line.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::sync::Arc;

use arrow_json::ReaderBuilder;
use arrow_json::reader::infer_json_schema_from_iterator;
use arrow_schema::{ArrowError, DataType, Fields, Schema};
use serde_json::Value;
use serde_json::error::Category;

use super::rows::{ROWS, Rows, Unread, indices, pass};
use crate::history::HistoryFile;
use crate::history::format::BYTE_ORDER_MARK;

/// Reads every line, since a column may first appear in the last one.
pub(super) fn schema(file: &HistoryFile) -> Result<Schema, Unread> {
    let mut records = Records { lines: open(file)?, number: 0, nested: BTreeSet::new() };
    let schema = infer_json_schema_from_iterator(&mut records)?;
    let fields = schema.fields().iter().map(|field| {
        let nested = records.nested.contains(field.name());
        let nested = nested.then(|| DataType::Struct(Fields::empty()));
        let kind = nested.unwrap_or_else(|| field.data_type().clone());
        Arc::new(field.as_ref().clone().with_data_type(kind))
    });
    Ok(Schema::new(fields.collect::<Fields>()))
}

pub(super) fn read(
    file: &HistoryFile,
    schema: &Schema,
    columns: &[String],
    take: &mut impl FnMut(Rows) -> Result<bool, Unread>,
) -> Result<(), Unread> {
    let needed = Arc::new(schema.project(&indices(schema, columns)?)?);
    // A column of text may contain numbers, which are read as text.
    let reader = ReaderBuilder::new(needed).with_coerce_primitive(true).with_batch_size(ROWS);
    pass(reader.build(open(file)?)?, take)
}

/// Opens a file behind its byte order mark.
fn open(file: &HistoryFile) -> std::io::Result<BufReader<File>> {
    let mut lines = BufReader::with_capacity(BUFFER, File::open(&file.path)?);
    if lines.fill_buf()?.starts_with(BYTE_ORDER_MARK) {
        lines.consume(BYTE_ORDER_MARK.len());
    }
    Ok(lines)
}

/// Size of the read buffer, in bytes.
const BUFFER: usize = 1 << 18;

/// The objects of a file, one a line, without lists and objects in them.
struct Records {
    lines: BufReader<File>,
    /// Number of lines read.
    number: u64,
    /// Columns that have a list or an object in some line.
    nested: BTreeSet<String>,
}

impl Iterator for &mut Records {
    type Item = Result<Value, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let mut line = Vec::new();
            match self.lines.read_until(b'\n', &mut line) {
                Ok(0) => return None,
                Ok(_) => self.number += 1,
                Err(error) => return Some(Err(ArrowError::from(error))),
            }
            if !line.trim_ascii().is_empty() {
                return Some(self.record(line.trim_ascii_end()));
            }
        }
    }
}

impl Records {
    fn record(&mut self, line: &[u8]) -> Result<Value, ArrowError> {
        let wrong = |problem: String| {
            Err(ArrowError::JsonError(format!("line {}: expected {problem}", self.number)))
        };
        match serde_json::from_slice(line) {
            Ok(Value::Object(mut record)) => {
                for (column, value) in &mut record {
                    if value.is_array() || value.is_object() {
                        self.nested.insert(column.clone());
                        *value = Value::Null;
                    }
                }
                Ok(Value::Object(record))
            }
            Ok(Value::Array(_)) => wrong(format!("{ONE_OBJECT}, got a list")),
            Ok(other) => wrong(format!("{ONE_OBJECT}, got {other}")),
            Err(error) if error.classify() == Category::Eof => {
                wrong("one whole JSON object, got the end of the line".to_owned())
            }
            Err(error) => {
                let rest = line.get(error.column().saturating_sub(1)..).unwrap_or_default();
                let rest = String::from_utf8_lossy(&rest[..rest.len().min(LONGEST_QUOTE)]);
                let column = error.column();
                wrong(format!("JSON, with null for a gap, got {rest:?} at column {column}"))
            }
        }
    }
}

const ONE_OBJECT: &str = "one JSON object a line, as `jq -c '.[]'` writes a list";

/// The longest part of a line that an error quotes, in bytes.
const LONGEST_QUOTE: usize = 20;
