//! Seeded inputs of the benchmarks.

mod metrics;

pub use metrics::{gaussian, latencies, tied};
