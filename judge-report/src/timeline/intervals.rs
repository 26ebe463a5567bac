//! The intervals of a release as a chart, as the classes of metrics, and as a table of numbers.

use judge_core::{Classification, LookLevel, format};
use maud::{Markup, html};

use super::{Timeline, TimelineInterval};
use crate::isolated::isolated;
use crate::metric::anchor;
use crate::time;
use crate::words::{self, Word};

pub(super) fn intervals(timeline: &Timeline) -> Markup {
    html! {
        section aria-labelledby="intervals" {
            h2 id="intervals" { "Intervals" }
            @if timeline.intervals.is_empty() {
                p.note { "No interval was judged." }
            } @else {
                (picture(timeline))
                details.all {
                    summary { "Every interval in numbers" }
                    (numbers(timeline))
                }
            }
        }
    }
}

/// The scores over time, and the class of each metric.
pub(crate) fn picture(timeline: &Timeline) -> Markup {
    html! {
        p.legend {
            span.key.passing { "pass" }
            span.key.marginal { "marginal" }
            span.key.failing { "fail" }
            span.key.pass-line { "passes from " (format::value(timeline.thresholds.pass())) }
            span.key.marginal-line {
                "marginal from " (format::value(timeline.thresholds.marginal()))
            }
            @if timeline.stopped.is_some() { span.key.stop-line { "stopped" } }
            @if timeline.deciding + 1 < timeline.intervals.len() {
                span.key.later { "hollow: what would have come" }
            }
        }
        div.scores {}
        @if has_levels(timeline) { (evidence()) }
        (classes(timeline))
    }
}

/// The chart of the evidence at each planned look, with its significance level.
fn evidence() -> Markup {
    html! {
        p.legend {
            span.key.passing { "strongest evidence of harm at a look" }
            span.key.failing { "harm" }
            span.key.level-line { "level that it was held against" }
        }
        div.evidence {}
        p.note {
            "Evidence: the smallest p-value of all tests that found a change that matters, in proportion to the level of "
            "its test. At the line or above it, a metric fails; the score says what share of them."
        }
    }
}

fn has_levels(timeline: &Timeline) -> bool {
    timeline.intervals.iter().any(|interval| interval.look.is_some())
}

/// A table with a row for each metric and a column for each interval. Metrics that failed first come first.
fn classes(timeline: &Timeline) -> Markup {
    let mut metrics: Vec<usize> = (0..timeline.metrics.len()).collect();
    metrics.sort_by_key(|metric| first_failure(timeline, *metric));
    html! {
        div.scroll tabindex="0" role="region" aria-label="Class of each metric in each interval" {
            table.classes {
                caption { "Class of each metric after" }
                thead {
                    tr {
                        th scope="col" { "Metric" }
                        @for (index, interval) in timeline.intervals.iter().enumerate() {
                            th scope="col" aria-current=[current(timeline, index)] {
                                (timeline.elapsed(interval.window.to_millis))
                            }
                        }
                    }
                }
                tbody {
                    @for metric in metrics {
                        tr {
                            th scope="row" {
                                a href={ "#" (anchor(metric)) } { (isolated(&timeline.metrics[metric])) }
                            }
                            @for (index, interval) in timeline.intervals.iter().enumerate() {
                                (class(timeline, index, interval.classes.get(metric).copied().flatten()))
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The index of the first interval in which a metric fails; beyond all intervals if it never does.
fn first_failure(timeline: &Timeline, metric: usize) -> usize {
    let fails = |interval: &TimelineInterval| {
        let class = interval.classes.get(metric).copied().flatten();
        class.is_some_and(|class| words::classification(class).tone == words::Tone::Bad)
    };
    timeline.intervals.iter().position(fails).unwrap_or(usize::MAX)
}

fn class(timeline: &Timeline, index: usize, class: Option<Classification>) -> Markup {
    let current = current(timeline, index);
    html! {
        @match class {
            Some(class) => {
                @let Word { text, tone } = words::classification(class);
                td.(tone.class()) aria-current=[current] {
                    // There is a cell for each metric and interval, so these two have no classes.
                    i aria-hidden="true" { (sign(class)) }
                    b { (text) }
                }
            }
            None => td aria-current=[current] { b { "not judged" } },
        }
    }
}

/// The class as one character, so that nobody needs to see the colour.
fn sign(class: Classification) -> &'static str {
    match class {
        Classification::Pass => "·",
        Classification::High => "▲",
        Classification::Low => "▼",
        Classification::NoDataFail => "✕",
        Classification::NoData => "○",
        _ => "?",
    }
}

/// `aria-current` of the interval that decided.
fn current(timeline: &Timeline, index: usize) -> Option<&'static str> {
    (index == timeline.deciding).then_some("true")
}

fn numbers(timeline: &Timeline) -> Markup {
    let has_levels = has_levels(timeline);
    html! {
        div.scroll tabindex="0" role="region" aria-label="Every interval in numbers" {
            table.intervals {
                thead {
                    tr {
                        th.number scope="col" { "Interval" }
                        th scope="col" { "Judged from" }
                        th scope="col" { "To" }
                        th.number scope="col" { "Score" }
                        th scope="col" { "Verdict" }
                        @if has_levels {
                            th.number scope="col" { "Level" }
                            th.number scope="col" { "Strongest p" }
                        }
                        th scope="col" { "Failing metrics" }
                    }
                }
                tbody {
                    @for (index, interval) in timeline.intervals.iter().enumerate() {
                        (row(timeline, index, interval, has_levels))
                    }
                }
            }
        }
    }
}

fn row(timeline: &Timeline, index: usize, interval: &TimelineInterval, has_levels: bool) -> Markup {
    let Word { text, tone } = words::verdict(interval.verdict);
    let failing = timeline.metrics.iter().zip(&interval.classes).filter(|(_, class)| {
        class.is_some_and(|class| words::classification(class).tone == words::Tone::Bad)
    });
    html! {
        tr.(tone.class()) aria-current=[current(timeline, index)] {
            th.number scope="row" { (index + 1) }
            td.time { (time::utc(interval.window.from_millis)) }
            td.time { (time::utc(interval.window.to_millis)) }
            td.number { (format::value(interval.score)) }
            td { span.badge { (text) } }
            @if has_levels {
                td.number { (interval.look.map(|look| look.percent()).unwrap_or_default()) }
                td.number { (interval.strongest_p.map(LookLevel::percent_of).unwrap_or_default()) }
            }
            td {
                @for (at, (metric, _)) in failing.enumerate() {
                    @if at > 0 { ", " }
                    (isolated(metric))
                }
            }
        }
    }
}
