//! The judges, and how a program finds or adds one.
//!
//! | judge | for |
//! | --- | --- |
//! | [`EvidenceJudge`] | new canaries: finds late changes, spread, bursts and rare events, and raises few false alarms |
//! | [`NetflixAcaJudge`] | canaries that must be judged exactly as Kayenta judges them |
//!
//! A config names its judge. [`built_in`] finds it by that name; [`Judges`] takes judges of your own beside
//! the two.

mod configs;
mod data_warnings;
pub mod evidence;
mod judge;
pub mod netflix;
mod pairs;
mod registry;
mod scratch;

pub use evidence::EvidenceJudge;
pub use judge::Judge;
pub use netflix::NetflixAcaJudge;
pub use registry::{Judges, REMOTE, built_in};
pub use scratch::Scratch;
