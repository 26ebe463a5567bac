//! Kayenta's own API: a part of the table of routes.

use super::route::{Handler, KayentaCall, Kind, Route, Side, call};

pub(super) const KAYENTA: &[Route] = &[Route {
    kind: Kind::Probe,
    ..call(
        Side::Kayenta,
        "GET",
        "/health",
        None,
        Handler::Kayenta(KayentaCall::Health),
        "Whether the server wants calls.",
    )
}];
