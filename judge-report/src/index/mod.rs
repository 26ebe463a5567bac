//! The index of many releases, each with a page of its own.

mod file_names;
mod page;
mod strip;

use judge_core::Verdict;
use serde::{Deserialize, Serialize};

pub use file_names::file_names;
pub use page::index_page;

use crate::Fact;
use crate::timeline::{Stop, Timeline};

/// The content of an index page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Index {
    /// Its title, mostly the config's name; may be empty.
    pub name: String,
    /// The releases, in the order of the history.
    pub releases: Vec<IndexEntry>,
    /// Further facts, such as the judge and the windows.
    pub facts: Vec<Fact>,
}

/// One release of an index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IndexEntry {
    /// Its name.
    pub release: String,
    /// The file of its page, in the folder of the index; `None` if it has none.
    pub page: Option<String>,
    /// Its outcome.
    pub outcome: ReleaseOutcome,
}

/// The outcome of a release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "kind")]
pub enum ReleaseOutcome {
    /// It was judged.
    Judged {
        /// Its verdict.
        verdict: Verdict,
        /// When the canary started, in milliseconds since the Unix epoch.
        start_millis: i64,
        /// When and why it was stopped; `None` if it was not.
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
