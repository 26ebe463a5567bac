//! [`Store`] over SQL: the same text for SQLite and PostgreSQL, but for where rows are locked.

mod audit;
mod canaries;
mod configs;
mod looks;
mod rows;
mod work;

use std::fs::File;

use async_trait::async_trait;
use sqlx::{Any, AnyPool, Transaction};
use tokio::sync::{Mutex, MutexGuard};

use super::open::{StorePlace, open};
use super::{
    AuditEntry, CanaryFilter, CanaryPage, Claim, Claimed, ConfigChange, Inserted, LookRecord,
    NewCanary, Retention, Store, StoreError,
};
use crate::record::{Canary, CanaryLook, MetricSet};
use crate::stored_config::{ConfigHead, ConfigVersion};

/// A file of SQLite, or a database of PostgreSQL.
///
/// # Example
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// use judge_canary::{CanaryFilter, SqlStore, Store, StorePlace};
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
    pool: AnyPool,
    /// SQLite has one writer at a time: those of this process wait here, in order, rather than by trying again.
    writer: Option<Mutex<()>>,
    /// Keeps other processes out.
    _lock: Option<File>,
}

/// A transaction that writes.
struct Writing<'a> {
    transaction: Transaction<'static, Any>,
    _turn: Option<MutexGuard<'a, ()>>,
}

impl Writing<'_> {
    async fn commit(self) -> Result<(), StoreError> {
        Ok(self.transaction.commit().await?)
    }
}

impl SqlStore {
    /// Opens a store, and makes its tables if it has none.
    ///
    /// # Errors
    /// [`StoreError::InUse`] if another process has the file; others if it cannot be opened or reached.
    pub async fn open(place: &StorePlace) -> Result<Self, StoreError> {
        let opened = open(place, false).await?;
        let writer = matches!(place, StorePlace::Sqlite(_)).then(Mutex::default);
        let store = Self { pool: opened.pool, writer, _lock: opened.lock };
        if store.is_sqlite() {
            // Whoever had canaries is gone, for the file is this process's.
            let free =
                "UPDATE canaries SET lease_owner = '', lease_millis = 0 WHERE ended_millis IS NULL";
            sqlx::query(free).execute(&store.pool).await?;
        }
        Ok(store)
    }

    /// Opens a store to read it beside the process that has it.
    ///
    /// # Errors
    /// If it is not there, or cannot be reached.
    pub async fn open_to_read(place: &StorePlace) -> Result<Self, StoreError> {
        let opened = open(place, true).await?;
        Ok(Self { pool: opened.pool, writer: None, _lock: None })
    }

    /// Closes all connections.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    fn is_sqlite(&self) -> bool {
        self.writer.is_some()
    }

    async fn write(&self) -> Result<Writing<'_>, StoreError> {
        let Some(writer) = &self.writer else {
            return Ok(Writing { transaction: self.pool.begin().await?, _turn: None });
        };
        let turn = writer.lock().await;
        // A transaction that begins by reading could not become a writer while another writes.
        let transaction = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        Ok(Writing { transaction, _turn: Some(turn) })
    }
}

#[async_trait]
impl Store for SqlStore {
    async fn ping(&self) -> Result<(), StoreError> {
        sqlx::query("SELECT 1").execute(&self.pool).await?;
        Ok(())
    }

    async fn put_config(
        &self,
        change: &ConfigChange,
        entry: &AuditEntry,
    ) -> Result<ConfigHead, StoreError> {
        configs::put(self, change, entry).await
    }

    async fn config(&self, id: &str, version: Option<i64>) -> Result<ConfigVersion, StoreError> {
        configs::get(self, id, version).await
    }

    async fn configs(&self) -> Result<Vec<ConfigHead>, StoreError> {
        configs::list(self).await
    }

    async fn config_versions(&self, id: &str) -> Result<Vec<ConfigVersion>, StoreError> {
        configs::versions(self, id).await
    }

    async fn delete_config(&self, id: &str, entry: &AuditEntry) -> Result<(), StoreError> {
        configs::delete(self, id, entry).await
    }

    async fn insert(&self, canary: &NewCanary, entry: &AuditEntry) -> Result<Inserted, StoreError> {
        canaries::insert(self, canary, entry).await
    }

    async fn by_key(&self, key: &str) -> Result<Option<String>, StoreError> {
        canaries::by_key(self, key).await
    }

    async fn canary(&self, id: &str) -> Result<Canary, StoreError> {
        canaries::get(self, id).await
    }

    async fn list(&self, filter: &CanaryFilter) -> Result<CanaryPage, StoreError> {
        canaries::list(self, filter).await
    }

    async fn looks(&self, id: &str, after: usize) -> Result<Vec<CanaryLook>, StoreError> {
        looks::list(self, id, after).await
    }

    async fn metric_set(&self, id: &str) -> Result<MetricSet, StoreError> {
        looks::metric_set(self, id).await
    }

    async fn cancel(&self, id: &str, entry: &AuditEntry) -> Result<bool, StoreError> {
        canaries::cancel(self, id, entry).await
    }

    async fn audit(
        &self,
        subject: Option<&str>,
        before: Option<&str>,
        limit: usize,
    ) -> Result<Vec<AuditEntry>, StoreError> {
        audit::list(self, subject, before, limit).await
    }

    async fn claim(&self, claim: Claim<'_>) -> Result<Vec<Claimed>, StoreError> {
        work::claim(self, claim).await
    }

    async fn next_due(&self) -> Result<Option<i64>, StoreError> {
        work::next_due(self).await
    }

    async fn renew(&self, owner: &str, lease_millis: i64) -> Result<(), StoreError> {
        work::renew(self, owner, lease_millis).await
    }

    async fn postpone(
        &self,
        owner: &str,
        id: &str,
        next_millis: i64,
        attempts: u32,
        since_millis: i64,
    ) -> Result<(), StoreError> {
        work::postpone(self, owner, id, next_millis, attempts, since_millis).await
    }

    async fn record(&self, record: LookRecord<'_>) -> Result<(), StoreError> {
        looks::record(self, record).await
    }

    async fn retain(&self, retention: Retention) -> Result<u64, StoreError> {
        work::retain(self, retention).await
    }
}
