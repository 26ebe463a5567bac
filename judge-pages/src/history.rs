//! The last releases of an application: a picture of each metric, and everything in numbers.

mod mark;
mod picture;

use judge_canary::{Drift, PastRelease};
use judge_core::config::CanaryConfig;
use judge_report::{isolated, time};
use maud::{Markup, html};

use crate::frame::{Scripts, Visitor, page};
use crate::list::badge;
use crate::place::{canary_path, history_path, with_query};
use mark::{Mark, find, medians};
use picture::picture;

/// The most releases on a page.
const SHOWN: usize = 20;

/// Fewest, if there are more.
const FEWEST: usize = 5;

/// The most marks on a page: releases times metrics. One has some 300 bytes, and a page is to have 200 kB at most.
const MARKS: usize = 400;

/// The filter of a history.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HistoryQuery {
    /// The application.
    pub application: String,
    /// The config's name; any for none.
    pub config: String,
}

/// The content of the page of an application's releases.
#[derive(Debug, Clone, Copy)]
pub struct HistoryView<'a> {
    /// The filter.
    pub query: &'a HistoryQuery,
    /// The releases, the newest first.
    pub releases: &'a [PastRelease],
    /// The config of the newest of them.
    pub config: Option<&'a CanaryConfig>,
    /// Warnings that the next canary gets.
    pub drifts: &'a [Drift],
    /// Applications to choose from, if the filter has none.
    pub applications: &'a [String],
}

/// The last releases of an application.
pub fn history_page(visitor: &Visitor, view: &HistoryView) -> String {
    let names = names(view.releases);
    let most = (MARKS / names.len().max(1)).clamp(FEWEST, SHOWN);
    let mut releases: Vec<&PastRelease> = view.releases.iter().take(most).collect();
    releases.reverse();
    let body = html! {
        h1 { "History" @if !view.query.application.is_empty() { " of " (isolated(&view.query.application)) } }
        (filter(view.query))
        @if view.query.application.is_empty() {
            p.note { "Choose an application to see its last releases." }
            ul {
                @for application in view.applications {
                    li { a href=(history_path(application, "")) { (isolated(application)) } }
                }
            }
        } @else if releases.is_empty() {
            p.note { "No canary of it has ended with a verdict." }
        } @else {
            @for drift in view.drifts { p.warning { (isolated(drift.to_string())) "." } }
            p.legend {
                span.key.baseline { "baseline" }
                span.key.canary { "canary" }
                span.key.failing { "canary that failed" }
                span.key.allowed { "what was allowed" }
            }
            p.note { "Medians of the last " (releases.len()) " releases that ended with a verdict, the newest on the right." }
            @for name in &names { (section(name, &releases, view.config)) }
            (numbers(&names, &releases))
            p {
                a href=(with_query("/history/csv", &[("application", &view.query.application), ("config", &view.query.config)])) {
                    "Their points as a history"
                }
                " for " code { "judge retro" } " and " code { "judge calibrate" } "."
            }
        }
    };
    page(Some(visitor), &html! { "History" }, &body, Scripts::None)
}

/// The metrics of all releases; the metrics of the newest release come first.
fn names(releases: &[PastRelease]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for metric in releases.iter().flat_map(|release| &release.judgement.metrics) {
        let name = metric.shown_name();
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

fn filter(query: &HistoryQuery) -> Markup {
    html! {
        form.filter method="get" action="/history" {
            @for (name, label, value) in
                [("application", "Application", &query.application), ("config", "Config", &query.config)] {
                label { span { (label) } input type="text" name=(name) value=(value) maxlength="200"; }
            }
            button type="submit" { "Show" }
        }
    }
}

fn section(name: &str, releases: &[&PastRelease], config: Option<&CanaryConfig>) -> Markup {
    let marks: Vec<Option<Mark>> = releases.iter().map(|release| find(release, name)).collect();
    html! {
        section.history {
            h2 { (isolated(name)) }
            (picture(name, &marks, config))
        }
    }
}

fn numbers(names: &[String], releases: &[&PastRelease]) -> Markup {
    html! {
        section aria-labelledby="numbers" {
            h2 id="numbers" { "In numbers" }
            div.scroll tabindex="0" role="region" aria-labelledby="numbers" {
                table {
                    thead {
                        tr {
                            th scope="col" { "Release" }
                            th scope="col" { "Verdict" }
                            @for name in names { th.number scope="col" { (isolated(name)) } }
                        }
                    }
                    tbody {
                        @for release in releases.iter().rev() {
                            tr {
                                th scope="row" {
                                    a href=(canary_path(&release.summary.id)) {
                                        (time::utc(release.summary.created_millis))
                                    }
                                }
                                td { (badge(&release.summary)) }
                                @for name in names {
                                    td.number { @if let Some(mark) = find(release, name) { (medians(mark.metric)) } }
                                }
                            }
                        }
                    }
                }
            }
            p.note { "Medians of the baseline and of the canary." }
        }
    }
}
