//! Threads that judge, apart from those that read and write.
//!
//! Small judgements wait in the queue of one set of threads, large ones in that of another. The operating system shares the
//! processors among the threads: small judgements go on beside a large one, however large.
//!
//! The budget of bytes limits the number of judgements; the queues do not.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crossbeam_channel::{Receiver, Sender, unbounded};
use judge_core::Scratch;
use prometheus::IntGauge;
use tokio::sync::oneshot;

use crate::budget::LARGE_BYTES;
use crate::convert::refusal::Refusal;
use crate::observe::metrics::GaugeGuard;

type Job = Box<dyn FnOnce(&mut Scratch) + Send>;

/// The threads. They end when this is dropped and the queues are empty.
#[derive(Debug)]
pub(crate) struct Pool {
    small: Sender<Job>,
    large: Sender<Job>,
    /// Judgements queued or running.
    admitted: IntGauge,
}

impl Pool {
    /// `threads` for small judgements, and half as many for large ones; `admitted` counts them.
    ///
    /// # Errors
    /// If the operating system cannot start a thread.
    pub(crate) fn start(threads: usize, admitted: IntGauge) -> std::io::Result<Self> {
        let lane = |name: &str, count| {
            let (sender, jobs) = unbounded();
            for _ in 0..count {
                let jobs = Receiver::clone(&jobs);
                std::thread::Builder::new().name(name.into()).spawn(move || work_off(&jobs))?;
            }
            std::io::Result::Ok(sender)
        };
        let (small, large) = (lane("judge", threads)?, lane("judge-large", threads.div_ceil(2))?);
        Ok(Self { small, large, admitted })
    }

    /// Runs `work` on a request of `bytes`. Dropping the future removes it from the queue, or stops it.
    ///
    /// # Errors
    /// If the work panicked.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        bytes: usize,
        work: impl FnOnce(&mut Scratch) -> T + Send + 'static,
    ) -> Result<T, Refusal> {
        let is_large = bytes > LARGE_BYTES;
        let (sender, receiver) = oneshot::channel();
        let wanted = Wanted::new((work, GaugeGuard::by(&self.admitted)));
        let (queued, stopped) = (Arc::clone(&wanted.work), Arc::clone(&wanted.stop));
        let job: Job = Box::new(move |scratch| {
            let Some((work, admitted)) = take(&queued) else { return };
            scratch.stop_on(stopped);
            let done = work(scratch);
            // Buffers of a large judgement are not kept.
            if is_large {
                *scratch = Scratch::default();
            }
            // Before the answer, so that a caller with its answer is not counted any more.
            drop(admitted);
            // Nobody waits for the answer after the future is dropped.
            let _ = sender.send(done);
        });
        let lane = if is_large { &self.large } else { &self.small };
        lane.send(job).map_err(|_| Refusal::Internal)?;
        // The sender is dropped unused only when the work panicked.
        receiver.await.map_err(|_| Refusal::Internal)
    }
}

fn work_off(jobs: &Receiver<Job>) {
    let mut scratch = Scratch::default();
    for job in jobs {
        if catch_unwind(AssertUnwindSafe(|| job(&mut scratch))).is_err() {
            // Buffers of a judge that panicked are not reused.
            scratch = Scratch::default();
        }
    }
}

/// Work until it begins or is abandoned. Its request is then freed, although its job is still in the queue.
struct Wanted<W> {
    work: Arc<Mutex<Option<W>>>,
    stop: Arc<AtomicBool>,
}

impl<W> Wanted<W> {
    fn new(work: W) -> Self {
        Self { work: Arc::new(Mutex::new(Some(work))), stop: Arc::default() }
    }
}

impl<W> Drop for Wanted<W> {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        drop(take(&self.work));
    }
}

fn take<W>(work: &Mutex<Option<W>>) -> Option<W> {
    // Nothing that could panic runs under the lock.
    work.lock().unwrap_or_else(PoisonError::into_inner).take()
}

#[cfg(test)]
mod tests;
