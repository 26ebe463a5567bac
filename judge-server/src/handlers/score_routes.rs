//! Routes of scores: a part of the table of routes.

use super::route::{Handler, JUDGE, Port, Route, ScoreCall, call};

const fn at(
    method: &'static str,
    path: &'static str,
    score: ScoreCall,
    summary: &'static str,
) -> Route {
    call(Port::Http, method, path, JUDGE, Handler::Score(score), summary)
}

pub(super) const SCORES: &[Route] = &[
    at(
        "GET",
        "/api/v1/query",
        ScoreCall::Query,
        "A score or verdict as Prometheus answers a query.",
    ),
    at("POST", "/api/v1/query", ScoreCall::Query, "The same, from a form."),
    at("GET", "/v1/verdict", ScoreCall::Verdict, "The verdict of a look now, as small JSON."),
    at("POST", "/flagger/{hook}", ScoreCall::Flagger, "Flagger's webhooks."),
];
