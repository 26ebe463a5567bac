//! The head of a page: the verdict and a summary.

use judge_core::format;
use maud::{Markup, html};

use crate::isolated::isolated;
use crate::words::{self, Word};
use crate::{Report, cost};

/// The most metrics named in the summary.
const MOST_NAMED: usize = 3;

pub(crate) fn head(report: &Report) -> Markup {
    let judgement = report.judgement;
    let Word { text, tone } = words::verdict(judgement.verdict);
    html! {
        header.verdict.(tone.class()) {
            p.name { (isolated(title(report))) }
            h1 { span.badge { (text) } " score " strong { (format::value(judgement.score)) } }
            p { (summary(report)) }
            p.thresholds {
                "Pass from " (format::value(judgement.thresholds.pass())) ", marginal from "
                (format::value(judgement.thresholds.marginal())) ", by " (isolated(&judgement.judge)) "."
                @if let Some(look) = judgement.look {
                    " Look " (look.number) " of " (look.planned) ", level " (look.percent()) "."
                }
            }
        }
    }
}

/// The title of the page.
pub(crate) fn title<'a>(report: &Report<'a>) -> &'a str {
    if report.name.is_empty() { "Canary judgement" } else { report.name }
}

/// Explains the score in one or two sentences.
fn summary(report: &Report) -> Markup {
    let judgement = report.judgement;
    let reason = judgement.shown_reason();
    let mut dearest: Vec<(String, f64)> = judgement
        .metrics
        .iter()
        .zip(cost::costs(judgement))
        .map(|(metric, cost)| (metric.shown_name(), cost))
        .filter(|(_, cost)| *cost > 0.0)
        .collect();
    dearest.sort_by(|a, b| b.1.total_cmp(&a.1));
    let more = dearest.len().saturating_sub(MOST_NAMED);
    html! {
        @if !reason.is_empty() {
            strong { (isolated(reason)) "." } " "
        }
        @if judgement.metrics.is_empty() {
            "There was nothing to judge."
        } @else if dearest.is_empty() {
            "No metric of a group with weight failed."
        } @else {
            "Points lost: "
            @for (index, (name, cost)) in dearest.iter().take(MOST_NAMED).enumerate() {
                @if index > 0 { ", " }
                (isolated(name)) " " (format::value(*cost))
            }
            @if more > 0 { ", and " (more) " more" }
            "."
        }
    }
}
