//! Routes of canaries and configs: a part of the table of routes.

use super::route::{
    ADMIN, CanaryCall as Call, Handler, JUDGE, Kind, Port, READ, Route, WRITE, call, grpc, json,
};

macro_rules! method {
    ($name:literal, $scope:expr, $call:expr) => {
        super::route::method!("CanaryService", $name, Kind::Call, $scope, Handler::Canary($call))
    };
}

const START: Route = method!("StartCanary", JUDGE, Call::Start);
const GET: Route = method!("GetCanary", READ, Call::Get);
const WATCH: Route = Route { kind: Kind::Events, ..method!("WatchCanary", READ, Call::Watch) };
const LIST: Route = method!("ListCanaries", READ, Call::List);
const CANCEL: Route = method!("CancelCanary", WRITE, Call::Cancel);
const CREATE_CONFIG: Route = method!("CreateConfig", WRITE, Call::CreateConfig);
const UPDATE_CONFIG: Route = method!("UpdateConfig", WRITE, Call::UpdateConfig);
const GET_CONFIG: Route = method!("GetConfig", READ, Call::GetConfig);
const LIST_CONFIGS: Route = method!("ListConfigs", READ, Call::ListConfigs);
const LIST_VERSIONS: Route = method!("ListConfigVersions", READ, Call::ListConfigVersions);
const DELETE_CONFIG: Route = method!("DeleteConfig", WRITE, Call::DeleteConfig);
const LIST_AUDIT: Route = method!("ListAuditEntries", ADMIN, Call::ListAudit);

pub(super) const CANARIES: &[Route] = &[
    START,
    json(START, "POST", "/v1/canaries", "Starts a canary, judged look by look over its lifetime."),
    GET,
    json(GET, "GET", "/v1/canaries/{id}", "A canary with its looks."),
    WATCH,
    json(
        WATCH,
        "GET",
        "/v1/canaries/{id}/events",
        "Every look when it is made, and the end, as server-sent events.",
    ),
    LIST,
    json(LIST, "GET", "/v1/canaries", "Lists canaries, the newest first."),
    CANCEL,
    json(CANCEL, "POST", "/v1/canaries/{id}/cancel", "Ends a canary."),
    CREATE_CONFIG,
    json(CREATE_CONFIG, "POST", "/v1/configs", "Stores a new config."),
    UPDATE_CONFIG,
    json(UPDATE_CONFIG, "PUT", "/v1/configs/{id}", "Stores a new version of a config."),
    GET_CONFIG,
    json(GET_CONFIG, "GET", "/v1/configs/{id}", "A version of a config."),
    LIST_CONFIGS,
    json(LIST_CONFIGS, "GET", "/v1/configs", "Lists configs, by name."),
    LIST_VERSIONS,
    json(LIST_VERSIONS, "GET", "/v1/configs/{id}/versions", "Lists the versions of a config."),
    DELETE_CONFIG,
    json(DELETE_CONFIG, "DELETE", "/v1/configs/{id}", "Removes a config."),
    LIST_AUDIT,
    json(LIST_AUDIT, "GET", "/v1/audit", "Lists who did what, the newest first."),
    call(
        Port::Http,
        "GET",
        "/v1/history",
        READ,
        Handler::ExportHistory,
        "The points of an application's releases, as a history for `judge retro` and `judge calibrate`.",
    ),
];
