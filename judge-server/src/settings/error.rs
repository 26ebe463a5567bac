//! Why the server does not start.

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use thiserror::Error;

/// Why the server does not start.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StartError {
    /// A flag or variable is unknown or not allowed, or help was asked for.
    #[error(transparent)]
    Flags(#[from] clap::Error),
    /// A file that the settings name cannot be used.
    #[error("{}: {why}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// Anyone on the network could call.
    #[error(
        "{0} is reachable from other machines, and anyone there could call: give --tokens or \
         --tls-client-ca, or say --insecure if something else protects it"
    )]
    Unprotected(SocketAddr),
    /// Settings that contradict each other.
    #[error("{0}")]
    Settings(String),
    /// TLS cannot be set up.
    #[error("TLS: {0}")]
    Tls(tokio_rustls::rustls::Error),
    /// The operating system refused something.
    #[error(transparent)]
    System(#[from] std::io::Error),
    /// `--healthcheck`: the server is not ready.
    #[error("{address} is not ready: {why}")]
    NotReady {
        /// The address.
        address: SocketAddr,
        /// Its answer, or the error.
        why: String,
    },
    /// A defect of the server.
    #[error("{0}")]
    Internal(String),
}

impl StartError {
    pub(crate) fn file(path: &Path, why: impl fmt::Display) -> Self {
        Self::File { path: path.to_owned(), why: why.to_string() }
    }
}
