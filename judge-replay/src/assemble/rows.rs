//! Where rows come from.

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

    /// Message about the first cell in `rows` that cannot be read, if there is one.
    fn first_bad(&self, rows: &Range<usize>) -> Option<String>;

    /// `message` with the place of a row.
    fn said_of(&self, row: usize, message: &str) -> String;

    /// Message about a row whose role is none of `known`.
    fn unknown_role(&self, known: &str, role: &str) -> String;
}

/// The points of rows.
#[derive(Debug)]
pub enum PointRows<'a, N, V> {
    /// A point a row.
    Long {
        /// The metric of each row.
        metric: &'a N,
        /// The value of each row.
        values: &'a [f64],
    },
    /// For each column the number of its series among those needed, and a point a row.
    Wide(&'a [(usize, V)]),
}
