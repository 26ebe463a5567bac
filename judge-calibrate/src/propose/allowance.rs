//! The allowance of a metric, in the form that a config states.

use judge_core::MetricConfig;
use judge_core::config::Direction;
use judge_core::config::evidence::NonNegative;
use serde::Serialize;

/// How the difference between two means is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AllowanceForm {
    /// By the logarithm of their ratio.
    Relative,
    /// By their difference, in the metric's unit.
    Absolute,
}

impl AllowanceForm {
    /// Transforms `level` to the scale of the differences; `None` if it has no value there.
    pub(super) fn transform(self, level: f64) -> Option<f64> {
        match self {
            Self::Relative => (level > 0.0 && level.is_finite()).then(|| level.ln()),
            Self::Absolute => level.is_finite().then_some(level),
        }
    }
}

/// A change that a config allows, in the config's keys.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", tag = "form")]
pub enum Allowance {
    /// `effectSize.allowedIncrease` and `effectSize.allowedDecrease`, each if the metric fails in that direction.
    #[serde(rename_all = "camelCase")]
    Relative {
        /// Ratio to the baseline, 1 or above.
        allowed_increase: Option<f64>,
        /// Ratio to the baseline, 0 to 1.
        allowed_decrease: Option<f64>,
    },
    /// `minimumAbsolute`, in the metric's unit.
    #[serde(rename_all = "camelCase")]
    Absolute {
        /// In the metric's unit, 0 or above.
        minimum_absolute: f64,
    },
}

/// Number of significant digits of an allowance.
const DIGITS: i32 = 2;
/// A size that exceeds its two digits by at most this share is not rounded up.
const ROUNDING: f64 = 1e-9;

impl Allowance {
    /// Allows a difference of `size` in the harmful directions, rounded up to two digits. Logarithms of ratios become
    /// ratios.
    pub(super) fn new(form: AllowanceForm, direction: Direction, size: f64) -> Self {
        match form {
            AllowanceForm::Absolute => Self::Absolute { minimum_absolute: up(0.0, size) },
            AllowanceForm::Relative => Self::Relative {
                allowed_increase: (direction != Direction::Decrease)
                    .then(|| up(1.0, size.exp_m1())),
                allowed_decrease: (direction != Direction::Increase)
                    .then(|| 1.0 - up(0.0, -(-size).exp_m1()))
                    .map(|ratio| if ratio > 0.0 { shortest(ratio) } else { (-size).exp() }),
            },
        }
    }

    /// The current allowance of `config`, in this form.
    pub(super) fn from_config(
        config: &MetricConfig,
        minimum_absolute: f64,
        form: AllowanceForm,
    ) -> Self {
        let size = &config.effect_size;
        match form {
            AllowanceForm::Absolute => Self::Absolute { minimum_absolute },
            AllowanceForm::Relative => Self::Relative {
                allowed_increase: (config.direction != Direction::Decrease)
                    .then_some(size.allowed_increase()),
                allowed_decrease: (config.direction != Direction::Increase)
                    .then_some(size.allowed_decrease()),
            },
        }
    }

    /// The larger of two allowances, on each side.
    pub(super) fn or_larger(self, other: Self) -> Self {
        let either = |a: Option<f64>, b: Option<f64>, larger: fn(f64, f64) -> f64| match (a, b) {
            // f64::max and f64::min ignore NaN.
            (Some(a), Some(b)) => Some(larger(a, b)),
            (a, b) => a.or(b),
        };
        match (self, other) {
            (
                Self::Relative { allowed_increase, allowed_decrease },
                Self::Relative { allowed_increase: increase, allowed_decrease: decrease },
            ) => Self::Relative {
                allowed_increase: either(allowed_increase, increase, f64::max),
                allowed_decrease: either(allowed_decrease, decrease, f64::min),
            },
            (Self::Absolute { minimum_absolute }, Self::Absolute { minimum_absolute: other }) => {
                Self::Absolute { minimum_absolute: minimum_absolute.max(other) }
            }
            _ => self,
        }
    }

    /// Writes the allowance into `config`.
    pub(super) fn apply(self, config: &mut MetricConfig) {
        match self {
            Self::Relative { allowed_increase, allowed_decrease } => {
                let size = config.effect_size;
                let increase = allowed_increase.unwrap_or(size.allowed_increase());
                let decrease = allowed_decrease.unwrap_or(size.allowed_decrease());
                let proposed = size
                    .with_allowed_increase(increase)
                    .and_then(|size| size.with_allowed_decrease(decrease));
                // A proposal that is not a valid number leaves the config unchanged.
                config.effect_size = proposed.unwrap_or(size);
            }
            Self::Absolute { minimum_absolute } => {
                config.evidence.minimum_absolute = NonNegative::new(minimum_absolute).ok();
            }
        }
    }
}

/// The sum of `base` and `size`, which is above 0 and is rounded up to two digits.
fn up(base: f64, size: f64) -> f64 {
    if size <= 0.0 || !size.is_finite() {
        return base;
    }
    #[expect(clippy::cast_possible_truncation, reason = "the exponent of a double")]
    let digits = size.log10().floor() as i32 - (DIGITS - 1);
    let unit = 10.0_f64.powi(digits);
    shortest(base + (size / unit * (1.0 - ROUNDING)).ceil() * unit)
}

/// Drops the last digits, which are only the rounding error of the sum.
fn shortest(value: f64) -> f64 {
    judge_core::format::round_to_digits(value, 13)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn relative(allowed_increase: Option<f64>, allowed_decrease: Option<f64>) -> Allowance {
        Allowance::Relative { allowed_increase, allowed_decrease }
    }

    #[test]
    fn sizes_are_rounded_away_from_no_change() {
        use {AllowanceForm::*, Direction::*};
        for (form, direction, size, expected) in [
            (Relative, Increase, 1.0731_f64.ln(), relative(Some(1.074), None)),
            (Relative, Increase, 1.13_f64.ln(), relative(Some(1.13), None)),
            (Relative, Increase, 1.00312_f64.ln(), relative(Some(1.0032), None)),
            (Relative, Increase, 3.41_f64.ln(), relative(Some(3.5), None)),
            (Relative, Decrease, -0.9311_f64.ln(), relative(None, Some(0.931))),
            (Relative, Either, 2.0_f64.ln(), relative(Some(2.0), Some(0.5))),
            (Relative, Decrease, 7.0, relative(None, Some((-7.0_f64).exp()))),
            (Relative, Increase, 0.0, relative(Some(1.0), None)),
            (Absolute, Either, 1234.0, Allowance::Absolute { minimum_absolute: 1300.0 }),
            (Absolute, Increase, 0.00321, Allowance::Absolute { minimum_absolute: 0.0033 }),
        ] {
            assert_eq!(
                Allowance::new(form, direction, size),
                expected,
                "{form:?} {direction:?} {size}"
            );
        }
    }

    #[test]
    fn a_larger_allowance_of_the_config_stays() {
        let mut config = MetricConfig::new("m", "g");
        config.effect_size = config.effect_size.with_allowed_increase(1.5).unwrap();
        let current = Allowance::from_config(&config, 0.0, AllowanceForm::Relative);
        let found = relative(Some(1.2), Some(0.8)).or_larger(current);
        assert_eq!(found, relative(Some(1.5), Some(0.8)));
        found.apply(&mut config);
        assert_eq!(config.effect_size.allowed_decrease(), 0.8);
        let Allowance::Absolute { minimum_absolute } =
            (Allowance::Absolute { minimum_absolute: 2.0 }).or_larger(Allowance::from_config(
                &config,
                3.0,
                AllowanceForm::Absolute,
            ))
        else {
            unreachable!("the form stays");
        };
        assert_eq!(minimum_absolute, 3.0);
    }
}
