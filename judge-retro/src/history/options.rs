//! Options for reading a history.

use judge_points::time::TimeZone;
use judge_replay::{ColumnNames, RoleNames};

use super::Format;

/// Options for reading a history.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HistoryOptions {
    /// Names of its columns.
    pub columns: ColumnNames,
    /// Names of its roles.
    pub roles: RoleNames,
    /// The format of every file; `None` to detect it from each file's name and content.
    pub format: Option<Format>,
    /// The zone of times in text without one.
    pub zone: Option<TimeZone>,
}
