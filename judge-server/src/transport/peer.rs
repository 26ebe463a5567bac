//! Who is at the other end of a connection.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use super::activity::Activity;
use super::addresses::site;
use super::certificate::ClientCertificate;

/// The other end, in the extensions of every request that comes from it.
#[derive(Debug)]
pub(crate) struct Peer {
    pub(crate) address: SocketAddr,
    /// A proxy, behind which there are many callers.
    pub(crate) is_proxy: bool,
    /// Its connection was accepted for probes only.
    pub(crate) only_probes: bool,
    pub(crate) certificate: Option<ClientCertificate>,
    pub(crate) activity: Arc<Activity>,
}

impl Peer {
    /// The address that stands for whoever calls from there.
    pub(crate) fn site(&self) -> IpAddr {
        site(self.address.ip())
    }
}
