//! Options of a calibration.

use serde::Serialize;

use crate::error::CalibrateError;

/// Options of a calibration.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Options {
    /// Lengths of the windows, in minutes, each above 0.
    pub minutes: Vec<f64>,
    /// The change to detect, as a share of the metric's mean size, above 0. `0.2` is +20 % if an increase is harmful,
    /// and the inverse change, −16.7 %, if only a decrease is harmful.
    pub change: f64,
    /// The share of canaries in which a change must be found to count as detected, above 0 and below 1.
    pub power: f64,
    /// Number of healthy pairs to judge for each figure, 10 to 100,000.
    pub pairs: usize,
    /// Seed of the random pairs. The same seed gives the same figures on any number of threads.
    pub seed: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self { minutes: vec![10.0, 20.0, 30.0, 60.0], change: 0.2, power: 0.8, pairs: 200, seed: 1 }
    }
}

/// Fewer pairs give no information.
const FEWEST_PAIRS: usize = 10;
/// More pairs take hours to judge and gigabytes to keep, and hardly narrow an interval.
const MOST_PAIRS: usize = 100_000;

impl Options {
    /// Checks the options without any history.
    ///
    /// # Errors
    /// With the first option that is out of range.
    pub fn check(&self) -> Result<(), CalibrateError> {
        let wrong = |name, value, expected| Err(CalibrateError::Option { name, value, expected });
        if self.minutes.is_empty() {
            return wrong("minutes", 0.0, "at least one window");
        }
        for &minutes in &self.minutes {
            if !(minutes > 0.0 && minutes.is_finite()) {
                return wrong("minutes", minutes, "a finite number above 0");
            }
        }
        if !(self.change > 0.0 && self.change.is_finite()) {
            return wrong("change", self.change, "a finite number above 0");
        }
        if !(self.power > 0.0 && self.power < 1.0) {
            return wrong("power", self.power, "a number above 0 and below 1");
        }
        if !(FEWEST_PAIRS..=MOST_PAIRS).contains(&self.pairs) {
            return wrong("pairs", self.pairs as f64, "10 to 100000 pairs");
        }
        Ok(())
    }
}
