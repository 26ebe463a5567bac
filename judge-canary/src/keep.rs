//! Removes old canaries and audit entries, and the oldest canaries beyond the size limit.

use std::time::Duration;

use tracing::{info, warn};

use crate::canaries::Canaries;
use crate::store::KeepLimits;

/// Time between two removals.
const EVERY: Duration = Duration::from_mins(1);

impl Canaries {
    /// Removes what `limits` do not keep, once a minute. It does not return.
    pub async fn keep_within(&self, limits: KeepLimits) {
        loop {
            match self.shared.store.retain(limits.retention(self.now_millis())).await {
                Ok(0) => {}
                Ok(removed) => info!(removed, "removed what is old or too much"),
                Err(error) => warn!("what is old is not removed: {error}"),
            }
            // Not by the clock of the canaries, which somebody may set back.
            tokio::time::sleep(EVERY).await;
        }
    }
}
