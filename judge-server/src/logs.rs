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
        .map_err(|error| StartError::Settings(format!("log: {error}")))?;
    let log = fmt()
        .with_env_filter(filter)
        .with_writer(|| Unblocked)
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

/// Standard error, less the lines that it has no room for: a reader that stalls must not stall the
/// calls.
struct Unblocked;

/// A pipe with room has room for this much at least (`PIPE_BUF`). A call's line is shorter.
const ROOM: usize = 4096;

impl Write for Unblocked {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        // Held from asking to writing, so that no other thread takes the room.
        let mut stderr = io::stderr().lock();
        let now = Timespec { tv_sec: 0, tv_nsec: 0 };
        let has_room = poll(&mut [PollFd::new(&stderr, PollFlags::OUT)], Some(&now))? > 0;
        if has_room {
            return stderr.write(&line[..line.len().min(ROOM)]);
        }
        DROPPED.fetch_add(1, Ordering::Relaxed);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}
