//! What a person sees while a canary is watched.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use judge_core::stage::{Window, because_of, show_length};
use judge_points::time;
use tokio::time::sleep;

use super::look::Look;
use crate::args::{ListFormat, WatchArgs};
use crate::input::{FetchFailed, now};
use crate::output::{Console, LookLine};

/// Shows lines, warnings and, on a terminal, the time to the next look.
pub(super) struct WatchDisplay<'a> {
    console: &'a Console,
    /// Lines go to stdout, or to stderr if stdout is JSON.
    format: ListFormat,
    count: usize,
    bar: ProgressBar,
    warned: BTreeSet<String>,
}

/// The longest sleep before we read the clock again.
const TICK: Duration = Duration::from_secs(1);

/// The text about the next look, which is due in `left` milliseconds.
fn countdown(look: usize, count: usize, left: u64) -> String {
    format!("look {look} of {count} in {}", show_length(left.div_ceil(1000) * 1000))
}

impl<'a> WatchDisplay<'a> {
    pub(super) fn new(args: &WatchArgs, count: usize, console: &'a Console) -> Self {
        // Hidden if stderr is not a terminal.
        let bar = ProgressBar::new_spinner();
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}") {
            bar.set_style(style);
        }
        Self { console, format: args.format, count, bar, warned: BTreeSet::new() }
    }

    /// Shows the plan, and the header of the columns.
    pub(super) fn begin(
        &self,
        start: i64,
        windows: &[Window],
        columns: &str,
    ) -> anyhow::Result<()> {
        let last = windows.last().map_or(start, |window| window.canary.end_millis);
        let looks =
            if self.count == 1 { "1 look".to_owned() } else { format!("{} looks", self.count) };
        let text = format!("{looks} from {} to {}\n", time::show(start), time::show(last));
        self.line(&format!("{text}{columns}"))
    }

    /// Waits until the clock says `due`.
    pub(super) async fn wait(&self, due: i64, window: &Window) {
        loop {
            let left = due.saturating_sub(now());
            let Ok(left) = u64::try_from(left) else {
                return;
            };
            if left == 0 {
                return;
            }
            self.bar.set_message(countdown(window.interval, self.count, left));
            self.bar.tick();
            sleep(Duration::from_millis(left).min(TICK)).await;
        }
    }

    /// Warns that a source is queried again.
    pub(super) fn again(&mut self, failed: &FetchFailed) {
        self.warn(format!("queried again: {}", failed.first_line()));
    }

    /// Shows a look.
    pub(super) fn look(&mut self, look: &Look) -> anyhow::Result<()> {
        match &look.judged {
            Ok(judged) => {
                for warning in &judged.warnings {
                    self.warn(warning.clone());
                }
                let because_of = because_of(&judged.judgement);
                let line = LookLine {
                    window: look.window,
                    count: self.count,
                    judged: Ok((&judged.judgement, &because_of)),
                };
                self.line(&line.show())
            }
            Err(failed) => {
                let error = failed.first_line();
                let line = LookLine { window: look.window, count: self.count, judged: Err(&error) };
                self.line(&line.show())
            }
        }
    }

    /// Shows a warning, once.
    pub(super) fn warn(&mut self, warning: String) {
        if !self.warned.contains(&warning) {
            self.bar.suspend(|| self.console.warning(&warning));
            self.warned.insert(warning);
        }
    }

    pub(super) fn line(&self, text: &str) -> anyhow::Result<()> {
        self.bar.suspend(|| match self.format {
            ListFormat::Table => self.console.line(text),
            ListFormat::Json => {
                self.console.note(text);
                Ok(())
            }
        })
    }

    /// Writes the last line to stdout, or to stderr if stdout is JSON, and to `log` if that file exists.
    pub(super) fn reason(&self, reason: &str, log: &Path) -> anyhow::Result<()> {
        self.bar.finish_and_clear();
        self.console.log_end(reason, log);
        self.line(&format!("{reason}\n"))
    }

    /// Number of planned looks.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    pub(super) fn console(&self) -> &Console {
        self.console
    }
}

#[cfg(test)]
mod tests {
    use super::countdown;

    #[test]
    fn the_time_to_the_next_look_is_rounded_up_to_seconds() {
        for (left, text) in [
            (1, "look 2 of 6 in 1s"),
            (1000, "look 2 of 6 in 1s"),
            (1001, "look 2 of 6 in 2s"),
            (299_500, "look 2 of 6 in 5m"),
            (3_725_000, "look 2 of 6 in 1h 2m 5s"),
        ] {
            assert_eq!(countdown(2, 6, left), text, "{left}");
        }
    }
}
