//! The page around everything.

use judge_report::isolated;
use maud::{DOCTYPE, Markup, html};

use crate::assets;

/// Permissions beyond reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Right {
    /// To judge: to try configs.
    Judge,
    /// To store configs and to cancel canaries.
    Write,
    /// To read who did what.
    Admin,
}

/// The viewer of a page.
#[derive(Debug, Clone)]
pub struct Visitor {
    /// Name of the token or certificate; `None` if the server requires none.
    pub name: Option<String>,
    /// Permissions: the page has no form for anything else.
    pub rights: Vec<Right>,
    /// The token that forms send back, so that only pages of this server can send them.
    pub form_token: String,
}

impl Visitor {
    /// Somebody who may do everything, on a server that anyone may call.
    pub fn anyone(form_token: impl Into<String>) -> Self {
        let rights = vec![Right::Judge, Right::Write, Right::Admin];
        Self { name: None, rights, form_token: form_token.into() }
    }

    /// Whether they may do what needs `right`.
    pub fn may(&self, right: Right) -> bool {
        self.rights.contains(&right)
    }

    /// The field that every form has that changes something.
    pub(crate) fn form_field(&self) -> Markup {
        html! { input type="hidden" name="form" value=(self.form_token); }
    }
}

/// The scripts of a page: all of them are served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scripts {
    None,
    /// Keys of the list.
    List,
    /// Charts, and looks when they are made.
    Charts,
}

impl Scripts {
    fn names(self) -> &'static [&'static str] {
        match self {
            Self::None => &[],
            Self::List => &["list.js"],
            Self::Charts => &["plot.js", "charts.js", "live.js"],
        }
    }
}

/// A whole page: `body` between what every page has.
pub(crate) fn page(
    visitor: Option<&Visitor>,
    title: &Markup,
    body: &Markup,
    scripts: Scripts,
) -> String {
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) }
                // None, or browsers would ask for one.
                link rel="icon" href="data:,";
                link rel="stylesheet" href=(assets::path("pages.css"));
                @for name in scripts.names() { script src=(assets::path(name)) defer {} }
            }
            body {
                a.skip href="#content" { "Skip to the content" }
                @if let Some(visitor) = visitor { (navigation(visitor, title)) }
                main id="content" { (body) }
            }
        }
    };
    markup.into_string()
}

/// A link to a page; the page with this title is the current one.
fn link(name: &str, path: &str, title: &Markup) -> Markup {
    html! { a href=(path) aria-current=[(title.0 == name).then_some("page")] { (name) } }
}

fn navigation(visitor: &Visitor, title: &Markup) -> Markup {
    html! {
        header.top {
            nav aria-label="Pages" {
                @for (name, path) in [("Canaries", "/"), ("History", "/history"), ("Configs", "/configs")] {
                    (link(name, path, title))
                }
                @if visitor.may(Right::Admin) { (link("Audit", "/audit", title)) }
                a href="/about" { "API" }
            }
            @if let Some(name) = &visitor.name {
                form method="post" action="/logout" {
                    (visitor.form_field())
                    span { (isolated(name)) }
                    button type="submit" { "Sign out" }
                }
            }
        }
    }
}
