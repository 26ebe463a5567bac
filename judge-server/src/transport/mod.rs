//! Connections: accepted, limited in number and time, encrypted, drained. A service that this folder does not know answers
//! their requests.

pub(crate) mod activity;
mod addresses;
mod certificate;
mod connection;
mod files;
mod listen;
pub(crate) mod reload;
pub(crate) mod tls;

pub(crate) use addresses::site;
pub(crate) use certificate::{ClientCertificate, watch_expiry};
pub(crate) use connection::Serve;
pub(crate) use files::raise_limit;
pub(crate) use listen::Transport;
