//! Reports the progress of long work on stderr.
#![allow(clippy::print_stderr, reason = "stdout is for the measurement")]

use std::sync::Mutex;
use std::time::{Duration, Instant};

/// Time between two lines.
const PAUSE: Duration = Duration::from_secs(5);

/// Counts finished pieces of work from several threads.
pub(crate) struct Progress {
    what: &'static str,
    total: usize,
    begun: Instant,
    /// Number of finished pieces, and the time of the last line.
    state: Mutex<(usize, Instant)>,
}

impl Progress {
    pub(crate) fn new(what: &'static str, total: usize) -> Self {
        let begun = Instant::now();
        Self { what, total, begun, state: Mutex::new((0, begun)) }
    }

    /// Counts one more piece. Writes a line every few seconds and at the end.
    pub(crate) fn step(&self) {
        let mut state = self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        state.0 += 1;
        if state.0 == self.total || state.1.elapsed() >= PAUSE {
            state.1 = Instant::now();
            let seconds = self.begun.elapsed().as_secs_f64();
            eprintln!("{}: {} of {} done after {seconds:.0} s", self.what, state.0, self.total);
        }
    }
}

/// Writes one line.
pub(crate) fn say(line: &str) {
    eprintln!("{line}");
}
