//! The log: one line a call, on standard error.
//!
//! A call leaves its line in memory and goes on. A thread of its own writes what has gathered: a write
//! a call would cost as much as judging a metric, and a reader that stalls would stall the calls.

use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tracing::error;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

use crate::error::StartError;
use crate::settings::{LogFormat, Settings};

/// How long lines gather before they are written.
const GATHERING: Duration = Duration::from_millis(20);

/// Bytes of lines that may wait: some five hundred calls.
const ROOM: usize = 128 * 1024;

/// How long the end of the log may take.
const LAST_LINES: Duration = Duration::from_secs(1);

/// Begins to log as the settings say, for the whole process, until the log that is returned is dropped.
/// Panics are lines like others.
///
/// # Errors
/// When the filter is not one, something else logs already, or there is no thread for it.
pub fn start(settings: &Settings) -> Result<Log, StartError> {
    let filter = EnvFilter::try_new(&settings.log)
        .map_err(|error| StartError::Settings(format!("log: {:?}: {error}", settings.log)))?;
    let lines = Lines::default();
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(lines.clone())
        // It would be said on standard error, whose failing would then end the call.
        .log_internal_errors(false)
        .with_ansi(io::stderr().is_terminal());
    let started = match settings.log_format {
        LogFormat::Json => log.json().flatten_event(true).with_current_span(false).try_init(),
        LogFormat::Text => log.try_init(),
    };
    started.map_err(|error| StartError::Settings(error.to_string()))?;
    let writer = lines.clone();
    std::thread::Builder::new().name("log".into()).spawn(move || writer.write_all())?;
    std::panic::set_hook(Box::new(|panic| error!("{panic}")));
    Ok(Log(lines))
}

/// The log while it is written. Its last lines are written when it is dropped.
#[derive(Debug)]
#[must_use = "the log ends when it is dropped"]
pub struct Log(Lines);

impl Drop for Log {
    fn drop(&mut self) {
        let mut waiting = self.0.lock();
        waiting.closed = true;
        self.0.shared.changed.notify_all();
        // A reader that stalls must not stall the end either.
        let ended = |waiting: &mut Waiting| !waiting.ended;
        drop(self.0.shared.changed.wait_timeout_while(waiting, LAST_LINES, ended));
    }
}

/// Lines not written since they were last asked for.
static DROPPED: AtomicU64 = AtomicU64::new(0);

/// How many lines were dropped since this was last asked.
pub(crate) fn take_dropped() -> u64 {
    DROPPED.swap(0, Ordering::Relaxed)
}

/// Lines on their way to standard error.
#[derive(Debug, Clone, Default)]
struct Lines {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    waiting: Mutex<Waiting>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Waiting {
    text: Vec<u8>,
    /// No more lines will come.
    closed: bool,
    /// All lines are written.
    ended: bool,
}

impl Lines {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        // Nothing that could panic runs under the lock.
        self.shared.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Leaves a line for the thread that writes, if there is room for it.
    fn leave(&self, line: &[u8]) {
        let mut waiting = self.lock();
        if waiting.text.len() + line.len() > ROOM {
            DROPPED.fetch_add(1, Ordering::Relaxed);
            return;
        }
        let first = waiting.text.is_empty();
        waiting.text.extend_from_slice(line);
        drop(waiting);
        if first {
            self.shared.changed.notify_all();
        }
    }

    /// Writes what is left until the log is closed.
    fn write_all(&self) {
        let mut text = Vec::new();
        while self.gather(&mut text) {
            if io::stderr().write_all(&text).is_err() {
                // A disk that is full, or a reader that is gone.
                let lines = text.split_inclusive(|byte| *byte == b'\n').count();
                DROPPED.fetch_add(lines as u64, Ordering::Relaxed);
            }
            text.clear();
        }
        self.lock().ended = true;
        self.shared.changed.notify_all();
    }

    /// Waits for lines and then for more of them; false at the end.
    fn gather(&self, text: &mut Vec<u8>) -> bool {
        let changed = &self.shared.changed;
        let nothing = |waiting: &mut Waiting| waiting.text.is_empty() && !waiting.closed;
        let waiting = changed.wait_while(self.lock(), nothing);
        let waiting = waiting.unwrap_or_else(PoisonError::into_inner);
        let open = |waiting: &mut Waiting| !waiting.closed;
        let gathered = changed.wait_timeout_while(waiting, GATHERING, open);
        let (mut waiting, _) = gathered.unwrap_or_else(PoisonError::into_inner);
        std::mem::swap(&mut waiting.text, text);
        !text.is_empty()
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Line<'a>;

    fn make_writer(&'a self) -> Line<'a> {
        Line(self)
    }
}

/// Where one line goes.
struct Line<'a>(&'a Lines);

impl Write for Line<'_> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.leave(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
