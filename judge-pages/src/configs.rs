//! Pages of configs: the list, and a config with its problems and the results of its queries beside the text.

use judge_canary::{CanaryLook, ConfigHead, ConfigVersion, LookResult, MetricSet};
use judge_core::{Problem, Severity};
use judge_report::{Report, fragment, isolated, isolated_text, time};
use maud::{Markup, PreEscaped, html};

use crate::frame::{Right, Scripts, Visitor, page};
use crate::place::config_path;

/// The content of the page of a config.
#[derive(Debug, Clone, Copy)]
pub struct ConfigView<'a> {
    /// The version; `None` for a config that is not stored yet.
    pub version: Option<&'a ConfigVersion>,
    /// All versions, the oldest first.
    pub versions: &'a [ConfigVersion],
    /// The text in the form.
    pub text: &'a str,
    /// Whether the judge takes it.
    pub is_usable: bool,
    /// Everything found in it.
    pub problems: &'a [Problem],
    /// Why the text was not stored, if it was not.
    pub refused: Option<&'a str>,
    /// The input of a trial.
    pub query: &'a TryQuery,
    /// The results of its queries, after a trial.
    pub tried: Option<&'a TriedLook>,
}

/// The input of a trial of a config.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TryQuery {
    /// Scope of the baseline.
    pub baseline: String,
    /// Scope of the canary.
    pub canary: String,
    /// Location of both.
    pub location: String,
    /// Minutes until now.
    pub minutes: String,
}

/// One look that is not stored.
#[derive(Debug, Clone, PartialEq)]
pub enum TriedLook {
    /// It was made.
    Made(Box<CanaryLook>, MetricSet),
    /// It could not be made.
    Refused(String),
}

/// All configs, by name.
pub fn configs_page(visitor: &Visitor, configs: &[ConfigHead]) -> String {
    let body = html! {
        h1 { "Configs" }
        @if configs.is_empty() {
            p.note { "No config is stored." }
        } @else {
            div.scroll tabindex="0" role="region" aria-label="Configs" {
                table {
                    thead {
                        tr {
                            th scope="col" { "Name" }
                            th scope="col" { "Applications" }
                            th.number scope="col" { "Version" }
                            th scope="col" { "Stored" }
                        }
                    }
                    tbody { @for config in configs { (row(config)) } }
                }
            }
        }
        @if visitor.may(Right::Write) { p { a href="/configs-new" { "Store a new config" } } }
    };
    page(Some(visitor), &html! { "Configs" }, &body, Scripts::None)
}

fn row(config: &ConfigHead) -> Markup {
    html! {
        tr {
            th scope="row" { a href=(config_path(&config.id)) { (isolated(&config.name)) } }
            td { (isolated(config.applications.join(", "))) }
            td.number { (config.version) }
            td.time { (time::utc(config.updated_millis)) }
        }
    }
}

/// A config with its problems and the results of its queries, beside the text.
pub fn config_page(visitor: &Visitor, view: &ConfigView) -> String {
    let name = view.version.and_then(|version| version.document["name"].as_str());
    let name = name.unwrap_or("New config");
    let action = view.version.map_or("/configs".to_owned(), |version| config_path(&version.id));
    let body = html! {
        h1 { (isolated(name)) @if let Some(version) = view.version { ", version " (version.version) } }
        @if let Some(why) = view.refused { p.problem role="alert" { "Not stored: " (isolated(why)) } }
        form.sides method="post" action=(action) {
            (visitor.form_field())
            (editor(visitor, view))
            div {
                (findings(view))
                @if visitor.may(Right::Judge) { (trial(&action, view.query)) }
                @if let Some(version) = view.version { (versions(version, view.versions)) }
            }
        }
        @match view.tried {
            None => {}
            Some(tried) => (outcome(tried)),
        }
        @if let Some(version) = view.version.filter(|_| visitor.may(Right::Write)) {
            (removal(visitor, version))
        }
    };
    page(Some(visitor), &html! { (isolated_text(name)) " · config" }, &body, Scripts::Charts)
}

fn editor(visitor: &Visitor, view: &ConfigView) -> Markup {
    html! {
        div {
            label for="text" { "Config, as Kayenta has it" }
            textarea id="text" name="text" spellcheck="false" { "\n" (view.text) }
            div.inline {
                button type="submit" name="do" value="check" { "Check" }
                @if visitor.may(Right::Write) {
                    button type="submit" name="do" value="store" {
                        @if view.version.is_some() { "Store as a new version" } @else { "Store" }
                    }
                }
            }
        }
    }
}

fn findings(view: &ConfigView) -> Markup {
    html! {
        section aria-labelledby="check" {
            h2 id="check" { "Check" }
            @if !view.is_usable {
                p.problem { "The judge refuses it." }
            } @else if view.problems.is_empty() {
                p { "Nothing is wrong with it." }
            }
            ul.findings {
                @for problem in view.problems {
                    li.error[problem.severity == Severity::Error] { (isolated(problem.to_string())) }
                }
            }
        }
    }
}

fn versions(shown: &ConfigVersion, versions: &[ConfigVersion]) -> Markup {
    html! {
        section aria-labelledby="versions" {
            h2 id="versions" { "Versions" }
            ul {
                @for version in versions.iter().rev() {
                    li {
                        a href={ (config_path(&version.id)) "?version=" (version.version) }
                            aria-current=[(version.version == shown.version).then_some("page")] {
                            "Version " (version.version)
                        }
                        " by " (isolated(&version.author)) ", " (time::utc(version.at_millis))
                    }
                }
            }
        }
    }
}

fn trial(action: &str, query: &TryQuery) -> Markup {
    let minutes = if query.minutes.is_empty() { "30" } else { &query.minutes };
    html! {
        section aria-labelledby="try" {
            h2 id="try" { "Try its queries" }
            div.inline {
                @for (name, label, value) in [
                    ("baseline", "Baseline scope", query.baseline.as_str()),
                    ("canary", "Canary scope", &query.canary),
                    ("location", "Location", &query.location),
                    ("minutes", "Minutes until now", minutes),
                ] {
                    label { span { (label) } input type="text" name=(name) value=(value) maxlength="200"; }
                }
                button type="submit" name="do" value="try" formaction={ (action) "#tried" } { "Try" }
            }
        }
    }
}

fn outcome(tried_look: &TriedLook) -> Markup {
    html! {
        section aria-labelledby="tried" {
            h2 id="tried" { "What its queries found" }
            @match tried_look {
                TriedLook::Refused(why) => p.problem role="alert" { (isolated(why)) },
                TriedLook::Made(look, set) => (tried(look, set)),
            }
        }
    }
}

fn tried(look: &CanaryLook, set: &MetricSet) -> Markup {
    html! {
        @match &look.result {
            LookResult::Judged(judged) => {
                @let pairs = set.pairs();
                div.scroll tabindex="0" role="region" aria-label="What each query found" {
                    table {
                        thead {
                            tr {
                                @for name in ["Metric", "Baseline points", "Canary points", "Baseline query", "Canary query"] {
                                    th scope="col" { (name) }
                                }
                            }
                        }
                        tbody {
                            @for pair in &set.pairs {
                                tr {
                                    th scope="row" { (isolated(&pair.metric)) }
                                    @for side in [&pair.baseline, &pair.canary] {
                                        td.number { (found(&side.values)) " of " (side.values.len()) }
                                    }
                                    @for side in [&pair.baseline, &pair.canary] { td { code { (isolated(&side.query)) } } }
                                }
                            }
                        }
                    }
                }
                (PreEscaped(fragment::judgement(&Report {
                    pairs: &pairs,
                    warnings: &judged.warnings,
                    ..Report::new(&judged.judgement)
                })))
            }
            LookResult::Failed(failure) => {
                ul.findings { @for reason in &failure.reasons { li.error { (isolated(reason)) } } }
            }
            _ => {}
        }
    }
}

/// Points that are no gaps.
fn found(values: &[f64]) -> usize {
    values.iter().filter(|value| !value.is_nan()).count()
}

fn removal(visitor: &Visitor, version: &ConfigVersion) -> Markup {
    html! {
        section aria-labelledby="remove" {
            h2 id="remove" { "Remove" }
            form method="post" action={ (config_path(&version.id)) "/delete" } {
                (visitor.form_field())
                p.note { "Its versions stay, for the canaries that were judged by them." }
                button.danger type="submit" { "Remove this config" }
            }
        }
    }
}
