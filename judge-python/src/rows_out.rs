//! Rows of output as an Arrow table.

use std::sync::Arc;

use arrow_array::{
    ArrayRef, BooleanArray, Float64Array, RecordBatch, StringArray, TimestampMillisecondArray,
    UInt64Array,
};
use arrow_schema::{ArrowError, DataType, Field, Schema, TimeUnit};
use judge_replay::frame::{COLUMNS, ColumnKind, ColumnValues, FrameColumns};

const UTC: &str = "UTC";

/// The columns of the output.
pub(crate) fn schema() -> Schema {
    let field = |name: &&str| {
        let kind = match ColumnKind::from_name(name) {
            ColumnKind::Text => DataType::Utf8,
            ColumnKind::Number => DataType::Float64,
            ColumnKind::Count => DataType::UInt64,
            ColumnKind::Time => DataType::Timestamp(TimeUnit::Millisecond, Some(UTC.into())),
            ColumnKind::Flag => DataType::Boolean,
        };
        Field::new(*name, kind, true)
    };
    Schema::new(COLUMNS.iter().map(field).collect::<Vec<_>>())
}

/// `rows` in Arrow's layout.
pub(crate) fn batch(rows: FrameColumns) -> Result<RecordBatch, ArrowError> {
    let column = |(_, values): (&str, ColumnValues)| -> ArrayRef {
        match values {
            ColumnValues::Texts(texts) => Arc::new(texts.iter().collect::<StringArray>()),
            ColumnValues::Numbers(numbers) => Arc::new(Float64Array::from(numbers)),
            ColumnValues::Counts(counts) => Arc::new(UInt64Array::from(counts)),
            ColumnValues::Flags(flags) => Arc::new(BooleanArray::from(flags)),
            ColumnValues::Times(times) => {
                Arc::new(TimestampMillisecondArray::from(times).with_timezone(UTC))
            }
        }
    };
    let columns = rows.into_columns().into_iter().map(column).collect();
    RecordBatch::try_new(Arc::new(schema()), columns)
}
