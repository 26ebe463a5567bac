//! The figures of a calibration, for people.

use std::fmt::Write;

use comfy_table::presets::NOTHING;
use comfy_table::{Cell, CellAlignment, Table};
use judge_calibrate::{
    Advice, Calibration, HistorySummary, MetricFigures, Pairing, Share, SmallestChange,
    TimeToDetect,
};
use judge_core::format;

use super::style::HEADING;
use super::text::printable;

/// Spaces before the first column.
const INDENT: u16 = 2;
/// The subject of the first row of each table.
const EVERY: &str = "every metric at once";
/// Mark of a metric whose changes are added, not factors.
const ADDED: &str = " *";

/// Formats the figures in lines of at most `width` columns, if given.
pub(crate) fn text(calibration: &Calibration, width: Option<u16>) -> String {
    let mut text = String::new();
    head(&mut text, calibration);
    section(&mut text, "Healthy canaries that fail", &false_alarms(calibration), width);
    let title = format!("Smallest shift found {}", power_text(calibration));
    section(&mut text, &title, &shifts(calibration), width);
    if let Some(window) = calibration.windows.iter().rfind(|window| window.pairs > 0) {
        let minutes = format::value(window.minutes);
        let title =
            format!("Smallest other change found {} in {minutes} min", power_text(calibration));
        section(&mut text, &title, &others(calibration), width);
    }
    if calibration.metrics.iter().any(|metric| !metric.multiplicative && !metric.shift.is_empty()) {
        text.push_str("  * added to every point, in percent of the metric's mean size\n");
    }
    findings(&mut text, calibration);
    text
}

fn power_text(calibration: &Calibration) -> String {
    format!("{} of the time", format::share(calibration.options.power))
}

fn head(text: &mut String, calibration: &Calibration) {
    let HistorySummary { pairing, step_millis, recordings, instances, minutes, gap_minutes } =
        calibration.history;
    let recordings =
        if recordings == 1 { "1 recording".to_owned() } else { format!("{recordings} recordings") };
    let step = format::value(step_millis as f64 / 1000.0);
    let compared = match pairing {
        Pairing::Concurrent => "concurrent instances".to_owned(),
        Pairing::Blocks => {
            format!("each block with a later block, up to {} min apart", format::value(gap_minutes))
        }
    };
    // Writing to a String cannot fail.
    let _ = writeln!(
        text,
        "{HEADING}{}{HEADING:#} on {recordings} of {instances} instances, {} min, one point every {step} s",
        printable(&calibration.judge),
        format::value(minutes)
    );
    let _ = writeln!(
        text,
        "compared: {compared}; {} pairs per figure, seed {}; [95 % interval], ? if the history is too short to bound it",
        calibration.options.pairs, calibration.options.seed
    );
}

pub(super) fn section(text: &mut String, title: &str, table: &Table, width: Option<u16>) {
    let mut table = table.clone();
    match width {
        Some(width) => {
            table.set_width(width);
            table.set_content_arrangement(comfy_table::ContentArrangement::Dynamic);
        }
        None => {
            table.force_no_tty();
        }
    }
    table.enforce_styling();
    let _ = writeln!(text, "\n{HEADING}{title}{HEADING:#}\n{}", table.trim_fmt());
}

pub(super) fn table(header: Vec<String>) -> Table {
    let mut table = Table::new();
    table.load_style(NOTHING);
    let columns = header.len();
    table.set_header(header);
    for index in 1..columns {
        if let Some(column) = table.column_mut(index) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    if let Some(first) = table.column_mut(0) {
        first.set_padding((INDENT, 1));
    }
    table
}

/// A header with one column per window after `first`.
fn header(first: &str, calibration: &Calibration) -> Vec<String> {
    let windows = calibration.windows.iter();
    let minutes = windows.map(|window| format!("{} min", format::value(window.minutes)));
    std::iter::once(first.to_owned()).chain(minutes).collect()
}

fn false_alarms(calibration: &Calibration) -> Table {
    let mut table = table(header("", calibration));
    let cells = |shares: &[Option<Share>]| shares.iter().map(|s| share(*s)).collect::<Vec<_>>();
    add(
        &mut table,
        "independent pairs",
        calibration.windows.iter().map(|window| format::value(window.independent.round())),
    );
    add(&mut table, "whole config, not Pass", cells(&calibration.config.blocks));
    add(&mut table, "whole config, Fail", cells(&calibration.config.fails));
    for metric in &calibration.metrics {
        add(&mut table, &printable(&metric.name), cells(&metric.false_alarms));
    }
    table
}

pub(super) fn add(table: &mut Table, name: &str, cells: impl IntoIterator<Item = String>) {
    let cells = cells.into_iter().map(Cell::new);
    table.add_row(std::iter::once(Cell::new(name)).chain(cells));
}

fn shifts(calibration: &Calibration) -> Table {
    let requested = format::percent(calibration.options.change);
    let mut header = header("", calibration);
    header.push(format!("{requested} takes"));
    let mut table = table(header);
    let row = |table: &mut Table, name: &str, shift: &[Option<SmallestChange>], takes| {
        add(table, name, shift.iter().map(|found| smallest(*found)).chain([needs(takes)]));
    };
    row(&mut table, EVERY, &calibration.config.shift, calibration.config.time_to_detect);
    for metric in &calibration.metrics {
        row(&mut table, &name(metric), &metric.shift, metric.time_to_detect);
    }
    table
}

fn others(calibration: &Calibration) -> Table {
    let columns = ["", "spread", "one point in 20", "drift, by its end"];
    let mut table = table(columns.map(str::to_owned).to_vec());
    for metric in &calibration.metrics {
        let found = [metric.spread, metric.spikes, metric.drift];
        add(&mut table, &name(metric), found.map(smallest));
    }
    table
}

fn name(metric: &MetricFigures) -> String {
    let mark = if metric.multiplicative { "" } else { ADDED };
    format!("{}{mark}", printable(&metric.name))
}

/// Formats a share with its interval: `4.5% [2%, 9.1%]`.
pub(super) fn share(share: Option<Share>) -> String {
    match share {
        Some(Share { share, lower, upper, .. }) => {
            format!("{} [{}, {}]", format::share(share), format::share(lower), format::share(upper))
        }
        None => "-".to_owned(),
    }
}

/// Formats a change with its interval, `+12% [+10%, +15%]`; a question mark is an end that the history does not
/// bound.
pub(super) fn smallest(smallest: Option<SmallestChange>) -> String {
    let Some(SmallestChange { change, from, to, .. }) = smallest else { return "-".to_owned() };
    let Some(change) = change else { return "none".to_owned() };
    let to = to.map_or_else(|| "?".to_owned(), two_digits);
    format!("{} [{}, {to}]", two_digits(change), two_digits(from))
}

/// Formats minutes with their interval: `7.5 min [5, 12]`.
fn needs(needs: TimeToDetect) -> String {
    let bound = |minutes: Option<f64>| minutes.map_or_else(|| "?".to_owned(), short);
    match (needs.minutes, needs.longest) {
        (Some(minutes), _) => {
            format!("{} min [{}, {}]", short(minutes), bound(needs.from), bound(needs.to))
        }
        (None, Some(longest)) => format!("over {} min", short(longest)),
        (None, None) => "-".to_owned(),
    }
}

/// Formats a change in percent with two digits, since the tried sizes are 5 % apart.
fn two_digits(change: f64) -> String {
    format!("{}%", format::signed(format::round_to_digits(change * 100.0, 2)))
}

/// Formats minutes with two digits, since the tried windows are 25 % apart.
fn short(minutes: f64) -> String {
    format::value(format::round_to_digits(minutes, 2))
}

fn findings(text: &mut String, calibration: &Calibration) {
    let mut told: Vec<(&Advice, Vec<&str>)> = Vec::new();
    for metric in &calibration.metrics {
        for finding in &metric.advice {
            match told.iter_mut().find(|(known, _)| *known == finding) {
                Some((_, metrics)) => metrics.push(&metric.name),
                None => told.push((finding, vec![&metric.name])),
            }
        }
    }
    if told.is_empty() {
        return;
    }
    let _ = writeln!(text, "\n{HEADING}Advice{HEADING:#}");
    for (finding, metrics) in told {
        let names: Vec<_> = metrics.iter().map(|name| printable(name)).collect();
        let _ = writeln!(text, "  {}: {}", names.join(", "), printable(&finding.sentence));
    }
}
