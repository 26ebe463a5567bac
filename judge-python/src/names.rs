//! Columns of names.

use arrow_array::ArrayRef;
use arrow_schema::DataType;
use judge_replay::arrow::NameArray;

use crate::exception::Exception;

/// Reads the names in `column`, which errors call `path`: text, categories, whole numbers, dates, booleans.
pub(crate) fn read(column: &ArrayRef, path: &str) -> Result<NameArray, Exception> {
    let kind = match column.data_type() {
        DataType::Dictionary(_, value) => value,
        kind => kind,
    };
    if !is_name(kind) {
        let expected = "text, categories, whole numbers or dates; cast the column to text";
        return Err(Exception::data(path, format!("type {}", column.data_type()), expected));
    }
    NameArray::read(column).map_err(|error| Exception::data(path, error, "names"))
}

fn is_name(kind: &DataType) -> bool {
    kind.is_string()
        || kind.is_integer()
        || matches!(kind, DataType::Boolean | DataType::Date32 | DataType::Date64 | DataType::Null)
}
