//! The costs and gains of repeated looks at a canary, for people.

use std::fmt::Write;

use comfy_table::Table;
use judge_calibrate::{Alarms, LooksFigures};
use judge_core::format;

use super::calibration::{add, section, share, table};
use super::style::HEADING;
use super::text::printable;

/// Formats the figures in lines of at most `width` columns, if given.
pub(crate) fn text(figures: &LooksFigures, width: Option<u16>) -> String {
    let LooksFigures { looks, pairs, independent, .. } = figures;
    let mut text = String::new();
    // Writing to a String cannot fail.
    let _ = writeln!(
        text,
        "{HEADING}{}{HEADING:#} at {looks} looks, the last after {} min; {pairs} pairs, worth {} independent ones",
        printable(&figures.judge),
        format::value(figures.minutes),
        format::value(independent.round())
    );
    section(&mut text, "Canaries that fail at some look", &alarms(figures), width);
    section(
        &mut text,
        "Minutes until half of the canaries, and nine of ten, have failed",
        &times(figures),
        width,
    );
    text
}

const COLUMNS: [&str; 4] = ["", "one look at the end", "uncorrected looks", "planned looks"];

fn fill_table(figures: &LooksFigures, cell: impl Fn(Alarms) -> String) -> Table {
    let mut table = table(COLUMNS.map(str::to_owned).to_vec());
    for row in &figures.canaries {
        let name = match row.change {
            None => "healthy".to_owned(),
            Some(change) => format!("every metric {}", format::percent(change)),
        };
        let planned = row.planned.map_or_else(|| "-".to_owned(), &cell);
        add(&mut table, &name, [cell(row.one), cell(row.uncorrected), planned]);
    }
    table
}

fn alarms(figures: &LooksFigures) -> Table {
    fill_table(figures, |alarms| share(Some(alarms.share)))
}

fn times(figures: &LooksFigures) -> Table {
    let minutes = |minutes: Option<f64>| {
        minutes.map_or_else(
            || "-".to_owned(),
            |minutes| format::value(format::round_to_digits(minutes, 2)),
        )
    };
    fill_table(figures, |alarms| {
        format!("{}, {}", minutes(alarms.median_minutes), minutes(alarms.ninety_percent_minutes))
    })
}
