//! The statistics against R, SciPy, brute force and their own laws.

#![allow(clippy::unwrap_used, reason = "tests")]

mod golden;
mod laws;
mod location;
mod more;
mod others;
mod vast;

use judge_core::stats::ConfidenceLevel;

fn level(value: f64) -> ConfidenceLevel {
    ConfidenceLevel::new(value).unwrap()
}
