//! The sections on warnings, facts about the canary, and the config.

use judge_core::{Clock, MetricPair, Series};
use maud::{Markup, html};
use serde_json::Value;

use crate::isolated::isolated;
use crate::time;
use crate::{Fact, Report, TimeRange};

pub(crate) fn warnings(report: &Report) -> Markup {
    let own = report.judgement.warnings.iter().map(ToString::to_string);
    let all: Vec<String> = own.chain(report.warnings.iter().cloned()).collect();
    html! {
        @if !all.is_empty() {
            section.warnings aria-labelledby="warnings" {
                h2 id="warnings" { "Warnings" }
                ul { @for warning in &all { li { (isolated(warning)) } } }
            }
        }
    }
}

pub(crate) fn facts(report: &Report) -> Markup {
    let judgement = report.judgement;
    let pairs = || report.pairs.iter();
    html! {
        section aria-labelledby="about" {
            h2 id="about" { "About this judgement" }
            dl.facts {
                (fact("Judge", &judgement.judge))
                @for Fact { name, value } in report.facts { (fact(name, value)) }
                @if let Some(times) = times(pairs().map(|pair| &pair.baseline)) {
                    (fact("Baseline time", &times))
                }
                @if let Some(times) = times(pairs().map(|pair| &pair.canary)) {
                    (fact("Canary time", &times))
                }
                @if let Some(steps) = steps(report.pairs) { (fact("Step", &steps)) }
                @for (name, span) in [("Warm-up", report.warm_up), ("Judged window", report.judged)] {
                    @if let Some(TimeRange { from_millis, to_millis }) = span {
                        (fact(name, &between(from_millis, to_millis)))
                    }
                }
                (fact("Metrics", &judgement.metrics.len().to_string()))
                (fact("Made by", concat!("judge ", env!("CARGO_PKG_VERSION"))))
            }
        }
    }
}

pub(crate) fn fact(name: &str, value: &str) -> Markup {
    html! { div { dt { (isolated(name)) } dd { (isolated(value)) } } }
}

/// From the first point of any series to the end of the last.
fn times<'a>(series: impl Iterator<Item = &'a Series>) -> Option<String> {
    let spans = series.filter_map(|series| span(series.clock?, series.values.len()));
    let all = spans.reduce(|a, b| TimeRange {
        from_millis: a.from_millis.min(b.from_millis),
        to_millis: a.to_millis.max(b.to_millis),
    })?;
    Some(between(all.from_millis, all.to_millis))
}

fn span(clock: Clock, points: usize) -> Option<TimeRange> {
    let length = clock.step_millis().checked_mul(points as u64)?;
    Some(TimeRange {
        from_millis: clock.start_millis(),
        to_millis: clock.start_millis().checked_add_unsigned(length)?,
    })
}

fn between(from_millis: i64, to_millis: i64) -> String {
    format!("{} to {}", time::utc(from_millis), time::utc(to_millis))
}

/// The distinct steps of all series.
fn steps(pairs: &[MetricPair]) -> Option<String> {
    let sides = pairs.iter().flat_map(|pair| [&pair.baseline, &pair.canary]);
    let mut steps: Vec<u64> = sides.filter_map(|side| Some(side.clock?.step_millis())).collect();
    steps.sort_unstable();
    steps.dedup();
    let steps: Vec<String> = steps.into_iter().map(time::duration).collect();
    (!steps.is_empty()).then(|| steps.join(", "))
}

pub(crate) fn config(config: Option<&Value>) -> Markup {
    html! {
        @if let Some(config) = config {
            section aria-labelledby="config" {
                h2 id="config" { "Config" }
                details {
                    summary { "The canary config that was used" }
                    pre tabindex="0" role="region" aria-labelledby="config" {
                        (serde_json::to_string_pretty(config).unwrap_or_default())
                    }
                }
            }
        }
    }
}
