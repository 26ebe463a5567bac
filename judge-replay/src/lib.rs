//! Judges recorded releases again, from rows in memory. This crate reads no files.
//!
//! ```text
//! rows of a release --> series on a grid --> windows --> judgements --> stage rule --> rows of output
//! ```
//!
//! `judge-retro` feeds it from files, the Python package from frames in Arrow's layout. Both get the same judgements,
//! bit for bit, whatever the order of a release's rows.

mod align;
#[cfg(feature = "arrow")]
pub mod arrow;
pub mod assemble;
pub mod frame;
mod names;
mod options;
mod release;
mod replay;
mod series_file;

pub use align::{Aligned, SeriesFile, align};
pub use frame::{Fate, ReleaseLine};
pub use names::{NameColumn, join_names, run_of_views};
pub use options::{ColumnNames, RoleNames};
pub use release::{RecordedInstance, RecordedSeries, Release, ReleaseGrid, ReleaseMetric};
pub use replay::{
    AfterStop, BrokenRelease, NoBaseline, Replay, Replayed, ReplayedInterval, Replayer,
};
pub use series_file::{RepeatedTime, TimedSeries, sort_by_time};
