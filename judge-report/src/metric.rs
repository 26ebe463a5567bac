//! The section on one metric: class, change, explanation, charts and statistics.

use judge_core::judgement::{MetricJudgement, SideSummary};
use judge_core::{Classification, MetricPair, Series, format};
use maud::{Markup, html};

use crate::isolated::isolated;
use crate::time;
use crate::words::{self, Word};

/// One metric with its series and its cost.
pub(crate) struct MetricSection<'a> {
    /// Its index in the judgement.
    pub(crate) index: usize,
    pub(crate) judgement: &'a MetricJudgement,
    /// Points of the score it cost.
    pub(crate) cost: f64,
    pub(crate) pair: Option<&'a MetricPair>,
}

/// The id of the section of the metric at `index`, for links.
pub(crate) fn anchor(index: usize) -> String {
    format!("metric-{index}")
}

/// The section of a metric. It is expanded at first if the metric did not pass.
pub(crate) fn metric(metric: &MetricSection) -> Markup {
    let MetricSection { index, judgement, cost, pair } = *metric;
    let Word { text, tone } = words::classification(judgement.classification);
    let open = judgement.classification != Classification::Pass;
    html! {
        details.metric.(tone.class()) id=(anchor(index)) open[open] {
            summary {
                h3 { (isolated(judgement.shown_name())) }
                span.badge { (text) }
                @if judgement.critical { span.mark { "critical" } }
                @if judgement.muted { span.mark { "muted" } }
                span.change { (judgement.shown_change()) }
                @if cost > 0.0 { span.cost { "cost " (format::value(cost)) } }
            }
            p.reason { (sentence(judgement)) }
            @if pair.is_some() { div.views data-metric=(index) {} }
            (statistics(judgement, pair))
        }
    }
}

/// The explanation as a sentence.
fn sentence(judgement: &MetricJudgement) -> String {
    let text = judgement.explanation();
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => format!("{}{}.", first.to_uppercase(), letters.as_str()),
        None => text,
    }
}

fn statistics(judgement: &MetricJudgement, pair: Option<&MetricPair>) -> Markup {
    let (baseline, canary) = (&judgement.baseline, &judgement.canary);
    let sides = [
        ("Baseline", [baseline, canary], pair.map(|pair| &pair.baseline)),
        ("Canary", [canary, baseline], pair.map(|pair| &pair.canary)),
    ];
    html! {
        div.scroll tabindex="0" role="region" aria-label={ "Statistics of " (judgement.shown_name()) } {
            table.statistics {
                thead {
                    tr {
                        td {}
                        th.number scope="col" { "Start" }
                        @for name in ["Judged", "Gaps", "Outliers", "Mean", "Median", "Min", "Max", "P95", "Std"] {
                            th.number scope="col" { (name) }
                        }
                    }
                }
                tbody {
                    @for (name, [side, other], series) in sides { (row(name, side, other, series)) }
                }
            }
        }
    }
}

fn row(name: &str, side: &SideSummary, other: &SideSummary, series: Option<&Series>) -> Markup {
    let counts = side.counts;
    let figures = |side: &SideSummary| {
        let &SideSummary { mean, median, min, max, p95, std, .. } = side;
        [mean, median, min, max, p95, std]
    };
    let clock = series.and_then(|series| series.clock);
    html! {
        tr {
            th scope="row" { (name) }
            td.number { @match clock {
                Some(clock) => (time::utc(clock.start_millis())),
                None => "–",
            } }
            @for count in [counts.judged, counts.gaps, counts.outliers] { td.number { (count) } }
            @for (value, other) in figures(side).into_iter().zip(figures(other)) {
                td.number {
                    @if counts.judged > 0 { (format::value_beside(value, other)) } @else { "–" }
                }
            }
        }
    }
}
