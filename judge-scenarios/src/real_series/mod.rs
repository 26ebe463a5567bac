//! Recorded series of real services, and canaries made from them: healthy pairs, and pairs with injected harm.
//!
//! The project ships no such series. `docs/real-series.md` describes the files, the sources of public ones, and the
//! meaning of the measurements.

mod allowance;
mod eight;
mod fields;
mod files;
mod harm;
mod pairs;
mod peers;
mod rates;
mod series;
mod values;

pub use allowance::{CAP, NoAllowance, SeriesAllowance, log_ratio};
pub use eight::{EIGHT, EightHarm, eight_series};
pub use fields::LineError;
pub use files::{Fault, ReadError, read_faults, read_series};
pub use harm::{HARMS, Harm, HarmSubject};
pub use pairs::{PairClass, RealPair, coin_split, concurrent_pair, pairs, windows};
pub use peers::{mann_whitney_p, welch_p};
pub use rates::{MeasuredRate, Observation, rate};
pub use series::{RealSeries, SeriesPoints};

use crate::random::Random;

/// Derives the seed of each draw from the name of the run and the name of the draw.
#[derive(Debug, Clone, Copy)]
pub struct Seeds(pub &'static str);

impl Seeds {
    /// The random numbers of the draw `what`, which are the same on every machine and in every order of work.
    pub fn random(self, what: &str) -> Random {
        Random::from_name(&format!("{}|{what}", self.0))
    }
}
