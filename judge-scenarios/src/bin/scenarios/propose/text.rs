//! Tables for people, in Markdown.

use super::proposal::SeriesProposal;
use super::report::ProposalReport;
use super::rows::AllowanceKind;
use crate::markdown::{cell, head, line};

pub(super) fn print(report: &ProposalReport, points: &[usize]) {
    println!("### Proposed allowances, at most {}\n", percent(report.cap));
    let mut columns = ["source", "entity", "metric"].map(str::to_owned).to_vec();
    columns.extend(points.iter().map(|points| format!("{points} points")));
    head(&columns);
    for of_series in report.proposals.chunks(points.len().max(1)) {
        let Some(first) = of_series.first() else { continue };
        let mut cells = vec![first.source.clone(), first.entity.clone(), first.metric.clone()];
        cells.extend(of_series.iter().map(proposal_cell));
        line(&cells);
    }
    for (which, title) in AllowanceKind::ALL {
        println!("\n### Second half, in percent: {title}\n");
        let columns = [
            "points",
            "judge",
            "allowances",
            "over the cap",
            "none",
            "median before the cap",
            "windows",
            "refused",
            "alarms without",
            "alarms with",
            "found, levelled",
            "found, as is",
        ];
        head(&columns.map(str::to_owned));
        for row in report.rows.iter().filter(|row| row.which == which) {
            let median = row.median_wanted.map_or_else(|| "-".to_owned(), percent);
            let mut cells = vec![row.points.to_string(), row.judge.to_owned()];
            cells.extend([row.allowances, row.capped, row.none].map(|count| count.to_string()));
            cells.extend([median, row.windows.to_string(), row.refused.to_string()]);
            let found = [row.found_levelled, row.found_as_is];
            cells.extend([row.alarms_without, row.alarms_with].into_iter().chain(found).map(cell));
            line(&cells);
        }
    }
}

fn percent(share: f64) -> String {
    format!("+{:.0} %", 100.0 * share)
}

/// Formats an allowance, or the reason why there is no useful one.
pub(super) fn proposal_cell(proposal: &SeriesProposal) -> String {
    match (&proposal.allowance, &proposal.why) {
        (Some(allowance), None) => percent(allowance.proposed),
        (Some(allowance), Some(why)) => {
            format!("useless, {} wanted: {why}", percent(allowance.wanted))
        }
        (None, why) => format!("none: {}", why.as_deref().unwrap_or("not a concurrent series")),
    }
}
