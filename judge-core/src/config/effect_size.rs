//! How large a change of a metric must be to count.

use serde::{Deserialize, Serialize};

use super::range::finite;
use crate::problem::Problem;

/// How the size of a change is measured, to compare it with the allowances; [`EffectSize`] has an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum EffectMeasure {
    /// Mean of the canary divided by the mean of the baseline; 1 is no change.
    #[default]
    MeanRatio,
    /// Probability that a canary point exceeds a baseline point; 0.5 is no change.
    Cles,
}

impl EffectMeasure {
    /// The value that means no change. It is also Kayenta's default for every allowance.
    pub const fn neutral(self) -> f64 {
        match self {
            Self::MeanRatio => 1.0,
            Self::Cles => 0.5,
        }
    }
}

/// How large a change must be to count, in units of the effect measure. Every allowance is a finite number.
///
/// An allowance that allows nothing or everything, such as 0.1 where 10 % was meant, can be expressed: Kayenta
/// accepts it, and the readers of configs give a notice.
///
/// # Example
/// An increase of up to 10 % is allowed, and a critical metric fails the canary from 50 % on:
/// ```
/// use judge_core::config::{EffectMeasure, EffectSize};
///
/// let size = EffectSize::neutral(EffectMeasure::MeanRatio)
///     .with_allowed_increase(1.1)?
///     .with_critical_increase(1.5)?;
/// assert_eq!(size.allowed_decrease(), 1.0);
/// assert!(size.with_allowed_increase(f64::NAN).is_err());
/// # Ok::<(), judge_core::Problem>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", try_from = "Unchecked")]
pub struct EffectSize {
    measure: EffectMeasure,
    allowed_increase: f64,
    allowed_decrease: f64,
    critical_increase: f64,
    critical_decrease: f64,
}

impl EffectSize {
    /// Every allowance at the measure's neutral value: any significant change counts.
    pub const fn neutral(measure: EffectMeasure) -> Self {
        let neutral = measure.neutral();
        Self {
            measure,
            allowed_increase: neutral,
            allowed_decrease: neutral,
            critical_increase: neutral,
            critical_decrease: neutral,
        }
    }

    /// An increase fails at this effect or above.
    ///
    /// # Errors
    /// If `effect` is not finite. The path of the problem is `allowedIncrease`.
    pub fn with_allowed_increase(self, effect: f64) -> Result<Self, Problem> {
        Ok(Self { allowed_increase: finite("allowedIncrease", effect)?, ..self })
    }

    /// A decrease fails at this effect or below.
    ///
    /// # Errors
    /// If `effect` is not finite. The path of the problem is `allowedDecrease`.
    pub fn with_allowed_decrease(self, effect: f64) -> Result<Self, Problem> {
        Ok(Self { allowed_decrease: finite("allowedDecrease", effect)?, ..self })
    }

    /// A critical metric's increase fails the whole canary at this effect or above.
    ///
    /// # Errors
    /// If `effect` is not finite. The path of the problem is `criticalIncrease`.
    pub fn with_critical_increase(self, effect: f64) -> Result<Self, Problem> {
        Ok(Self { critical_increase: finite("criticalIncrease", effect)?, ..self })
    }

    /// A critical metric's decrease fails the whole canary at this effect or below.
    ///
    /// # Errors
    /// If `effect` is not finite. The path of the problem is `criticalDecrease`.
    pub fn with_critical_decrease(self, effect: f64) -> Result<Self, Problem> {
        Ok(Self { critical_decrease: finite("criticalDecrease", effect)?, ..self })
    }

    /// The measure.
    pub fn measure(&self) -> EffectMeasure {
        self.measure
    }

    /// An increase fails at this effect or above.
    pub fn allowed_increase(&self) -> f64 {
        self.allowed_increase
    }

    /// A decrease fails at this effect or below.
    pub fn allowed_decrease(&self) -> f64 {
        self.allowed_decrease
    }

    /// A critical metric's increase fails the whole canary at this effect or above.
    pub fn critical_increase(&self) -> f64 {
        self.critical_increase
    }

    /// A critical metric's decrease fails the whole canary at this effect or below.
    pub fn critical_decrease(&self) -> f64 {
        self.critical_decrease
    }
}

impl Default for EffectSize {
    fn default() -> Self {
        Self::neutral(EffectMeasure::default())
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Unchecked {
    measure: EffectMeasure,
    allowed_increase: f64,
    allowed_decrease: f64,
    critical_increase: f64,
    critical_decrease: f64,
}

impl TryFrom<Unchecked> for EffectSize {
    type Error = Problem;

    fn try_from(read: Unchecked) -> Result<Self, Problem> {
        Self::neutral(read.measure)
            .with_allowed_increase(read.allowed_increase)?
            .with_allowed_decrease(read.allowed_decrease)?
            .with_critical_increase(read.critical_increase)?
            .with_critical_decrease(read.critical_decrease)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn an_effect_size_holds_what_was_set_or_refuses_it(effect in any::<f64>(), which in 0..4_usize) {
            let size = EffectSize::neutral(EffectMeasure::Cles);
            let set = [
                EffectSize::with_allowed_increase,
                EffectSize::with_allowed_decrease,
                EffectSize::with_critical_increase,
                EffectSize::with_critical_decrease,
            ];
            let get = [
                EffectSize::allowed_increase,
                EffectSize::allowed_decrease,
                EffectSize::critical_increase,
                EffectSize::critical_decrease,
            ];
            match set[which](size, effect) {
                Ok(size) => {
                    prop_assert!(effect.is_finite());
                    let held = get.map(|get| get(&size));
                    let expected: Vec<_> =
                        (0..4).map(|other| if other == which { effect } else { 0.5 }).collect();
                    prop_assert_eq!(held.as_slice(), expected);
                    let json = serde_json::to_string(&size).unwrap();
                    prop_assert_eq!(serde_json::from_str::<EffectSize>(&json).unwrap(), size);
                }
                Err(problem) => {
                    prop_assert!(!effect.is_finite());
                    prop_assert_eq!(problem.allowed, "a finite number");
                }
            }
        }
    }
}
