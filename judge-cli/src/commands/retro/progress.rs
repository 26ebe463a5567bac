//! The progress of a run on a terminal.

use std::fmt::Display;
use std::time::Instant;

use indicatif::{ProgressBar, ProgressStyle};

use crate::commands::bar::{self, REDRAW};
use crate::output::{Console, reader_went_away};

/// A progress line on stderr if stderr is a terminal, and the results on stdout.
pub(super) struct ReplayProgress<'a> {
    bar: ProgressBar,
    console: &'a Console,
    /// Unwritten results.
    pending: Vec<u8>,
    written: Option<Instant>,
    reader: Reader,
}

/// What happens if stdout is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reader {
    /// Only stdout has the results, so the run ends.
    Alone,
    /// Files have the results too, so the run continues.
    WithFiles,
    /// Stdout is closed already.
    Gone,
}

impl<'a> ReplayProgress<'a> {
    /// Shows a spinner while `look` runs.
    pub(super) fn while_looking<T>(look: impl FnOnce() -> T) -> T {
        let style = ProgressStyle::with_template("{spinner} looking for releases");
        let bar = bar::draw_on_stderr(ProgressBar::new_spinner(), style.ok());
        let found = look();
        bar.finish_and_clear();
        found
    }

    /// Starts counting `all` releases; `done` of them are finished.
    pub(super) fn start(all: usize, done: usize, reader: Reader, console: &'a Console) -> Self {
        let bar = bar::bar(all, "releases");
        bar.set_position(done as u64);
        bar.reset_eta();
        Self { bar, console, pending: Vec::new(), written: None, reader }
    }

    /// Writes results. On a terminal it writes only a few times a second, because redrawing the line costs more than
    /// judging a release.
    pub(super) fn write(&mut self, results: &[u8]) -> anyhow::Result<()> {
        self.pending.extend_from_slice(results);
        let due = self.written.is_none_or(|written| written.elapsed() >= REDRAW);
        if due || self.bar.is_hidden() {
            self.write_pending()?;
        }
        Ok(())
    }

    fn write_pending(&mut self) -> anyhow::Result<()> {
        if self.pending.is_empty() || self.reader == Reader::Gone {
            return Ok(());
        }
        let written = self.bar.suspend(|| self.console.releases(&self.pending));
        self.pending.clear();
        self.written = Some(Instant::now());
        match written {
            Err(error) if reader_went_away(&error) && self.reader == Reader::WithFiles => {
                self.reader = Reader::Gone;
                Ok(())
            }
            written => written,
        }
    }

    /// Shows a warning for people, after the results before it.
    pub(super) fn warn(&mut self, warning: impl Display) -> anyhow::Result<()> {
        self.write_pending()?;
        self.bar.suspend(|| self.console.warning(warning));
        Ok(())
    }

    /// Counts a release; `broken` is the number of broken ones so far.
    pub(super) fn one_more(&mut self, broken: usize) {
        if broken > 0 && !self.bar.is_hidden() {
            self.bar.set_message(format!(", {broken} broken"));
        }
        self.bar.inc(1);
    }

    /// Writes pending results and removes the line.
    pub(super) fn finish(&mut self) -> anyhow::Result<()> {
        self.write_pending()?;
        self.bar.finish_and_clear();
        Ok(())
    }

    /// Writes the text that follows all results.
    pub(super) fn conclude(mut self, summary: &[u8]) -> anyhow::Result<()> {
        self.write(summary)?;
        self.finish()
    }
}

impl Drop for ReplayProgress<'_> {
    fn drop(&mut self) {
        // If an error ends the run, it is reported elsewhere. We still show the results before it.
        let _ = self.finish();
    }
}
