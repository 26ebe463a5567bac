//! Threads that judge, apart from those that read and write.
//!
//! Small judgements queue first come, first served for one set of threads, large ones for another,
//! and the operating system shares the processors among the threads: however large a judgement, the
//! small ones go on beside it.
//!
//! The way to another thread and back costs more than some judgements. So a very small one that
//! nothing waits before is made where it was read, by at most half of those threads at once: the
//! others go on reading and writing.

mod places;
mod queues;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

use judge_core::Scratch;
use tokio::sync::oneshot;

use crate::refusal::Refusal;

use places::Places;
use queues::{Job, Lane, Queues};

/// Bytes of a request above which its judgement is large. Judging that much takes some milliseconds.
pub(crate) const LARGE_BYTES: usize = 256 * 1024;

/// Bytes of a request up to which it may be judged where it was read. Judging that much takes a
/// fraction of a millisecond.
const HERE_BYTES: usize = 32 * 1024;

/// The threads. They end when this is dropped and the queues are empty.
#[derive(Debug)]
pub(crate) struct Pool {
    shared: Arc<Shared>,
}

struct Shared {
    queues: Mutex<Queues>,
    small: Condvar,
    large: Condvar,
    /// Buffers for judgements on the threads that read and write; who holds one may judge there.
    desks: Vec<Mutex<Scratch>>,
    places: Arc<Places>,
}

/// Which threads may do some work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Threads {
    /// Those of the pool, and the caller's own.
    Any,
    /// Those of the pool.
    Pool,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").field("places", &self.places).finish_non_exhaustive()
    }
}

impl Pool {
    /// `threads` for small judgements, half as many for large ones, and room for `capacity`
    /// judgements queued and running. `callers` is how many threads will call the pool.
    ///
    /// # Errors
    /// When the operating system gives no thread.
    pub(crate) fn start(threads: usize, callers: usize, capacity: usize) -> std::io::Result<Self> {
        let shared = Arc::new(Shared {
            queues: Mutex::default(),
            small: Condvar::new(),
            large: Condvar::new(),
            desks: (0..callers / 2).map(|_| Mutex::default()).collect(),
            places: Places::new(capacity),
        });
        let pool = Self { shared };
        for (lane, count) in [(Lane::Small, threads), (Lane::Large, threads.div_ceil(2))] {
            for _ in 0..count {
                let shared = Arc::clone(&pool.shared);
                let name = match lane {
                    Lane::Small => "judge",
                    Lane::Large => "judge-large",
                };
                std::thread::Builder::new().name(name.into()).spawn(move || shared.work(lane))?;
            }
        }
        Ok(pool)
    }

    /// Whether a judgement submitted now would be refused.
    pub(crate) fn is_full(&self) -> bool {
        self.shared.places.are_full()
    }

    /// Judgements queued or running.
    pub(crate) fn admitted(&self) -> usize {
        self.shared.places.taken()
    }

    /// Does `work` on a request of `bytes`. Dropping the future stops it.
    ///
    /// # Errors
    /// When the pool is full, or the work panicked.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        bytes: usize,
        threads: Threads,
        work: impl FnOnce(&mut Scratch) -> T + Send + 'static,
    ) -> Result<T, Refusal> {
        if threads == Threads::Any
            && bytes <= HERE_BYTES
            && let Some(mut scratch) = self.shared.desk()
        {
            let _place = self.shared.places.take(Lane::Small)?;
            return work_safely(&mut scratch, work).ok_or(Refusal::Internal);
        }
        self.submit(bytes, work)?.await
    }

    /// Queues `work` on a request of `bytes`. Dropping the ticket takes it back, or stops it.
    ///
    /// # Errors
    /// When the pool is full.
    fn submit<T: Send + 'static>(
        &self,
        bytes: usize,
        work: impl FnOnce(&mut Scratch) -> T + Send + 'static,
    ) -> Result<Ticket<T>, Refusal> {
        let lane = if bytes > LARGE_BYTES { Lane::Large } else { Lane::Small };
        let place = self.shared.places.take(lane)?;
        let (sender, receiver) = oneshot::channel();
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let job: Job = Box::new(move |scratch| {
            scratch.stop_on(stopped);
            let done = work(scratch);
            // Before the answer, so that a caller that has it finds the place free.
            drop(place);
            // No one waits for the answer once the ticket is dropped.
            let _ = sender.send(done);
        });
        let number = self.shared.lock().of(lane).push(job);
        self.shared.ready(lane).notify_one();
        Ok(Ticket { receiver, stop, shared: Arc::clone(&self.shared), lane, number, ended: false })
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.shared.lock().closed = true;
        self.shared.small.notify_all();
        self.shared.large.notify_all();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Queues> {
        // Nothing that could panic runs under the lock.
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ready(&self, lane: Lane) -> &Condvar {
        match lane {
            Lane::Small => &self.small,
            Lane::Large => &self.large,
        }
    }

    fn work(&self, lane: Lane) {
        let mut scratch = Scratch::default();
        while let Some(job) = self.next(lane) {
            work_safely(&mut scratch, job);
            // What a large judgement left there is not to be kept.
            if lane == Lane::Large {
                scratch = Scratch::default();
            }
        }
    }

    /// A free desk, unless other small judgements wait.
    fn desk(&self) -> Option<MutexGuard<'_, Scratch>> {
        let desk = self.desks.iter().find_map(|desk| desk.try_lock().ok())?;
        self.lock().of(Lane::Small).is_empty().then_some(desk)
    }

    fn next(&self, lane: Lane) -> Option<Job> {
        let mut queues = self.lock();
        loop {
            if let Some(job) = queues.of(lane).next() {
                return Some(job);
            }
            if queues.closed {
                return None;
            }
            queues = self.ready(lane).wait(queues).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// What `work` gives, or nothing if it panicked.
fn work_safely<T>(scratch: &mut Scratch, work: impl FnOnce(&mut Scratch) -> T) -> Option<T> {
    let outcome = catch_unwind(AssertUnwindSafe(|| work(scratch)));
    if outcome.is_err() {
        // What a panicking judge left in its buffers is not to be trusted.
        *scratch = Scratch::default();
    }
    outcome.ok()
}

/// The right to one answer. Dropping it says that no one waits for it any more.
pub(crate) struct Ticket<T> {
    receiver: oneshot::Receiver<T>,
    stop: Arc<AtomicBool>,
    shared: Arc<Shared>,
    lane: Lane,
    /// Of the job in its queue.
    number: u64,
    ended: bool,
}

impl<T> Future for Ticket<T> {
    type Output = Result<T, Refusal>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let done = ready!(Pin::new(&mut self.receiver).poll(context));
        self.ended = true;
        // The sender is dropped unused only when the work panicked.
        Poll::Ready(done.map_err(|_| Refusal::Internal))
    }
}

impl<T> Drop for Ticket<T> {
    fn drop(&mut self) {
        if self.ended {
            return;
        }
        self.stop.store(true, Ordering::Relaxed);
        // Its place and its request are freed here, once the lock is.
        let job = self.shared.lock().of(self.lane).remove(self.number);
        drop(job);
    }
}

#[cfg(test)]
mod tests;
