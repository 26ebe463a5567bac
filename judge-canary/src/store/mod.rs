//! The store of canaries, as a trait.

mod document;
mod error;
mod open;
mod sql;
mod statement;

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use async_trait::async_trait;
use judge_core::Verdict;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::drift::PastRelease;
use crate::record::{Canary, CanaryLook, CanaryRequest, CanaryState, CanarySummary, MetricSet};
use crate::stored_config::{ConfigHead, ConfigVersion, Existing};

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

/// Keeps configs, canaries, looks, series, and the audit log. Every method is one transaction, except [`Self::retain`], which
/// removes a few canaries in each of several.
#[async_trait]
pub trait CanaryStore: std::fmt::Debug + Send + Sync {
    /// Checks that the store is available.
    async fn ping(&self) -> Result<(), KeepError>;

    /// Stores a config, or a new version of it.
    ///
    /// # Errors
    /// [`KeepError::Exists`], [`KeepError::NotFound`] and [`KeepError::SameName`], as the change demands.
    async fn put_config(
        &self,
        change: &ConfigChange,
        entry: &AuditEntry,
    ) -> Result<ConfigHead, KeepError>;

    /// The newest version of a config, or an older one. Versions outlive their config.
    async fn config(&self, id: &str, version: Option<i64>) -> Result<ConfigVersion, KeepError>;

    /// All configs, by name.
    async fn configs(&self) -> Result<Vec<ConfigHead>, KeepError>;

    /// All versions of a config, the oldest first, without their documents.
    async fn config_versions(&self, id: &str) -> Result<Vec<ConfigVersion>, KeepError>;

    /// Removes a config from the list.
    async fn delete_config(&self, id: &str, entry: &AuditEntry) -> Result<(), KeepError>;

    /// Starts a canary, unless its key was used before.
    async fn insert(&self, canary: &NewCanary, entry: &AuditEntry) -> Result<Inserted, KeepError>;

    /// The canary that was started with a key.
    async fn by_key(&self, key: &str) -> Result<Option<String>, KeepError>;

    /// A canary.
    async fn canary(&self, id: &str) -> Result<Canary, KeepError>;

    /// A page of canaries.
    async fn list(&self, filter: &CanaryFilter) -> Result<CanaryPage, KeepError>;

    /// Canaries that ended with a verdict, the newest first, with their last judgements.
    async fn releases(&self, filter: &ReleaseFilter) -> Result<Vec<PastRelease>, KeepError>;

    /// The looks at a canary after look `after`, in order; at most `limit`.
    async fn looks(
        &self,
        id: &str,
        after: usize,
        limit: usize,
    ) -> Result<Vec<CanaryLook>, KeepError>;

    /// Bytes of these looks as they are stored.
    async fn looks_bytes(&self, id: &str, after: usize, limit: usize) -> Result<u64, KeepError>;

    /// A look at a canary by its number; `None` if it was not made.
    async fn look(&self, id: &str, number: usize) -> Result<Option<CanaryLook>, KeepError>;

    /// The size of the series of a look.
    async fn metric_set_size(&self, id: &str) -> Result<MetricSetSize, KeepError>;

    /// The series of a look.
    async fn metric_set(&self, id: &str) -> Result<MetricSet, KeepError>;

    /// Ends a canary, unless it has ended. Returns whether this call ended it.
    async fn cancel(&self, id: &str, entry: &AuditEntry) -> Result<bool, KeepError>;

    /// Ends a canary by a look that will not be made any more, unless the canary has ended or the look was
    /// made. Returns whether this call ended it.
    async fn cancel_look(
        &self,
        look: &CanaryLook,
        after: &CanarySummary,
        entry: &AuditEntry,
    ) -> Result<bool, KeepError>;

    /// Adds an entry to the audit log.
    async fn note(&self, entry: &AuditEntry) -> Result<(), KeepError>;

    /// The audit log, the newest entry first: entries about `subject`, if one is given, before the entry of an
    /// id.
    async fn audit(
        &self,
        subject: Option<&str>,
        before: Option<&str>,
        limit: usize,
    ) -> Result<Vec<AuditEntry>, KeepError>;

    /// Claims canaries whose next look is due and that no other worker has.
    async fn claim(&self, claim: ClaimDue<'_>) -> Result<Vec<Claimed>, KeepError>;

    /// Time at which the next canary may be claimed; `None` if none is running.
    async fn next_due(&self) -> Result<Option<i64>, KeepError>;

    /// Extends a worker's leases of the canaries `ids`. Returns those that it still has.
    async fn renew(
        &self,
        owner: &str,
        ids: &[String],
        lease_millis: i64,
    ) -> Result<HashSet<String>, KeepError>;

    /// Gives a canary back; its next look is at `next_millis`.
    ///
    /// # Errors
    /// [`KeepError::LeaseLost`] if the worker's lease has ended.
    async fn postpone(
        &self,
        owner: &str,
        id: &str,
        next_millis: i64,
        attempts: u32,
        since_millis: i64,
    ) -> Result<(), KeepError>;

    /// Stores a look and gives its canary back: both or nothing.
    ///
    /// # Errors
    /// [`KeepError::LeaseLost`] if the worker's lease has ended: another worker makes the look, or the canary
    /// was cancelled.
    async fn record(&self, record: LookRecord<'_>) -> Result<(), KeepError>;

    /// Claims deliveries that are due and that no other worker has.
    async fn claim_deliveries(&self, claim: ClaimDue<'_>) -> Result<Vec<Delivery>, KeepError>;

    /// Postpones a delivery to `next_millis`.
    async fn postpone_delivery(
        &self,
        owner: &str,
        canary_id: &str,
        next_millis: i64,
    ) -> Result<(), KeepError>;

    /// Removes a delivery that succeeded.
    async fn remove_delivery(&self, canary_id: &str) -> Result<(), KeepError>;

    /// Removes canaries that have ended, with their looks and series, and entries of the audit log. Returns how many
    /// canaries and entries.
    async fn retain(&self, retention: Retention) -> Result<u64, KeepError>;
}
