//! Registers metrics.

use prometheus::Registry;
use prometheus::core::Collector;

/// Registers the metric and returns it.
pub(super) fn register<M: Collector + Clone + 'static>(
    registry: &Registry,
    metric: prometheus::Result<M>,
) -> prometheus::Result<M> {
    let metric = metric?;
    registry.register(Box::new(metric.clone()))?;
    Ok(metric)
}
