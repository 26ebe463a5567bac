//! Makes looks when they are due. It claims canaries, one task each, until it is told to end.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::broadcast::{self, error::RecvError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::warn;

use crate::canaries::Canaries;
use crate::id::new_id;
use crate::shared::{CanaryEvent, SharedState};
use crate::step::{self, ReadyCanary};
use crate::store::{ClaimDue, Claimed, KeepError};

/// Options of a runner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunnerOptions {
    /// Length of a lease. If a replica does not renew it, another replica takes the canary over.
    pub lease_millis: i64,
    /// Most looks at the same time.
    pub looks: usize,
    /// Time between two queries of the store, for canaries that another replica started.
    pub poll_millis: i64,
}

impl Default for RunnerOptions {
    fn default() -> Self {
        Self { lease_millis: 30_000, looks: 768, poll_millis: 1000 }
    }
}

/// Wait before an unavailable store is asked again.
const STORE_WAIT: Duration = Duration::from_secs(1);

/// Most canaries in one claim, so that the first looks begin while the next ones are claimed.
const CLAIMED_AT_ONCE: usize = 128;

/// Time that the runner waits if no further look has room; then it replaces all looks that have ended at once.
const GATHER: Duration = Duration::from_millis(20);

/// Number of plans and configs that are cached.
const PREPARED: usize = 4096;

/// Makes the looks of all running canaries.
#[derive(Debug)]
pub struct Runner {
    shared: Arc<SharedState>,
    options: RunnerOptions,
    owner: String,
    looks: Arc<Semaphore>,
    /// Time of the next claim, unless something changes before.
    waking: AtomicI64,
    prepared: Mutex<HashMap<String, Arc<ReadyCanary>>>,
    /// Canaries that tasks have now.
    held: Mutex<Vec<Arc<Held>>>,
    tasks: TaskTracker,
}

/// A canary that a task has.
#[derive(Debug)]
struct Held {
    id: String,
    /// The canary was cancelled, or another replica has it: nobody needs the answers to its queries.
    lost: CancellationToken,
}

/// Keeps a canary on its runner's list until the task ends, however it ends. While it is listed, its lease is renewed.
struct Holding {
    runner: Arc<Runner>,
    held: Arc<Held>,
}

impl Holding {
    fn new(runner: &Arc<Runner>, id: &str) -> Self {
        let held = Arc::new(Held { id: id.to_owned(), lost: CancellationToken::new() });
        lock(&runner.held).push(Arc::clone(&held));
        Self { runner: Arc::clone(runner), held }
    }
}

impl Drop for Holding {
    fn drop(&mut self) {
        let mut all = lock(&self.runner.held);
        if let Some(at) = all.iter().position(|held| Arc::ptr_eq(held, &self.held)) {
            all.swap_remove(at);
        }
    }
}

fn span(millis: i64) -> Duration {
    Duration::from_millis(u64::try_from(millis).unwrap_or_default())
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Runner {
    /// A runner with a name that is unique among the replicas.
    pub fn new(canaries: &Canaries, options: RunnerOptions) -> Arc<Self> {
        let owner = new_id(canaries.now_millis());
        Arc::new(Self {
            shared: Arc::clone(&canaries.shared),
            options,
            owner,
            looks: Arc::new(Semaphore::new(options.looks.max(1))),
            waking: AtomicI64::new(i64::MAX),
            prepared: Mutex::default(),
            held: Mutex::default(),
            tasks: TaskTracker::new(),
        })
    }

    /// Makes looks until `ending`, then finishes those in progress.
    pub async fn run(self: Arc<Self>, ending: CancellationToken) {
        let renewing = tokio::spawn({
            let runner = Arc::clone(&self);
            async move { runner.renew().await }
        });
        let stopping = tokio::spawn({
            let (runner, events) = (Arc::clone(&self), self.shared.events.subscribe());
            async move { runner.stop_looks(events).await }
        });
        ending.run_until_cancelled(self.claim_all()).await;
        self.tasks.close();
        self.tasks.wait().await;
        renewing.abort();
        stopping.abort();
    }

    async fn claim_all(self: &Arc<Self>) {
        loop {
            let changed = self.shared.changed.notified();
            self.waking.store(i64::MAX, Ordering::SeqCst);
            let next = match self.claim().await {
                Ok(next) => next,
                Err(error) => {
                    warn!("canaries wait for the store: {error}");
                    tokio::time::sleep(STORE_WAIT).await;
                    continue;
                }
            };
            self.waking.store(next, Ordering::SeqCst);
            tokio::select! {
                () = self.shared.clock.wait_until(next) => {}
                // Somebody may set the clock back.
                () = tokio::time::sleep(span(self.options.poll_millis)) => {}
                () = changed => {}
            }
        }
    }

    /// Claims canaries that are due, and begins their looks. Returns the time of the next claim.
    async fn claim(self: &Arc<Self>) -> Result<i64, KeepError> {
        // At least one look must have room; the claim takes as many as there is room for.
        let Ok(first) = Arc::clone(&self.looks).acquire_owned().await else { return Ok(i64::MAX) };
        let mut permits = vec![first];
        while permits.len() < CLAIMED_AT_ONCE
            && let Ok(permit) = Arc::clone(&self.looks).try_acquire_owned()
        {
            permits.push(permit);
        }
        let now_millis = self.shared.clock.now_millis();
        let lease_millis = now_millis.saturating_add(self.options.lease_millis);
        let limit = permits.len();
        let claim = ClaimDue { owner: &self.owner, now_millis, lease_millis, limit };
        let claimed = self.shared.store.claim(claim).await?;
        let full = claimed.len() == limit;
        for (claimed, permit) in claimed.into_iter().zip(permits.drain(..)) {
            self.begin(claimed, permit);
        }
        if full {
            if self.looks.available_permits() == 0 {
                tokio::time::sleep(GATHER).await;
            }
            return Ok(now_millis);
        }
        let poll = now_millis.saturating_add(self.options.poll_millis);
        Ok(self.shared.store.next_due().await?.map_or(poll, |due| due.min(poll)))
    }

    fn begin(self: &Arc<Self>, claimed: Claimed, permit: OwnedSemaphorePermit) {
        let runner = Arc::clone(self);
        let holding = Holding::new(self, &claimed.canary.summary.id);
        self.tasks.spawn(async move {
            let next = match runner.prepared(&claimed) {
                Ok(prepared) => {
                    let lost = &holding.held.lost;
                    step::make(&runner.shared, &runner.owner, &claimed, &prepared, lost).await
                }
                Err(failure) => {
                    step::fail(&runner.shared, &runner.owner, &claimed, failure).await;
                    None
                }
            };
            drop((holding, permit));
            // The next look may be due at once, if the canary lies in the past.
            if next.is_some_and(|next| next < runner.waking.load(Ordering::SeqCst)) {
                runner.shared.changed.notify_one();
            }
        });
    }

    /// Plan and config of a canary, read once.
    fn prepared(&self, claimed: &Claimed) -> Result<Arc<ReadyCanary>, crate::record::LookFailure> {
        let id = &claimed.canary.summary.id;
        // The last look is about to be made. If it is made again, plan and config are read again.
        let is_last = claimed.canary.summary.looks + 1 >= claimed.canary.summary.planned;
        let known = if is_last {
            lock(&self.prepared).remove(id)
        } else {
            lock(&self.prepared).get(id).cloned()
        };
        if let Some(known) = known {
            return Ok(known);
        }
        let prepared = Arc::new(ReadyCanary::new(&claimed.canary)?);
        if !is_last {
            let mut all = lock(&self.prepared);
            if all.len() >= PREPARED {
                all.clear();
            }
            all.insert(id.clone(), Arc::clone(&prepared));
        }
        Ok(prepared)
    }

    /// Stops the queries for canaries that are cancelled meanwhile.
    async fn stop_looks(&self, mut events: broadcast::Receiver<CanaryEvent>) {
        loop {
            match events.recv().await {
                Ok(CanaryEvent { canary, .. }) if canary.is_over() => {
                    let held = lock(&self.held);
                    held.iter()
                        .filter(|held| held.id == canary.id)
                        .for_each(|held| held.lost.cancel());
                }
                // The renewal of leases finds what was missed.
                Ok(_) | Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return,
            }
        }
    }

    /// Renews the leases of canaries that tasks have, at a third of their length. A canary that no task has, because the store
    /// was away when it was given back, is claimed again when its lease ends. A canary that was cancelled at another replica has
    /// no lease any more.
    async fn renew(&self) {
        let every = self.options.lease_millis / 3;
        loop {
            let now = self.shared.clock.now_millis();
            tokio::select! {
                () = self.shared.clock.wait_until(now.saturating_add(every)) => {}
                // Somebody may set the clock back.
                () = tokio::time::sleep(span(every)) => {}
            }
            let held = lock(&self.held).clone();
            if held.is_empty() {
                continue;
            }
            let ids: Vec<String> = held.iter().map(|held| held.id.clone()).collect();
            let until = self.shared.clock.now_millis().saturating_add(self.options.lease_millis);
            match self.shared.store.renew(&self.owner, &ids, until).await {
                Ok(renewed) => {
                    let lost = held.iter().filter(|held| !renewed.contains(&held.id));
                    lost.for_each(|held| held.lost.cancel());
                }
                Err(error) => warn!("leases are not renewed: {error}"),
            }
        }
    }
}
