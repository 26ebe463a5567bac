//! Threads that judge, apart from those that read and write.
//!
//! Small judgements queue first come, first served for one set of threads, large ones for another,
//! and the operating system shares the processors among the threads: however large a judgement, the
//! small ones go on beside it.
//!
//! How many judgements there may be is for the budget of bytes to say, not for the queues.

mod queues;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

use judge_core::Scratch;
use tokio::sync::oneshot;

use crate::budget::LARGE_BYTES;
use crate::convert::refusal::Refusal;

use queues::{Lane, QueuedWork, Queues};

/// The threads. They end when this is dropped and the queues are empty.
#[derive(Debug)]
pub(crate) struct Pool {
    shared: Arc<Shared>,
}

struct Shared {
    queues: Mutex<Queues>,
    small: Condvar,
    large: Condvar,
    /// Judgements queued or running.
    admitted: AtomicUsize,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").field("admitted", &self.admitted).finish_non_exhaustive()
    }
}

impl Pool {
    /// `threads` for small judgements, and half as many for large ones.
    ///
    /// # Errors
    /// When the operating system gives no thread.
    pub(crate) fn start(threads: usize) -> std::io::Result<Self> {
        let shared = Arc::new(Shared {
            queues: Mutex::default(),
            small: Condvar::new(),
            large: Condvar::new(),
            admitted: AtomicUsize::new(0),
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

    /// Judgements queued or running.
    pub(crate) fn admitted(&self) -> usize {
        self.shared.admitted.load(Ordering::Relaxed)
    }

    /// Queues `work` on a request of `bytes`. Dropping the ticket takes it back, or stops it.
    pub(crate) fn submit<T: Send + 'static>(
        &self,
        bytes: usize,
        work: impl FnOnce(&mut Scratch) -> T + Send + 'static,
    ) -> Ticket<T> {
        let lane = if bytes > LARGE_BYTES { Lane::Large } else { Lane::Small };
        let admitted = Admitted::new(&self.shared);
        let (sender, receiver) = oneshot::channel();
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let job: QueuedWork = Box::new(move |scratch| {
            scratch.stop_on(stopped);
            let done = work(scratch);
            // Before the answer, so that a caller that has it finds it counted no more.
            drop(admitted);
            // No one waits for the answer once the ticket is dropped.
            let _ = sender.send(done);
        });
        let number = self.shared.lock().lane(lane).push(job);
        self.shared.ready(lane).notify_one();
        Ticket { receiver, stop, shared: Arc::clone(&self.shared), lane, number, ended: false }
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

    fn next(&self, lane: Lane) -> Option<QueuedWork> {
        let mut queues = self.lock();
        loop {
            if let Some(job) = queues.lane(lane).next() {
                return Some(job);
            }
            if queues.closed {
                return None;
            }
            queues = self.ready(lane).wait(queues).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// One judgement, as long as it is queued or runs.
struct Admitted(Arc<Shared>);

impl Admitted {
    fn new(shared: &Arc<Shared>) -> Self {
        shared.admitted.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(shared))
    }
}

impl Drop for Admitted {
    fn drop(&mut self) {
        self.0.admitted.fetch_sub(1, Ordering::Relaxed);
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
        // Its request is freed here, once the lock is.
        let job = self.shared.lock().lane(self.lane).remove(self.number);
        drop(job);
    }
}

#[cfg(test)]
mod tests;
