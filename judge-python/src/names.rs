//! A column of names in Arrow's layout of views.

use std::ops::Range;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, StringViewArray};
use arrow_schema::DataType;
use judge_replay::{NameColumn, run_of_views};

use crate::raised::Raised;

/// The name of each row.
#[derive(Debug, Clone)]
pub(crate) struct ViewNames(StringViewArray);

impl ViewNames {
    /// The names in `column`, which `path` names: text, categories, whole numbers, dates, yes or no.
    pub(crate) fn read(column: &ArrayRef, path: &str) -> Result<Self, Raised> {
        let broken = |error: arrow_schema::ArrowError| Raised::data(path, error, "names");
        let read = match column.data_type() {
            DataType::Dictionary(_, value) if is_name(value) => {
                let dictionary = column.as_any_dictionary();
                let names = views(dictionary.values()).map_err(broken)?;
                arrow_select::take::take(&names, dictionary.keys(), None).map_err(broken)?
            }
            kind if is_name(kind) => views(column).map_err(broken)?,
            kind => {
                let expected = "text, categories, whole numbers or dates; cast the column to text";
                return Err(Raised::data(path, format!("type {kind}"), expected));
            }
        };
        Ok(Self(read.as_string_view().clone()))
    }

    /// The first row without a name.
    pub(crate) fn first_empty(&self) -> Option<usize> {
        (0..self.0.len()).find(|&row| self.name(row).is_empty())
    }
}

fn is_name(kind: &DataType) -> bool {
    kind.is_string()
        || kind.is_integer()
        || matches!(kind, DataType::Boolean | DataType::Date32 | DataType::Date64 | DataType::Null)
}

fn views(column: &ArrayRef) -> Result<ArrayRef, arrow_schema::ArrowError> {
    let text = if column.data_type().is_string() {
        column.clone()
    } else {
        arrow_cast::cast(column, &DataType::Utf8)?
    };
    arrow_cast::cast(&text, &DataType::Utf8View)
}

impl NameColumn for ViewNames {
    fn name(&self, row: usize) -> &str {
        if self.0.is_null(row) { "" } else { self.0.value(row) }
    }

    fn run(&self, rows: &Range<usize>) -> usize {
        if self.0.null_count() > 0 {
            let first = self.name(rows.start);
            return rows.clone().find(|&row| self.name(row) != first).unwrap_or(rows.end);
        }
        let views = &self.0.views()[rows.clone()];
        rows.start + run_of_views(views, |view| *view, |index| self.0.value(rows.start + index))
    }
}
