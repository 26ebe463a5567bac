//! Replayed releases, for people.

use std::fmt::Write;

use comfy_table::presets::NOTHING;
use comfy_table::{CellAlignment, Table};
use judge_core::judgement::{MetricJudgement, SideSummary};
use judge_core::stage::show_length;
use judge_core::{Classification, format};
use judge_points::time;
use judge_retro::{BrokenRelease, Fate, ReleaseLine, Replayed, ReplayedInterval};

use super::style::{BAD, DOUBTFUL, HEADING};
use super::text::printable;
use super::verdict;

/// Formats one line per release, in columns of fitting width.
pub(crate) struct ReleaseLines {
    /// Width of the release's name, in characters.
    width: usize,
    shown: bool,
}

/// A longer name pushes its line to the right.
const WIDEST_NAME: usize = 40;

impl ReleaseLines {
    /// Lines for releases with these names; empty lines unless `shown`.
    pub(crate) fn new<'a>(names: impl Iterator<Item = &'a str>, shown: bool) -> Self {
        let widths = names.map(|name| printable(name).chars().count());
        let width = widths.max().unwrap_or_default().clamp("release".len(), WIDEST_NAME);
        Self { width, shown }
    }

    /// The header of the columns.
    pub(crate) fn header(&self) -> String {
        if !self.shown {
            return String::new();
        }
        let width = self.width;
        format!(
            "{HEADING}{:width$}  {:8}  {:>5}  {:22}  because of{HEADING:#}\n",
            "release", "verdict", "score", "stopped"
        )
    }

    /// Formats the line of a release.
    pub(crate) fn show(&self, line: &ReleaseLine) -> String {
        if !self.shown {
            return String::new();
        }
        let width = self.width;
        let name = printable(&line.release);
        match &line.fate {
            Fate::Judged {
                verdict, score, stopped_at, stopped_after_millis, because_of, ..
            } => {
                let (style, verdict) = verdict::word_with_style(*verdict);
                let stopped = match (stopped_at, stopped_after_millis) {
                    (Some(interval), Some(after)) => {
                        format!("after {}, judged {}", show_length(*after), times(*interval))
                    }
                    _ => String::new(),
                };
                let because = verdict::because_of(because_of);
                let line = format!(
                    "{name:width$}  {style}{verdict:8}{style:#}  {score:>5}  {stopped:22}  {because}"
                );
                format!("{}\n", line.trim_end())
            }
            Fate::Broken { error } => {
                format!("{name:width$}  {BAD}{:8}{BAD:#}  {}\n", "BROKEN", printable(error))
            }
        }
    }

    /// Formats the summary.
    pub(crate) fn summary(&self, counts: &ReleaseCounts) -> String {
        if !self.shown {
            return String::new();
        }
        let ReleaseCounts { passed, marginal, failed, stopped, broken, warned, unread } = *counts;
        let all = passed + marginal + failed + broken;
        let mut text = format!(
            "\n{all} {}: {passed} passed, {marginal} marginal, {failed} failed, {stopped} of them stopped",
            if all == 1 { "release" } else { "releases" }
        );
        if warned > 0 {
            let _ =
                write!(text, "; {DOUBTFUL}{warned} with warnings{DOUBTFUL:#}, see --format json");
        }
        if broken > 0 {
            let _ = write!(text, "; {BAD}{broken} could not be judged{BAD:#}");
        }
        if unread > 0 {
            let files = if unread == 1 { "file" } else { "files" };
            let _ = write!(text, "; {BAD}{unread} {files} could not be read{BAD:#}");
        }
        text.push('\n');
        text
    }
}

/// Number of releases by outcome.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct ReleaseCounts {
    pub(crate) passed: usize,
    pub(crate) marginal: usize,
    pub(crate) failed: usize,
    pub(crate) stopped: usize,
    pub(crate) broken: usize,
    /// Releases whose judgements have warnings.
    pub(crate) warned: usize,
    /// Damaged files of the history.
    pub(crate) unread: usize,
}

fn times(count: usize) -> String {
    if count == 1 { "once".to_owned() } else { format!("{count} times") }
}

/// Every judgement of a release: one section per interval, one row per metric.
pub(crate) fn replayed_table(release: &str, replayed: &Result<Replayed, BrokenRelease>) -> String {
    let release = printable(release);
    match replayed {
        Ok(replayed) => {
            let sections = replayed.intervals.iter().map(|one| section(&release, replayed, one));
            sections.collect()
        }
        Err(broken) => {
            format!(
                "{HEADING}{release}{HEADING:#}  {BAD}BROKEN{BAD:#}  {}\n\n",
                printable(&broken.0)
            )
        }
    }
}

fn section(release: &str, replayed: &Replayed, one: &ReplayedInterval) -> String {
    let (style, verdict) = verdict::word_with_style(one.judgement.verdict);
    let stops = replayed.stage.stopped_at == Some(one.window.interval);
    let canary = one.window.canary;
    let mut table = Table::new();
    table.load_style(NOTHING);
    table.set_header(["  metric", "class", "baseline", "canary", "why"]);
    for metric in &one.judgement.metrics {
        table.add_row(cells(metric));
    }
    for column in [2, 3] {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let lines: Vec<String> = table.lines().map(|line| format!("{}\n", line.trim_end())).collect();
    format!(
        "{HEADING}{release}{HEADING:#}  interval {}, {} to {}  {style}{verdict}{style:#}  score {}{}\n{}\n",
        one.window.interval,
        time::show(canary.start_millis),
        time::show(canary.end_millis),
        one.judgement.score,
        if stops { ", stopped here" } else { "" },
        lines.concat()
    )
}

fn cells(metric: &MetricJudgement) -> [String; 5] {
    let median = |side: &SideSummary, other: &SideSummary| match side.counts.judged {
        0 => "no data".to_owned(),
        _ => format::value_beside(side.median, other.median),
    };
    let why = match metric.classification {
        Classification::Pass => String::new(),
        _ => metric.explanation(),
    };
    [
        format!("  {}", printable(&metric.name)),
        format!("{:?}", metric.classification),
        median(&metric.baseline, &metric.canary),
        median(&metric.canary, &metric.baseline),
        printable(&why).into(),
    ]
}
