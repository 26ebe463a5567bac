//! Columns in Arrow's layout: names of rows that come in, rows of judgements that go out.

use std::ops::Range;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{
    Array, ArrayRef, BooleanArray, Float64Array, RecordBatch, StringArray, StringViewArray,
    TimestampMillisecondArray, UInt64Array,
};
use arrow_cast::cast;
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef, TimeUnit};

use crate::frame::{COLUMNS, ColumnKind, ColumnValues, FrameColumns};
use crate::names::{NameColumn, run_of_views};

impl NameColumn for StringViewArray {
    fn name(&self, row: usize) -> &str {
        if self.is_null(row) { "" } else { self.value(row) }
    }

    fn run(&self, rows: &Range<usize>) -> usize {
        if self.null_count() > 0 {
            let first = self.name(rows.start);
            let other = rows.clone().find(|&row| self.name(row) != first);
            return other.unwrap_or(rows.end);
        }
        let views = &self.views()[rows.clone()];
        rows.start + run_of_views(views, |view| *view, |index| self.value(rows.start + index))
    }
}

/// A column as text: text in any layout, dictionaries too, and whatever Arrow writes as text.
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

/// The columns of rows of judgements.
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

/// Rows of judgements in Arrow's layout, with the columns of [`frame_schema`].
///
/// # Errors
/// If they are too much text for one batch.
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

    fn names(names: &[Option<&str>]) -> StringViewArray {
        names.iter().collect()
    }

    #[test]
    fn runs_end_where_the_name_changes() {
        let long = "a name of more than twelve bytes";
        let other = "a name of more than twelve bites";
        let cases: [(&[Option<&str>], usize, usize); 6] = [
            (&[Some("a"), Some("a"), Some("b")], 0, 2),
            (&[Some("a"), Some("a"), Some("b")], 2, 3),
            (&[Some(long), Some(long), Some(other)], 0, 2),
            (&[Some("a"), Some("ab"), Some("a")], 0, 1),
            (&[Some("a"), None, Some("a")], 0, 1),
            (&[None, None, Some("a")], 0, 2),
        ];
        for (column, start, end) in cases {
            assert_eq!(names(column).run(&(start..column.len())), end, "{column:?}");
        }
        assert_eq!(names(&[None]).name(0), "");
    }

    #[test]
    fn runs_end_at_the_same_row_however_long_they_are() {
        for length in 1..=50 {
            let mut column = vec![Some("before"), Some("before")];
            column.extend(vec![Some("a name of more than twelve bytes"); length]);
            column.push(Some("after"));
            assert_eq!(names(&column).run(&(2..column.len())), 2 + length);
            assert_eq!(names(&column).run(&(2..2 + length)), 2 + length);
        }
    }

    #[test]
    fn equal_long_names_at_other_places_are_one_run() {
        let long = "a name of more than twelve bytes";
        let twice = names(&[Some(long), Some(long)]);
        assert_ne!(twice.views()[0], twice.views()[1], "written twice");
        assert_eq!(twice.run(&(0..2)), 2);
    }

    #[test]
    fn names_are_text_of_any_layout() {
        let plain: ArrayRef = Arc::new(StringArray::from(vec![Some("7"), None, Some("7")]));
        let dictionary = DataType::Dictionary(Box::new(DataType::Int8), Box::new(DataType::Utf8));
        for kind in [DataType::Utf8View, DataType::LargeUtf8, dictionary, DataType::Int32] {
            let column = cast(&plain, &kind).unwrap();
            assert_eq!(text(&column).unwrap(), names(&[Some("7"), None, Some("7")]), "{kind}");
        }
    }
}
