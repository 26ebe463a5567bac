//! Threads that judge, apart from those that read and write.
//!
//! Small judgements wait in the queue of one set of threads, large ones in that of another. The operating system shares the
//! processors among the threads: small judgements go on beside a large one, however large.
//!
//! The budget of bytes limits the number of judgements; the queues do not.

use std::cell::RefCell;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use judge_core::Scratch;
use prometheus::IntGauge;
use tokio::runtime::{Builder, Runtime};

use crate::budget::LARGE_BYTES;
use crate::convert::refusal::Refusal;
use crate::observe::metrics::GaugeGuard;

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

/// The threads.
#[derive(Debug)]
pub(crate) struct Pool {
    small: Lane,
    large: Lane,
    /// Judgements queued or running.
    admitted: IntGauge,
}

impl Pool {
    /// `threads` for small judgements, and half as many for large ones; `admitted` counts them.
    pub(crate) fn start(threads: usize, admitted: IntGauge) -> std::io::Result<Self> {
        let small = Lane::start("judge", threads)?;
        let large = Lane::start("judge-large", threads.div_ceil(2))?;
        Ok(Self { small, large, admitted })
    }

    /// Runs `work` on a request of `bytes`. Dropping the future removes it from the queue, or stops it.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        bytes: usize,
        work: impl FnOnce(&mut Scratch) -> T + Send + 'static,
    ) -> Result<T, Refusal> {
        let is_large = bytes > LARGE_BYTES;
        let wanted = Wanted::new((work, GaugeGuard::by(&self.admitted)));
        let (queued, stopped) = (Arc::clone(&wanted.work), Arc::clone(&wanted.stop));
        let lane = if is_large { &self.large } else { &self.small };
        let job = move || {
            let (work, _admitted) = take(&queued)?;
            // Buffers of a judgement that panics are not reused.
            let mut scratch = SCRATCH.take();
            scratch.stop_on(stopped);
            let done = work(&mut scratch);
            // Nor are those of a large one.
            if !is_large {
                SCRATCH.set(scratch);
            }
            Some(done)
        };
        lane.runtime()?.spawn_blocking(job).await.ok().flatten().ok_or(Refusal::Internal)
    }
}

/// Threads with one queue: tokio's for blocking work, in a runtime of their own.
#[derive(Debug)]
struct Lane(Option<Runtime>);

impl Lane {
    fn start(name: &str, threads: usize) -> std::io::Result<Self> {
        let mut builder = Builder::new_current_thread();
        Ok(Self(Some(builder.thread_name(name).max_blocking_threads(threads).build()?)))
    }

    /// `None` only while it is dropped.
    fn runtime(&self) -> Result<&Runtime, Refusal> {
        self.0.as_ref().ok_or(Refusal::Internal)
    }
}

impl Drop for Lane {
    fn drop(&mut self) {
        // Waits for no judgement, as the runtime would itself.
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
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
