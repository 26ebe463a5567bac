//! Parquet files.

use std::fs::File;
use std::sync::Arc;

use arrow_schema::{DataType, FieldRef, Schema};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder,
};
use parquet::errors::ParquetError;

use super::rows::{ROWS, Rows, Unread, indices, pass};
use crate::history::HistoryFile;

pub(super) fn schema(file: &HistoryFile) -> Result<Schema, Unread> {
    let (_, metadata) = open(file)?;
    Ok(metadata.schema().as_ref().clone())
}

pub(super) fn read(
    file: &HistoryFile,
    columns: &[String],
    take: &mut impl FnMut(Rows) -> Result<bool, Unread>,
) -> Result<(), Unread> {
    let (input, metadata) = open(file)?;
    let roots = indices(metadata.schema(), columns)?;
    let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(input, metadata);
    let mask = ProjectionMask::roots(builder.parquet_schema(), roots);
    pass(builder.with_projection(mask).with_batch_size(ROWS).build()?, take)
}

/// Opens the file and reads text as views, which share the text of a dictionary page.
fn open(file: &HistoryFile) -> Result<(File, ArrowReaderMetadata), Unread> {
    let input = File::open(&file.path)?;
    let plain = ArrowReaderMetadata::load(&input, ArrowReaderOptions::new())?;
    Ok((input, with_views(&plain).unwrap_or(plain)))
}

fn with_views(plain: &ArrowReaderMetadata) -> Result<ArrowReaderMetadata, ParquetError> {
    let field = |field: &FieldRef| -> FieldRef {
        let text = match field.data_type() {
            DataType::Dictionary(_, value) => value.is_string(),
            kind => kind.is_string(),
        };
        if text {
            Arc::new(field.as_ref().clone().with_data_type(DataType::Utf8View))
        } else {
            Arc::clone(field)
        }
    };
    let fields: Vec<FieldRef> = plain.schema().fields().iter().map(field).collect();
    let options = ArrowReaderOptions::new().with_schema(Arc::new(Schema::new(fields)));
    ArrowReaderMetadata::try_new(Arc::clone(plain.metadata()), options)
}
