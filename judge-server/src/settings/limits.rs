//! The limits on one request, as the settings have them.

use judge_contract::limits::{Limits, UNCOUNTED_BYTES};

use super::Settings;

impl Settings {
    /// The limits on one request.
    pub(crate) fn limits(&self) -> Limits {
        Limits {
            message_bytes: self.max_message_size.get(),
            metrics: self.max_metrics,
            series_points: self.max_series_points,
            total_points: self.max_points,
            uncounted_bytes: UNCOUNTED_BYTES,
        }
    }
}
