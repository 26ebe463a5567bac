//! Columns in Arrow's layout: names of input rows, and output rows of judgements.

use std::ops::Range;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{
    Array, ArrayRef, BooleanArray, Float64Array, GenericStringArray, LargeStringArray,
    OffsetSizeTrait, RecordBatch, StringArray, StringViewArray, TimestampMillisecondArray,
    UInt64Array,
};
use arrow_cast::cast;
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef, TimeUnit};

use crate::frame::{COLUMNS, ColumnKind, ColumnValues, FrameColumns};
use crate::names::{NameColumn, run_of_views};

/// A column of names in its original layout, so that names are compared in place and no row costs memory.
#[derive(Debug, Clone)]
pub enum NameArray {
    /// Views, as in Parquet files and polars.
    Views(StringViewArray),
    /// Texts in one buffer, with 32-bit offsets.
    Texts(StringArray),
    /// Texts in one buffer, with 64-bit offsets.
    LargeTexts(LargeStringArray),
}

impl NameArray {
    /// Reads the names in `column`: text in any layout, dictionaries, and every type that Arrow casts to text.
    ///
    /// # Errors
    /// If Arrow cannot cast the column.
    pub fn read(column: &ArrayRef) -> Result<Self, ArrowError> {
        Ok(match column.data_type() {
            DataType::Utf8 => Self::Texts(column.as_string().clone()),
            DataType::LargeUtf8 => Self::LargeTexts(column.as_string().clone()),
            _ => Self::Views(text(column)?),
        })
    }
}

impl NameColumn for NameArray {
    fn name(&self, row: usize) -> &str {
        match self {
            Self::Views(names) if names.is_null(row) => "",
            Self::Views(names) => names.value(row),
            Self::Texts(names) => name(names, row),
            Self::LargeTexts(names) => name(names, row),
        }
    }

    fn run(&self, rows: &Range<usize>) -> usize {
        match self {
            Self::Views(names) if names.null_count() == 0 => {
                let views = &names.views()[rows.clone()];
                let name = |index| names.value(rows.start + index);
                rows.start + run_of_views(views, |view| *view, name)
            }
            Self::Texts(names) => run(names, rows),
            Self::LargeTexts(names) => run(names, rows),
            Self::Views(_) => {
                let first = self.name(rows.start);
                let other = rows.clone().find(|&row| self.name(row) != first);
                other.unwrap_or(rows.end)
            }
        }
    }
}

fn name<O: OffsetSizeTrait>(names: &GenericStringArray<O>, row: usize) -> &str {
    if names.is_null(row) { "" } else { names.value(row) }
}

fn run<O: OffsetSizeTrait>(names: &GenericStringArray<O>, rows: &Range<usize>) -> usize {
    let first = name(names, rows.start);
    let other = rows.clone().find(|&row| name(names, row) != first);
    other.unwrap_or(rows.end)
}

/// Converts a column to views of text: text in any layout, dictionaries, and every type that Arrow casts to text.
///
/// # Errors
/// If Arrow cannot cast the column.
pub fn text(column: &ArrayRef) -> Result<StringViewArray, ArrowError> {
    let is_text = match column.data_type() {
        DataType::Dictionary(_, value) => value.is_string(),
        kind => kind.is_string(),
    };
    let written = if is_text { ArrayRef::clone(column) } else { cast(column, &DataType::Utf8)? };
    Ok(cast(&written, &DataType::Utf8View)?.as_string_view().clone())
}

const UTC: &str = "UTC";

/// The columns of the output.
pub fn frame_schema() -> SchemaRef {
    let dtype = |column: &str| match ColumnKind::from_name(column) {
        ColumnKind::Time => DataType::Timestamp(TimeUnit::Millisecond, Some(UTC.into())),
        ColumnKind::Count => DataType::UInt64,
        ColumnKind::Flag => DataType::Boolean,
        ColumnKind::Text => DataType::Utf8,
        ColumnKind::Number => DataType::Float64,
    };
    let fields = COLUMNS.iter().map(|name| Field::new(*name, dtype(name), true));
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

/// Converts rows of judgements to Arrow's layout, with the columns of [`frame_schema`].
///
/// # Errors
/// If the text is too long for one batch.
pub fn frame(rows: FrameColumns) -> Result<RecordBatch, ArrowError> {
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
    RecordBatch::try_new(frame_schema(), columns)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same names in every layout.
    fn names(names: &[Option<&str>]) -> [NameArray; 3] {
        [
            NameArray::Views(names.iter().collect()),
            NameArray::Texts(names.iter().collect()),
            NameArray::LargeTexts(names.iter().collect()),
        ]
    }

    #[test]
    fn runs_end_where_the_name_changes() {
        let long = "a name of more than twelve bytes";
        let other = "a name of more than twelve bites";
        let cases: [(&[Option<&str>], usize, usize); 7] = [
            (&[Some("a"), Some("a"), Some("b")], 0, 2),
            (&[Some("a"), Some("a"), Some("b")], 2, 3),
            (&[Some(long), Some(long), Some(other)], 0, 2),
            (&[Some("a"), Some("ab"), Some("a")], 0, 1),
            (&[Some("a"), None, Some("a")], 0, 1),
            (&[None, None, Some("a")], 0, 2),
            (&[None, Some(""), Some("a")], 0, 2),
        ];
        for (column, start, end) in cases {
            for names in names(column) {
                assert_eq!(names.run(&(start..column.len())), end, "{names:?}");
                let found: Vec<&str> = (0..column.len()).map(|row| names.name(row)).collect();
                let expected: Vec<&str> =
                    column.iter().map(|name| name.unwrap_or_default()).collect();
                assert_eq!(found, expected, "{names:?}");
            }
        }
    }

    #[test]
    fn runs_end_at_the_same_row_however_long_they_are() {
        for length in 1..=50 {
            let mut column = vec![Some("before"), Some("before")];
            column.extend(vec![Some("a name of more than twelve bytes"); length]);
            column.push(Some("after"));
            for names in names(&column) {
                assert_eq!(names.run(&(2..column.len())), 2 + length);
                assert_eq!(names.run(&(2..2 + length)), 2 + length);
            }
        }
    }

    #[test]
    fn equal_long_names_at_other_places_are_one_run() {
        let long = "a name of more than twelve bytes";
        let twice = StringViewArray::from_iter([Some(long), Some(long)]);
        assert_ne!(twice.views()[0], twice.views()[1], "written twice");
        assert_eq!(NameArray::Views(twice).run(&(0..2)), 2);
    }

    #[test]
    fn names_are_text_of_any_layout() {
        let plain: ArrayRef = Arc::new(StringArray::from(vec![Some("7"), None, Some("7")]));
        let dictionary = DataType::Dictionary(Box::new(DataType::Int8), Box::new(DataType::Utf8));
        let kinds = [DataType::Utf8, DataType::Utf8View, DataType::LargeUtf8, DataType::Int32];
        for kind in kinds.into_iter().chain([dictionary]) {
            let column = cast(&plain, &kind).unwrap();
            let read = NameArray::read(&column).unwrap();
            assert_eq!([0, 1, 2].map(|row| read.name(row)), ["7", "", "7"], "{kind}");
            assert_eq!(text(&column).unwrap().iter().flatten().collect::<String>(), "77", "{kind}");
        }
    }
}
