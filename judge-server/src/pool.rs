//! Threads that judge, apart from those that read and write.
//!
//! Small judgements queue first come, first served for one set of threads, large ones for another,
//! and the operating system shares the processors among the threads: however large a judgement, the
//! small ones go on beside it.
//!
//! The way to another thread and back costs more than some judgements. So a very small one that
//! nothing waits before is made where it was read, by at most half of those threads at once: the
//! others go on reading and writing.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use judge_core::Scratch;
use tokio::sync::oneshot;

use crate::refusal::{Refusal, Resource};

/// Bytes of a request above which its judgement is large. Judging that much takes some milliseconds.
const LARGE_BYTES: usize = 256 * 1024;

/// Bytes of a request up to which it may be judged where it was read. Judging that much takes a
/// fraction of a millisecond.
const HERE_BYTES: usize = 32 * 1024;

type Job = Box<dyn FnOnce(&mut Scratch) + Send>;

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
    /// Judgements queued or running.
    admitted: AtomicUsize,
    capacity: usize,
}

/// Which threads may do some work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Threads {
    /// Those of the pool, and the caller's own.
    Any,
    /// Those of the pool.
    Pool,
}

#[derive(Default)]
struct Queues {
    small: VecDeque<Job>,
    large: VecDeque<Job>,
    closed: bool,
}

#[derive(Debug, Clone, Copy)]
enum Lane {
    Small,
    Large,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").field("capacity", &self.capacity).finish_non_exhaustive()
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
            admitted: AtomicUsize::new(0),
            capacity,
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
        self.admitted() >= self.shared.capacity
    }

    /// Judgements queued or running.
    pub(crate) fn admitted(&self) -> usize {
        self.shared.admitted.load(Ordering::Relaxed)
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
            let _place = Place::take(&self.shared)?;
            return work_safely(&mut scratch, work).ok_or(Refusal::Internal);
        }
        self.submit(bytes, work)?.await
    }

    /// Queues `work` on a request of `bytes`. Dropping the ticket stops it.
    ///
    /// # Errors
    /// When the pool is full.
    fn submit<T: Send + 'static>(
        &self,
        bytes: usize,
        work: impl FnOnce(&mut Scratch) -> T + Send + 'static,
    ) -> Result<Ticket<T>, Refusal> {
        let place = Place::take(&self.shared)?;
        let (sender, receiver) = oneshot::channel();
        let stop = Arc::new(AtomicBool::new(false));
        let ticket = Ticket { receiver, stop: Arc::clone(&stop) };
        let job: Job = Box::new(move |scratch| {
            let place = place;
            if !stop.load(Ordering::Relaxed) {
                scratch.stop_on(stop);
                let done = work(scratch);
                // Before the answer, so that a caller that has it finds the place free.
                drop(place);
                // No one waits for the answer once the ticket is dropped.
                let _ = sender.send(done);
            }
        });
        let mut queues = self.shared.lock();
        if bytes > LARGE_BYTES {
            queues.large.push_back(job);
            drop(queues);
            self.shared.large.notify_one();
        } else {
            queues.small.push_back(job);
            drop(queues);
            self.shared.small.notify_one();
        }
        Ok(ticket)
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

    fn work(&self, lane: Lane) {
        let mut scratch = Scratch::default();
        while let Some(job) = self.next(lane) {
            work_safely(&mut scratch, job);
            // What a large judgement left there is not to be kept.
            if matches!(lane, Lane::Large) {
                scratch = Scratch::default();
            }
        }
    }

    /// A free desk, unless other small judgements wait.
    fn desk(&self) -> Option<MutexGuard<'_, Scratch>> {
        let desk = self.desks.iter().find_map(|desk| desk.try_lock().ok())?;
        self.lock().small.is_empty().then_some(desk)
    }

    fn next(&self, lane: Lane) -> Option<Job> {
        let mut queues = self.lock();
        loop {
            let (queue, ready) = match lane {
                Lane::Small => (&mut queues.small, &self.small),
                Lane::Large => (&mut queues.large, &self.large),
            };
            if let Some(job) = queue.pop_front() {
                return Some(job);
            }
            if queues.closed {
                return None;
            }
            queues = ready.wait(queues).unwrap_or_else(PoisonError::into_inner);
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

/// A place among the admitted.
struct Place(Arc<Shared>);

impl Place {
    fn take(shared: &Arc<Shared>) -> Result<Self, Refusal> {
        let below = |admitted: usize| (admitted < shared.capacity).then_some(admitted + 1);
        shared
            .admitted
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, below)
            .map_err(|_| Refusal::Overloaded(Resource::Calls))?;
        Ok(Self(Arc::clone(shared)))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.admitted.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The right to one answer. Dropping it says that no one waits for it any more.
pub(crate) struct Ticket<T> {
    receiver: oneshot::Receiver<T>,
    stop: Arc<AtomicBool>,
}

impl<T> Future for Ticket<T> {
    type Output = Result<T, Refusal>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        // The sender is dropped unused only when the work panicked.
        Pin::new(&mut self.receiver).poll(context).map_err(|_| Refusal::Internal)
    }
}

impl<T> Drop for Ticket<T> {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests;
