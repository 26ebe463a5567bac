//! Judges recorded releases again: would this config have stopped the bad ones, how soon, and how
//! many good ones would it have blocked?
//!
//! ```text
//! files of history --> releases on a grid --> windows --> judgements --> stage rule
//! ```
//!
//! Histories are read with polars, which never shows in this crate's types: a [`Release`] is plain
//! vectors.

mod release;

pub use release::{Grid, Instance, Recorded, Release, ReleaseMetric};
