//! Writes looks that end at about the same time in one transaction, because every transaction of SQLite waits
//! for the disk, however little it writes.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::oneshot;
use tokio::sync::oneshot::error::TryRecvError;

use super::super::{KeepError, LookRecord};
use super::database::{Database, Writing};
use super::looks::{self, PackedLook};

/// Looks that wait. The task whose turn it is to write takes all of them into one transaction.
#[derive(Debug, Default)]
pub(super) struct GroupCommit {
    waiting: Mutex<Vec<Waiting>>,
}

#[derive(Debug)]
struct Waiting {
    look: Arc<PackedLook>,
    written: oneshot::Sender<Result<(), KeepError>>,
}

impl GroupCommit {
    fn add(&self, look: &Arc<PackedLook>) -> oneshot::Receiver<Result<(), KeepError>> {
        let (written, result) = oneshot::channel();
        let waiting = Waiting { look: Arc::clone(look), written };
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).push(waiting);
        result
    }

    fn take_waiting(&self) -> Vec<Waiting> {
        std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

pub(super) async fn record(
    database: &Database,
    group: &GroupCommit,
    record: LookRecord<'_>,
) -> Result<(), KeepError> {
    let look = PackedLook::new(record)?;
    if database.is_sqlite() {
        return write(database, group, Arc::new(look)).await;
    }
    write_alone(database, &look).await
}

/// Writes a look, and with it all others that wait. Returns once the look is on the disk, or the error.
async fn write(
    database: &Database,
    group: &GroupCommit,
    look: Arc<PackedLook>,
) -> Result<(), KeepError> {
    loop {
        let mut written = group.add(&look);
        let turn = database.writer_turn().await;
        match written.try_recv() {
            Ok(result) => return result,
            // The task that had taken it was dropped, and its transaction with it.
            Err(TryRecvError::Closed) => continue,
            Err(TryRecvError::Empty) => {}
        }
        let all = group.take_waiting();
        let (all, tell): (Vec<_>, Vec<_>) =
            all.into_iter().map(|waiting| (waiting.look, waiting.written)).unzip();
        let results = match database.begin(turn).await {
            Ok(writing) => write_all(database, writing, &all).await,
            Err(error) => Err(error),
        };
        let results = match results {
            Ok(results) => results,
            Err(error) if error.may_pass() || all.len() == 1 => vec![Err(error); all.len()],
            // One of them cannot be written; the others can.
            Err(_) => write_each(database, &all).await,
        };
        for (tell, result) in tell.into_iter().zip(results) {
            // A task that is gone reads the state of its canary from the store.
            let _ = tell.send(result);
        }
        if let Ok(result) = written.try_recv() {
            return result;
        }
    }
}

/// One transaction for all looks. A lost lease concerns only its look; any other error undoes all of them.
async fn write_all(
    database: &Database,
    mut writing: Writing<'_>,
    all: &[Arc<PackedLook>],
) -> Result<Vec<Result<(), KeepError>>, KeepError> {
    let mut results = Vec::with_capacity(all.len());
    for look in all {
        match looks::write(database, &mut writing, look).await {
            result @ (Ok(()) | Err(KeepError::LeaseLost(_))) => results.push(result),
            Err(error) => return Err(error),
        }
    }
    writing.commit().await?;
    Ok(results)
}

/// A transaction for each look.
async fn write_each(database: &Database, all: &[Arc<PackedLook>]) -> Vec<Result<(), KeepError>> {
    let mut results = Vec::with_capacity(all.len());
    for look in all {
        results.push(write_alone(database, look).await);
    }
    results
}

async fn write_alone(database: &Database, look: &PackedLook) -> Result<(), KeepError> {
    let mut writing = database.write().await?;
    looks::write(database, &mut writing, look).await?;
    writing.commit().await
}
