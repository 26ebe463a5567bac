//! Buffers that the judge fills anew for every metric.

use crate::clean::Cleaned;

use super::shifted_ranks::ShiftedRanks;

#[derive(Debug, Default)]
pub(super) struct NetflixBuffers {
    pub(super) baseline: Cleaned,
    pub(super) canary: Cleaned,
    pub(super) ranks: ShiftedRanks,
}
