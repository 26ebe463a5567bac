//! Many releases, each with a page of its own.

mod file_names;
mod page;
mod strip;

use judge_core::Verdict;
use serde::{Deserialize, Serialize};

pub use file_names::file_names;
pub use page::index_page;

use crate::Fact;
use crate::timeline::{Stop, Timeline};

/// What an index page shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Index {
    /// What it is called: the config's name; may be empty.
    pub name: String,
    /// The releases, in the order of the history.
    pub releases: Vec<IndexEntry>,
    /// What else is known, such as the judge and the windows.
    pub facts: Vec<Fact>,
}

/// One release of an index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IndexEntry {
    /// The release.
    pub release: String,
    /// The file of its page, in the folder of the index; `None` if it has none.
    pub page: Option<String>,
    /// What became of it.
    pub outcome: ReleaseOutcome,
}

/// What became of a release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "kind")]
pub enum ReleaseOutcome {
    /// It was judged.
    Judged {
        /// Its verdict.
        verdict: Verdict,
        /// When the canary started, in milliseconds since the Unix epoch.
        start_millis: i64,
        /// When it was stopped and by what, if it was.
        stopped: Option<Stop>,
        /// The verdicts of its intervals, in order of time.
        intervals: Vec<Verdict>,
    },
    /// It could not be judged.
    Broken {
        /// Why.
        problem: String,
    },
}

impl From<&Timeline> for ReleaseOutcome {
    fn from(timeline: &Timeline) -> Self {
        Self::Judged {
            verdict: timeline.verdict,
            start_millis: timeline.start_millis,
            stopped: timeline.stopped.clone(),
            intervals: timeline.intervals.iter().map(|interval| interval.verdict).collect(),
        }
    }
}
