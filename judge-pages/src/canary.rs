//! The page of a canary: alive while it runs, the report afterwards.

use judge_canary::{
    Canary, CanaryLook, CanaryState, CanarySummary, JudgedSeries, LookResult, MetricSet,
};
use judge_core::format;
use judge_report::{Fact, Report, fragment, isolated, isolated_text, time};
use maud::{Markup, PreEscaped, html};

use crate::frame::{Right, Scripts, Visitor, page};
use crate::list::{application, badge, config, tone};
use crate::looks::looks;
use crate::place::{canary_path, history_path};

/// The content of the page of a canary.
#[derive(Debug, Clone, Copy)]
pub struct CanaryView<'a> {
    /// The canary.
    pub canary: &'a Canary,
    /// Its looks, in order.
    pub looks: &'a [CanaryLook],
    /// The series of the newest look that was judged.
    pub series: &'a MetricSet,
    /// Other canaries that it may be compared with, the newest first.
    pub others: &'a [CanarySummary],
}

/// The page of a canary.
pub fn canary_page(visitor: &Visitor, view: &CanaryView) -> String {
    let canary = &view.canary.summary;
    let title = html! { (isolated_text(application(canary))) " · canary" };
    let events = format!("{}/events?afterLook={}", canary_path(&canary.id), canary.looks);
    let body = html! {
        p.visually-hidden id="said" role="status" {}
        div id="live" data-events=[(!canary.is_over()).then_some(events)] {
            (head(canary))
            @for warning in &view.canary.warnings { p.warning { (isolated(warning)) "." } }
            @if let Some(judged) = newest(view.looks) { (warnings(judged)) }
            (looks(view.canary, view.looks))
            @if let Some(judged) = newest(view.looks) { (judgement(view, judged)) }
        }
        noscript { p.note { "The charts need scripts; everything else is here. Load the page again for newer looks." } }
        @if newest(view.looks).is_none() { (about(view.canary)) }
        (actions(visitor, view))
    };
    page(Some(visitor), &title, &body, Scripts::Charts)
}

/// The newest look that was judged.
fn newest(looks: &[CanaryLook]) -> Option<&JudgedSeries> {
    looks.iter().rev().find_map(|look| match &look.result {
        LookResult::Judged(judged) => Some(&**judged),
        _ => None,
    })
}

fn head(canary: &CanarySummary) -> Markup {
    html! {
        header.verdict.(tone(canary)) {
            p.name { (isolated(application(canary))) ", config " (config(canary)) }
            h1 id="status" {
                (badge(canary))
                @if let Some(score) = canary.score { " score " strong { (format::value(score)) } }
            }
            @if !canary.reason.is_empty() { p { (isolated(&canary.reason)) "." } }
            p.thresholds {
                "Look " (canary.looks) " of " (canary.planned) ". Started " (time::utc(canary.created_millis)) " by "
                (isolated(&canary.caller)) ". "
                @match canary.ended_millis {
                    Some(ended) => { "Ended " (time::utc(ended)) "." }
                    // Of the past, there is no waiting for it.
                    None if canary.next_millis <= canary.created_millis => { "The next look is being made." }
                    None => { "Next look " (time::utc(canary.next_millis)) "." }
                }
            }
            @if !canary.is_over() {
                progress max=(canary.planned) value=(canary.looks) aria-label="Looks that were made" {}
            }
        }
    }
}

fn warnings(judged: &JudgedSeries) -> Markup {
    html! { @if let Some(look) = &judged.judgement.look { p.note { (look.to_string()) "." } } }
}

fn judgement(view: &CanaryView, judged: &JudgedSeries) -> Markup {
    let pairs = view.series.pairs();
    let facts = facts(view.canary);
    let report = Report {
        pairs: &pairs,
        config: Some(&view.canary.config),
        facts: &facts,
        warnings: &judged.warnings,
        ..Report::new(&judged.judgement)
    };
    html! {
        h2.part id="deciding" {
            @if view.canary.summary.is_over() { "What decided" } @else { "The newest look" }
        }
        (PreEscaped(fragment::judgement(&report)))
    }
}

/// What is shown if nothing was judged.
fn about(canary: &Canary) -> Markup {
    html! {
        section aria-labelledby="about" {
            h2 id="about" { "About this canary" }
            dl.facts {
                @for fact in facts(canary) { (PreEscaped(fragment::fact(&fact.name, &fact.value))) }
            }
        }
    }
}

fn facts(canary: &Canary) -> Vec<Fact> {
    let fact = |name: &str, value: String| Fact { name: name.to_owned(), value };
    let mut facts = vec![fact("Canary", canary.summary.id.clone())];
    for (name, pair) in &canary.request.plan.scopes {
        for (side, target) in [("baseline", &pair.baseline), ("canary", &pair.canary)] {
            let place = if target.location.is_empty() {
                String::new()
            } else {
                format!(" in {}", target.location)
            };
            facts.push(fact(&format!("Scope {name}, {side}"), format!("{}{place}", target.scope)));
        }
    }
    facts.extend(canary.request.metadata.iter().map(|(name, value)| fact(name, value.clone())));
    facts
}

fn actions(visitor: &Visitor, view: &CanaryView) -> Markup {
    let canary = &view.canary.summary;
    let others = || view.others.iter().filter(|other| other.id != canary.id);
    html! {
        section.actions aria-labelledby="actions" {
            h2 id="actions" { "Actions" }
            @if others().next().is_some() {
                form method="get" action="/compare" {
                    input type="hidden" name="a" value=(canary.id);
                    label {
                        span { "Compare with" }
                        select name="b" {
                            @for other in others() {
                                option value=(other.id) {
                                    (time::utc(other.created_millis)) " "
                                    (other.verdict.map_or(other.state.name(), |one| judge_report::words::verdict(one).text))
                                }
                            }
                        }
                    }
                    button type="submit" { "Compare" }
                }
            }
            @if !canary.application.is_empty() {
                p { a href=(history_path(&canary.application, &canary.config_name)) { "The last releases of this application" } }
            }
            p { a href={ (canary_path(&canary.id)) "/json" } { "The same as JSON" } }
            @if canary.state == CanaryState::Running && visitor.may(Right::Write) {
                form method="post" action={ (canary_path(&canary.id)) "/cancel" } {
                    (visitor.form_field())
                    button.danger type="submit" { "Cancel this canary" }
                }
            }
        }
    }
}
