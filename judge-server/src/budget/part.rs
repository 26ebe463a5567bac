//! Parts of the budget.

use crate::convert::refusal::Resource;

/// A judgement of a request with more bytes is large: it takes some milliseconds.
pub(crate) const LARGE_BYTES: usize = 256 * 1024;

/// The part of the budget that a reservation belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Part {
    /// Calls, streams and their answers: `max-buffered`.
    Calls,
    /// Probes of the gRPC port.
    GrpcProbes,
    /// Probes of the HTTP port; separate, so that the probes of one port do not block those of the other.
    HttpProbes,
    /// Watches of health and lookups of reflection, which stay open and need no token.
    Watches,
    /// Refusals with a body.
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
