//! A judgement for people.

mod cells;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use comfy_table::presets::NOTHING;
use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement, Table, Width};
use judge_core::judgement::{GroupScore, MetricJudgement};
use judge_core::{Classification, Judgement, format};

use super::style::HEADING;
use super::text::printable;
use super::verdict;

/// Formats the judgement in lines of at most `width` columns, if given: verdict and score, then the metrics by group,
/// failed ones first.
pub(crate) fn judgement(judgement: &Judgement, width: Option<u16>) -> String {
    let mut text = String::new();
    head(&mut text, judgement);
    let sections = sections(judgement);
    let layout = Layout::new(&sections, width);
    for section in &sections {
        let _ = writeln!(text, "\n{HEADING}{}{HEADING:#}{}", section.name, section.details);
        let _ = writeln!(text, "{}", layout.show(section));
    }
    text
}

fn head(text: &mut String, judgement: &Judgement) {
    let (style, verdict) = verdict::word_with_style(judgement.verdict);
    let _ = writeln!(
        text,
        "{style}{verdict}{style:#}  score {} (pass from {}, marginal from {}), by {}",
        judgement.score,
        judgement.thresholds.pass(),
        judgement.thresholds.marginal(),
        printable(&judgement.judge)
    );
    if let Some(look) = judgement.look {
        let early =
            if look.early_pass { "; harm of the size that matters is ruled out" } else { "" };
        let _ = writeln!(text, "{look}{early}");
    }
    let reason = judgement.shown_reason();
    if !reason.is_empty() {
        let _ = writeln!(text, "{}", printable(&reason));
    }
}

/// The metrics of one group.
struct Section<'a> {
    name: Cow<'a, str>,
    details: String,
    /// Failed metrics first.
    metrics: Vec<&'a MetricJudgement>,
}

fn sections(judgement: &Judgement) -> Vec<Section<'_>> {
    let mut rows: BTreeMap<&str, Vec<&MetricJudgement>> = BTreeMap::new();
    let mut groupless = Vec::new();
    let mut groups: Vec<&str> = judgement.groups.iter().map(|group| group.name.as_str()).collect();
    for metric in &judgement.metrics {
        if metric.groups.is_empty() {
            groupless.push(metric);
        }
        for (index, group) in metric.groups.iter().enumerate() {
            // A metric listed twice in a group counts twice and is shown once.
            if metric.groups[..index].contains(group) {
                continue;
            }
            let known = rows.entry(group).or_default();
            known.push(metric);
        }
    }
    // Groups with only muted metrics have no score.
    let scored: BTreeSet<&str> = groups.iter().copied().collect();
    groups.extend(rows.keys().filter(|group| !scored.contains(*group)));
    let mut sections: Vec<Section> = groups
        .into_iter()
        .enumerate()
        .filter_map(|(index, group)| {
            let details =
                judgement.groups.get(index).map_or_else(|| "  no score".to_owned(), score);
            Some(Section {
                name: printable(group),
                details,
                metrics: failures_first(rows.remove(group)?),
            })
        })
        .collect();
    if !groupless.is_empty() {
        let details = "  no score".to_owned();
        sections.push(Section {
            name: "In no group".into(),
            details,
            metrics: failures_first(groupless),
        });
    }
    sections
}

fn failures_first(mut metrics: Vec<&MetricJudgement>) -> Vec<&MetricJudgement> {
    metrics.sort_by_key(|metric| metric.classification == Classification::Pass);
    metrics
}

fn score(group: &GroupScore) -> String {
    let weight = format::value(group.weight);
    let mut text = format!("  score {}, weight {weight}%", format::value(group.score));
    if group.cost > 0.0 {
        let _ = write!(text, ", costs {} points", format::value(group.cost));
    }
    text
}

/// The position of the reasons.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reasons {
    /// In the last column.
    Beside,
    /// In separate lines, if the last column would be too narrow to read.
    Below,
}

/// The smallest width for reasons beside the metrics.
const NARROWEST_REASON: u16 = 50;
/// Longer names are wrapped.
const WIDEST_NAME: u16 = 48;
/// Longer names are wrapped if reasons are below the metrics.
const WIDEST_NAME_BELOW: u16 = 24;

/// The layout of all sections.
struct Layout {
    width: Option<u16>,
    reasons: Reasons,
    /// The widest content of each column except the reasons, over all sections, so that sections align.
    columns: Vec<u16>,
}

impl Layout {
    fn new(sections: &[Section], width: Option<u16>) -> Self {
        let mut columns = vec![0; cells::HEADER.len()];
        for section in sections {
            let own = table(&section.metrics).column_max_content_widths();
            for (widest, own) in columns.iter_mut().zip(own) {
                *widest = own.max(*widest);
            }
        }
        let mut layout = Self { width, reasons: Reasons::Beside, columns };
        let Some(width) = width else {
            layout.wrap_names(WIDEST_NAME);
            return layout;
        };
        if layout.used_width().saturating_add(NARROWEST_REASON) <= width {
            layout.wrap_names(WIDEST_NAME);
        } else {
            layout.reasons = Reasons::Below;
            layout.wrap_names(WIDEST_NAME_BELOW);
            if layout.used_width() > width {
                // Each section now chooses its own widths.
                layout.columns.clear();
            }
        }
        layout
    }

    fn used_width(&self) -> u16 {
        self.columns.iter().map(|column| column + PADDING).sum::<u16>() + INDENT - 1
    }

    fn wrap_names(&mut self, widest: u16) {
        if let Some(name) = self.columns.first_mut() {
            *name = widest.min(*name);
        }
    }

    fn show(&self, section: &Section) -> String {
        let mut metrics = table(&section.metrics);
        for (index, column) in self.columns.iter().enumerate() {
            if let Some(column_of) = metrics.column_mut(index) {
                let width = column + column_of.padding_width();
                column_of.set_constraint(ColumnConstraint::Absolute(Width::Fixed(width)));
            }
        }
        match self.reasons {
            Reasons::Beside => {
                cells::add_reasons(&mut metrics, &section.metrics);
                self.fit(&mut metrics)
            }
            Reasons::Below => {
                let mut reasons = plain_table();
                reasons.add_rows(section.metrics.iter().map(|metric| cells::reason(metric)));
                indent(&mut reasons);
                format!("{}\n{}", self.fit(&mut metrics), self.fit(&mut reasons))
            }
        }
    }

    fn fit(&self, table: &mut Table) -> String {
        if let Some(width) = self.width {
            table.set_width(width);
            table.set_content_arrangement(ContentArrangement::Dynamic);
        } else {
            table.force_no_tty();
        }
        table.enforce_styling();
        table.trim_fmt()
    }
}

/// Spaces before the first column.
const INDENT: u16 = 2;
/// Spaces around a column.
const PADDING: u16 = 2;

fn plain_table() -> Table {
    let mut table = Table::new();
    table.load_style(NOTHING);
    table
}

fn indent(table: &mut Table) {
    if let Some(first) = table.column_mut(0) {
        first.set_padding((INDENT, 1));
    }
}

/// The metrics without reasons.
fn table(metrics: &[&MetricJudgement]) -> Table {
    let mut table = plain_table();
    table.set_header(cells::HEADER);
    table.add_rows(metrics.iter().map(|metric| cells::row(metric)));
    for index in cells::NUMBERS {
        if let Some(column) = table.column_mut(index) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    indent(&mut table);
    table
}

#[cfg(test)]
mod tests;
