//! A comparison of two samples, for people and as JSON.

use std::fmt::Write;

use comfy_table::presets::NOTHING;
use comfy_table::{CellAlignment, Table};
use judge_core::format;
use judge_core::stats::comparison::{
    Bounded, LocationComparison, SampleComparison, SpreadComparison,
};

use super::text::printable;

/// Whether the whole interval of `bounded` is above or below `neutral`.
fn compare_to_neutral(bounded: Bounded, neutral: f64) -> Verdict {
    if bounded.lower > neutral {
        Verdict::Above
    } else if bounded.upper < neutral {
        Verdict::Below
    } else {
        Verdict::Open
    }
}

enum Verdict {
    Above,
    Below,
    Open,
}

/// Formats the comparison in a few lines.
pub(super) fn lines(comparison: &SampleComparison) -> String {
    let mut text = String::new();
    let (baseline, canary) = (&comparison.baseline, &comparison.canary);
    for (role, side, other) in [("baseline", baseline, canary), ("canary", canary, baseline)] {
        let gaps = match side.gaps {
            0 => String::new(),
            1 => ", 1 gap".to_owned(),
            gaps => format!(", {gaps} gaps"),
        };
        let _ = writeln!(
            text,
            "{role:<8}  {}: {} points{gaps}, median {}",
            printable(&side.column),
            side.points,
            format::value_beside(side.median, other.median)
        );
    }
    let _ = writeln!(text);
    let mut table = Table::new();
    table.load_style(NOTHING);
    let interval = format!("{} % interval", percent_level(comparison.level));
    table.set_header(["", "estimate", &interval, "what it says"]);
    for row in rows(comparison) {
        table.add_row([row.name.to_owned(), row.estimate, row.interval, row.sentence]);
    }
    if let Some(column) = table.column_mut(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    for line in table.lines() {
        let _ = writeln!(text, "{}", line.trim_end());
    }
    text
}

/// The level in percent with the digits that the user gave; with four digits 0.99999 would be 100.
fn percent_level(level: f64) -> f64 {
    // 100 × 0.57 is not 57.
    (level * 1e12).round() / 1e10
}

struct Row {
    name: &'static str,
    estimate: String,
    interval: String,
    sentence: String,
}

fn rows(comparison: &SampleComparison) -> Vec<Row> {
    let LocationComparison { shift, coverage, percent } = comparison.location;
    let superiority = comparison.superiority.probability;
    let location = match compare_to_neutral(shift, 0.0) {
        Verdict::Above => "the canary is higher",
        Verdict::Below => "the canary is lower",
        Verdict::Open => "no side is shown to be higher",
    };
    let location = if coverage < comparison.level {
        let reached = format::value((1000.0 * coverage).floor() / 10.0);
        format!("{location}; with so few points the level is only {reached} %")
    } else {
        location.to_owned()
    };
    let percent = percent.map_or_else(
        || Row {
            name: "change",
            estimate: "-".to_owned(),
            interval: String::new(),
            sentence: "the baseline's median is 0, so there is no percentage".to_owned(),
        },
        |percent| Row {
            name: "change",
            estimate: format::percent(percent.estimate / 100.0),
            interval: format_interval(percent, |value| format::percent(value / 100.0)),
            sentence: "the shift in percent of the baseline's median".to_owned(),
        },
    );
    let p = comparison.mann_whitney.two_sided;
    let method = if comparison.exact { "exact" } else { "asymptotic" };
    vec![
        Row {
            name: "location",
            estimate: format::signed(shift.estimate),
            interval: format_interval(shift, format::signed),
            sentence: location,
        },
        percent,
        Row {
            name: "superiority",
            estimate: format::value(superiority.estimate),
            interval: format_interval(superiority, format::value),
            sentence: format!(
                "a canary point exceeds a baseline point {:.0} times in 100",
                100.0 * superiority.estimate
            ),
        },
        spread(&comparison.spread),
        Row {
            name: "p",
            estimate: format::value(p),
            interval: "two-sided".to_owned(),
            sentence: format!("{}, by the Mann-Whitney test, {method}", likelihood(p)),
        },
    ]
}

fn spread(spread: &SpreadComparison) -> Row {
    let Some(ratio) = spread.ratio else {
        return Row {
            name: "spread",
            estimate: "-".to_owned(),
            interval: String::new(),
            sentence: "a side does not vary".to_owned(),
        };
    };
    let compared = match compare_to_neutral(ratio, 1.0) {
        Verdict::Above => "the canary varies more",
        Verdict::Below => "the canary varies less",
        Verdict::Open => "no side is shown to vary more",
    };
    let p = spread.brown_forsythe.as_ref().map_or_else(String::new, |test| {
        format!(" (Brown-Forsythe p {})", format::value(test.two_sided))
    });
    Row {
        name: "spread",
        estimate: format!("×{}", format::value(ratio.estimate)),
        interval: format_interval(ratio, |value| format!("×{}", format::value(value))),
        sentence: format!("{compared}{p}"),
    }
}

fn format_interval(bounded: Bounded, show: impl Fn(f64) -> String) -> String {
    if bounded.lower == f64::NEG_INFINITY && bounded.upper == f64::INFINITY {
        return "unbounded".to_owned();
    }
    format!("{} to {}", show(bounded.lower), show(bounded.upper))
}

/// How rarely samples of equal populations differ as much as these.
fn likelihood(p: f64) -> String {
    if p >= 0.01 {
        format!("equal sides differ this much {:.0} times in 100", 100.0 * p)
    } else {
        format!("equal sides differ this much once in {} times", format::value((1.0 / p).round()))
    }
}
