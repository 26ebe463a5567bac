//! The log: one line a call, on standard error.
//!
//! `tracing-appender` writes the lines on a thread of its own: a reader that stalls stalls no call, and lines beyond the queue
//! are dropped and counted.

use std::io::{self, BufWriter, IsTerminal, Write};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use tracing::error;
use tracing_appender::non_blocking::{ErrorCounter, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::EnvFilter;

use super::escape::Escaping;
use crate::settings::error::StartError;
use crate::settings::{LogFormat, Settings};

/// Lines that may wait to be written: some 200 KiB.
const LINES: usize = 500;

/// Bytes of lines in one write: a write for each line would cost as much as judging a metric.
const TOGETHER: usize = 32 * 1024;

/// Pause after a write, in which lines gather: waking the thread for each line would cost more than writing it.
const PAUSE: Duration = Duration::from_millis(5);

/// Starts the log of the whole process, until the returned value is dropped. Panics are logged like other lines.
///
/// # Errors
/// If the filter is invalid, or something else logs already.
pub fn start(settings: &Settings) -> Result<Log, StartError> {
    let filter = EnvFilter::try_new(&settings.log)
        .map_err(|error| StartError::Settings(format!("log: {:?}: {error}", settings.log)))?;
    let (writer, guard) = NonBlockingBuilder::default()
        .buffered_lines_limit(LINES)
        .thread_name("log")
        .finish(BufWriter::with_capacity(TOGETHER, Stderr));
    WAITING.get_or_init(|| writer.error_counter());
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(Escaping(writer))
        // It would be written to standard error, and a failure of that would end the call.
        .log_internal_errors(false)
        .with_ansi(io::stderr().is_terminal());
    let started = match settings.log_format {
        LogFormat::Json => log.json().flatten_event(true).with_current_span(false).try_init(),
        LogFormat::Text => log.try_init(),
    };
    started.map_err(|error| StartError::Settings(error.to_string()))?;
    std::panic::set_hook(Box::new(|panic| error!("{panic}")));
    Ok(Log(guard))
}

/// The log while it is written. Its last lines are written when it is dropped.
#[derive(Debug)]
#[must_use = "the log ends when it is dropped"]
pub struct Log(#[allow(dead_code, reason = "it is for its drop")] WorkerGuard);

/// Lines that were dropped because the queue was full.
static WAITING: OnceLock<ErrorCounter> = OnceLock::new();

/// Lines that could not be written.
static UNWRITTEN: AtomicU64 = AtomicU64::new(0);

/// Lines that were dropped and are counted.
static COUNTED: AtomicU64 = AtomicU64::new(0);

/// Number of lines dropped since the last call.
pub(crate) fn newly_dropped() -> u64 {
    let waiting = WAITING.get().map_or(0, ErrorCounter::dropped_lines);
    let all = UNWRITTEN.load(Ordering::Relaxed) + waiting as u64;
    // Two calls at the same time count no line twice.
    all.saturating_sub(COUNTED.fetch_max(all, Ordering::Relaxed))
}

/// Standard error. If it fails, because a disk is full or its reader is gone, lines are lost and the next ones are tried
/// again.
#[derive(Debug)]
struct Stderr;

impl Write for Stderr {
    fn write(&mut self, lines: &[u8]) -> io::Result<usize> {
        if io::stderr().write_all(lines).is_err() {
            let lost = lines.split_inclusive(|byte| *byte == b'\n').count();
            UNWRITTEN.fetch_add(lost as u64, Ordering::Relaxed);
        }
        Ok(lines.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        thread::sleep(PAUSE);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readers_at_the_same_time_count_a_line_once() {
        UNWRITTEN.fetch_add(3, Ordering::Relaxed);
        let readers: Vec<_> = (0..8).map(|_| thread::spawn(newly_dropped)).collect();
        let counted: u64 = readers.into_iter().map(|reader| reader.join().unwrap()).sum();
        assert_eq!(counted, 3);
    }
}
