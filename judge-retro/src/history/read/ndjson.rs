//! Files with one JSON object a line.

use std::fs::File;
use std::io::BufReader;
use std::sync::Arc;

use arrow_json::ReaderBuilder;
use arrow_json::reader::infer_json_schema;
use arrow_schema::Schema;

use super::rows::{ROWS, Rows, Unread, indices, pass};
use crate::history::HistoryFile;

/// Reads every line, since a column may first appear in the last one.
pub(super) fn schema(file: &HistoryFile) -> Result<Schema, Unread> {
    let (schema, _) = infer_json_schema(open(file)?, None)?;
    Ok(schema)
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

fn open(file: &HistoryFile) -> Result<BufReader<File>, Unread> {
    Ok(BufReader::with_capacity(BUFFER, File::open(&file.path)?))
}

/// Size of the read buffer, in bytes.
const BUFFER: usize = 1 << 18;
