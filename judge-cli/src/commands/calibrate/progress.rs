//! How far a calibration is, for a person who watches.

use std::io::{self, IsTerminal};

use indicatif::{ProgressBar, ProgressStyle};
use judge_calibrate::Progress as Done;

/// A bar on stderr; nothing unless stderr is a terminal.
pub(super) struct Progress {
    bar: ProgressBar,
}

impl Progress {
    /// An empty bar.
    pub(super) fn start() -> Self {
        let watched = io::stderr().is_terminal();
        let bar = if watched { ProgressBar::new(0) } else { ProgressBar::hidden() };
        let style = ProgressStyle::with_template("{bar:30} {pos} of {len} figures, {eta} left");
        if let Ok(style) = style {
            bar.set_style(style);
        }
        Self { bar }
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
