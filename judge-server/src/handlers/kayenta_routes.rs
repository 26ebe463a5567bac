//! Routes of Kayenta's own API: a part of the table of routes. A path with a fixed name comes before paths with an id in its
//! place.

use super::route::{Handler, JUDGE, KayentaCall as Call, Kind, Port, READ, Route, WRITE, call};
use crate::callers::tokens::TokenScope;

const fn at(
    method: &'static str,
    path: &'static str,
    scope: Option<TokenScope>,
    kayenta: Call,
) -> Route {
    call(Port::Kayenta, method, path, scope, Handler::Kayenta(kayenta), "")
}

pub(super) const KAYENTA: &[Route] = &[
    Route {
        kind: Kind::Probe,
        ..call(Port::Kayenta, "GET", "/health", None, Handler::KayentaHealth, "")
    },
    at("GET", "/canaryConfig", READ, Call::ListConfigs),
    at("POST", "/canaryConfig", WRITE, Call::CreateConfig),
    at("GET", "/canaryConfig/{id*}", READ, Call::GetConfig),
    at("PUT", "/canaryConfig/{id*}", WRITE, Call::UpdateConfig),
    at("DELETE", "/canaryConfig/{id*}", WRITE, Call::DeleteConfig),
    at("GET", "/credentials", READ, Call::Credentials),
    at("GET", "/metricsServices", READ, Call::MetricsServices),
    at("GET", "/metadata/metricsService", READ, Call::MetricNames),
    at("POST", "/fetch/{store}/query", READ, Call::DryRun),
    at("GET", "/judges", READ, Call::Judges),
    at("POST", "/judges/judge", JUDGE, Call::JudgeAgain),
    at("POST", "/canary", JUDGE, Call::StartInline),
    at("GET", "/canary/executions", READ, Call::ListExecutions),
    at("POST", "/canary/{id*}", JUDGE, Call::StartStored),
    at("GET", "/canary/{id*}", READ, Call::GetExecution),
    at("DELETE", "/canary/{id*}", WRITE, Call::DeleteExecution),
    at("POST", "/standalone_canary_analysis", JUDGE, Call::StartInlineAnalysis),
    at("POST", "/standalone_canary_analysis/{id*}", JUDGE, Call::StartStoredAnalysis),
    at("GET", "/standalone_canary_analysis/{id*}", READ, Call::GetAnalysis),
    at("PUT", "/pipelines/{id}/cancel", WRITE, Call::CancelExecution),
    at("GET", "/metricSetPairList/{id}", READ, Call::GetPairs),
    at("GET", "/metricSetPairList/{id}/{pair}", READ, Call::GetPair),
];
