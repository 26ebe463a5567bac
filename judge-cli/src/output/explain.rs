//! Every finding of a metric, for people.

use std::fmt::Write;

use judge_core::Judgement;
use judge_core::judgement::{Finding, MetricJudgement};

use super::style::HEADING;
use super::text::printable;

/// Formats the findings of the metrics `names`, the strongest first.
pub(crate) fn metrics(judgement: &Judgement, names: &[String]) -> String {
    let mut text = String::new();
    for name in names {
        for metric in judgement.metrics.iter().filter(|metric| metric.name == *name) {
            explain(&mut text, metric);
        }
    }
    text
}

fn explain(text: &mut String, metric: &MetricJudgement) {
    let shown = metric.shown_name();
    let name = printable(&shown);
    let _ = writeln!(text, "\n{HEADING}{name}{HEADING:#}  {:?}", metric.classification);
    let _ = writeln!(text, "  {}", printable(&metric.explanation()));
    // A finding without information has no sentence; JSON has its numbers.
    for finding in metric.findings.iter().filter(|finding| !finding.sentence.is_empty()) {
        let _ = writeln!(text, "  {} {}", mark(finding), printable(&finding.sentence));
        let _ = writeln!(text, "      {}", numbers(finding));
        let change = finding.what_would_change();
        if !change.is_empty() {
            let _ = writeln!(text, "      {change}");
        }
    }
    let change = metric.what_would_change();
    if !change.is_empty() {
        let _ = writeln!(text, "  What would change it: {}.", printable(&change));
    }
}

/// Whether a finding is harm and, if not, why.
fn mark(finding: &Finding) -> &'static str {
    match (finding.p <= finding.level, finding.matters) {
        _ if !finding.test.decides() => "shown      ",
        (true, true) => "harm       ",
        (true, false) => "too small  ",
        (false, true) => "chance     ",
        (false, false) => "nothing    ",
    }
}

fn numbers(finding: &Finding) -> String {
    let Finding { statistic, p, level, .. } = finding;
    let name = finding.test.name();
    if finding.test.decides() {
        format!("{name}: statistic {statistic:.2}, p {p:.1e}, harm at {level:.1e} or less")
    } else {
        format!("{name}: statistic {statistic:.2}, p {p:.1e}, decides nothing by itself")
    }
}
