//! The store over SQL: SQLite and PostgreSQL read the same statements, except where rows are locked.

mod audit;
mod canaries;
mod configs;
mod database;
mod deliveries;
mod group_commit;
mod leases;
mod looks;
mod rows;

use std::collections::HashSet;

use self::database::Database;
use self::group_commit::GroupCommit;
use super::open::StorePlace;
use super::{
    AuditEntry, CanaryFilter, CanaryPage, ClaimDue, Claimed, ConfigChange, Delivery, Inserted,
    KeepError, LookRecord, MetricSetSize, NewCanary, ReleaseFilter, Retention,
};
use crate::drift::PastRelease;
use crate::record::{Canary, CanaryLook, CanarySummary, MetricSet};
use crate::stored_config::{ConfigHead, ConfigVersion};

/// A file of SQLite, or a database of PostgreSQL.
///
/// # Example
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// use judge_canary::{CanaryFilter, SqlStore, StorePlace};
///
/// let folder = tempfile::tempdir()?;
/// let store = SqlStore::open(&StorePlace::Sqlite(folder.path().join("judge.db"))).await?;
/// assert!(store.list(&CanaryFilter::default()).await?.canaries.is_empty());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct SqlStore {
    database: Database,
    group_commit: GroupCommit,
}

impl SqlStore {
    /// Opens a store, and creates its tables if it has none.
    ///
    /// # Errors
    /// [`KeepError::InUse`] if another process has the file; others if it cannot be opened or reached.
    pub async fn open(place: &StorePlace) -> Result<Self, KeepError> {
        let database = Database::open(place).await?;
        if database.is_sqlite() {
            // Claims of earlier processes are void, because this process has the file alone.
            leases::free_all(&database).await?;
        }
        Ok(Self { database, group_commit: GroupCommit::default() })
    }

    /// Opens a store to read it beside the process that has it.
    ///
    /// # Errors
    /// If it does not exist, or cannot be reached.
    pub async fn open_to_read(place: &StorePlace) -> Result<Self, KeepError> {
        let database = Database::open_to_read(place).await?;
        Ok(Self { database, group_commit: GroupCommit::default() })
    }

    /// From now on, the end of every canary is recorded as a delivery: see [`Self::claim_deliveries`].
    pub fn note_deliveries(&self) {
        self.database.note_deliveries();
    }

    /// Closes all connections.
    pub async fn close(&self) {
        self.database.pool.close().await;
    }
}

/// Keeps configs, canaries, looks, series, and the audit log. Every method fails if the database does not answer. Every method is
/// one transaction, except [`Self::retain`], which removes a few canaries in each of several.
#[allow(clippy::missing_errors_doc, reason = "every method fails if the database does not answer")]
impl SqlStore {
    /// Checks that the store is available.
    pub async fn ping(&self) -> Result<(), KeepError> {
        let asked = async {
            sqlx::query("SELECT 1").execute(&self.database.pool).await?;
            Ok(())
        };
        self.database.in_time(asked).await
    }

    /// Stores a config, or a new version of it.
    ///
    /// # Errors
    /// [`KeepError::Exists`], [`KeepError::NotFound`] and [`KeepError::SameName`], as the change demands.
    pub async fn put_config(
        &self,
        change: &ConfigChange,
        entry: &AuditEntry,
    ) -> Result<ConfigHead, KeepError> {
        self.database.in_time(configs::put(&self.database, change, entry)).await
    }

    /// The newest version of a config, or an older one. Versions outlive their config.
    pub async fn config(&self, id: &str, version: Option<i64>) -> Result<ConfigVersion, KeepError> {
        self.database.in_time(configs::get(&self.database, id, version)).await
    }

    /// All configs, by name.
    pub async fn configs(&self) -> Result<Vec<ConfigHead>, KeepError> {
        self.database.in_time(configs::list(&self.database)).await
    }

    /// All versions of a config, the oldest first, without their documents.
    pub async fn config_versions(&self, id: &str) -> Result<Vec<ConfigVersion>, KeepError> {
        self.database.in_time(configs::versions(&self.database, id)).await
    }

    /// Removes a config from the list.
    pub async fn delete_config(&self, id: &str, entry: &AuditEntry) -> Result<(), KeepError> {
        self.database.in_time(configs::delete(&self.database, id, entry)).await
    }

    /// Starts a canary, unless its key was used before.
    pub async fn insert(
        &self,
        canary: &NewCanary,
        entry: &AuditEntry,
    ) -> Result<Inserted, KeepError> {
        self.database.in_time(canaries::insert(&self.database, canary, entry)).await
    }

    /// The canary that was started with a key.
    pub async fn by_key(&self, key: &str) -> Result<Option<String>, KeepError> {
        self.database.in_time(canaries::by_key(&self.database, key)).await
    }

    /// A canary.
    pub async fn canary(&self, id: &str) -> Result<Canary, KeepError> {
        self.database.in_time(canaries::get(&self.database, id)).await
    }

    /// A page of canaries.
    pub async fn list(&self, filter: &CanaryFilter) -> Result<CanaryPage, KeepError> {
        self.database.in_time(canaries::list(&self.database, filter)).await
    }

    /// Canaries that ended with a verdict, the newest first, with their last judgements.
    pub async fn releases(&self, filter: &ReleaseFilter) -> Result<Vec<PastRelease>, KeepError> {
        self.database.in_time(canaries::releases(&self.database, filter)).await
    }

    /// The looks at a canary after look `after`, in order; at most `limit`.
    pub async fn looks(
        &self,
        id: &str,
        after: usize,
        limit: usize,
    ) -> Result<Vec<CanaryLook>, KeepError> {
        self.database.in_time(looks::list(&self.database, id, after, limit)).await
    }

    /// Bytes of these looks as they are stored.
    pub async fn looks_bytes(
        &self,
        id: &str,
        after: usize,
        limit: usize,
    ) -> Result<u64, KeepError> {
        self.database.in_time(looks::bytes(&self.database, id, after, limit)).await
    }

    /// A look at a canary by its number; `None` if it was not made.
    pub async fn look(&self, id: &str, number: usize) -> Result<Option<CanaryLook>, KeepError> {
        self.database.in_time(looks::get(&self.database, id, number)).await
    }

    /// The size of the series of a look.
    pub async fn metric_set_size(&self, id: &str) -> Result<MetricSetSize, KeepError> {
        self.database.in_time(looks::metric_set_size(&self.database, id)).await
    }

    /// The series of a look.
    pub async fn metric_set(&self, id: &str) -> Result<MetricSet, KeepError> {
        self.database.in_time(looks::metric_set(&self.database, id)).await
    }

    /// Ends a canary, unless it has ended. Returns whether this call ended it.
    pub async fn cancel(&self, id: &str, entry: &AuditEntry) -> Result<bool, KeepError> {
        self.database.in_time(canaries::cancel(&self.database, id, entry)).await
    }

    /// Ends a canary by a look that will not be made any more, unless the canary has ended or the look was
    /// made. Returns whether this call ended it.
    pub async fn cancel_look(
        &self,
        look: &CanaryLook,
        after: &CanarySummary,
        entry: &AuditEntry,
    ) -> Result<bool, KeepError> {
        self.database.in_time(looks::cancel(&self.database, look, after, entry)).await
    }

    /// Adds an entry to the audit log.
    pub async fn note(&self, entry: &AuditEntry) -> Result<(), KeepError> {
        self.database.in_time(audit::note(&self.database, entry)).await
    }

    /// The audit log, the newest entry first: entries about `subject`, if one is given, before the entry of an
    /// id.
    pub async fn audit(
        &self,
        subject: Option<&str>,
        before: Option<&str>,
        limit: usize,
    ) -> Result<Vec<AuditEntry>, KeepError> {
        self.database.in_time(audit::list(&self.database, subject, before, limit)).await
    }

    /// Claims canaries whose next look is due and that no other worker has.
    pub async fn claim(&self, claim: ClaimDue<'_>) -> Result<Vec<Claimed>, KeepError> {
        self.database.in_time(leases::claim(&self.database, claim)).await
    }

    /// Time at which the next canary may be claimed; `None` if none is running.
    pub async fn next_due(&self) -> Result<Option<i64>, KeepError> {
        self.database.in_time(leases::next_due(&self.database)).await
    }

    /// Extends a worker's leases of the canaries `ids`. Returns those that it still has.
    pub async fn renew(
        &self,
        owner: &str,
        ids: &[String],
        lease_millis: i64,
    ) -> Result<HashSet<String>, KeepError> {
        self.database.in_time(leases::renew(&self.database, owner, ids, lease_millis)).await
    }

    /// Gives a canary back; its next look is at `next_millis`.
    ///
    /// # Errors
    /// [`KeepError::LeaseLost`] if the worker's lease has ended.
    pub async fn postpone(
        &self,
        owner: &str,
        id: &str,
        next_millis: i64,
        attempts: u32,
        since_millis: i64,
    ) -> Result<(), KeepError> {
        self.database
            .in_time(leases::postpone(
                &self.database,
                owner,
                id,
                next_millis,
                attempts,
                since_millis,
            ))
            .await
    }

    /// Stores a look and gives its canary back: both or nothing.
    ///
    /// # Errors
    /// [`KeepError::LeaseLost`] if the worker's lease has ended: another worker makes the look, or the canary
    /// was cancelled.
    pub async fn record(&self, record: LookRecord<'_>) -> Result<(), KeepError> {
        self.database
            .in_time(group_commit::record(&self.database, &self.group_commit, record))
            .await
    }

    /// Claims deliveries that are due and that no other worker has.
    pub async fn claim_deliveries(&self, claim: ClaimDue<'_>) -> Result<Vec<Delivery>, KeepError> {
        self.database.in_time(deliveries::claim(&self.database, claim)).await
    }

    /// Postpones a delivery to `next_millis`.
    pub async fn postpone_delivery(
        &self,
        owner: &str,
        canary_id: &str,
        next_millis: i64,
    ) -> Result<(), KeepError> {
        self.database
            .in_time(deliveries::postpone(&self.database, owner, canary_id, next_millis))
            .await
    }

    /// Removes a delivery that succeeded.
    pub async fn remove_delivery(&self, canary_id: &str) -> Result<(), KeepError> {
        self.database.in_time(deliveries::remove(&self.database, canary_id)).await
    }

    /// Removes canaries that have ended, with their looks and series, and entries of the audit log. Returns how many
    /// canaries and entries.
    pub async fn retain(&self, retention: Retention) -> Result<u64, KeepError> {
        leases::retain(&self.database, retention).await
    }
}
