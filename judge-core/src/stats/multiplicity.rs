//! Many p-values: adjusted for their number, or combined into one.

use super::distribution::normal;
use crate::math;
use thiserror::Error;

/// Why p-values cannot be adjusted or combined.
///
/// # Example
/// ```
/// use judge_core::stats::{PValueError, fisher_combination, holm};
///
/// let error = holm(&[0.01, 1.5]).unwrap_err();
/// assert_eq!(error, PValueError::OutOfRange { index: 1, value: 1.5 });
/// assert_eq!(fisher_combination(&[]).unwrap_err(), PValueError::Empty);
/// ```
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum PValueError {
    /// A value is outside 0 to 1, or NaN.
    #[error("a p-value lies from 0 to 1, got {value} at index {index}")]
    OutOfRange {
        /// Index, in the given order.
        index: usize,
        /// The value.
        value: f64,
    },
    /// A weight is negative, NaN or infinite, or all are 0.
    #[error("a weight is finite and at least 0, and one is above 0, got {value} at index {index}")]
    Weight {
        /// Index, in the given order.
        index: usize,
        /// The weight.
        value: f64,
    },
    /// There are no p-values.
    #[error("combining needs at least one p-value, got none")]
    Empty,
}

fn check(p: &[f64]) -> Result<(), PValueError> {
    match p.iter().enumerate().find(|(_, p)| !(0.0..=1.0).contains(*p)) {
        Some((index, &value)) => Err(PValueError::OutOfRange { index, value }),
        None => Ok(()),
    }
}

/// Holm's adjusted p-values, in the given order. Rejecting those of at most α limits the probability of *any*
/// false rejection to α, whatever the dependence between the tests.
///
/// # Cost
/// O(k log k).
///
/// # Errors
/// If a value is not a p-value.
///
/// # References
/// Holm (1979), "A simple sequentially rejective multiple test procedure", section 2.
///
/// # Example
/// ```
/// use judge_core::stats::holm;
/// assert_eq!(holm(&[0.01, 0.5, 0.02])?, [0.03, 0.5, 0.04]);
/// # Ok::<(), judge_core::stats::PValueError>(())
/// ```
pub fn holm(p: &[f64]) -> Result<Vec<f64>, PValueError> {
    check(p)?;
    let mut adjusted = vec![0.0; p.len()];
    let mut largest = 0.0_f64;
    for (rank, index) in ascending(p).into_iter().enumerate() {
        largest = largest.max((p[index] * (p.len() - rank) as f64).min(1.0));
        adjusted[index] = largest;
    }
    Ok(adjusted)
}

/// Benjamini and Hochberg's adjusted p-values, in the given order. Rejecting those of at most α limits the
/// expected *share* of false rejections to α, if the tests are independent or positively dependent. It does
/// *not* limit the probability of any false rejection.
///
/// # Cost
/// O(k log k).
///
/// # Errors
/// If a value is not a p-value.
///
/// # References
/// Benjamini and Hochberg (1995), "Controlling the false discovery rate", eq. 1.
///
/// # Example
/// ```
/// use judge_core::stats::benjamini_hochberg;
/// assert_eq!(benjamini_hochberg(&[0.01, 0.5, 0.02])?, [0.03, 0.5, 0.03]);
/// # Ok::<(), judge_core::stats::PValueError>(())
/// ```
pub fn benjamini_hochberg(p: &[f64]) -> Result<Vec<f64>, PValueError> {
    check(p)?;
    let mut adjusted = vec![0.0; p.len()];
    let mut smallest = 1.0_f64;
    for (rank, index) in ascending(p).into_iter().enumerate().rev() {
        smallest = smallest.min(p[index] * p.len() as f64 / (rank + 1) as f64);
        adjusted[index] = smallest;
    }
    Ok(adjusted)
}

fn ascending(p: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|&a, &b| p[a].total_cmp(&p[b]));
    order
}

/// Stouffer's method: combines independent one-sided p-values of the same direction by their weighted
/// z-scores.
///
/// Weak evidence that agrees adds up; evidence that disagrees cancels. `weights` are relative, such as square
/// roots of sample sizes. It is *not* for two-sided p-values, which have no direction.
///
/// # Cost
/// O(k).
///
/// # Errors
/// If a value is not a p-value; if there is none; if a weight is negative or not finite; if all weights are
/// 0; if the numbers of weights and p-values differ.
///
/// # References
/// Stouffer et al. (1949), *The American Soldier*, vol. 1, footnote on p. 45; Lipták (1958), "On the
/// combination of independent tests", eq. 2.5 (weights).
///
/// # Example
/// ```
/// use judge_core::stats::stouffer;
/// let p = stouffer(&[0.05, 0.05, 0.05], &[1.0, 1.0, 1.0])?;
/// assert!((p - 0.00219305).abs() < 5e-8);
/// # Ok::<(), judge_core::stats::PValueError>(())
/// ```
pub fn stouffer(p: &[f64], weights: &[f64]) -> Result<f64, PValueError> {
    check(p)?;
    if p.is_empty() {
        return Err(PValueError::Empty);
    }
    for index in 0..p.len().max(weights.len()) {
        let value = weights.get(index).copied().unwrap_or(f64::NAN);
        if index >= p.len() || !(0.0..f64::INFINITY).contains(&value) {
            return Err(PValueError::Weight { index, value });
        }
    }
    let largest = weights.iter().copied().fold(0.0, f64::max);
    if largest == 0.0 {
        return Err(PValueError::Weight { index: 0, value: 0.0 });
    }
    let (mut sum, mut squares) = (0.0, 0.0);
    for (&p, &weight) in p.iter().zip(weights).filter(|(_, weight)| **weight > 0.0) {
        let weight = weight / largest;
        sum += weight * normal::upper_quantile(p);
        squares += weight * weight;
    }
    // A p-value of 0 beside a p-value of 1.
    Ok(if sum.is_nan() { 1.0 } else { normal::upper_tail(sum / squares.sqrt()) })
}

/// Fisher's method: combines independent p-values. The result is small if at least one of them is very small.
///
/// Evidence that disagrees does not cancel: it answers whether *any* null hypothesis is false, *not* whether
/// all are.
///
/// # Cost
/// O(k): the χ² tail with 2k degrees of freedom is a finite sum.
///
/// # Errors
/// If a value is not a p-value, or there is none.
///
/// # References
/// Fisher (1932), *Statistical Methods for Research Workers*, 4th edition, section 21.1.
///
/// # Example
/// ```
/// use judge_core::stats::fisher_combination;
/// let p = fisher_combination(&[0.05, 0.05])?;
/// // With s = Σ ln p: exp(s) (1 − s) for two of them.
/// let s = 2.0 * 0.05_f64.ln();
/// assert!((p - s.exp() * (1.0 - s)).abs() < 1e-16);
/// # Ok::<(), judge_core::stats::PValueError>(())
/// ```
pub fn fisher_combination(p: &[f64]) -> Result<f64, PValueError> {
    check(p)?;
    if p.is_empty() {
        return Err(PValueError::Empty);
    }
    let half: f64 = -p.iter().map(|p| math::ln(*p)).sum::<f64>();
    if half.is_infinite() {
        return Ok(0.0);
    }
    // Q = exp(−h) Σ hⁱ/i!, term by term on the log scale, because exp(−h) alone can underflow.
    let mut sum = 0.0;
    let mut log_term = -half;
    for i in 0..p.len() {
        if i > 0 {
            log_term += math::ln(half / i as f64);
        }
        sum += math::exp(log_term);
    }
    Ok(sum.min(1.0))
}
