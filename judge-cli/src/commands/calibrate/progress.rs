//! How far a calibration is, for a person who watches.

use indicatif::ProgressBar;
use judge_calibrate::Progress as Done;

use crate::commands::bar;

/// A bar on stderr; nothing unless stderr is a terminal.
pub(super) struct Progress {
    bar: ProgressBar,
}

impl Progress {
    /// An empty bar.
    pub(super) fn start() -> Self {
        Self { bar: bar::bar(0, "figures") }
    }

    /// Shows how far it is.
    pub(super) fn show(&self, done: Done) {
        self.bar.set_length(done.total as u64);
        self.bar.inc(1);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
