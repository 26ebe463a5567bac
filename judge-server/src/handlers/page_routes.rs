//! Routes of pages for people: a part of the table of routes.

use super::route::{
    ADMIN, ANY, CanaryCall, Handler, Kind, PageCall, Port, READ, Route, WRITE, call,
};
use crate::callers::tokens::TokenScope;

/// A route that browsers call.
const fn page(
    method: &'static str,
    path: &'static str,
    scope: Option<TokenScope>,
    handler: Handler,
    summary: &'static str,
) -> Route {
    Route { is_page: true, ..call(Port::Http, method, path, scope, handler, summary) }
}

/// A page.
const fn get(
    path: &'static str,
    scope: Option<TokenScope>,
    call: PageCall,
    summary: &'static str,
) -> Route {
    page("GET", path, scope, Handler::Pages(call), summary)
}

/// A route for a form of a page.
const fn form(
    path: &'static str,
    scope: Option<TokenScope>,
    call: PageCall,
    summary: &'static str,
) -> Route {
    page("POST", path, scope, Handler::Pages(call), summary)
}

/// The same for browsers without a token, within the budget of such callers.
const fn open(route: Route) -> Route {
    Route { kind: Kind::Probe, scope: None, ..route }
}

pub(super) const PAGES: &[Route] = &[
    // Without a store the next route serves it; the handler checks the scope.
    get("/", ANY, PageCall::List, "Canaries, to filter and search."),
    page("GET", "/about", ANY, Handler::Page, "What can be called."),
    page("GET", "/about/openapi.json", ANY, Handler::OpenApi, "The same for programs."),
    get("/canaries/{id}", READ, PageCall::Canary, "A canary, alive while it runs."),
    Route {
        kind: Kind::Events,
        ..page(
            "GET",
            "/canaries/{id}/events",
            READ,
            Handler::Canary(CanaryCall::Watch),
            "Every look when it is made, for the page.",
        )
    },
    page(
        "GET",
        "/canaries/{id}/json",
        READ,
        Handler::Canary(CanaryCall::Get),
        "A canary with its looks, as JSON.",
    ),
    form("/canaries/{id}/cancel", WRITE, PageCall::CancelCanary, "Ends a canary."),
    get("/compare", READ, PageCall::Compare, "Two canaries side by side."),
    get("/history", READ, PageCall::History, "The last releases of an application."),
    page("GET", "/history/csv", READ, Handler::ExportHistory, "Their points, for `judge retro`."),
    get("/configs", READ, PageCall::ListConfigs, "Configs."),
    get("/configs-new", READ, PageCall::NewConfig, "A form for a new config."),
    form("/configs", READ, PageCall::CreateConfig, "Checks, tries or stores a new config."),
    get("/configs/{id}", READ, PageCall::GetConfig, "A config, and what is wrong with it."),
    form("/configs/{id}", READ, PageCall::UpdateConfig, "Checks, tries or stores a version."),
    form("/configs/{id}/delete", WRITE, PageCall::DeleteConfig, "Removes a config."),
    get("/audit", ADMIN, PageCall::Audit, "Who did what."),
    open(get("/login", None, PageCall::SignIn, "Asks for a token.")),
    open(form("/login", None, PageCall::SignedIn, "Keeps a token in a cookie.")),
    form("/logout", ANY, PageCall::SignOut, "Forgets the token."),
    // The page that asks for a token needs it.
    open(get("/assets/pages.css", None, PageCall::Asset, "How pages look.")),
    get("/assets/{name}", ANY, PageCall::Asset, "What pages load."),
];
