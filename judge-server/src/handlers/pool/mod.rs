//! Judges on tokio's threads for blocking work, apart from those that read and write.
//!
//! Small judgements wait for one set of permits, large ones for another. The operating system shares the processors among the
//! threads: small judgements go on beside a large one, however large.
//!
//! The budget of bytes limits the number of judgements; the permits only limit how many run.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use judge_core::Scratch;
use parking_lot::Mutex;
use prometheus::IntGauge;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use crate::budget::LARGE_BYTES;
use crate::convert::refusal::Refusal;
use crate::observe::metrics::GaugeGuard;

/// Permits to judge.
#[derive(Debug)]
pub(crate) struct Pool {
    small: Arc<Semaphore>,
    large: Arc<Semaphore>,
    /// Judgements queued or running.
    admitted: IntGauge,
    /// Buffers to reuse, no more than permits for small judgements.
    free: Arc<Mutex<Vec<Scratch>>>,
}

impl Pool {
    /// `threads` for small judgements, and half as many for large ones; `admitted` counts them.
    pub(crate) fn new(threads: usize, admitted: IntGauge) -> Self {
        let permits = |count| Arc::new(Semaphore::new(count));
        let (small, large) = (permits(threads), permits(threads.div_ceil(2)));
        Self { small, large, admitted, free: Arc::default() }
    }

    /// Runs `work` on a request of `bytes`. Dropping the future removes it from the queue, or stops it.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        bytes: usize,
        work: impl FnOnce(&mut Scratch) -> T + Send + 'static,
    ) -> Result<T, Refusal> {
        let is_large = bytes > LARGE_BYTES;
        let lane = if is_large { &self.large } else { &self.small };
        let admitted = GaugeGuard::by(&self.admitted);
        // Semaphores are fair, and these are never closed.
        let permit = Arc::clone(lane).acquire_owned().await.map_err(|_| Refusal::Internal)?;
        let stop = StopOnDrop::default();
        let (stopped, free) = (Arc::clone(&stop.0), Arc::clone(&self.free));
        let job = move || {
            let _running = (admitted, permit);
            // It may have waited for one of tokio's threads.
            if stopped.load(Ordering::Relaxed) {
                return None;
            }
            // Buffers of a judgement that panics are not reused.
            let mut scratch = free.lock().pop().unwrap_or_default();
            scratch.stop_on(stopped);
            let done = work(&mut scratch);
            // Nor are those of a large one.
            if !is_large {
                free.lock().push(scratch);
            }
            Some(done)
        };
        spawn_blocking(job).await.ok().flatten().ok_or(Refusal::Internal)
    }
}

/// Stops a judgement that nobody waits for.
#[derive(Default)]
struct StopOnDrop(Arc<AtomicBool>);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests;
