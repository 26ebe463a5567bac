//! The other end of a connection.

use std::net::SocketAddr;
use std::sync::Arc;

use super::activity::Activity;
use super::certificate::ClientCertificate;

/// The other end; every request has it in its extensions.
#[derive(Debug)]
pub(crate) struct Peer {
    pub(crate) address: SocketAddr,
    /// A proxy with many callers.
    pub(crate) is_proxy: bool,
    /// Its connection was accepted for probes only.
    pub(crate) only_probes: bool,
    pub(crate) certificate: Option<ClientCertificate>,
    pub(crate) activity: Arc<Activity>,
}
