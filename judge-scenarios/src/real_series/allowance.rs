//! Allowances from how much two instances of one version differ.

use serde::Serialize;
use statrs::distribution::{ContinuousCDF, StudentsT};
use thiserror::Error;

use super::values::finite;

/// The largest allowance that is proposed: +100 %. Beyond it a canary may double before it fails.
pub const CAP: f64 = 1.0;
/// The probability that a new window stays within the allowance.
const CONFIDENCE: f64 = 0.99;
/// Quantile of the normal distribution at [`CONFIDENCE`]: that of t with any number of windows.
const NORMAL: f64 = 2.326_347_874;
/// Fewest windows that say anything about how windows differ.
const FEWEST_WINDOWS: usize = 2;

/// A proposed allowance, as a share: 0.12 is `allowedIncrease` 1.12.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SeriesAllowance {
    /// Windows that it comes from.
    pub windows: usize,
    /// Root mean square of the log ratios.
    pub rms: f64,
    /// What the formula gives.
    pub wanted: f64,
    /// What is proposed: at most [`CAP`].
    pub proposed: f64,
}

/// Why there is no proposal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error, Serialize)]
pub enum NoAllowance {
    /// Too few windows with a positive mean on both sides.
    #[error("expected {FEWEST_WINDOWS} healthy windows with positive means or more, got {0}")]
    TooFewWindows(usize),
}

impl SeriesAllowance {
    /// The allowance that the log ratio of a new window stays within with probability 0.99, on one side:
    /// exp(rms · t(0.99; m) · √(1 + 1/m)) − 1 for m log ratios.
    ///
    /// It takes the log ratios for independent normal values around 0: which instance is the canary is
    /// chance, so a lasting difference between them counts as spread. It says nothing about harm that a
    /// service could bear, only about what cannot be told from two healthy instances.
    ///
    /// # Errors
    /// When there are fewer than two log ratios.
    ///
    /// # Example
    /// ```
    /// use judge_scenarios::real_series::SeriesAllowance;
    /// let allowance = SeriesAllowance::from_log_ratios(&[0.01, -0.01, 0.01, -0.01])?;
    /// // t(0.99; 4) = 3.747
    /// assert!((allowance.proposed - (0.01_f64 * 3.747 * 1.25_f64.sqrt()).exp_m1()).abs() < 1e-5);
    /// # Ok::<(), judge_scenarios::real_series::NoAllowance>(())
    /// ```
    pub fn from_log_ratios(log_ratios: &[f64]) -> Result<Self, NoAllowance> {
        let ratios = finite(log_ratios);
        let windows = ratios.len();
        let m = windows as f64;
        let student = StudentsT::new(0.0, 1.0, m).ok().filter(|_| windows >= FEWEST_WINDOWS);
        let student = student.ok_or(NoAllowance::TooFewWindows(windows))?;
        let rms = (ratios.iter().map(|ratio| ratio * ratio).sum::<f64>() / m).sqrt();
        let wanted = (rms * student.inverse_cdf(CONFIDENCE) * (1.0 + 1.0 / m).sqrt()).exp_m1();
        Ok(Self { windows, rms, wanted, proposed: wanted.min(CAP) })
    }

    /// Whether the formula gives more than [`CAP`], which makes the allowance useless.
    pub fn is_capped(&self) -> bool {
        self.wanted > CAP
    }

    /// Why the allowance is useless; `None` where it is not.
    pub fn why_useless(&self) -> Option<String> {
        if !self.is_capped() {
            return None;
        }
        let differ = format!("differ by {:.0} % (root mean square)", 100.0 * self.rms.exp_m1());
        let any_number_of_windows = (self.rms * NORMAL).exp_m1();
        Some(if any_number_of_windows <= CAP {
            format!("only {} windows, which {differ}: more history may settle it", self.windows)
        } else {
            format!("the instances {differ}")
        })
    }
}

/// The logarithm of `canary`'s mean over `baseline`'s; `None` where a mean is not above 0.
pub fn log_ratio(baseline: &[f64], canary: &[f64]) -> Option<f64> {
    let (baseline, canary) = (super::values::mean(baseline), super::values::mean(canary));
    let both = baseline > 0.0 && canary > 0.0;
    both.then(|| canary.ln() - baseline.ln()).filter(|ratio| ratio.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        // (log ratios, rms, t of m degrees at 0.99 from a table)
        let cases: [(&[f64], f64, f64); 3] = [
            (&[0.03, -0.04], 0.035_355_339, 6.965),
            (&[0.0, 0.0, 0.0], 0.0, 4.541),
            (&[0.1; 10], 0.1, 2.764),
        ];
        for (ratios, rms, t) in cases {
            let m = ratios.len() as f64;
            let allowance = SeriesAllowance::from_log_ratios(ratios).unwrap();
            let expected = (rms * t * (1.0 + 1.0 / m).sqrt()).exp_m1();
            assert!((allowance.rms - rms).abs() < 1e-8, "{allowance:?}");
            assert!((allowance.wanted - expected).abs() < 2e-4, "{allowance:?}, {expected}");
            assert_eq!((allowance.proposed, allowance.why_useless()), (allowance.wanted, None));
        }
    }

    #[test]
    fn what_is_useless_is_capped_and_why_is_said() {
        let few = SeriesAllowance::from_log_ratios(&[0.2, -0.2]).unwrap();
        assert!(few.wanted > CAP && few.proposed == CAP);
        let why = few.why_useless().unwrap();
        assert_eq!(
            why,
            "only 2 windows, which differ by 22 % (root mean square): more history may settle it"
        );
        let far = SeriesAllowance::from_log_ratios(&[0.7; 20]).unwrap();
        let why = far.why_useless().unwrap();
        assert_eq!(why, "the instances differ by 101 % (root mean square)");
        let one = SeriesAllowance::from_log_ratios(&[0.1, f64::NAN]).unwrap_err();
        assert_eq!(one, NoAllowance::TooFewWindows(1));
        let message = "expected 2 healthy windows with positive means or more, got 1";
        assert_eq!(one.to_string(), message);
    }

    #[test]
    fn ratios_are_of_means_that_are_positive() {
        let near = |ratio: Option<f64>, expected: f64| (ratio.unwrap() - expected).abs() < 1e-12;
        assert!(near(log_ratio(&[1.0, 3.0], &[4.0, f64::NAN]), 2.0_f64.ln()));
        for (baseline, canary) in [([0.0], [1.0]), ([1.0], [-1.0]), ([1.0], [f64::NAN])] {
            assert_eq!(log_ratio(&baseline, &canary), None);
        }
    }
}
