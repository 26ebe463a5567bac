//! Healthy instances from files of either kind.

use judge_calibrate::Recording;

/// Healthy instances as they were recorded.
pub(super) struct HealthyInstances {
    pub(super) recordings: Vec<Recording>,
    pub(super) step_millis: u64,
    pub(super) warnings: Vec<String>,
}
