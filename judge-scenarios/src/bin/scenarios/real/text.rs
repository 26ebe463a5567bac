//! Tables for people, in Markdown.

use super::judging::JUDGES;
use super::report::RealReport;
use super::rows::{RealRow, Table};
use crate::markdown::{cell, head, line};

pub(super) fn print(report: &RealReport) {
    let direction = serde_json::to_string(&report.direction).unwrap_or_default();
    println!("Direction {direction}, seeds {:?}, {} judgements refused.", report.seeds, {
        report.refused.values().map(|refusals| refusals.count).sum::<u64>()
    });
    let rows_of = |table| report.rows.iter().filter(move |row| row.table == table);
    println!("\n### False alarms in percent\n");
    alarms(rows_of(Table::FalseAlarms).filter(|row| row.source.is_none()), "points", |row| {
        row.points.map_or_else(|| "all".to_owned(), |points| points.to_string())
    });
    println!("\n### False alarms in percent by source, all sizes\n");
    alarms(rows_of(Table::FalseAlarms).filter(|row| row.source.is_some()), "source", |row| {
        row.source.clone().unwrap_or_default()
    });
    let tables = [
        (Table::Found, "Found, in percent"),
        (Table::FoundPractical, "Found where it is worth 5 % of the level or more, in percent"),
        (Table::EightMetrics, "Canaries of 6 to 8 metrics that are stopped, in percent"),
        (Table::Faults, "Labelled faults that are found, in percent"),
    ];
    for (table, title) in tables {
        let rows: Vec<&RealRow> = rows_of(table).collect();
        if !rows.is_empty() {
            println!("\n### {title}\n");
            found(&rows, &report.points);
        }
    }
}

fn alarms<'a>(
    rows: impl Iterator<Item = &'a RealRow>,
    column: &str,
    value: impl Fn(&RealRow) -> String,
) {
    let columns = ["pairs", column, "series", "cases", "refused"].into_iter().chain(JUDGES);
    head(&columns.map(str::to_owned).collect::<Vec<_>>());
    for row in rows {
        let refused: usize = row.judges.iter().map(|judge| judge.refused).sum();
        let mut cells = vec![row.pairs.to_owned(), value(row)];
        cells.extend([row.series, row.cases, refused].map(|count| count.to_string()));
        cells.extend(row.judges.iter().map(|judge| cell(judge.rate)));
        line(&cells);
    }
}

/// Prints a line for each kind of pairs and harm, with the sizes side by side.
fn found(rows: &[&RealRow], points: &[usize]) {
    let sizes: Vec<String> = points.iter().map(usize::to_string).collect();
    let sizes = sizes.join("/");
    let mut columns = ["pairs", "harm", "cases"].map(str::to_owned).to_vec();
    columns.extend(JUDGES.map(|judge| format!("{judge}: {sizes}")));
    columns.extend(JUDGES.map(|judge| format!("{judge}, all sizes")));
    head(&columns);
    for all in rows.iter().filter(|row| row.points.is_none()) {
        let same =
            |row: &&&RealRow| (row.pairs, row.harm, row.size) == (all.pairs, all.harm, all.size);
        let sized: Vec<&&RealRow> = rows.iter().filter(same).collect();
        let mut cells = vec![all.pairs.to_owned(), format!("{} {}", all.harm, all.size)];
        cells.push(all.cases.to_string());
        for judge in 0..JUDGES.len() {
            let percent = |points: &usize| {
                let row = sized.iter().find(|row| row.points == Some(*points));
                let rate = row.and_then(|row| row.judges[judge].rate);
                rate.map_or_else(|| "-".to_owned(), |rate| format!("{:.0}", 100.0 * rate.mean))
            };
            cells.push(points.iter().map(percent).collect::<Vec<_>>().join(" / "));
        }
        cells.extend(all.judges.iter().map(|judge| cell(judge.rate)));
        line(&cells);
    }
}
