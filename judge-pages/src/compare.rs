//! Two canaries side by side.

use judge_canary::{Canary, CanaryLook};
use judge_core::judgement::MetricJudgement;
use judge_core::{Judgement, format};
use judge_report::{isolated, time, words};
use maud::{Markup, html};

use crate::frame::{Scripts, Visitor, page};
use crate::list::{application, badge, config, tone};
use crate::place::canary_path;

/// One of the two.
#[derive(Debug, Clone, Copy)]
pub struct ShownSide<'a> {
    /// The canary.
    pub canary: &'a Canary,
    /// Its looks.
    pub looks: &'a [CanaryLook],
}

impl ShownSide<'_> {
    /// The judgement of the newest look that has one.
    fn judgement(&self) -> Option<&Judgement> {
        self.looks.iter().rev().find_map(CanaryLook::judgement)
    }

    fn metric(&self, name: &str) -> Option<&MetricJudgement> {
        self.judgement()?.metrics.iter().find(|metric| metric.shown_name() == name)
    }
}

/// Two canaries side by side.
pub fn compare_page(visitor: &Visitor, sides: [ShownSide; 2]) -> String {
    let body = html! {
        h1 { "Two canaries" }
        div.sides { @for side in &sides { (head(side)) } }
        (metrics(&sides))
    };
    page(Some(visitor), &html! { "Two canaries" }, &body, Scripts::None)
}

fn head(side: &ShownSide) -> Markup {
    let canary = &side.canary.summary;
    html! {
        section.verdict.(tone(canary)) {
            h2.name { a href=(canary_path(&canary.id)) { (isolated(application(canary))) } ", config " (config(canary)) }
            p {
                (badge(canary))
                @if let Some(score) = canary.score { " score " strong { (format::value(score)) } }
            }
            p { (isolated(&canary.reason)) }
            p.thresholds { "Started " (time::utc(canary.created_millis)) ", look " (canary.looks) " of " (canary.planned) "." }
        }
    }
}

fn metrics(sides: &[ShownSide; 2]) -> Markup {
    let mut names: Vec<String> = Vec::new();
    for judgement in sides.iter().filter_map(ShownSide::judgement) {
        for metric in &judgement.metrics {
            let name = metric.shown_name();
            if !names.contains(&name) {
                names.push(name);
            }
        }
    }
    html! {
        h2 id="metrics" { "Metrics" }
        @if names.is_empty() {
            p.note { "Neither was judged." }
        } @else {
            div.scroll tabindex="0" role="region" aria-labelledby="metrics" {
                table {
                    thead {
                        tr {
                            th scope="col" { "Metric" }
                            @for name in ["First", "Second"] {
                                th scope="col" { (name) }
                                th scope="col" { "Its change" }
                                th.number scope="col" { "Its medians" }
                            }
                        }
                    }
                    tbody {
                        @for name in &names {
                            tr {
                                th scope="row" { (isolated(name)) }
                                @for side in sides { (cells(side.metric(name))) }
                            }
                        }
                    }
                }
            }
            p.note { "Medians are of the baseline and of the canary." }
        }
    }
}

fn cells(metric: Option<&MetricJudgement>) -> Markup {
    html! {
        @match metric {
            Some(metric) => {
                @let word = words::classification(metric.classification);
                @let (baseline, canary) = (metric.baseline.median, metric.canary.median);
                td { span.badge.(word.tone.class()) { (word.text) } }
                td { (metric.shown_change()) }
                td.number {
                    (format::value_beside(baseline, canary)) " → " (format::value_beside(canary, baseline))
                }
            }
            None => { td { "–" } td {} td {} }
        }
    }
}
