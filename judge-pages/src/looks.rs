//! The looks at a canary: a picture of the scores, and each in numbers.

use judge_canary::{Canary, CanaryLook, FailureKind, LookResult, LookWindow, SideWindow};
use judge_core::judgement::MetricJudgement;
use judge_core::{Classification, Judgement, LookLevel, Verdict, format};
use judge_report::timeline::{Stop, Timeline, TimelineInterval};
use judge_report::{TimeRange, fragment, isolated, time, words};
use maud::{Markup, PreEscaped, html};

use crate::place::canary_path;

/// The most looks on a page.
const SHOWN: usize = 60;

/// Fewest, if there are more.
const FEWEST: usize = 10;

/// The most classes on a page: looks times metrics. A class has some 65 bytes, and a page is to have 200 kB at most.
const CLASSES: usize = 1200;

/// The newest looks, as many as fit.
fn newest(looks: &[CanaryLook]) -> &[CanaryLook] {
    let metrics = looks.iter().filter_map(|look| Some(look.judgement()?.metrics.len())).max();
    let most = (CLASSES / metrics.unwrap_or(1).max(1)).clamp(FEWEST, SHOWN);
    &looks[looks.len().saturating_sub(most)..]
}

pub(crate) fn looks(canary: &Canary, all: &[CanaryLook]) -> Markup {
    let looks = newest(all);
    let earlier = all.len() - looks.len();
    html! {
        section aria-labelledby="looks" {
            h2 id="looks" { "Looks" }
            @if earlier > 0 {
                p.note {
                    "The newest " (looks.len()) " looks. The " (earlier) " before them are in "
                    a href={ (canary_path(&canary.summary.id)) "/json" } { "all looks as JSON" } "."
                }
            }
            @if let Some(timeline) = timeline(canary, looks) {
                (PreEscaped(fragment::intervals(&timeline)))
            }
            @if looks.is_empty() {
                p.note { "No look was made yet." }
            } @else {
                (table(looks))
            }
        }
    }
}

/// The window of the canary in a look: the one of the first scope.
fn window(window: &LookWindow) -> Option<SideWindow> {
    window.scopes.values().next().map(|pair| pair.canary)
}

fn timeline(canary: &Canary, looks: &[CanaryLook]) -> Option<Timeline> {
    let judged: Vec<(&CanaryLook, &Judgement)> =
        looks.iter().filter_map(|look| Some((look, look.judgement()?))).collect();
    let (first, (last, newest)) = (judged.first()?, judged.last()?);
    let names: Vec<String> = newest.metrics.iter().map(MetricJudgement::shown_name).collect();
    let class = |judgement: &Judgement, name: &str| -> Option<Classification> {
        let metric = judgement.metrics.iter().find(|metric| metric.shown_name() == name);
        metric.map(|metric| metric.classification)
    };
    let interval = |(look, judgement): &(&CanaryLook, &Judgement)| {
        let window = window(&look.window)?;
        let window = TimeRange { from_millis: window.start_millis, to_millis: window.end_millis };
        let classes = names.iter().map(|name| class(judgement, name));
        Some(TimelineInterval::new(window, judgement, classes.collect()))
    };
    let is_stopped = canary.summary.is_over()
        && canary.summary.verdict == Some(Verdict::Fail)
        && canary.summary.looks < canary.summary.planned;
    let stopped = is_stopped.then(|| window(&last.window)).flatten();
    Some(Timeline {
        release: String::new(),
        verdict: newest.verdict,
        thresholds: newest.thresholds,
        start_millis: window(&first.0.window)?.start_millis,
        intervals: judged.iter().filter_map(interval).collect(),
        metrics: names,
        deciding: judged.len() - 1,
        unfinished: None,
        stopped: stopped.map(|window| Stop { at_millis: window.end_millis, metric: None }),
    })
}

fn table(looks: &[CanaryLook]) -> Markup {
    let levels = looks.iter().any(|look| look.judgement().is_some_and(|one| one.look.is_some()));
    html! {
        div.scroll tabindex="0" role="region" aria-label="Every look in numbers" {
            table.intervals {
                thead {
                    tr {
                        th.number scope="col" { "Look" }
                        th scope="col" { "Judged from" }
                        th scope="col" { "To" }
                        th.number scope="col" { "Score" }
                        th scope="col" { "Verdict" }
                        @if levels {
                            th.number scope="col" { "Level" }
                            th.number scope="col" { "Strongest p" }
                            th.number scope="col" { "Spent" }
                        }
                        th scope="col" { "Failing metrics" }
                    }
                }
                tbody { @for look in looks { (row(look, levels)) } }
            }
        }
        @if levels {
            p.note {
                "Level: the significance level that a metric was held against at the look. Strongest p: the smallest "
                "p-value of all tests that found a change that matters, in proportion to the level of its test. Spent: what "
                "all looks so far have had of the level."
            }
        }
    }
}

fn row(look: &CanaryLook, levels: bool) -> Markup {
    let window = window(&look.window);
    let times = window.map(|window| [window.start_millis, window.end_millis]);
    html! {
        tr {
            th.number scope="row" { (look.window.number) }
            @match times {
                Some(times) => { @for at in times { td.time { (time::utc(at)) } } }
                None => { td {} td {} }
            }
            @match &look.result {
                LookResult::Judged(judged) => (scored(&judged.judgement, levels)),
                LookResult::Failed(failure) => {
                    td {}
                    td { span.badge.doubtful { (ended_by(failure.kind)) } }
                    @if levels { td {} td {} td {} }
                    td { @for reason in &failure.reasons { p { (isolated(reason)) } } }
                }
                _ => {}
            }
        }
    }
}

fn ended_by(kind: FailureKind) -> &'static str {
    if kind == FailureKind::Cancelled { "cancelled" } else { "failed" }
}

fn scored(judgement: &Judgement, levels: bool) -> Markup {
    let word = words::verdict(judgement.verdict);
    let failing = judgement
        .metrics
        .iter()
        .filter(|metric| words::classification(metric.classification).tone == words::Tone::Bad);
    html! {
        td.number { (format::value(judgement.score)) }
        td { span.badge.(word.tone.class()) { (word.text) } }
        @if levels {
            @match judgement.look {
                Some(look) => {
                    td.number { (look.percent()) }
                    td.number {
                        (judgement.strongest_p().map(LookLevel::percent_of).unwrap_or_default())
                    }
                    td.number { (format::value(100.0 * look.spent)) " %" }
                }
                None => { td {} td {} td {} }
            }
        }
        td {
            @for (at, metric) in failing.enumerate() {
                @if at > 0 { ", " }
                (isolated(metric.shown_name()))
            }
        }
    }
}
