//! Shows a judgement, or a release over its intervals, as one HTML file that needs nothing else: no
//! network, no other file; and many releases as an index of such files.
//!
//! The page is a pure function of the [`Report`]: no clock is read, and the same report gives the
//! same bytes. Everything but the charts is plain HTML and reads without scripts.
//!
//! # Example
//! ```
//! use judge_core::judges::{Judge, NetflixAcaJudge};
//! use judge_core::{CanaryConfig, JudgeRequest, MetricConfig, MetricPair};
//! use judge_report::{Report, page};
//!
//! let request = JudgeRequest {
//!     config: CanaryConfig {
//!         name: "shop".to_owned(),
//!         metrics: vec![MetricConfig::new("latency <p99>", "Latency")],
//!         ..CanaryConfig::default()
//!     },
//!     pairs: vec![MetricPair::new("latency <p99>", vec![10.0, 11.0, 12.0], vec![10.5, 11.5, 12.5])],
//!     ..JudgeRequest::default()
//! };
//! let judgement = NetflixAcaJudge.judge(&request)?;
//! let html = page(&Report { name: "shop", pairs: &request.pairs, ..Report::new(&judgement) });
//! assert!(html.contains("latency &lt;p99&gt;"));
//! # Ok::<(), judge_core::JudgeError>(())
//! ```

mod cost;
mod details;
mod document;
pub mod fragment;
mod groups;
mod head;
pub mod index;
mod metric;
mod rounding;
mod series;
pub mod time;
pub mod timeline;
pub mod words;

use judge_core::{Judgement, MetricPair};
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use document::page;
pub use index::{Index, file_names, index_page};
pub use timeline::{Timeline, timeline_page};

/// What a page shows.
#[derive(Debug, Clone, Copy)]
pub struct Report<'a> {
    /// What was judged: an application or a release; may be empty.
    pub name: &'a str,
    /// The judgement.
    pub judgement: &'a Judgement,
    /// The series that were judged, in the order of the judgement's metrics; metrics without one
    /// have no charts.
    pub pairs: &'a [MetricPair],
    /// The config as the team wrote it.
    pub config: Option<&'a Value>,
    /// What else is known about the canary, such as where its series came from.
    pub facts: &'a [Fact],
    /// What a person should know, beside the judgement's own warnings.
    pub warnings: &'a [String],
    /// The part of the series that is left out at the start, shaded in the charts over time.
    pub warm_up: Option<TimeRange>,
    /// The part of the series that was judged, where that is not all of it; histogram, box plot and
    /// beeswarm are of it.
    pub judged: Option<TimeRange>,
}

impl<'a> Report<'a> {
    /// A report of `judgement` alone, without charts.
    pub fn new(judgement: &'a Judgement) -> Self {
        Self {
            name: "",
            judgement,
            pairs: &[],
            config: None,
            facts: &[],
            warnings: &[],
            warm_up: None,
            judged: None,
        }
    }
}

/// Something known about the canary.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    /// What it is, such as `Baseline series`.
    pub name: String,
    /// What is known.
    pub value: String,
}

/// A part of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TimeRange {
    /// Its start, in milliseconds since the Unix epoch.
    pub from_millis: i64,
    /// Its end, which is no longer in it, in milliseconds since the Unix epoch.
    pub to_millis: i64,
}

#[cfg(test)]
mod tests;
