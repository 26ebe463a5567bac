//! The page of an index of releases.

use std::collections::BTreeMap;

use judge_core::Verdict;
use maud::{Markup, PreEscaped, html};

use super::{Index, IndexEntry, ReleaseOutcome, strip};
use crate::isolated::{isolated, isolated_text};
use crate::words::{self, Tone, Word};
use crate::{details, document, time};

const SCRIPT: &str = include_str!("../../assets/index.js");

/// The index as HTML: a table of releases that can be sorted, with a link to the page of each.
///
/// It needs no network and no other file but the pages that it links to. All text is escaped.
pub fn index_page(index: &Index) -> String {
    let name = if index.name.is_empty() { "Releases" } else { &index.name };
    let title = html! { (count(index.releases.len())) " · " (isolated_text(name)) };
    let body = html! {
        (head(index, name))
        (stoppers(index))
        section aria-labelledby="releases" {
            h2 id="releases" { "Releases" }
            @if index.releases.is_empty() {
                p.note { "The history holds no release." }
            } @else {
                (table(index))
            }
        }
        @if !index.facts.is_empty() {
            section aria-labelledby="about" {
                h2 id="about" { "About these judgements" }
                dl.facts { @for fact in &index.facts { (details::fact(&fact.name, &fact.value)) } }
            }
        }
    };
    let script = html! { script { (PreEscaped(SCRIPT)) } };
    document::shell(&title, &body, &script)
}

fn count(releases: usize) -> String {
    if releases == 1 { "1 release".to_owned() } else { format!("{releases} releases") }
}

/// Counts the releases by outcome.
#[derive(Default)]
struct VerdictCounts {
    pass: usize,
    marginal: usize,
    fail: usize,
    broken: usize,
}

impl VerdictCounts {
    fn count(index: &Index) -> Self {
        let mut tally = Self::default();
        for entry in &index.releases {
            *match &entry.outcome {
                ReleaseOutcome::Judged { verdict: Verdict::Pass, .. } => &mut tally.pass,
                ReleaseOutcome::Judged { verdict: Verdict::Marginal, .. } => &mut tally.marginal,
                ReleaseOutcome::Judged { verdict: Verdict::Fail, .. } => &mut tally.fail,
                ReleaseOutcome::Broken { .. } => &mut tally.broken,
            } += 1;
        }
        tally
    }

    fn shares(&self) -> [(usize, &'static str, Option<Tone>); 4] {
        [
            (self.pass, "pass", Some(Tone::Good)),
            (self.marginal, "marginal", Some(Tone::Doubtful)),
            (self.fail, "fail", Some(Tone::Bad)),
            (self.broken, "not judged", None),
        ]
    }

    fn tone(&self) -> Tone {
        match (self.fail, self.marginal + self.broken) {
            (0, 0) => Tone::Good,
            (0, _) => Tone::Doubtful,
            _ => Tone::Bad,
        }
    }
}

fn head(index: &Index, name: &str) -> Markup {
    let tally = VerdictCounts::count(index);
    let shares = tally.shares();
    let there = || shares.iter().filter(|(count, ..)| *count > 0);
    html! {
        header.verdict.(tally.tone().class()) {
            p.name { (isolated(name)) }
            h1 { strong { (count(index.releases.len())) } }
            @if !index.releases.is_empty() {
                p {
                    @for (at, (count, word, _)) in there().enumerate() {
                        @if at > 0 { ", " }
                        (count) " " (word)
                    }
                    "."
                }
                div.shares aria-hidden="true" {
                    @for (count, _, tone) in there() {
                        span class=[tone.map(Tone::class)] style={ "flex-grow:" (count) } {}
                    }
                }
            }
        }
    }
}

/// The metrics that stopped releases, most frequent first.
fn stoppers(index: &Index) -> Markup {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for entry in &index.releases {
        if let ReleaseOutcome::Judged { stopped: Some(stop), .. } = &entry.outcome
            && let Some(metric) = &stop.metric
        {
            *counts.entry(metric).or_default() += 1;
        }
    }
    let mut counts: Vec<(&str, usize)> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    html! {
        @if !counts.is_empty() {
            section aria-labelledby="stoppers" {
                h2 id="stoppers" { "What stopped releases" }
                ul.members.bad {
                    @for (metric, count) in counts { li.bad { (isolated(metric)) " " strong { (count) } } }
                }
            }
        }
    }
}

/// The columns: name, and whether it has numbers, which are aligned to the right.
const COLUMNS: [(&str, bool); 6] = [
    ("Release", false),
    ("Verdict", false),
    ("Started", false),
    ("Stopped after", true),
    ("By", false),
    ("Intervals", false),
];

fn table(index: &Index) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-labelledby="releases" {
            table.releases {
                thead {
                    tr {
                        @for (name, number) in COLUMNS {
                            th.number[number] scope="col" { button type="button" { (name) } }
                        }
                    }
                }
                tbody { @for entry in &index.releases { (row(entry)) } }
            }
        }
        p.note role="status" aria-live="polite" {}
    }
}

/// `index.js` sorts cells with `data-key` by that number and others by their text. Empty cells come last.
fn row(entry: &IndexEntry) -> Markup {
    html! {
        tr {
            th scope="row" {
                @match &entry.page {
                    Some(page) => a href={ "./" (page) } { (isolated(&entry.release)) },
                    None => (isolated(&entry.release)),
                }
            }
            @match &entry.outcome {
                ReleaseOutcome::Judged { verdict, start_millis, stopped, intervals } => {
                    @let Word { text, tone } = words::verdict(*verdict);
                    td.(tone.class()) data-key=(rank(*verdict)) { span.badge { (text) } }
                    td.time data-key=(start_millis) { (time::utc(*start_millis)) }
                    @match stopped {
                        Some(stop) => {
                            @let elapsed = stop.at_millis.saturating_sub(*start_millis);
                            td.number data-key=(elapsed) {
                                (time::elapsed(elapsed.try_into().unwrap_or(0)))
                            }
                            td { @if let Some(metric) = &stop.metric { (isolated(metric)) } }
                        }
                        None => { td {} td {} }
                    }
                    td data-key=(intervals.len()) { (strip::strip(intervals)) }
                }
                ReleaseOutcome::Broken { problem } => {
                    td.doubtful data-key="3" { span.badge { "Not judged" } }
                    td colspan="4" { (isolated(problem)) }
                }
            }
        }
    }
}

fn rank(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Pass => 0,
        Verdict::Marginal => 1,
        Verdict::Fail => 2,
    }
}
