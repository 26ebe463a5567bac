//! The scores at which a canary passes or is marginal.

use serde::{Deserialize, Serialize};

use super::range::finite;
use crate::problem::Problem;

/// The scores at which a canary passes or is marginal: two finite numbers.
///
/// Thresholds outside of 0 to 100, or a marginal threshold above the pass threshold, can be expressed, because
/// Kayenta accepts them; [`Thresholds::problems`] lists what is suspect.
///
/// # Example
/// ```
/// use judge_core::Thresholds;
///
/// let thresholds = Thresholds::new(95.0, 75.0)?;
/// assert_eq!((thresholds.pass(), thresholds.marginal()), (95.0, 75.0));
/// let swapped = Thresholds::new(75.0, 95.0)?;
/// assert_eq!(swapped.problems()[0].path, "marginal");
/// assert!(Thresholds::new(f64::NAN, 75.0).is_err());
/// # Ok::<(), judge_core::Problem>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Unchecked")]
pub struct Thresholds {
    pass: f64,
    marginal: f64,
}

impl Thresholds {
    /// The thresholds that Kayenta's documentation and user interface start from.
    pub const DEFAULT: Self = Self { pass: 95.0, marginal: 75.0 };

    /// The canary passes at the score `pass` or above, is marginal at `marginal` or above, and fails below it.
    ///
    /// # Errors
    /// If a score is not finite. The path of the problem is `pass` or `marginal`.
    pub fn new(pass: f64, marginal: f64) -> Result<Self, Problem> {
        Ok(Self { pass: finite("pass", pass)?, marginal: finite("marginal", marginal)? })
    }

    /// The canary passes at this score or above.
    pub fn pass(self) -> f64 {
        self.pass
    }

    /// The canary is marginal at this score or above, and fails below it.
    pub fn marginal(self) -> f64 {
        self.marginal
    }

    /// The lowest score that passes, also in Spinnaker's stage, which stops at a score equal to marginal.
    pub(crate) fn lowest_pass(self) -> f64 {
        if self.marginal < self.pass { self.pass } else { (self.pass + 0.01).min(100.0) }
    }

    /// Everything suspect about the thresholds.
    pub fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        for (path, value) in [("pass", self.pass), ("marginal", self.marginal)] {
            if !(0.0..=100.0).contains(&value) {
                let consequence = "scores are from 0 to 100, so this threshold decides nothing";
                problems.push(Problem::suspect(path, value, "a score from 0 to 100", consequence));
            }
        }
        if self.marginal > self.pass {
            let allowed = format!("a score of at most pass, {}", self.pass);
            let consequence = "no score is ever marginal";
            problems.push(Problem::suspect("marginal", self.marginal, allowed, consequence));
        }
        if self.pass == 0.0 {
            let consequence = "every score passes";
            problems.push(Problem::suspect("pass", self.pass, "a score above 0", consequence));
        }
        problems
    }
}

impl Default for Thresholds {
    fn default() -> Self {
        Self::DEFAULT
    }
}

#[derive(Deserialize)]
struct Unchecked {
    #[serde(with = "crate::number")]
    pass: f64,
    #[serde(with = "crate::number")]
    marginal: f64,
}

impl TryFrom<Unchecked> for Thresholds {
    type Error = Problem;

    fn try_from(read: Unchecked) -> Result<Self, Problem> {
        Self::new(read.pass, read.marginal)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn thresholds_hold_two_finite_numbers(pass in any::<f64>(), marginal in any::<f64>()) {
            match Thresholds::new(pass, marginal) {
                Ok(thresholds) => {
                    prop_assert!(pass.is_finite() && marginal.is_finite());
                    let json = serde_json::to_string(&thresholds).unwrap();
                    prop_assert_eq!(serde_json::from_str::<Thresholds>(&json).unwrap(), thresholds);
                    let suspect = thresholds.problems().is_empty();
                    let plain = 0.0 < pass && pass <= 100.0 && 0.0 <= marginal && marginal <= pass;
                    prop_assert_eq!(suspect, plain);
                }
                Err(problem) => {
                    let wrong = if pass.is_finite() { "marginal" } else { "pass" };
                    prop_assert_eq!(problem.path, wrong);
                }
            }
        }
    }

    #[test]
    fn a_reader_refuses_what_the_constructor_refuses() {
        let read = serde_json::from_str::<Thresholds>(r#"{"pass": "NaN", "marginal": 75}"#);
        assert_eq!(read.unwrap_err().to_string(), "pass: expected a finite number, got NaN");
    }
}
