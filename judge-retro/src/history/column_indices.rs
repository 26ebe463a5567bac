//! Columns by their names. A schema of Arrow searches them one by one, which takes long for thousands of columns.

use std::collections::HashMap;

use arrow_schema::Schema;

/// The index of each column by its name; of two with one name, the first.
pub(super) fn column_indices(schema: &Schema) -> HashMap<&str, usize> {
    let fields = schema.fields().iter().enumerate().rev();
    fields.map(|(index, field)| (field.name().as_str(), index)).collect()
}
