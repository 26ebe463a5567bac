//! Messages to systemd, if it started the server as `Type=notify`.

use std::net::SocketAddr;

use sd_notify::{NotifyState, notify};
use tracing::warn;

/// Reports that calls are accepted, and where.
pub(crate) fn serving(grpc: SocketAddr, http: SocketAddr) {
    let status = format!("gRPC on {grpc}, HTTP on {http}");
    report(&[NotifyState::Ready, NotifyState::Status(&status)]);
}

/// Reports that the server ends.
pub(crate) fn ending() {
    report(&[NotifyState::Stopping, NotifyState::Status("answering the last calls")]);
}

fn report(state: &[NotifyState<'_>]) {
    if let Err(error) = notify(state) {
        warn!(%error, "cannot tell systemd");
    }
}
