//! The tests, a file each: null hypothesis, statistic, effect, cost.

pub(super) mod bursts;
pub(super) mod end_state;
pub(super) mod events;
pub(super) mod excess;
pub(super) mod excursions;
pub(super) mod healthy;
pub(super) mod location;
pub(super) mod mann_whitney;
pub(super) mod scores;
pub(super) mod sequential;
pub(super) mod silence;
pub(super) mod spread;
pub(super) mod start_up;
mod strata;
pub(super) mod tail;
mod volatility;
