//! Labelled canaries, from a seed: is the canary to be stopped or not?
//!
//! Families are described by what happens to the service, in units of the metric's own noise, and
//! drawn without looking at any judge. Every harmful family has a harmless twin.

mod changes;
mod families;
mod habits;
mod metric;
mod noise;
pub mod random;
pub mod real;
pub mod real_series;
mod score_card;
mod traffic;

pub use families::{FAMILIES, Family, Scenario, aa_pair, shifted_pair, single, systemic};
pub use habits::{HABITS, Habit, TWO_LEVELS};
pub use noise::{Noise, Shape};
pub use score_card::{ScoreCard, ScoreCounts};
pub use traffic::{REQUESTS, SharedTraffic};
