//! The progress of a calibration on a terminal.

use indicatif::ProgressBar;
use judge_calibrate::Progress;

use crate::commands::bar;

/// A bar on stderr; hidden unless stderr is a terminal.
pub(super) struct CalibrationProgress {
    bar: ProgressBar,
}

impl CalibrationProgress {
    /// An empty bar.
    pub(super) fn start() -> Self {
        Self { bar: bar::bar(0, "figures") }
    }

    /// Shows the progress.
    pub(super) fn show(&self, done: Progress) {
        self.bar.set_length(done.total as u64);
        self.bar.inc(1);
    }
}

impl Drop for CalibrationProgress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
