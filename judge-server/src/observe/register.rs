//! Metrics of a registry.

use prometheus::Registry;
use prometheus::core::Collector;

/// The metric, registered.
///
/// # Errors
/// When it is none, or another has its name.
pub(super) fn register<M: Collector + Clone + 'static>(
    registry: &Registry,
    metric: prometheus::Result<M>,
) -> prometheus::Result<M> {
    let metric = metric?;
    registry.register(Box::new(metric.clone()))?;
    Ok(metric)
}
