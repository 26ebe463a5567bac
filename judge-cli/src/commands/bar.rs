//! The progress bar on a terminal.

use std::fmt::Write;
use std::io::{self, IsTerminal};
use std::time::Duration;

use indicatif::{HumanDuration, ProgressBar, ProgressState, ProgressStyle};

/// Interval between two redraws.
pub(super) const REDRAW: Duration = Duration::from_millis(100);

/// Counts up to `all` on a line on stderr, with rate and remaining time. `counted` names what is counted. Hidden
/// unless stderr is a terminal.
pub(super) fn bar(all: usize, counted: &str) -> ProgressBar {
    let template = format!("{{bar:24}} {{human_pos}} of {{human_len}} {counted}{{pace}}{{msg}}");
    let style = ProgressStyle::with_template(&template);
    let style = style.map(|style| style.progress_chars("━╸─").with_key("pace", pace));
    draw_on_stderr(ProgressBar::new(all as u64), style.ok())
}

/// Draws `bar` on stderr; hidden unless stderr is a terminal.
pub(super) fn draw_on_stderr(bar: ProgressBar, style: Option<ProgressStyle>) -> ProgressBar {
    if !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    if let Some(style) = style {
        bar.set_style(style);
    }
    bar.enable_steady_tick(REDRAW);
    bar
}

/// Rate and remaining time, once there is a rate.
fn pace(state: &ProgressState, out: &mut dyn Write) {
    let rate = state.per_sec();
    if rate <= 0.0 {
        return;
    }
    let digits = usize::from(rate < 10.0);
    let left = HumanDuration(state.eta());
    // There is no way to report that the line cannot be drawn.
    let _ = write!(out, ", {rate:.digits$} a second, {left} left");
}
