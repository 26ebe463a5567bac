//! Many releases: read in order, judged on all cores, handed out in order.
//!
//! ```text
//! history ── rows of a release ──> workers        each release with a channel for its one result
//!     └───── results, in order ──> whoever asked
//! ```
//!
//! # Memory
//!
//! What is in memory at once is bounded, however long the history is: the rows of the releases in work,
//! at most [`ROWS_IN_WORK`] or one release if that is larger, at up to 64 bytes a row; the few batches
//! that polars reads ahead; and a name for each release. Where the rows of a release do not stand
//! together, see [`Bulk::run`].

mod budget;
mod scattered;

use std::num::NonZero;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use crossbeam_channel::{Receiver, Sender, bounded};

use crate::assemble::{Assembler, Buckets, MOST_IGNORED};
use crate::derive::Plan;
use crate::history::{History, HistoryError, ReleaseParts, Survey};
use crate::release::Release;
use crate::replay::BrokenRelease;
use budget::{Budget, Unwanted};

/// Rows of releases in work at once.
pub const ROWS_IN_WORK: u64 = 1 << 20;

/// Releases in work or waiting for each worker: enough to go on with while a part is written to disk.
const RELEASES_PER_WORKER: usize = 64;

/// A release out of many.
#[derive(Debug)]
pub struct OneOfMany {
    /// Its name.
    pub name: Arc<str>,
    /// Its series, or what is wrong with it.
    pub release: Result<Release, BrokenRelease>,
}

/// Work on every release of a history.
#[derive(Debug)]
pub struct Bulk<'a> {
    /// Where they are recorded.
    pub history: &'a History,
    /// Which there are.
    pub survey: &'a Survey,
    /// Their metrics.
    pub plan: Arc<Plan>,
    /// The step that points are put on, in milliseconds; `None` for each release's own.
    pub step_millis: Option<u64>,
    /// Threads that work; `None` for one a core.
    pub threads: Option<NonZero<usize>>,
    /// Releases at the beginning to pass over.
    pub skip: usize,
    /// Once true, no further release is begun.
    pub stop: Arc<AtomicBool>,
}

/// How work on many releases ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// Whether it was stopped before the last release.
    pub stopped: bool,
    /// Names of metrics that the config does not have, up to a thousand, in order.
    pub ignored: Vec<String>,
}

impl Bulk<'_> {
    /// Does `work` on every release, on all cores, and hands each result to `take`, in the order in
    /// which the releases first appear in the history. `worker` makes what a thread keeps from one
    /// release to the next.
    ///
    /// The rows of a release need not stand together. Where they do not, the files are read once for
    /// every four million rows, and the releases that begin in those are collected in memory: 16 bytes
    /// a row and about 100 bytes a series.
    ///
    /// # Errors
    /// When the history cannot be read to its end, or `take` fails.
    pub fn run<W, T, E>(
        &self,
        worker: impl Fn() -> W + Sync,
        work: impl Fn(&mut W, OneOfMany) -> T + Sync,
        mut take: impl FnMut(T) -> Result<(), E>,
    ) -> Result<Ended, E>
    where
        T: Send,
        E: From<HistoryError> + Send,
    {
        let threads = self.threads.or_else(|| thread::available_parallelism().ok());
        let threads = threads.map_or(1, NonZero::get);
        let (jobs, waiting) = bounded::<Job<T>>(threads * RELEASES_PER_WORKER);
        let (places, order) = bounded::<Place<T>>(threads * RELEASES_PER_WORKER);
        let budget = Budget::new(ROWS_IN_WORK);
        let ignored = std::sync::Mutex::new(std::collections::BTreeSet::new());
        let ended = thread::scope(|scope| {
            for _ in 0..threads {
                let waiting = waiting.clone();
                let (worker, work, ignored) = (&worker, &work, &ignored);
                scope.spawn(move || {
                    let mut kept = worker();
                    let mut assembler = Assembler::new(self.history, &self.plan, self.step_millis);
                    for job in waiting {
                        let one = job.rows.release(&mut assembler);
                        // Whoever asked may have stopped; then nobody wants the result.
                        let _ = job.result.send(work(&mut kept, one));
                        let names = assembler.take_ignored();
                        if !names.is_empty()
                            && let Ok(mut ignored) = ignored.lock()
                        {
                            ignored.extend(names);
                            while ignored.len() > MOST_IGNORED {
                                ignored.pop_last();
                            }
                        }
                    }
                });
            }
            drop(waiting);
            let feeding = Feeder { bulk: self, jobs, places, budget: &budget };
            scope.spawn(move || feeding.feed());
            let ended = hand_out(&order, &budget, &mut take);
            // Lets the feeder see that nobody waits any more.
            drop(order);
            budget.close();
            ended
        })?;
        let ignored = ignored.into_inner().unwrap_or_default().into_iter().collect();
        Ok(Ended { stopped: ended, ignored })
    }
}

fn hand_out<T, E: From<HistoryError>>(
    order: &Receiver<Place<T>>,
    budget: &Budget,
    take: &mut impl FnMut(T) -> Result<(), E>,
) -> Result<bool, E> {
    for place in order {
        match place {
            Place::Pending { result, rows } => {
                let result = result.recv().map_err(|_| {
                    HistoryError::Other("a worker stopped without a result".to_owned())
                })?;
                budget.give_back(rows);
                take(result)?;
            }
            Place::Failed(error) => return Err(error.into()),
            Place::Stopped => return Ok(true),
        }
    }
    Ok(false)
}

/// The rows of a release on their way to a worker.
enum Rows {
    /// As they stand in the files.
    Parts(ReleaseParts),
    /// Collected from all over the files.
    Collected(Arc<str>, Box<Buckets>),
}

impl Rows {
    fn release(self, assembler: &mut Assembler) -> OneOfMany {
        let (name, release) = match self {
            Self::Parts(parts) => {
                let release = assembler.release(&parts);
                (parts.name, release)
            }
            Self::Collected(name, mut buckets) => {
                let release = assembler.assemble(&name, &mut buckets);
                (name, release)
            }
        };
        OneOfMany { name, release: release.map_err(BrokenRelease) }
    }
}

struct Job<T> {
    rows: Rows,
    result: Sender<T>,
}

/// A place in the order of results.
enum Place<T> {
    Pending { result: Receiver<T>, rows: u64 },
    Failed(HistoryError),
    Stopped,
}

struct Feeder<'a, T> {
    bulk: &'a Bulk<'a>,
    jobs: Sender<Job<T>>,
    places: Sender<Place<T>>,
    budget: &'a Budget,
}

impl<T> Feeder<'_, T> {
    fn feed(self) {
        let fed = if self.bulk.survey.together { self.feed_parts() } else { self.feed_scattered() };
        let last = match fed {
            Ok(Ok(())) | Err(Unwanted) => return,
            Ok(Err(Some(error))) => Place::Failed(error),
            Ok(Err(None)) => Place::Stopped,
        };
        let _ = self.places.send(last);
    }

    /// Hands on the releases; `Err(None)` if that was stopped.
    fn feed_parts(&self) -> Result<Result<(), Option<HistoryError>>, Unwanted> {
        for (index, parts) in self.bulk.history.parts().enumerate() {
            let parts = match parts {
                Ok(parts) => parts,
                Err(error) => return Ok(Err(Some(error))),
            };
            if index < self.bulk.skip {
                continue;
            }
            if self.bulk.stop.load(Ordering::Relaxed) {
                return Ok(Err(None));
            }
            let rows = parts.parts.iter().map(|part| part.rows.len() as u64).sum();
            self.send(Rows::Parts(parts), rows)?;
        }
        Ok(Ok(()))
    }

    fn send(&self, rows: Rows, count: u64) -> Result<(), Unwanted> {
        let (result, pending) = bounded(1);
        self.budget.take(count)?;
        let place = Place::Pending { result: pending, rows: count };
        self.places.send(place).map_err(|_| Unwanted)?;
        self.jobs.send(Job { rows, result }).map_err(|_| Unwanted)
    }
}

impl History {
    /// The releases one after the other, put together in this thread. For many releases [`Bulk`] is
    /// faster.
    ///
    /// # Errors
    /// The outer one when the history cannot be read; the inner ones are of single releases.
    pub fn each_release<E: From<HistoryError> + Send>(
        &self,
        plan: &Arc<Plan>,
        step_millis: Option<u64>,
        mut each: impl FnMut(OneOfMany) -> Result<(), E>,
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
