//! The page of the audit log.

use judge_canary::AuditEntry;
use judge_report::{isolated, time};
use maud::{Markup, html};

use crate::frame::{Scripts, Visitor, page};
use crate::place::{canary_path, config_path, with_query};

/// The filter of the log.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditQuery {
    /// The id of a config or canary; all for none.
    pub subject: String,
    /// The page after the entry of this id.
    pub before: String,
}

/// One page of the log, the newest first; `next` is the entry after which the next one begins.
pub fn audit_page(
    visitor: &Visitor,
    query: &AuditQuery,
    entries: &[AuditEntry],
    next: Option<&str>,
) -> String {
    let path = |before| with_query("/audit", &[("subject", &query.subject), ("before", before)]);
    let body = html! {
        h1 { "Who did what" }
        form.filter method="get" action="/audit" {
            label {
                span { "Canary or config" }
                input type="text" name="subject" value=(query.subject) maxlength="200";
            }
            button type="submit" { "Show" }
        }
        @if entries.is_empty() {
            p.note { "Nobody did anything like that." }
        } @else {
            (table(entries))
        }
        nav.paging aria-label="Pages of the log" {
            @if !query.before.is_empty() { a href=(path("")) { "Newest" } }
            @if let Some(next) = next { a rel="next" href=(path(next)) { "Older" } }
        }
    };
    page(Some(visitor), &html! { "Audit" }, &body, Scripts::None)
}

fn table(entries: &[AuditEntry]) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label="Who did what" {
            table {
                thead {
                    tr { @for name in ["When", "Who", "What", "To", "More"] { th scope="col" { (name) } } }
                }
                tbody { @for entry in entries { (row(entry)) } }
            }
        }
    }
}

fn row(entry: &AuditEntry) -> Markup {
    let place = if entry.action.starts_with("config.") { config_path } else { canary_path };
    html! {
        tr {
            td.time { (time::utc(entry.at_millis)) }
            th scope="row" { (isolated(&entry.actor)) }
            td { (isolated(&entry.action)) }
            td { a href=(place(&entry.subject)) { (isolated(&entry.subject)) } }
            td {
                @for (at, (name, value)) in entry.detail.iter().enumerate() {
                    @if at > 0 { ", " }
                    (isolated(name)) " " (isolated(value))
                }
            }
        }
    }
}
