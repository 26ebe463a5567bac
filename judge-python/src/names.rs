//! Columns of names.

use arrow_array::{Array, ArrayRef, StringViewArray};
use arrow_schema::DataType;
use judge_replay::{NameColumn, arrow};

use crate::raised::Raised;

/// The names in `column`, which `path` names: text, categories, whole numbers, dates, yes or no.
pub(crate) fn read(column: &ArrayRef, path: &str) -> Result<StringViewArray, Raised> {
    let kind = match column.data_type() {
        DataType::Dictionary(_, value) => value,
        kind => kind,
    };
    if !is_name(kind) {
        let expected = "text, categories, whole numbers or dates; cast the column to text";
        return Err(Raised::data(path, format!("type {}", column.data_type()), expected));
    }
    arrow::text(column).map_err(|error| Raised::data(path, error, "names"))
}

/// The first row without a name.
pub(crate) fn first_empty(names: &StringViewArray) -> Option<usize> {
    (0..names.len()).find(|&row| names.name(row).is_empty())
}

fn is_name(kind: &DataType) -> bool {
    kind.is_string()
        || kind.is_integer()
        || matches!(kind, DataType::Boolean | DataType::Date32 | DataType::Date64 | DataType::Null)
}
