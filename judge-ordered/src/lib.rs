//! A parallel map over a stream that keeps its order, in bounded memory.
//!
//! One thread feeds jobs, several threads work on them, one thread takes the results in the order of the
//! jobs:
//!
//! ```text
//! Feed ── jobs ──> Workers       each job carries a channel for its one result
//!   └─── results, in order ──> Results
//! ```
//!
//! The caller starts the threads, scoped or detached. Both channels are bounded, so an endless stream needs
//! memory for a bounded number of jobs and results: [`Feed::send`] waits while they are full.
//!
//! ```
//! let (mut feed, workers, results) = judge_ordered::bounded(8);
//! let squares: Result<Vec<u64>, _> = std::thread::scope(|scope| {
//!     for _ in 0..4 {
//!         let workers = workers.clone();
//!         scope.spawn(move || workers.run(|number: u64| number * number));
//!     }
//!     drop(workers);
//!     scope.spawn(move || (1..=5).try_for_each(|number| feed.send(number)));
//!     results.collect()
//! });
//! assert_eq!(squares?, [1, 4, 9, 16, 25]);
//! # Ok::<(), judge_ordered::WorkerStopped>(())
//! ```

use crossbeam_channel::{Receiver, Sender, TryRecvError};
use thiserror::Error;

/// The results, or all workers, were dropped: a further job would be lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the receiver of the results, or every worker, is gone")]
pub struct Closed;

/// A worker panicked before it returned the result of its job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a worker stopped without a result")]
pub struct WorkerStopped;

/// A job, and the channel for its result.
struct Assigned<J, R> {
    job: J,
    result: Sender<R>,
}

/// Sends jobs, in order.
pub struct Feed<J, R> {
    jobs: Sender<Assigned<J, R>>,
    order: Sender<Receiver<R>>,
}

/// Takes jobs; each thread that works has a clone.
pub struct Workers<J, R> {
    jobs: Receiver<Assigned<J, R>>,
}

/// Takes results in the order of their jobs, as an iterator that waits for each.
pub struct Results<R> {
    order: Receiver<Receiver<R>>,
    /// The next result, if [`Results::try_next`] found it pending.
    next: Option<Receiver<R>>,
}

/// Result of [`Results::try_next`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TryNext<R> {
    /// The next result.
    Ready(R),
    /// The worker has not finished the next result.
    Pending,
    /// There are no more results.
    Ended,
}

/// Creates the three ends of a map. At most `capacity` jobs wait for a worker, and at most `capacity` results for
/// their turn.
pub fn bounded<J, R>(capacity: usize) -> (Feed<J, R>, Workers<J, R>, Results<R>) {
    let (send_job, jobs) = crossbeam_channel::bounded(capacity);
    let (send_order, order) = crossbeam_channel::bounded(capacity);
    (Feed { jobs: send_job, order: send_order }, Workers { jobs }, Results { order, next: None })
}

impl<J, R> Feed<J, R> {
    /// Sends a job to the workers; waits while too many jobs or results are waiting.
    ///
    /// # Errors
    /// If the results, or all workers, were dropped.
    pub fn send(&mut self, job: J) -> Result<(), Closed> {
        let (result, pending) = crossbeam_channel::bounded(1);
        self.order.send(pending).map_err(|_| Closed)?;
        self.jobs.send(Assigned { job, result }).map_err(|_| Closed)
    }

    /// Sends a result that needs no worker. It comes after the results of all jobs sent before it.
    ///
    /// # Errors
    /// If the results were dropped.
    pub fn send_result(&mut self, result: R) -> Result<(), Closed> {
        let (ready, pending) = crossbeam_channel::bounded(1);
        ready.send(result).map_err(|_| Closed)?;
        self.order.send(pending).map_err(|_| Closed)
    }
}

impl<J, R> Clone for Workers<J, R> {
    fn clone(&self) -> Self {
        Self { jobs: self.jobs.clone() }
    }
}

impl<J, R> Workers<J, R> {
    /// Works on jobs in this thread until the feed is dropped and no job is left.
    pub fn run(self, mut work: impl FnMut(J) -> R) {
        for Assigned { job, result } in self.jobs {
            // If the results were dropped, nobody wants this one.
            let _ = result.send(work(job));
        }
    }
}

impl<R> Results<R> {
    /// Returns the next result without waiting for it.
    ///
    /// # Errors
    /// If its worker panicked.
    pub fn try_next(&mut self) -> Result<TryNext<R>, WorkerStopped> {
        let pending = match self.next.take() {
            Some(pending) => pending,
            None => match self.order.try_recv() {
                Ok(pending) => pending,
                Err(TryRecvError::Empty) => return Ok(TryNext::Pending),
                Err(TryRecvError::Disconnected) => return Ok(TryNext::Ended),
            },
        };
        match pending.try_recv() {
            Ok(result) => Ok(TryNext::Ready(result)),
            Err(TryRecvError::Empty) => {
                self.next = Some(pending);
                Ok(TryNext::Pending)
            }
            Err(TryRecvError::Disconnected) => Err(WorkerStopped),
        }
    }
}

impl<R> Iterator for Results<R> {
    type Item = Result<R, WorkerStopped>;

    fn next(&mut self) -> Option<Self::Item> {
        let pending = self.next.take().or_else(|| self.order.recv().ok())?;
        Some(pending.recv().map_err(|_| WorkerStopped))
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn results_come_in_the_order_of_jobs_whoever_is_first() {
        let (mut feed, workers, mut results) = bounded::<u32, u32>(4);
        let (release, blocked) = crossbeam_channel::bounded::<()>(0);
        thread::scope(|scope| {
            for _ in 0..2 {
                let (workers, blocked) = (workers.clone(), blocked.clone());
                scope.spawn(move || {
                    workers.run(|job| {
                        // The first job ends after the second has.
                        if job == 0 {
                            let _ = blocked.recv();
                        }
                        job * 10
                    });
                });
            }
            drop(workers);
            feed.send(0).unwrap();
            feed.send(1).unwrap();
            feed.send_result(7).unwrap();
            drop(feed);
            assert_eq!(results.try_next(), Ok(TryNext::Pending));
            release.send(()).unwrap();
            assert_eq!(results.next(), Some(Ok(0)));
            assert_eq!(results.by_ref().collect::<Result<Vec<_>, _>>(), Ok(vec![10, 7]));
            assert_eq!(results.try_next(), Ok(TryNext::Ended));
        });
    }

    #[test]
    fn a_panic_of_a_worker_is_reported_and_the_others_go_on() {
        let (mut feed, workers, results) = bounded::<bool, ()>(4);
        let threads: Vec<_> = (0..2)
            .map(|_| {
                let workers = workers.clone();
                thread::spawn(move || workers.run(|fine| assert!(fine, "on purpose")))
            })
            .collect();
        drop(workers);
        for fine in [true, false, true] {
            feed.send(fine).unwrap();
        }
        drop(feed);
        assert_eq!(results.collect::<Vec<_>>(), [Ok(()), Err(WorkerStopped), Ok(())]);
        let panicked = threads.into_iter().filter_map(|thread| thread.join().err()).count();
        assert_eq!(panicked, 1);
    }

    #[test]
    fn feeding_fails_once_the_results_are_dropped() {
        let (mut feed, workers, results) = bounded::<u32, u32>(1);
        drop(results);
        assert_eq!(feed.send(1), Err(Closed));
        assert_eq!(feed.send_result(1), Err(Closed));
        drop(workers);
    }
}
