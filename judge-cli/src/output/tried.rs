//! The results of a config's queries, for people and programs.

use std::fmt::Write;

use judge_core::format;
use serde::Serialize;

use super::style::{ERROR, HEADING, WARNING};
use super::text::printable_lines;

/// A metric and the results of its queries.
#[derive(Debug, Serialize)]
pub(crate) struct TriedMetric {
    /// The metric, as the config calls it.
    pub(crate) metric: String,
    #[serde(flatten)]
    pub(crate) found: Tried,
}

/// The results of a metric's queries.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum Tried {
    /// The queries were answered, perhaps without series.
    Found {
        /// The name of the source.
        source: String,
        /// The unit of the points, if a name tells it.
        unit: Option<String>,
        /// Number of pairs to judge.
        pairs: usize,
        baseline: Box<TriedSide>,
        canary: Box<TriedSide>,
        /// Expected remarks.
        notes: Vec<String>,
        /// Warnings.
        odd: Vec<String>,
    },
    /// Queries failed, with these errors.
    Failed { errors: Vec<String> },
}

/// The result of one side's query.
#[derive(Debug, Serialize)]
pub(crate) struct TriedSide {
    pub(crate) query: String,
    pub(crate) series: usize,
    pub(crate) points: usize,
    pub(crate) gaps: usize,
    /// The smallest value.
    pub(crate) least: Option<f64>,
    /// The largest value.
    pub(crate) most: Option<f64>,
}

/// Formats one paragraph per metric.
pub(super) fn lines(metrics: &[TriedMetric]) -> String {
    let mut text = String::new();
    for TriedMetric { metric, found } in metrics {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{HEADING}{}{HEADING:#}", printable_lines(metric));
        match found {
            Tried::Failed { errors } => {
                for error in errors {
                    let _ = writeln!(text, "  {ERROR}error:{ERROR:#} {}", indent_lines(error));
                }
            }
            Tried::Found { source, unit, pairs, baseline, canary, notes, odd } => {
                for (name, side) in [("baseline", baseline), ("canary", canary)] {
                    let _ = writeln!(text, "  {name:8}  {}", found_on(side, unit.as_deref()));
                    let _ = writeln!(text, "            {}", indent_lines(&side.query));
                }
                let pairs =
                    if *pairs == 1 { "1 pair".to_owned() } else { format!("{pairs} pairs") };
                let _ = writeln!(text, "  {pairs} to judge, from {}", printable_lines(source));
                for note in notes {
                    let _ = writeln!(text, "  {}", indent_lines(note));
                }
                for warning in odd {
                    let _ =
                        writeln!(text, "  {WARNING}warning:{WARNING:#} {}", indent_lines(warning));
                }
            }
        }
        text.push('\n');
    }
    text
}

fn indent_lines(text: &str) -> String {
    printable_lines(text).replace('\n', "\n  ")
}

fn found_on(side: &TriedSide, unit: Option<&str>) -> String {
    let &TriedSide { series, points, gaps, least, most, .. } = side;
    let many = |count: usize, one: &str| {
        let plural = if count == 1 || one == "series" { "" } else { "s" };
        format!("{count} {one}{plural}")
    };
    let mut text = many(series, "series");
    if series > 0 {
        let _ = write!(text, ", {}, {}", many(points, "point"), many(gaps, "gap"));
    }
    if let (Some(least), Some(most)) = (least, most) {
        let _ = write!(text, ", {} to {}", format::value(least), format::value(most));
        if let Some(unit) = unit {
            let _ = write!(text, " {unit}");
        }
    }
    text
}
