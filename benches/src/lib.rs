//! Seeded inputs of the benchmarks, and labelled canaries to measure judges with.

mod metrics;
pub mod random;
pub mod scenarios;

pub use metrics::{gaussian, latencies, tied};
