//! The cells of a metric's row.

use comfy_table::{Cell, Color, Table};
use judge_core::judgement::{MetricJudgement, SideSummary};
use judge_core::{Classification, format};

use crate::output::text::printable;

/// The header of the columns of [`row`].
pub(super) const HEADER: [&str; 5] = ["metric", "baseline", "canary", "change [interval]", "class"];
/// Columns of plain numbers.
pub(super) const NUMBERS: [usize; 2] = [1, 2];

/// Adds the reasons to `table` as its last column.
pub(super) fn add_reasons(table: &mut Table, metrics: &[&MetricJudgement]) {
    if let Some(header) = table.header() {
        let mut header = header.clone();
        header.add_cell(Cell::new("why"));
        table.set_header(header);
    }
    for (row, metric) in table.row_iter_mut().zip(metrics) {
        row.add_cell(Cell::new(printable(&metric.explanation())));
    }
    table.discover_columns();
}

/// A metric and its reason.
pub(super) fn reason(metric: &MetricJudgement) -> [Cell; 2] {
    let name = format!("{}:", printable(&metric.shown_name()));
    [Cell::new(name), Cell::new(printable(&metric.explanation()))]
}

/// A metric without its reason.
pub(super) fn row(metric: &MetricJudgement) -> Vec<Cell> {
    let median = |side: &SideSummary, other: &SideSummary| match side.counts.judged {
        0 => "-".to_owned(),
        _ => format::value_beside(side.median, other.median),
    };
    vec![
        Cell::new(printable(&metric.shown_name())),
        Cell::new(median(&metric.baseline, &metric.canary)),
        Cell::new(median(&metric.canary, &metric.baseline)),
        Cell::new(metric.shown_change()),
        class(metric),
    ]
}

fn class(metric: &MetricJudgement) -> Cell {
    let (name, color) = match metric.classification {
        Classification::Pass => ("Pass", Color::Green),
        Classification::High => ("High", Color::Red),
        Classification::Low => ("Low", Color::Red),
        Classification::NoData => ("NoData", Color::Yellow),
        Classification::NoDataFail => ("NoDataFail", Color::Red),
        Classification::Inconclusive => ("Inconclusive", Color::Yellow),
        _ => ("Error", Color::Yellow),
    };
    match (metric.muted, metric.critical) {
        (true, _) => Cell::new(format!("{name}, muted")),
        (false, true) => Cell::new(format!("{name}, critical")).fg(color),
        (false, false) => Cell::new(name).fg(color),
    }
}
