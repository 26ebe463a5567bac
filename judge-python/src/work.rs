//! Runs work on separate threads, without Python's lock, and stops it at Ctrl-C.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::{RecvTimeoutError, Sender};
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;

/// How often we check whether Python received a signal.
const LISTEN: Duration = Duration::from_millis(25);

/// A message of the working thread.
enum WorkerMessage<T> {
    Progress(usize, usize),
    Done(T),
}

/// The working thread's handle to its caller.
#[derive(Clone)]
pub(crate) struct WorkHandle {
    /// True once the work should stop.
    pub(crate) stop: Arc<AtomicBool>,
    progress: Arc<dyn Fn(usize, usize) + Send + Sync>,
}

impl WorkHandle {
    /// A handle for work that nobody stops or watches.
    pub(crate) fn alone() -> Self {
        Self { stop: Arc::default(), progress: Arc::new(|_, _| {}) }
    }

    /// Reports that `done` of `total` pieces are finished.
    pub(crate) fn progress(&self, done: usize, total: usize) {
        (self.progress)(done, total);
    }

    /// Whether the work should stop.
    pub(crate) fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}

/// Runs `work` on its own thread and waits for it without Python's lock. Calls `progress` on this thread with the
/// worker's reports.
///
/// # Errors
/// If a signal handler raises, as for Ctrl-C; the work then stops before its next metric. If `progress` raises.
pub(crate) fn interruptible<T: Send + 'static>(
    py: Python<'_>,
    progress: Option<&Bound<'_, PyAny>>,
    work: impl FnOnce(&WorkHandle) -> T + Send + 'static,
) -> PyResult<T> {
    let stop = Arc::new(AtomicBool::new(false));
    let (sender, receiver) = crossbeam_channel::unbounded();
    let tell = if progress.is_some() { teller(&sender) } else { Arc::new(|_, _| {}) };
    let worker = WorkHandle { stop: Arc::clone(&stop), progress: tell };
    thread::Builder::new().name("canary-judge".to_owned()).spawn(move || {
        let done = work(&worker);
        // The caller may have stopped waiting.
        let _ = sender.send(WorkerMessage::Done(done));
    })?;
    let mut listened_at = Instant::now();
    loop {
        let message = py.detach(|| receiver.recv_timeout(LISTEN));
        // Also while reports keep coming.
        let due = listened_at.elapsed() >= LISTEN;
        if due {
            listened_at = Instant::now();
        }
        let signals = if due { py.check_signals() } else { Ok(()) };
        let listened = match message {
            Ok(WorkerMessage::Done(result)) => return Ok(result),
            Ok(WorkerMessage::Progress(done, total)) => {
                progress.map_or(Ok(()), |show| show.call1((done, total)).map(drop))
            }
            Err(RecvTimeoutError::Timeout) => Ok(()),
            Err(RecvTimeoutError::Disconnected) => {
                Err(PyRuntimeError::new_err("a thread of canary_judge ended without a result"))
            }
        };
        if let Err(error) = signals.and(listened) {
            stop.store(true, Ordering::Relaxed);
            return Err(error);
        }
    }
}

fn teller<T: Send + 'static>(
    sender: &Sender<WorkerMessage<T>>,
) -> Arc<dyn Fn(usize, usize) + Send + Sync> {
    let sender = sender.clone();
    Arc::new(move |done, total| {
        let _ = sender.send(WorkerMessage::Progress(done, total));
    })
}

/// The number of threads: the option, or one per core.
pub(crate) fn threads(option: Option<usize>) -> usize {
    option.or_else(|| thread::available_parallelism().ok().map(Into::into)).unwrap_or(1).max(1)
}
