//! How far it is, for a person who watches.

use std::io::{self, IsTerminal};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// A line on stderr if that is a terminal.
pub(super) struct Progress {
    bar: ProgressBar,
}

const REDRAW: Duration = Duration::from_millis(200);

impl Progress {
    /// Looks through the files while a person sees that something is going on.
    pub(super) fn while_looking<T>(look: impl FnOnce() -> T) -> T {
        let shown = Self::with(ProgressBar::new_spinner(), "{spinner} looking for releases");
        let found = look();
        shown.finish();
        found
    }

    /// Starts counting `all` releases, of which `done` are.
    pub(super) fn start(all: usize, done: usize) -> Self {
        let bar = ProgressBar::new(all as u64);
        let shown = Self::with(
            bar,
            "{bar:24} {human_pos}/{human_len} releases, {per_sec}, {eta} left{msg}",
        );
        shown.bar.set_position(done as u64);
        shown.bar.reset_eta();
        shown
    }

    fn with(bar: ProgressBar, template: &str) -> Self {
        let watched = io::stderr().is_terminal();
        let bar = if watched { bar } else { ProgressBar::hidden() };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        if watched {
            bar.enable_steady_tick(REDRAW);
        }
        Self { bar }
    }

    /// Writes something else without the two getting in each other's way.
    pub(super) fn aside<T>(&self, write: impl FnOnce() -> T) -> T {
        if self.bar.is_hidden() { write() } else { self.bar.suspend(write) }
    }

    /// Counts a release; `broken` is how many are by now.
    pub(super) fn one_more(&mut self, broken: usize) {
        if broken > 0 && !self.bar.is_hidden() {
            self.bar.set_message(format!(", {broken} broken"));
        }
        self.bar.inc(1);
    }

    /// Takes the line away.
    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.finish();
    }
}
