//! Routes of canaries and configs: a part of the table of routes.

use super::route::{
    ADMIN, CanaryCall as Call, Handler, JUDGE, Kind, Port, READ, Route, WRITE, call, grpc,
};
use crate::callers::tokens::TokenScope;

/// A method of the contract, by its name there.
macro_rules! method {
    ($name:literal, $scope:expr, $call:expr) => {{
        let path = concat!("/canary.judge.v1.CanaryService/", $name);
        grpc(path, $name, Kind::Call, $scope, Handler::Canary($call))
    }};
}

/// The same method with JSON.
const fn json(
    method: &'static str,
    path: &'static str,
    rpc: &'static str,
    scope: Option<TokenScope>,
    canary: Call,
    summary: &'static str,
) -> Route {
    let route = call(Port::Http, method, path, scope, Handler::Canary(canary), summary);
    Route { rpc: Some(rpc), ..route }
}

pub(super) const CANARIES: &[Route] = &[
    method!("StartCanary", JUDGE, Call::Start),
    method!("GetCanary", READ, Call::Get),
    Route { kind: Kind::Watch, ..method!("WatchCanary", READ, Call::Watch) },
    method!("ListCanaries", READ, Call::List),
    method!("CancelCanary", WRITE, Call::Cancel),
    method!("CreateConfig", WRITE, Call::CreateConfig),
    method!("UpdateConfig", WRITE, Call::UpdateConfig),
    method!("GetConfig", READ, Call::GetConfig),
    method!("ListConfigs", READ, Call::ListConfigs),
    method!("ListConfigVersions", READ, Call::ListConfigVersions),
    method!("DeleteConfig", WRITE, Call::DeleteConfig),
    method!("ListAuditEntries", ADMIN, Call::ListAudit),
    json(
        "POST",
        "/v1/canaries",
        "StartCanary",
        JUDGE,
        Call::Start,
        "Starts a canary, judged look by look over its lifetime.",
    ),
    json("GET", "/v1/canaries/{id}", "GetCanary", READ, Call::Get, "A canary with its looks."),
    Route {
        kind: Kind::Watch,
        ..json(
            "GET",
            "/v1/canaries/{id}/events",
            "WatchCanary",
            READ,
            Call::Watch,
            "Every look when it is made, and the end, as server-sent events.",
        )
    },
    json(
        "GET",
        "/v1/canaries",
        "ListCanaries",
        READ,
        Call::List,
        "Lists canaries, the newest first.",
    ),
    json("POST", "/v1/canaries/{id}/cancel", "CancelCanary", WRITE, Call::Cancel, "Ends a canary."),
    json("POST", "/v1/configs", "CreateConfig", WRITE, Call::CreateConfig, "Stores a new config."),
    json(
        "PUT",
        "/v1/configs/{id}",
        "UpdateConfig",
        WRITE,
        Call::UpdateConfig,
        "Stores a new version of a config.",
    ),
    json("GET", "/v1/configs/{id}", "GetConfig", READ, Call::GetConfig, "A version of a config."),
    json("GET", "/v1/configs", "ListConfigs", READ, Call::ListConfigs, "Lists configs, by name."),
    json(
        "GET",
        "/v1/configs/{id}/versions",
        "ListConfigVersions",
        READ,
        Call::ListConfigVersions,
        "Lists the versions of a config.",
    ),
    json(
        "DELETE",
        "/v1/configs/{id}",
        "DeleteConfig",
        WRITE,
        Call::DeleteConfig,
        "Removes a config.",
    ),
    call(
        Port::Http,
        "GET",
        "/v1/history",
        READ,
        Handler::ExportHistory,
        "The points of an application's releases, as a history for `judge retro` and `judge calibrate`.",
    ),
    json(
        "GET",
        "/v1/audit",
        "ListAuditEntries",
        ADMIN,
        Call::ListAudit,
        "Lists who did what, the newest first.",
    ),
];
