//! Writes judgements as HTML. A page is one file and needs no network.
//!
//! | page | function |
//! | --- | --- |
//! | one judgement | [`page`] |
//! | one release, judged interval by interval | [`timeline_page`] |
//! | an index of many releases, with links to their pages | [`index_page`] |
//! | parts for a program that has pages of its own | [`fragment`] |
//!
//! A page is a pure function of its input: no clock is read, and the same input gives the same bytes. Everything but the
//! charts is plain HTML, so a page can be read and printed without scripts.
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
mod isolated;
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
pub use isolated::{isolated, isolated_text};
pub use timeline::{Timeline, timeline_page};

/// The content of the page of a judgement.
#[derive(Debug, Clone, Copy)]
pub struct Report<'a> {
    /// Name of the application or the release that was judged; may be empty.
    pub name: &'a str,
    /// The judgement.
    pub judgement: &'a Judgement,
    /// The series that were judged, in the order of the judgement's metrics; metrics without one
    /// have no charts.
    pub pairs: &'a [MetricPair],
    /// The config as the team wrote it.
    pub config: Option<&'a Value>,
    /// Further facts about the canary, such as where its series came from.
    pub facts: &'a [Fact],
    /// Further warnings, shown with those of the judgement.
    pub warnings: &'a [String],
    /// The warm-up, which is not judged; shaded in the charts over time.
    pub warm_up: Option<TimeRange>,
    /// The part of the series that was judged; `None` if all of it was. Histogram, box plot and beeswarm show
    /// only this part.
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

/// A fact about the canary, for the page's list of facts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    /// Its name, such as `Baseline series`.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// A range of time: its start belongs to it, its end does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TimeRange {
    /// Its start, in milliseconds since the Unix epoch.
    pub from_millis: i64,
    /// The first moment after it, in milliseconds since the Unix epoch.
    pub to_millis: i64,
}

#[cfg(test)]
mod tests;
