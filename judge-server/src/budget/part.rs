//! What is reserved for what.

use crate::convert::refusal::Resource;

/// Bytes of a request above which its judgement is large: judging that much takes some milliseconds.
pub(crate) const LARGE_BYTES: usize = 256 * 1024;

/// What is reserved, by what for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Part {
    /// Calls, streams and their answers: `max-buffered`.
    Calls,
    /// Probes of the gRPC port.
    GrpcProbes,
    /// Probes of the HTTP port, apart so that those of one port do not keep out those of the other.
    HttpProbes,
    /// Watches of health and lookups of reflection, which stay and need no token.
    Watches,
    /// Refusals whose answers have a body.
    Refusals,
}

/// All parts, in the order of their counters.
pub(super) const PARTS: [Part; 5] =
    [Part::Calls, Part::GrpcProbes, Part::HttpProbes, Part::Watches, Part::Refusals];

impl Part {
    pub(super) fn resource(self) -> Resource {
        match self {
            Self::Calls | Self::Refusals => Resource::Bytes,
            Self::GrpcProbes | Self::HttpProbes => Resource::Probes,
            Self::Watches => Resource::Watches,
        }
    }
}
