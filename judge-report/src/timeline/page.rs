//! The whole page of a release.

use judge_core::format;
use maud::{Markup, html};

use super::{Stop, Timeline, TimelineInterval, intervals, scores};
use crate::isolated::{isolated, isolated_text};
use crate::words::{self, Word};
use crate::{Report, document, time};

/// The page of a release as HTML: the verdict, the scores over its intervals, and the sections about `deciding`, the
/// judgement of the interval that decided.
///
/// It needs no other file and no network. All text is escaped.
pub fn timeline_page(timeline: &Timeline, deciding: &Report) -> String {
    let sections = document::Sections::new(deciding);
    let word = word(timeline);
    let title = html! { (word.text) " · " (isolated_text(name(timeline))) };
    let body = html! {
        (head(timeline))
        (intervals::intervals(timeline))
        h2.part id="deciding" { (decided(timeline)) }
        (sections.markup())
    };
    document::shell(
        &title,
        &body,
        &document::scripts(sections.series(), Some(&scores::json(timeline))),
    )
}

fn name(timeline: &Timeline) -> &str {
    if timeline.release.is_empty() { "Release" } else { &timeline.release }
}

fn word(timeline: &Timeline) -> Word {
    match timeline.unfinished {
        Some(_) => words::NO_VERDICT,
        None => words::verdict(timeline.verdict),
    }
}

fn decided(timeline: &Timeline) -> Markup {
    html! {
        "Interval " (timeline.deciding + 1)
        @if timeline.unfinished.is_some() { ", the last that was judged" }
        @else if timeline.stopped.is_some() { ", which stopped it" }
        @else { ", which decided" }
    }
}

fn head(timeline: &Timeline) -> Markup {
    let Word { text, tone } = word(timeline);
    let thresholds = timeline.thresholds;
    html! {
        header.verdict.(tone.class()) {
            p.name { (isolated(name(timeline))) }
            h1 {
                span.badge { (text) }
                @match (&timeline.stopped, timeline.decided()) {
                    (Some(stop), _) => { " stopped after " strong { (timeline.elapsed(stop.at_millis)) } }
                    (None, Some(interval)) => { " score " strong { (format::value(interval.score)) } }
                    (None, None) => { " never judged" }
                }
            }
            @if let Some(why) = &timeline.unfinished { p { (isolated(why)) "." } }
            p { (summary(timeline)) }
            p.thresholds {
                "An interval passes from " (format::value(thresholds.pass())) ", is marginal from "
                (format::value(thresholds.marginal())) ", and stops the release below that."
                @let deciding = timeline.intervals.get(timeline.deciding);
                @if let Some(look) = deciding.and_then(|interval| interval.look) {
                    " It was decided at look " (look.number) " of " (look.planned) ", level "
                    (look.percent()) "."
                }
            }
        }
    }
}

/// Describes the outcome of the release in one or two sentences.
fn summary(timeline: &Timeline) -> Markup {
    let count = timeline.intervals.len();
    html! {
        @match (&timeline.stopped, timeline.decided()) {
            (Some(stop), Some(interval)) => {
                "Interval " (timeline.deciding + 1) " of " (count) " would have stopped it at "
                (time::utc(stop.at_millis)) ", with a score of " (format::value(interval.score))
                (by(stop)) "."
                (reason(interval))
            }
            (None, Some(interval)) => {
                @if count == 1 { "Its only interval" } @else { "The last of its " (count) " intervals" }
                " has a score of " (format::value(interval.score)) "; none would have stopped it."
                (reason(interval))
            }
            _ => "None of its intervals was judged.",
        }
    }
}

fn by(stop: &Stop) -> Markup {
    html! { @if let Some(metric) = &stop.metric { ", most of it lost to " strong { (isolated(metric)) } } }
}

fn reason(interval: &TimelineInterval) -> Markup {
    let reason = interval.reason.as_deref().filter(|reason| !reason.is_empty());
    html! { @if let Some(reason) = reason { " " (isolated(reason)) "." } }
}
