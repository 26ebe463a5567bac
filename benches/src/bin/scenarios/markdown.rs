//! Tables in Markdown.

use judge_benches::real_series::Rate;

/// A rate and its interval, in percent.
pub(crate) fn cell(rate: Option<Rate>) -> String {
    rate.map_or_else(
        || "-".to_owned(),
        |Rate { mean, low, high }| {
            format!("{:.1} [{:.1}, {:.1}]", 100.0 * mean, 100.0 * low, 100.0 * high)
        },
    )
}

/// A row of a table.
pub(crate) fn line(cells: &[String]) {
    println!("| {} |", cells.join(" | "));
}

/// The names of columns, and the rule below them.
pub(crate) fn head(columns: &[String]) {
    line(columns);
    line(&vec!["---".to_owned(); columns.len()]);
}
