//! What the judge fills anew for every metric.

use crate::clean::Cleaned;

use super::runs::Runs;

#[derive(Debug, Default)]
pub(super) struct Buffers {
    pub(super) baseline: Cleaned,
    pub(super) canary: Cleaned,
    pub(super) runs: Runs,
}
