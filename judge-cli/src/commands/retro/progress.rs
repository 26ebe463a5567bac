//! How far it is, for a person who watches.

use std::fmt::{Display, Write};
use std::io::{self, IsTerminal};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressState, ProgressStyle};

use crate::output::Console;

/// A line on stderr if that is a terminal, and the results beside it.
pub(super) struct Progress<'a> {
    bar: ProgressBar,
    console: &'a Console,
    /// Results that are not written yet.
    pending: Vec<u8>,
    written: Option<Instant>,
}

/// On a terminal the line is drawn, and results are written, no more often than this: whatever is
/// written takes the line away and draws it anew, which costs more than judging a release.
const REDRAW: Duration = Duration::from_millis(100);

impl<'a> Progress<'a> {
    /// Looks through the files while a person sees that something is going on.
    pub(super) fn while_looking<T>(look: impl FnOnce() -> T) -> T {
        let style = ProgressStyle::with_template("{spinner} looking for releases");
        let bar = shown(ProgressBar::new_spinner(), style.ok());
        let found = look();
        bar.finish_and_clear();
        found
    }

    /// Starts counting `all` releases, of which `done` are.
    pub(super) fn start(all: usize, done: usize, console: &'a Console) -> Self {
        let template = "{bar:24} {human_pos} of {human_len} releases{pace}{msg}";
        let style = ProgressStyle::with_template(template);
        let style = style.map(|style| style.progress_chars("━╸─").with_key("pace", pace));
        let bar = shown(ProgressBar::new(all as u64), style.ok());
        bar.set_position(done as u64);
        bar.reset_eta();
        Self { bar, console, pending: Vec::new(), written: None }
    }

    /// Writes results.
    pub(super) fn write(&mut self, results: &[u8]) -> anyhow::Result<()> {
        if self.bar.is_hidden() {
            return self.console.releases(results);
        }
        self.pending.extend_from_slice(results);
        if self.written.is_none_or(|written| written.elapsed() >= REDRAW) {
            self.write_pending()?;
        }
        Ok(())
    }

    fn write_pending(&mut self) -> anyhow::Result<()> {
        let pending = std::mem::take(&mut self.pending);
        if !pending.is_empty() {
            self.bar.suspend(|| self.console.releases(&pending))?;
            self.written = Some(Instant::now());
        }
        Ok(())
    }

    /// Says what a person should know, after the results before it.
    pub(super) fn warn(&mut self, warning: impl Display) -> anyhow::Result<()> {
        self.write_pending()?;
        self.bar.suspend(|| self.console.warning(warning));
        Ok(())
    }

    /// Counts a release; `broken` is how many are by now.
    pub(super) fn one_more(&mut self, broken: usize) {
        if broken > 0 && !self.bar.is_hidden() {
            self.bar.set_message(format!(", {broken} broken"));
        }
        self.bar.inc(1);
    }

    /// Writes what is left and takes the line away.
    pub(super) fn finish(&mut self) -> anyhow::Result<()> {
        self.write_pending()?;
        self.bar.finish_and_clear();
        Ok(())
    }
}

impl Drop for Progress<'_> {
    fn drop(&mut self) {
        // If this is because of an error, that is told; what was judged before it is shown all the same.
        let _ = self.finish();
    }
}

fn shown(bar: ProgressBar, style: Option<ProgressStyle>) -> ProgressBar {
    if !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    if let Some(style) = style {
        bar.set_style(style);
    }
    bar.enable_steady_tick(REDRAW);
    bar
}

/// Rate and time left, once there is a rate.
fn pace(state: &ProgressState, out: &mut dyn Write) {
    let rate = state.per_sec();
    if rate <= 0.0 {
        return;
    }
    let digits = usize::from(rate < 10.0);
    let left = indicatif::HumanDuration(state.eta());
    // There is nothing to be done about a line that cannot be drawn.
    let _ = write!(out, ", {rate:.digits$} a second, {left} left");
}
