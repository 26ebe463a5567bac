//! The list of canaries.

use judge_canary::{CanaryPage, CanaryState, CanarySummary};
use judge_core::{Verdict, format};
use judge_report::{isolated, time, words};
use maud::{Markup, html};

use crate::frame::{Scripts, Visitor, page};
use crate::place::{canary_path, config_path, with_query};

/// The filter of a list, as in its form.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListQuery {
    /// The application.
    pub application: String,
    /// The config's name.
    pub config: String,
    /// The state's name.
    pub state: String,
    /// `pass`, `marginal` or `fail`.
    pub verdict: String,
    /// Text that application, config, caller or reason has in it.
    pub search: String,
    /// The page after the canary of this id.
    pub before: String,
}

impl ListQuery {
    /// The state that is asked for.
    pub fn state(&self) -> Option<CanaryState> {
        CanaryState::by_name(&self.state)
    }

    /// The verdict that is asked for.
    pub fn verdict(&self) -> Option<Verdict> {
        VERDICTS.iter().find(|(name, _)| *name == self.verdict).map(|(_, verdict)| *verdict)
    }

    fn path(&self, before: &str) -> String {
        let Self { application, config, state, verdict, search, .. } = self;
        let pairs = [
            ("application", application.as_str()),
            ("config", config),
            ("state", state),
            ("verdict", verdict),
            ("search", search),
            ("before", before),
        ];
        with_query("/", &pairs)
    }
}

const VERDICTS: [(&str, Verdict); 3] =
    [("pass", Verdict::Pass), ("marginal", Verdict::Marginal), ("fail", Verdict::Fail)];

/// The canaries of one page, the newest first.
pub fn canaries_page(visitor: &Visitor, query: &ListQuery, found: &CanaryPage) -> String {
    let body = html! {
        h1 { "Canaries" }
        (filter(query))
        @if found.canaries.is_empty() {
            p.note { "No canary is like that." }
            p.note { "Start one with " code { "POST /v1/canaries" } "; " a href="/about" { "how" } "." }
        } @else {
            (table(&found.canaries))
        }
        nav.paging aria-label="Pages of the list" {
            @if !query.before.is_empty() { a href=(query.path("")) { "Newest" } }
            @if let Some(next) = &found.next { a rel="next" href=(query.path(next)) { "Older" } }
        }
        p.note { "Keys: / search, j and k down and up, Enter opens." }
    };
    page(Some(visitor), &html! { "Canaries" }, &body, Scripts::List)
}

fn filter(query: &ListQuery) -> Markup {
    let states = CanaryState::ALL.map(CanaryState::name);
    let verdicts = VERDICTS.map(|(name, _)| name);
    html! {
        form.filter method="get" action="/" role="search" {
            (field("search", "Search", &query.search))
            (field("application", "Application", &query.application))
            (field("config", "Config", &query.config))
            (choice("state", "State", &states, &query.state))
            (choice("verdict", "Verdict", &verdicts, &query.verdict))
            button type="submit" { "Show" }
        }
    }
}

fn field(name: &str, label: &str, value: &str) -> Markup {
    html! {
        label { span { (label) } input type="text" name=(name) value=(value) maxlength="200"; }
    }
}

fn choice(name: &str, label: &str, all: &[&str], chosen: &str) -> Markup {
    html! {
        label {
            span { (label) }
            select name=(name) {
                option value="" { "any" }
                @for value in all { option value=(value) selected[*value == chosen] { (value) } }
            }
        }
    }
}

fn table(canaries: &[CanarySummary]) -> Markup {
    html! {
        form method="get" action="/compare" {
            div.scroll tabindex="0" role="region" aria-label="Canaries" {
                table.canaries {
                    thead {
                        tr {
                            th scope="col" { "Pick" }
                            @for name in ["Application", "Config", "Verdict"] { th scope="col" { (name) } }
                            @for name in ["Score", "Looks"] { th.number scope="col" { (name) } }
                            @for name in ["Started", "Why"] { th scope="col" { (name) } }
                        }
                    }
                    tbody { @for canary in canaries { (row(canary)) } }
                }
            }
            button type="submit" { "Compare the two that are picked" }
        }
    }
}

fn row(canary: &CanarySummary) -> Markup {
    let started = time::utc(canary.created_millis);
    html! {
        tr {
            td {
                input type="checkbox" name="id" value=(canary.id)
                    aria-label={ "Pick " (application(canary)) " of " (started) };
            }
            th scope="row" { a href=(canary_path(&canary.id)) { (isolated(application(canary))) } }
            td { (config(canary)) }
            td { (badge(canary)) }
            td.number { @if let Some(score) = canary.score { (format::value(score)) } }
            td.number { (canary.looks) " of " (canary.planned) }
            td.time { (started) }
            td.why { (isolated(&canary.reason)) }
        }
    }
}

/// The application of a canary.
pub(crate) fn application(canary: &CanarySummary) -> &str {
    if canary.application.is_empty() { "unnamed" } else { &canary.application }
}

/// A link to the config of a canary; only its name if the config came with the request.
pub(crate) fn config(canary: &CanarySummary) -> Markup {
    html! {
        @if canary.config_id.is_empty() {
            (isolated(&canary.config_name))
        } @else {
            a href={ (config_path(&canary.config_id)) "?version=" (canary.config_version) } {
                (isolated(&canary.config_name)) " " (canary.config_version)
            }
        }
    }
}

/// Verdict or state of a canary in a word.
pub(crate) fn badge(canary: &CanarySummary) -> Markup {
    let verdict = canary.verdict.map(words::verdict);
    html! {
        @match (canary.state, verdict) {
            (CanaryState::Finished, Some(word)) => span.badge.(word.tone.class()) { (word.text) },
            (CanaryState::Running, Some(word)) => {
                span.badge.(word.tone.class()) { "so far " (word.text.to_lowercase()) }
            }
            (CanaryState::Running, None) => span.badge.running { "running" },
            (CanaryState::Failed, _) => span.badge.doubtful { "no verdict" },
            (state, _) => span.badge.doubtful { (state.name()) },
        }
    }
}

/// The tone of a canary as a whole.
pub(crate) fn tone(canary: &CanarySummary) -> &'static str {
    match (canary.state, canary.verdict) {
        (CanaryState::Finished | CanaryState::Running, Some(verdict)) => {
            words::verdict(verdict).tone.class()
        }
        (CanaryState::Running, None) => "running",
        _ => "doubtful",
    }
}
