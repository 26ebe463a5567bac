//! Labelled canaries, to measure how often a judge is right.
//!
//! | canaries | where |
//! | --- | --- |
//! | drawn from a seed, a family for each thing that can happen to a service | [`FAMILIES`] |
//! | healthy pairs with a habit beyond noise, such as bursts | [`HABITS`] |
//! | metrics as services export them: over rolling windows, saw-teeth, queues | [`PRACTICAL_METRICS`] |
//! | healthy or slower, with a small share of the traffic | [`SharedTraffic`] |
//! | pairs of recorded series, healthy or with injected harm | [`real_series`] |
//!
//! A family describes a change in units of the metric's own noise. No judge takes part in drawing. Every harmful family has
//! a harmless twin. The program `scenarios` prints the tables of `docs/`.

mod changes;
mod families;
mod habits;
mod metric;
mod noise;
mod practical;
pub mod random;
pub mod real;
pub mod real_series;
mod score_card;
mod traffic;

pub use families::{
    FAMILIES, Family, Scenario, aa_pair, shifted_pair, single_metric_request, systemic,
};
pub use habits::{HABITS, Habit, TWO_LEVELS};
pub use noise::{Noise, Shape};
pub use practical::{PRACTICAL_METRICS, PracticalMetric};
pub use score_card::{ScoreCard, ScoreCounts};
pub use traffic::{REQUESTS, SharedTraffic};
