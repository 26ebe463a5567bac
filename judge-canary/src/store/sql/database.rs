//! Connections, and the queue of writers.

use std::fs::File;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use sqlx::{Any, AnyPool, Transaction};
use tokio::sync::{Mutex, MutexGuard};

use super::super::KeepError;
use super::super::open::{StorePlace, open};

/// Most canaries or entries of the audit log in one removal, so that other writers need not wait long.
pub(super) const REMOVED_AT_ONCE: i64 = 500;

/// How long PostgreSQL may take. A machine that is gone closes no connection, and the system would wait a quarter of an hour
/// for its answer; so long canaries would stand still, although another machine may have taken its place.
const ANSWER: Duration = Duration::from_secs(15);

/// An open database.
#[derive(Debug)]
pub(super) struct Database {
    pub(super) pool: AnyPool,
    /// SQLite has one writer at a time. Writers of this process wait here, in order, instead of retrying.
    writer: Option<Mutex<()>>,
    /// Whether the ends of canaries are recorded as deliveries.
    deliveries: AtomicBool,
    /// The lock against other processes.
    _lock: Option<File>,
}

/// A transaction that writes.
pub(super) struct Writing<'a> {
    pub(super) transaction: Transaction<'static, Any>,
    _turn: Option<MutexGuard<'a, ()>>,
}

impl Writing<'_> {
    pub(super) async fn commit(self) -> Result<(), KeepError> {
        Ok(self.transaction.commit().await?)
    }
}

impl Database {
    pub(super) async fn open(place: &StorePlace) -> Result<Self, KeepError> {
        let opened = open(place, false).await?;
        let writer = matches!(place, StorePlace::Sqlite(_)).then(Mutex::default);
        Ok(Self {
            pool: opened.pool,
            writer,
            deliveries: AtomicBool::default(),
            _lock: opened.lock,
        })
    }

    pub(super) async fn open_to_read(place: &StorePlace) -> Result<Self, KeepError> {
        let opened = open(place, true).await?;
        let deliveries = AtomicBool::default();
        Ok(Self { pool: opened.pool, writer: None, deliveries, _lock: None })
    }

    pub(super) fn note_deliveries(&self) {
        self.deliveries.store(true, Ordering::Relaxed);
    }

    pub(super) fn has_deliveries(&self) -> bool {
        self.deliveries.load(Ordering::Relaxed)
    }

    pub(super) fn is_sqlite(&self) -> bool {
        self.writer.is_some()
    }

    /// The result of `work`, or an error if PostgreSQL does not answer in time. As after a lost connection, a change may have
    /// been made then.
    pub(super) async fn in_time<T>(
        &self,
        work: impl Future<Output = Result<T, KeepError>>,
    ) -> Result<T, KeepError> {
        if self.is_sqlite() {
            return work.await;
        }
        let silent =
            |_| Err(KeepError::Away(format!("PostgreSQL did not answer within {ANSWER:?}")));
        tokio::time::timeout(ANSWER, work).await.unwrap_or_else(silent)
    }

    /// Waits for the turn to write; `None` if the database has many writers at once.
    pub(super) async fn writer_turn(&self) -> Option<MutexGuard<'_, ()>> {
        match &self.writer {
            Some(writer) => Some(writer.lock().await),
            None => None,
        }
    }

    pub(super) async fn write(&self) -> Result<Writing<'_>, KeepError> {
        self.begin(self.writer_turn().await).await
    }

    pub(super) async fn begin<'a>(
        &self,
        turn: Option<MutexGuard<'a, ()>>,
    ) -> Result<Writing<'a>, KeepError> {
        // A transaction of SQLite that begins by reading could not become a writer while another writes.
        let transaction = match turn {
            Some(_) => self.pool.begin_with("BEGIN IMMEDIATE").await?,
            None => self.pool.begin().await?,
        };
        Ok(Writing { transaction, _turn: turn })
    }
}
