//! The interface to a table of rows.

use std::ops::{Deref, Range};

use crate::names::NameColumn;

/// Consecutive rows as columns. NaN is a gap.
pub trait RowSource {
    /// The columns of names.
    type Names: NameColumn;
    /// The columns of values.
    type Values: Deref<Target = [f64]>;

    /// The role of each row.
    fn role(&self) -> &Self::Names;

    /// The instance of each row, if rows have one.
    fn instance(&self) -> Option<&Self::Names>;

    /// The time of each row, in milliseconds since the Unix epoch.
    fn times(&self) -> &[i64];

    /// The points.
    fn points(&self) -> PointRows<'_, Self::Names, Self::Values>;

    /// Message about the first cell in `rows` that cannot be read, if any.
    fn first_bad(&self, rows: &Range<usize>) -> Option<String>;

    /// Adds the position of `row` to `message`.
    fn message_at(&self, row: usize, message: &str) -> String;

    /// Message about a row whose role is not one of `known`.
    fn unknown_role(&self, known: &str, role: &str) -> String;
}

/// The points of rows, in a long or a wide table.
#[derive(Debug)]
pub enum PointRows<'a, N, V> {
    /// One row per point.
    Long {
        /// The metric of each row.
        metric: &'a N,
        /// The value of each row.
        values: &'a [f64],
    },
    /// One row per time: for each column, the index of its series among the needed ones and its points.
    Wide(&'a [(usize, V)]),
}
