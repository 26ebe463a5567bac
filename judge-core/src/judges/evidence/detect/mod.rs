//! The tests, a file each: null hypothesis, statistic, effect, cost.

pub(super) mod bursts;
pub(super) mod events;
pub(super) mod excess;
pub(super) mod healthy;
pub(super) mod location;
pub(super) mod ranks;
pub(super) mod runs;
pub(super) mod scores;
pub(super) mod sequential;
pub(super) mod silence;
pub(super) mod spread;
pub(super) mod stretch;
pub(super) mod tail;
mod volatility;
pub(super) mod warm_up;
