//! The log: one line a call, on standard error.

use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicU64, Ordering};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt;

use crate::error::StartError;
use crate::settings::{LogFormat, Settings};

/// Begins to log as the settings say, for the whole process.
///
/// # Errors
/// When the filter is not one, or something else logs already.
pub fn start(settings: &Settings) -> Result<(), StartError> {
    let filter = EnvFilter::try_new(&settings.log)
        .map_err(|error| StartError::Settings(format!("log: {:?}: {error}", settings.log)))?;
    let log = fmt()
        .with_env_filter(filter)
        .with_writer(|| Unblocked)
        // It would be said on standard error, whose failing would then end the call.
        .log_internal_errors(false)
        .with_ansi(io::stderr().is_terminal());
    let started = match settings.log_format {
        LogFormat::Json => log.json().flatten_event(true).with_current_span(false).try_init(),
        LogFormat::Text => log.try_init(),
    };
    started.map_err(|error| StartError::Settings(error.to_string()))
}

/// Lines not written since they were last asked for.
static DROPPED: AtomicU64 = AtomicU64::new(0);

/// How many lines were dropped since this was last asked.
pub(crate) fn take_dropped() -> u64 {
    DROPPED.swap(0, Ordering::Relaxed)
}

/// Standard error, less the lines that it does not take: a reader that stalls must not stall the
/// calls, and a disk that is full or a reader that is gone must not end them.
struct Unblocked;

/// A pipe with room has room for this much at least (`PIPE_BUF`). A call's line is shorter.
const ROOM: usize = 4096;

impl Write for Unblocked {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        Ok(offer(line).unwrap_or_else(|| {
            DROPPED.fetch_add(1, Ordering::Relaxed);
            line.len()
        }))
    }

    fn flush(&mut self) -> io::Result<()> {
        // Standard error keeps nothing back.
        Ok(())
    }
}

/// How many bytes were written, if any could be at once.
fn offer(line: &[u8]) -> Option<usize> {
    // Held from asking to writing, so that no other thread takes the room.
    let mut stderr = io::stderr().lock();
    let now = Timespec { tv_sec: 0, tv_nsec: 0 };
    let ready = poll(&mut [PollFd::new(&stderr, PollFlags::OUT)], Some(&now)).ok()?;
    if ready == 0 {
        return None;
    }
    let written = stderr.write(&line[..line.len().min(ROOM)]).ok()?;
    (written > 0).then_some(written)
}
