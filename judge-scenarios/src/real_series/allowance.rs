//! Estimates allowances from the differences between two instances of one version.

use serde::Serialize;
use statrs::distribution::{ContinuousCDF, StudentsT};
use thiserror::Error;

use super::values::finite;

/// The largest proposed allowance: +100 %. It lets a canary double before it fails.
pub const CAP: f64 = 1.0;
/// The probability that a new window stays within the allowance.
const CONFIDENCE: f64 = 0.99;
/// Quantile of the normal distribution at [`CONFIDENCE`], the limit of t for many windows.
const NORMAL: f64 = 2.326_347_874;
/// The spread of fewer windows cannot be estimated.
const FEWEST_WINDOWS: usize = 2;

/// A proposed allowance, as a share: 0.12 is `allowedIncrease` 1.12.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SeriesAllowance {
    /// Number of windows from which it was estimated.
    pub windows: usize,
    /// Root mean square of the log ratios.
    pub rms: f64,
    /// The result of the formula.
    pub wanted: f64,
    /// The proposal: the result, but at most [`CAP`].
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
    /// Estimates the allowance from m log ratios: exp(rms · t(0.99; m) · √(1 + 1/m)) − 1. The log ratio of a new window stays
    /// below it with probability 0.99.
    ///
    /// We assume that the log ratios are independent and normal around 0. A lasting difference between the instances
    /// counts as spread, because chance decides which of them is the canary. The allowance does not say how much harm
    /// a service tolerates. It only says how much healthy instances differ, too.
    ///
    /// # Errors
    /// If there are fewer than two log ratios.
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

    /// Whether the formula's result exceeds [`CAP`], which makes the allowance useless.
    pub fn is_capped(&self) -> bool {
        self.wanted > CAP
    }

    /// Why the allowance is useless; `None` if it is useful.
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

/// The logarithm of the ratio of the canary's mean to the baseline's; `None` if a mean is not above 0.
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
    fn a_useless_allowance_is_capped_with_a_reason() {
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
