//! Decides: from the findings of the tests to the classification of a metric.

pub(super) mod class;
pub(super) mod joint;
pub(super) mod levels;
pub(super) mod location_estimate;
pub(super) mod metric;
pub(super) mod panel;
pub(super) mod traffic;
