//! What is kept, behind one trait.

mod document;
mod error;
mod open;
mod sql;
mod statement;

use std::collections::BTreeMap;

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
    /// Whether it may be there.
    pub existing: Existing,
    /// Whether its name may be that of another config of one of its applications.
    pub same_name: bool,
}

/// A canary to start.
#[derive(Debug, Clone, PartialEq)]
pub struct NewCanary {
    /// Its first line.
    pub summary: CanarySummary,
    /// What was asked for.
    pub request: CanaryRequest,
    /// The config that it is judged by.
    pub config: Value,
    /// What the releases before it say.
    pub warnings: Vec<String>,
}

/// What became of a start.
#[derive(Debug, Clone, PartialEq)]
pub enum Inserted {
    /// It is there now.
    New,
    /// Its key was used before, by the canary of this id.
    Before(String),
}

/// Which canaries a list has; nothing set: all, the newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CanaryFilter {
    /// Of this application.
    pub application: Option<String>,
    /// By a config of this name.
    pub config_name: Option<String>,
    /// By the config of this id.
    pub config_id: Option<String>,
    /// By one of these APIs; any for none.
    pub origins: Vec<String>,
    /// In one of these states; any for none.
    pub states: Vec<CanaryState>,
    /// With this verdict.
    pub verdict: Option<Verdict>,
    /// With this text in application, config, caller or reason, in any case of its ASCII letters.
    pub search: Option<String>,
    /// Started before the canary of this id: the end of the page before.
    pub before: Option<String>,
    /// So many of them are left out, for callers that count pages.
    pub skip: usize,
    /// At most so many; 0 for [`PAGE`].
    pub limit: usize,
}

/// Canaries of a page, unless a filter says otherwise.
pub const PAGE: usize = 50;

/// The most canaries of a page.
pub const MOST_OF_A_PAGE: usize = 1000;

/// Which releases a history has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleaseFilter {
    /// Of this application.
    pub application: String,
    /// By a config of this name; by any for none.
    pub config_name: Option<String>,
    /// With this verdict; with any for none.
    pub verdict: Option<Verdict>,
    /// Started before the canary of this id.
    pub before: Option<String>,
    /// At most so many.
    pub limit: usize,
}

/// A page of a list.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CanaryPage {
    /// The canaries, the newest first.
    pub canaries: Vec<CanarySummary>,
    /// What [`CanaryFilter::before`] is for the next page; nothing at the end.
    pub next: Option<String>,
}

/// Who did what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuditEntry {
    /// A ULID: ids sort by time.
    pub id: String,
    /// When.
    pub at_millis: i64,
    /// Who: the name of a token or certificate, else the address.
    pub actor: String,
    /// What, such as `canary.start`.
    pub action: String,
    /// To which config or canary.
    pub subject: String,
    /// What to know about it.
    pub detail: BTreeMap<String, String>,
}

/// Canaries whose time has come, for one worker.
#[derive(Debug, Clone, Copy)]
pub struct ClaimDue<'a> {
    /// The worker.
    pub owner: &'a str,
    /// Now.
    pub now_millis: i64,
    /// Until when nobody else may have them.
    pub lease_millis: i64,
    /// At most so many.
    pub limit: usize,
}

/// A canary that a worker has, until its lease ends.
#[derive(Debug, Clone, PartialEq)]
pub struct Claimed {
    /// The canary.
    pub canary: Canary,
    /// How often the next look was tried.
    pub attempts: u32,
    /// When it was tried first; of no meaning without attempts.
    pub since_millis: i64,
}

/// A look that was made, and how its canary stands then.
#[derive(Debug, Clone, Copy)]
pub struct LookRecord<'a> {
    /// The worker that has the canary.
    pub owner: &'a str,
    /// The look.
    pub look: &'a CanaryLook,
    /// Its series, if it has any.
    pub metric_set: Option<(&'a str, &'a MetricSet)>,
    /// How the canary stands after it.
    pub after: &'a CanarySummary,
}

/// The end of a canary that is still to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// The canary.
    pub canary_id: String,
    /// How often that was tried.
    pub attempts: u32,
    /// When the canary ended.
    pub since_millis: i64,
}

/// What is kept at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// Canaries that ended before this time are removed.
    pub ended_before_millis: Option<i64>,
    /// The oldest canaries are removed until all have at most so many bytes.
    pub bytes: Option<u64>,
}

/// What is kept: configs, canaries, looks, series, and who did what. Every method is one transaction.
#[async_trait]
pub trait CanaryStore: std::fmt::Debug + Send + Sync {
    /// Whether it answers.
    async fn ping(&self) -> Result<(), KeepError>;

    /// Stores a config, or a new version of it.
    ///
    /// # Errors
    /// [`KeepError::Exists`], [`KeepError::NotFound`] and [`KeepError::SameName`] by what the change asks for.
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

    /// The looks at a canary after look `after`, in order.
    async fn looks(&self, id: &str, after: usize) -> Result<Vec<CanaryLook>, KeepError>;

    /// A look at a canary by its number; nothing if it was not made.
    async fn look(&self, id: &str, number: usize) -> Result<Option<CanaryLook>, KeepError>;

    /// The series of a look.
    async fn metric_set(&self, id: &str) -> Result<MetricSet, KeepError>;

    /// Ends a canary, unless it has ended. Returns whether it had not.
    async fn cancel(&self, id: &str, entry: &AuditEntry) -> Result<bool, KeepError>;

    /// Ends a canary by a look that nobody makes any more, unless it has ended or that look was made. Returns whether this
    /// call ended it.
    async fn cancel_look(
        &self,
        look: &CanaryLook,
        after: &CanarySummary,
        entry: &AuditEntry,
    ) -> Result<bool, KeepError>;

    /// Keeps that something happened.
    async fn note(&self, entry: &AuditEntry) -> Result<(), KeepError>;

    /// Who did what, the newest first: to `subject`, if one is given, before the entry of an id.
    async fn audit(
        &self,
        subject: Option<&str>,
        before: Option<&str>,
        limit: usize,
    ) -> Result<Vec<AuditEntry>, KeepError>;

    /// Canaries whose next look is due and that no other worker has.
    async fn claim(&self, claim: ClaimDue<'_>) -> Result<Vec<Claimed>, KeepError>;

    /// When the next canary may be claimed; nothing if none is under way.
    async fn next_due(&self) -> Result<Option<i64>, KeepError>;

    /// Lengthens a worker's leases of the canaries `ids`.
    async fn renew(&self, owner: &str, ids: &[String], lease_millis: i64) -> Result<(), KeepError>;

    /// Gives a canary back, to be looked at again at `next_millis`.
    ///
    /// # Errors
    /// [`KeepError::LeaseLost`] if the worker does not have it any more.
    async fn postpone(
        &self,
        owner: &str,
        id: &str,
        next_millis: i64,
        attempts: u32,
        since_millis: i64,
    ) -> Result<(), KeepError>;

    /// Keeps a look and gives its canary back: all of it or nothing.
    ///
    /// # Errors
    /// [`KeepError::LeaseLost`] if the worker does not have it any more: then somebody else makes the look, or it
    /// was cancelled.
    async fn record(&self, record: LookRecord<'_>) -> Result<(), KeepError>;

    /// Ends of canaries that are to be sent now and that no other worker has.
    async fn claim_deliveries(&self, claim: ClaimDue<'_>) -> Result<Vec<Delivery>, KeepError>;

    /// Leaves an end to be sent at `next_millis`.
    async fn postpone_delivery(
        &self,
        owner: &str,
        canary_id: &str,
        next_millis: i64,
    ) -> Result<(), KeepError>;

    /// The end of a canary was sent.
    async fn remove_delivery(&self, canary_id: &str) -> Result<(), KeepError>;

    /// Removes canaries that have ended, with their looks and series. Returns how many.
    async fn retain(&self, retention: Retention) -> Result<u64, KeepError>;
}
