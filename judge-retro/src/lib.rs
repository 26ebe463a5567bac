//! Judges recorded releases again: would this config have stopped the bad ones, how soon, and how
//! many good ones would it have blocked?
//!
//! ```text
//! files of history --> releases on a grid --> windows --> judgements --> stage rule
//! ```
//!
//! polars reads the histories, but does not appear in this crate's types: a [`Release`] is plain
//! vectors.

mod assemble;
pub mod bulk;
pub mod frame;
pub mod history;
mod metric_plan;
mod release;
mod replay;
pub mod store;

pub use bulk::{Bulk, BulkOutcome, NamedRelease};
pub use frame::{Fate, ReleaseLine};
pub use history::{
    ColumnNames, Format, HistoryError, HistoryOptions, ReleaseHistory, RoleNames, Survey, is_caught,
};
pub use metric_plan::MetricPlan;
pub use release::{Grid, RecordedInstance, RecordedSeries, Release, ReleaseMetric};
pub use replay::{
    AfterStop, BrokenRelease, NoBaseline, Replay, Replayed, ReplayedInterval, Replayer,
};
pub use store::{FrameFormat, Store, StoreError};
