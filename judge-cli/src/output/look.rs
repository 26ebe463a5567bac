//! One line about a look at a canary, by a judge or by a monitor.

use judge_core::Judgement;
use judge_core::monitor::{MonitorReport, MonitoredMetric};
use judge_core::stage::Window;
use judge_points::time;

use super::text::printable;
use super::verdict;

/// A look with its result: a judgement with the metrics that explain it, or an error.
pub(crate) struct LookLine<'a> {
    pub(crate) window: Window,
    /// Number of planned looks.
    pub(crate) count: usize,
    pub(crate) judged: Result<(&'a Judgement, &'a [String]), &'a str>,
}

impl LookLine<'_> {
    /// The header of the columns.
    pub(crate) const HEADER: &'static str =
        "look     until                 verdict   score  level       because of\n";

    /// Formats the line.
    pub(crate) fn show(&self) -> String {
        let look = format!("{}/{}", self.window.interval, self.count);
        let until = time::show(self.window.canary.end_millis);
        match self.judged {
            Ok((judgement, because_of)) => {
                let (style, verdict) = verdict::word_with_style(judgement.verdict);
                let score = judge_core::format::value(judgement.score);
                let level = judgement.look.map(|look| look.percent()).unwrap_or_default();
                let because = verdict::because_of(because_of);
                let line = format!(
                    "{look:7}  {until:20}  {style}{verdict:8}{style:#}  {score:>5}  {level:10}  {because}"
                );
                format!("{}\n", line.trim_end())
            }
            Err(error) => format!("{look:7}  {until:20}  no look: {}\n", printable(error)),
        }
    }
}

/// A look by a monitor.
pub(crate) struct MonitorLine<'a> {
    pub(crate) window: Window,
    /// Number of planned looks.
    pub(crate) count: usize,
    pub(crate) seen: Result<&'a MonitorReport, &'a str>,
}

impl MonitorLine<'_> {
    /// The header of the columns.
    pub(crate) const HEADER: &'static str =
        "point     until                 verdict   score  strongest evidence of harm\n";

    /// Formats the line.
    pub(crate) fn show(&self) -> String {
        let point = format!("{}/{}", self.window.interval, self.count);
        let until = time::show(self.window.canary.end_millis);
        match self.seen {
            Ok(report) if !has_points(report) => format!("{point:8}  {until:20}  NO DATA\n"),
            Ok(report) => {
                let (style, verdict) = verdict::word_with_style(report.verdict);
                let score = judge_core::format::value(report.score);
                let line = format!(
                    "{point:8}  {until:20}  {style}{verdict:8}{style:#}  {score:>5}  {}",
                    strongest(report)
                );
                format!("{}\n", line.trim_end())
            }
            Err(error) => format!("{point:8}  {until:20}  no look: {}\n", printable(error)),
        }
    }
}

/// Whether any metric had a point on both sides at the same time.
pub(crate) fn has_points(report: &MonitorReport) -> bool {
    report.metrics.iter().any(|metric| metric.pairs > 0)
}

/// The metric nearest to an alarm, with its evidence and the boundary of an alarm.
fn strongest(report: &MonitorReport) -> String {
    let share = |metric: &MonitoredMetric| metric.evidence / metric.needed;
    let metrics = report.metrics.iter().filter(|metric| metric.pairs > 0);
    let Some(metric) = metrics.max_by(|a, b| share(a).total_cmp(&share(b))) else {
        return String::new();
    };
    let value = judge_core::format::value;
    let (evidence, needed) = (value(metric.evidence), value(metric.needed));
    format!("{}, {evidence} of {needed}", printable(&metric.name))
}
