//! Judges recorded releases again: would this config have stopped the bad ones, how soon, and how
//! many good ones would it have blocked?
//!
//! ```text
//! files of history --> releases on a grid --> windows --> judgements --> stage rule
//! ```
//!
//! The `arrow` and `parquet` crates read the histories, but do not appear in this crate's types: a [`Release`]
//! consists of plain vectors, which `judge-replay` judges.

mod assemble;
pub mod bulk;
pub mod frame;
pub mod history;
mod metric_plan;
pub mod store;

pub use bulk::{Bulk, BulkOutcome, NamedRelease};
pub use history::{
    Format, HistoryError, HistoryOptions, HistoryWriter, ReleaseHistory, Survey, WrittenSeries,
    catches_panics,
};
pub use judge_replay::{
    AfterStop, BrokenRelease, ColumnNames, Fate, NoBaseline, RecordedInstance, RecordedSeries,
    Release, ReleaseGrid, ReleaseLine, ReleaseMetric, Replay, Replayed, ReplayedInterval, Replayer,
    RoleNames,
};
pub use metric_plan::MetricPlan;
pub use store::{FrameFormat, Store};
