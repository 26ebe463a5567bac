//! The progress of a batch on a terminal.

use std::io::{self, IsTerminal};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// A line on stderr; hidden unless stderr is a terminal and stdout is not.
pub(super) struct BatchProgress {
    bar: ProgressBar,
    bad: u64,
}

const REDRAW: Duration = Duration::from_millis(200);

impl BatchProgress {
    /// Starts counting.
    pub(super) fn start() -> Self {
        let watched = io::stderr().is_terminal() && !io::stdout().is_terminal();
        let bar = if watched { ProgressBar::new_spinner() } else { ProgressBar::hidden() };
        if let Ok(style) =
            ProgressStyle::with_template("{spinner} {human_pos} judged, {per_sec}{msg}")
        {
            bar.set_style(style);
        }
        if watched {
            bar.enable_steady_tick(REDRAW);
        }
        Self { bar, bad: 0 }
    }

    /// Counts a line.
    pub(super) fn one_more(&mut self, bad: bool) {
        if bad {
            self.bad += 1;
            self.bar.set_message(format!(", {} bad", self.bad));
        }
        self.bar.inc(1);
    }
}

impl Drop for BatchProgress {
    fn drop(&mut self) {
        self.bar.finish();
    }
}
