//! Healthy instances from files of either kind.

use judge_calibrate::Recording;

/// Recorded healthy instances.
pub(super) struct HealthyInstances {
    pub(super) recordings: Vec<Recording>,
    pub(super) step_millis: u64,
    pub(super) warnings: Vec<String>,
}
