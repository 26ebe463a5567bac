//! Seeded inputs of the benchmarks, and labelled canaries to measure judges with.

mod metrics;
pub mod random;
pub mod real_series;
pub mod scenarios;

pub use metrics::{gaussian, latencies, tied};
