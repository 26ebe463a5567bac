//! Numbers that a setting may have.

use serde::Serialize;

use crate::problem::Problem;

/// `number`, if it is finite; else a problem at `path`.
pub(super) fn finite(path: &str, number: f64) -> Result<f64, Problem> {
    if number.is_finite() {
        Ok(number)
    } else {
        Err(Problem::error(path, number, "a finite number"))
    }
}

/// A finite number of at least 0.
///
/// # Example
/// ```
/// use judge_core::config::evidence::NonNegative;
///
/// assert_eq!(NonNegative::new(0.25)?.get(), 0.25);
/// assert!(NonNegative::new(-1.0).is_err());
/// # Ok::<(), judge_core::Problem>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Default, Serialize)]
#[serde(transparent)]
pub struct NonNegative(f64);

impl NonNegative {
    /// Checks `number`.
    ///
    /// # Errors
    /// If the number is negative or not finite. The path of the problem is empty.
    pub fn new(number: f64) -> Result<Self, Problem> {
        if number >= 0.0 && number.is_finite() {
            Ok(Self(number))
        } else {
            Err(Problem::error("", number, "a number of at least 0"))
        }
    }

    pub(super) const fn constant(number: f64) -> Self {
        Self(number)
    }

    /// The number.
    pub fn get(self) -> f64 {
        self.0
    }
}

/// A share: above 0, at most 1.
///
/// # Example
/// ```
/// use judge_core::config::evidence::Fraction;
///
/// assert_eq!(Fraction::new(0.4)?.get(), 0.4);
/// assert!(Fraction::new(0.0).is_err());
/// # Ok::<(), judge_core::Problem>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize)]
#[serde(transparent)]
pub struct Fraction(f64);

impl Fraction {
    /// Checks `share`.
    ///
    /// # Errors
    /// If the share is not above 0 and at most 1. The path of the problem is empty.
    pub fn new(share: f64) -> Result<Self, Problem> {
        if share > 0.0 && share <= 1.0 {
            Ok(Self(share))
        } else {
            Err(Problem::error("", share, "a number above 0 and at most 1"))
        }
    }

    pub(super) const fn constant(share: f64) -> Self {
        Self(share)
    }

    /// The share.
    pub fn get(self) -> f64 {
        self.0
    }
}
