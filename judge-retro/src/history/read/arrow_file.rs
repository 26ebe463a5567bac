//! Arrow IPC files.

use std::fs::File;

use arrow_ipc::reader::FileReader;
use arrow_schema::Schema;

use super::rows::{Rows, Unread, indices, pass};
use crate::history::HistoryFile;

pub(super) fn schema(file: &HistoryFile) -> Result<Schema, Unread> {
    let reader = FileReader::try_new_buffered(File::open(&file.path)?, None)?;
    Ok(reader.schema().as_ref().clone())
}

pub(super) fn read(
    file: &HistoryFile,
    schema: &Schema,
    columns: &[String],
    take: &mut impl FnMut(Rows) -> Result<bool, Unread>,
) -> Result<(), Unread> {
    let mut projection = indices(schema, columns)?;
    projection.sort_unstable();
    pass(FileReader::try_new_buffered(File::open(&file.path)?, Some(projection))?, take)
}
