//! Canaries and configs that are kept: a part of the table of routes.

use super::route::{ADMIN, CanaryCall, Handler, JUDGE, Kind, Port, READ, Route, WRITE, call, grpc};
use crate::callers::tokens::TokenScope;

/// A route that is answered as JSON.
const fn json(
    method: &'static str,
    path: &'static str,
    scope: Option<TokenScope>,
    canary: CanaryCall,
    summary: &'static str,
) -> Route {
    call(Port::Http, method, path, scope, Handler::Canary(canary), summary)
}

/// A route of the contract that is called with a message.
const fn method(
    path: &'static str,
    name: &'static str,
    scope: Option<TokenScope>,
    canary: CanaryCall,
) -> Route {
    grpc(path, name, Kind::Call, scope, Handler::Canary(canary))
}

pub(super) const CANARIES: &[Route] = &[
    method("/canary.judge.v1.CanaryService/StartCanary", "StartCanary", JUDGE, CanaryCall::Start),
    method("/canary.judge.v1.CanaryService/GetCanary", "GetCanary", READ, CanaryCall::Get),
    Route {
        kind: Kind::Watch,
        ..method(
            "/canary.judge.v1.CanaryService/WatchCanary",
            "WatchCanary",
            READ,
            CanaryCall::Watch,
        )
    },
    method("/canary.judge.v1.CanaryService/ListCanaries", "ListCanaries", READ, CanaryCall::List),
    method(
        "/canary.judge.v1.CanaryService/CancelCanary",
        "CancelCanary",
        WRITE,
        CanaryCall::Cancel,
    ),
    method(
        "/canary.judge.v1.CanaryService/CreateConfig",
        "CreateConfig",
        WRITE,
        CanaryCall::CreateConfig,
    ),
    method(
        "/canary.judge.v1.CanaryService/UpdateConfig",
        "UpdateConfig",
        WRITE,
        CanaryCall::UpdateConfig,
    ),
    method("/canary.judge.v1.CanaryService/GetConfig", "GetConfig", READ, CanaryCall::GetConfig),
    method(
        "/canary.judge.v1.CanaryService/ListConfigs",
        "ListConfigs",
        READ,
        CanaryCall::ListConfigs,
    ),
    method(
        "/canary.judge.v1.CanaryService/ListConfigVersions",
        "ListConfigVersions",
        READ,
        CanaryCall::ListConfigVersions,
    ),
    method(
        "/canary.judge.v1.CanaryService/DeleteConfig",
        "DeleteConfig",
        WRITE,
        CanaryCall::DeleteConfig,
    ),
    method(
        "/canary.judge.v1.CanaryService/ListAuditEntries",
        "ListAuditEntries",
        ADMIN,
        CanaryCall::ListAudit,
    ),
    json(
        "POST",
        "/v1/canaries",
        JUDGE,
        CanaryCall::Start,
        "Starts a canary, judged look by look over its lifetime.",
    )
    .json(Some("StartCanaryRequest"), "StartCanaryResponse"),
    json("GET", "/v1/canaries/{id}", READ, CanaryCall::Get, "A canary with its looks.")
        .json(None, "GetCanaryResponse"),
    Route {
        kind: Kind::Watch,
        ..json(
            "GET",
            "/v1/canaries/{id}/events",
            READ,
            CanaryCall::Watch,
            "Every look when it is made, and the end, as server-sent events.",
        )
        .json(None, "WatchCanaryResponse")
    },
    json("GET", "/v1/canaries", READ, CanaryCall::List, "Lists canaries, the newest first.")
        .json(None, "ListCanariesResponse"),
    json("POST", "/v1/canaries/{id}/cancel", WRITE, CanaryCall::Cancel, "Ends a canary.")
        .json(Some("CancelCanaryRequest"), "CancelCanaryResponse"),
    json("POST", "/v1/configs", WRITE, CanaryCall::CreateConfig, "Stores a new config.")
        .json(Some("CreateConfigRequest"), "CreateConfigResponse"),
    json(
        "PUT",
        "/v1/configs/{id}",
        WRITE,
        CanaryCall::UpdateConfig,
        "Stores a new version of a config.",
    )
    .json(Some("UpdateConfigRequest"), "UpdateConfigResponse"),
    json("GET", "/v1/configs/{id}", READ, CanaryCall::GetConfig, "A version of a config.")
        .json(None, "GetConfigResponse"),
    json("GET", "/v1/configs", READ, CanaryCall::ListConfigs, "Lists configs, by name.")
        .json(None, "ListConfigsResponse"),
    json(
        "GET",
        "/v1/configs/{id}/versions",
        READ,
        CanaryCall::ListConfigVersions,
        "Lists the versions of a config.",
    )
    .json(None, "ListConfigVersionsResponse"),
    json("DELETE", "/v1/configs/{id}", WRITE, CanaryCall::DeleteConfig, "Removes a config.")
        .json(None, "DeleteConfigResponse"),
    call(
        Port::Http,
        "GET",
        "/v1/history",
        READ,
        Handler::ExportHistory,
        "The points of an application's releases, as a history for `judge retro` and `judge calibrate`.",
    ),
    json("GET", "/v1/audit", ADMIN, CanaryCall::ListAudit, "Lists who did what, the newest first.")
        .json(None, "ListAuditEntriesResponse"),
];
