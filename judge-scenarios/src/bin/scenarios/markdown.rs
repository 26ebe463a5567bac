//! Tables in Markdown.

use judge_scenarios::real_series::MeasuredRate;

/// Formats a rate and its interval, in percent.
pub(crate) fn cell(rate: Option<MeasuredRate>) -> String {
    rate.map_or_else(
        || "-".to_owned(),
        |MeasuredRate { mean, low, high }| {
            format!("{:.1} [{:.1}, {:.1}]", 100.0 * mean, 100.0 * low, 100.0 * high)
        },
    )
}

/// Prints a row of a table.
pub(crate) fn line(cells: &[String]) {
    println!("| {} |", cells.join(" | "));
}

/// Prints the names of the columns, and the rule below them.
pub(crate) fn head(columns: &[String]) {
    line(columns);
    line(&vec!["---".to_owned(); columns.len()]);
}
