//! A column of names, in which neighbouring rows usually have the same name.

use std::ops::Range;
use std::sync::Arc;

use judge_replay::NameColumn;
use judge_replay::arrow::NameArray;

/// A name for each row.
#[derive(Debug, Clone)]
pub(crate) enum Names {
    /// The same name for all rows.
    Once(Arc<str>),
    /// One name per row.
    Column(NameArray),
}

impl NameColumn for Names {
    fn name(&self, row: usize) -> &str {
        match self {
            Self::Once(name) => name,
            Self::Column(names) => names.name(row),
        }
    }

    fn run(&self, rows: &Range<usize>) -> usize {
        match self {
            Self::Once(_) => rows.end,
            Self::Column(names) => names.run(rows),
        }
    }
}
