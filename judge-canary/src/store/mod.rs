//! The store of canaries.

mod document;
mod error;
mod open;
mod sql;
mod statement;

use std::collections::BTreeMap;
use std::time::Duration;

use judge_core::Verdict;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::record::{Canary, CanaryLook, CanaryRequest, CanaryState, CanarySummary, MetricSet};
use crate::stored_config::Existing;

pub use error::KeepError;
pub use open::StorePlace;
pub use sql::SqlStore;

/// A config to store.
#[derive(Debug, Clone, PartialEq)]
pub struct ConfigChange {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The applications that it is for.
    pub applications: Vec<String>,
    /// The config itself.
    pub document: Value,
    /// What to do about an existing config.
    pub existing: Existing,
}

/// A canary to start.
#[derive(Debug, Clone, PartialEq)]
pub struct NewCanary {
    /// Its summary.
    pub summary: CanarySummary,
    /// The request.
    pub request: CanaryRequest,
    /// The config that judges it.
    pub config: Value,
    /// Metrics that drifted over the releases before it.
    pub warnings: Vec<String>,
}

/// Result of a start.
#[derive(Debug, Clone, PartialEq)]
pub enum Inserted {
    /// The canary was stored.
    New,
    /// The key was used before, by the canary of this id.
    Before(String),
}

/// Filter of a list of canaries. Without any condition: all, the newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CanaryFilter {
    /// Of this application.
    pub application: Option<String>,
    /// By a config of this name.
    pub config_name: Option<String>,
    /// By the config of this id.
    pub config_id: Option<String>,
    /// By one of these APIs; empty for any.
    pub origins: Vec<String>,
    /// In one of these states; empty for any.
    pub states: Vec<CanaryState>,
    /// With this verdict.
    pub verdict: Option<Verdict>,
    /// With this text in application, config, caller or reason; ASCII letters in any case.
    pub search: Option<String>,
    /// Started before the canary of this id, which is the last one of the page before.
    pub before: Option<String>,
    /// Number of canaries to skip, for callers that count pages.
    pub skip: usize,
    /// Most canaries of the page; 0 for [`PAGE`].
    pub limit: usize,
}

/// Canaries of a page, unless a filter says otherwise.
pub const PAGE: usize = 50;

/// The most canaries of a page.
pub const MOST_OF_A_PAGE: usize = 1000;

/// Filter of the releases in a history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleaseFilter {
    /// Of this application.
    pub application: String,
    /// By a config of this name; `None` for any.
    pub config_name: Option<String>,
    /// With this verdict; `None` for any.
    pub verdict: Option<Verdict>,
    /// Started before the canary of this id.
    pub before: Option<String>,
    /// Largest number of results.
    pub limit: usize,
}

/// A page of a list.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CanaryPage {
    /// The canaries, the newest first.
    pub canaries: Vec<CanarySummary>,
    /// The value of [`CanaryFilter::before`] for the next page; `None` at the end.
    pub next: Option<String>,
}

/// An entry of the audit log: who did what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuditEntry {
    /// A ULID: ids sort by time.
    pub id: String,
    /// The time.
    pub at_millis: i64,
    /// The caller: name of its token or certificate, else its address.
    pub actor: String,
    /// The action, such as `canary.start`.
    pub action: String,
    /// Id of the config or canary.
    pub subject: String,
    /// Details.
    pub detail: BTreeMap<String, String>,
}

/// A claim of due canaries or deliveries, by one worker.
#[derive(Debug, Clone, Copy)]
pub struct ClaimDue<'a> {
    /// The worker.
    pub owner: &'a str,
    /// The current time.
    pub now_millis: i64,
    /// End of the lease: until then no other worker may claim them.
    pub lease_millis: i64,
    /// Largest number of results.
    pub limit: usize,
}

/// A canary that a worker has, until its lease ends.
#[derive(Debug, Clone, PartialEq)]
pub struct Claimed {
    /// The canary.
    pub canary: Canary,
    /// Attempts at the next look so far.
    pub attempts: u32,
    /// Time of the first attempt; without meaning if there was none.
    pub since_millis: i64,
}

/// A look that was made, and the new state of its canary.
#[derive(Debug, Clone, Copy)]
pub struct LookRecord<'a> {
    /// The worker that has the canary.
    pub owner: &'a str,
    /// The look.
    pub look: &'a CanaryLook,
    /// Its series, if there are any.
    pub metric_set: Option<(&'a str, &'a MetricSet)>,
    /// The state of the canary after it.
    pub after: &'a CanarySummary,
}

/// A delivery: the end of a canary that is still to be sent to the webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// The canary.
    pub canary_id: String,
    /// Attempts so far.
    pub attempts: u32,
    /// When the canary ended.
    pub since_millis: i64,
}

/// The size of the series of a look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MetricSetSize {
    /// Bytes in the store, where they are compressed.
    pub bytes: u64,
    /// Points of all series.
    pub points: u64,
}

/// What is kept, at any time; a limit of 0 is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeepLimits {
    /// How long a canary is kept after its end.
    pub canary_age: Duration,
    /// How many bytes all canaries may have.
    pub canary_bytes: u64,
    /// How long an entry of the audit log is kept.
    pub audit_age: Duration,
}

impl KeepLimits {
    /// What is kept at a time.
    pub fn retention(self, now_millis: i64) -> Retention {
        let before = |age: Duration| {
            let millis = i64::try_from(age.as_millis()).unwrap_or(i64::MAX);
            (millis > 0).then(|| now_millis.saturating_sub(millis))
        };
        Retention {
            ended_before_millis: before(self.canary_age),
            bytes: (self.canary_bytes > 0).then_some(self.canary_bytes),
            audited_before_millis: before(self.audit_age),
        }
    }
}

/// What is removed now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Retention {
    /// Canaries that ended before this time are removed.
    pub ended_before_millis: Option<i64>,
    /// The oldest canaries are removed until all together have at most this many bytes.
    pub bytes: Option<u64>,
    /// Entries of the audit log before this time are removed.
    pub audited_before_millis: Option<i64>,
}
