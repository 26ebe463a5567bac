//! Processes many releases: reads them in order, works on all cores, returns results in order.
//!
//! # Memory
//!
//! Memory is bounded, however long the history is. It contains the rows of the releases in work: at most
//! [`ROWS_IN_WORK`], or one larger release, at up to 64 bytes a row. It also contains a few batches that are read
//! ahead, and a name for each release. If the rows of a release are not contiguous, see [`Bulk::run`].

mod budget;
mod scattered;

use std::num::NonZero;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use judge_ordered::{Closed, Feed, Results};
use judge_replay::assemble::{Buckets, MOST_IGNORED};
use judge_replay::{BrokenRelease, Release};

use crate::assemble::Assembler;
use crate::history::{HistoryError, ReleaseHistory, ReleaseRows, Survey};
use crate::metric_plan::MetricPlan;
use budget::RowBudget;

/// Largest number of rows in work at once.
pub const ROWS_IN_WORK: u64 = 1 << 20;

/// Releases in work or waiting for each worker: enough to keep workers busy while a part is written to disk.
const RELEASES_PER_WORKER: usize = 64;

/// A release and its name.
#[derive(Debug)]
pub struct NamedRelease {
    /// Its name.
    pub name: Arc<str>,
    /// The release, or the reason why it cannot be judged.
    pub release: Result<Release, BrokenRelease>,
}

/// Processes every release of a history.
#[derive(Debug)]
pub struct Bulk<'a> {
    /// The history.
    pub history: &'a ReleaseHistory,
    /// The releases of the history.
    pub survey: &'a Survey,
    /// The metrics.
    pub plan: Arc<MetricPlan>,
    /// The step of the grid, in milliseconds; `None` for each release's own.
    pub step_millis: Option<u64>,
    /// Number of threads; `None` for one per core.
    pub threads: Option<NonZero<usize>>,
    /// Number of releases to skip at the beginning.
    pub skip: usize,
    /// Once true, no further release is started.
    pub stop: Arc<AtomicBool>,
}

/// How the work ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BulkOutcome {
    /// Whether it was stopped before the last release.
    pub stopped: bool,
    /// Names of metrics that the config does not have, sorted; at most a thousand.
    pub ignored: Vec<String>,
}

impl Bulk<'_> {
    /// Calls `work` for every release, on all cores, and passes each result to `take` in the order of the history.
    /// `worker` creates the state of a thread.
    ///
    /// The rows of a release need not be contiguous. If they are not, the files are read once for every four million
    /// rows, and each pass collects in memory the releases that begin in those rows: 16 bytes a row and about 100
    /// bytes a series.
    ///
    /// # Errors
    /// If the history cannot be read to its end, or `take` fails.
    pub fn run<W, T, E>(
        &self,
        worker: impl Fn() -> W + Sync,
        work: impl Fn(&mut W, NamedRelease) -> T + Sync,
        mut take: impl FnMut(T) -> Result<(), E>,
    ) -> Result<BulkOutcome, E>
    where
        T: Send,
        E: From<HistoryError> + Send,
    {
        let threads = self.threads.or_else(|| thread::available_parallelism().ok());
        let threads = threads.map_or(1, NonZero::get);
        let (feed, workers, mut results) = judge_ordered::bounded(threads * RELEASES_PER_WORKER);
        let budget = RowBudget::new(ROWS_IN_WORK);
        let ignored = std::sync::Mutex::new(std::collections::BTreeSet::new());
        let stopped = thread::scope(|scope| {
            for _ in 0..threads {
                let workers = workers.clone();
                let (worker, work, ignored) = (&worker, &work, &ignored);
                scope.spawn(move || {
                    let mut kept = worker();
                    let mut assembler = Assembler::new(self.history, &self.plan, self.step_millis);
                    workers.run(|Job { rows, count }| {
                        let result = work(&mut kept, rows.release(&mut assembler));
                        let names = assembler.take_ignored();
                        if !names.is_empty()
                            && let Ok(mut ignored) = ignored.lock()
                        {
                            ignored.extend(names);
                            while ignored.len() > MOST_IGNORED {
                                ignored.pop_last();
                            }
                        }
                        Ok(Worked { result, rows: count })
                    });
                });
            }
            drop(workers);
            let feeder = Feeder { bulk: self, feed, budget: &budget };
            scope.spawn(move || feeder.feed());
            let stopped = hand_out(&mut results, &budget, &mut take);
            // Tells the feeder that nobody receives results.
            drop(results);
            budget.close();
            stopped
        })?;
        let ignored = ignored.into_inner().unwrap_or_default().into_iter().collect();
        Ok(BulkOutcome { stopped, ignored })
    }
}

/// A release for a worker.
struct Job {
    rows: QueuedRows,
    /// Number of rows.
    count: u64,
}

/// The result of a release, and the number of its rows.
struct Worked<T> {
    result: T,
    rows: u64,
}

/// Why there are no more results.
enum End {
    Failed(HistoryError),
    Stopped,
}

/// Passes results to `take`. Returns whether the work was stopped before the last release.
fn hand_out<T, E: From<HistoryError>>(
    results: &mut Results<Result<Worked<T>, End>>,
    budget: &RowBudget,
    take: &mut impl FnMut(T) -> Result<(), E>,
) -> Result<bool, E> {
    for outcome in results {
        match outcome.map_err(|stopped| HistoryError::Other(stopped.to_string()))? {
            Ok(Worked { result, rows }) => {
                budget.release(rows);
                take(result)?;
            }
            Err(End::Failed(error)) => return Err(error.into()),
            Err(End::Stopped) => return Ok(true),
        }
    }
    Ok(false)
}

/// The rows of a release, queued for a worker.
enum QueuedRows {
    /// Batches of the files.
    Batches(ReleaseRows),
    /// Rows collected from several places in the files.
    Collected(Arc<str>, Box<Buckets>),
}

impl QueuedRows {
    fn release(self, assembler: &mut Assembler) -> NamedRelease {
        let (name, release) = match self {
            Self::Batches(rows) => {
                let release = assembler.release(&rows);
                (rows.name, release)
            }
            Self::Collected(name, mut buckets) => {
                let release = assembler.assemble(&name, &mut buckets);
                (name, release)
            }
        };
        NamedRelease { name, release: release.map_err(BrokenRelease) }
    }
}

/// Reads releases and feeds them to the workers.
struct Feeder<'a, T> {
    bulk: &'a Bulk<'a>,
    feed: Feed<Job, Result<Worked<T>, End>>,
    budget: &'a RowBudget,
}

impl<T> Feeder<'_, T> {
    fn feed(mut self) {
        let fed =
            if self.bulk.survey.contiguous { self.feed_in_order() } else { self.feed_scattered() };
        if let Ok(Err(end)) = fed {
            let _ = self.feed.send_result(Err(end));
        }
    }

    /// Feeds the releases in the order of the files. The inner error is the reason for an early end.
    fn feed_in_order(&mut self) -> Result<Result<(), End>, Closed> {
        for (index, release) in self.bulk.history.release_rows().enumerate() {
            let release = match release {
                Ok(release) => release,
                Err(error) => return Ok(Err(End::Failed(error))),
            };
            if index < self.bulk.skip {
                continue;
            }
            if self.bulk.stop.load(Ordering::Relaxed) {
                return Ok(Err(End::Stopped));
            }
            let rows = release.batches.iter().map(|batch| batch.rows.len() as u64).sum();
            self.send(QueuedRows::Batches(release), rows)?;
        }
        Ok(Ok(()))
    }

    fn send(&mut self, rows: QueuedRows, count: u64) -> Result<(), Closed> {
        self.budget.acquire(count)?;
        self.feed.send(Job { rows, count })
    }
}

impl ReleaseHistory {
    /// Assembles the releases one by one in this thread. For many releases [`Bulk`] is faster.
    ///
    /// # Errors
    /// The outer error: the history cannot be read. Inner errors concern single releases.
    pub fn each_release<E: From<HistoryError> + Send>(
        &self,
        plan: &Arc<MetricPlan>,
        step_millis: Option<u64>,
        mut each: impl FnMut(NamedRelease) -> Result<(), E>,
    ) -> Result<Vec<String>, E> {
        let survey = self.survey()?;
        let bulk = Bulk {
            history: self,
            survey: &survey,
            plan: Arc::clone(plan),
            step_millis,
            threads: NonZero::new(1),
            skip: 0,
            stop: Arc::default(),
        };
        Ok(bulk.run(|| (), |(), one| one, &mut each)?.ignored)
    }
}
