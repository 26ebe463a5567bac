//! Planned looks at a running canary, and the error budget that they share: a group sequential test with α spending.
//!
//! A canary that is judged again and again, and stopped at the first bad look, has a chance of a false alarm at
//! each look. [`Looks`] is the number of a look and of all planned looks. `EvidenceJudge-v1` then spends one
//! significance level over all of them: the [`Spending`] determines how much each look may spend.
//! `docs/sequential.md` explains it.

mod boundary;

use serde::{Deserialize, Serialize};

use crate::config::evidence::Spending;
use crate::math;
use crate::problem::Problem;
use crate::stats::distribution::normal;

pub(crate) use boundary::Boundaries;

/// Most looks of a canary: as many as a stage can have windows.
const MOST_LOOKS: u32 = 1_000_000;

/// The number of a look at a canary, and the number of all planned looks.
///
/// Make the plan before the first look: a plan that depends on what was seen spends more than its budget.
///
/// # Example
/// ```
/// use judge_core::Looks;
///
/// let third = Looks::new(3, 6)?;
/// assert_eq!(third.to_string(), "look 3 of 6");
/// assert!(Looks::new(7, 6).is_err());
/// # Ok::<(), judge_core::Problem>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Looks {
    number: u32,
    planned: u32,
    sliding: bool,
    ended: bool,
}

impl Looks {
    /// Look `number`, from 1, of `planned`, on growing windows with a common start.
    ///
    /// # Errors
    /// If `number` is 0 or above `planned`, or `planned` above a million.
    pub fn new(number: u32, planned: u32) -> Result<Self, Problem> {
        if !(1..=MOST_LOOKS).contains(&planned) {
            let allowed = format!("a number of looks from 1 to {MOST_LOOKS}");
            return Err(Problem::error("planned", planned, allowed));
        }
        if !(1..=planned).contains(&number) {
            let allowed = format!("a look from 1 to the {planned} that are planned");
            return Err(Problem::error("number", number, allowed));
        }
        Ok(Self { number, planned, sliding: false, ended: false })
    }

    /// The same look on a window that slides: it starts later than the windows of the looks before.
    #[must_use]
    pub fn sliding(self) -> Self {
        Self { sliding: true, ..self }
    }

    /// The same look if no other follows, because the canary ended before the planned ones.
    #[must_use]
    pub fn ended(self) -> Self {
        Self { ended: true, ..self }
    }

    /// Whether another look follows.
    pub(crate) fn goes_on(self) -> bool {
        self.number < self.planned && !self.ended
    }

    /// The number of the look, from 1.
    pub fn number(self) -> u32 {
        self.number
    }

    /// Number of planned looks.
    pub fn planned(self) -> u32 {
        self.planned
    }

    /// Whether windows slide; otherwise they grow.
    pub fn is_sliding(self) -> bool {
        self.sliding
    }

    /// Share of the significance level `alpha` that this look may spend.
    pub(crate) fn share(self, spending: Spending, alpha: f64) -> f64 {
        share_of(self.number, self.planned, spending, alpha)
    }

    /// Share of the probability of an early pass that this look may spend; equal for all looks.
    pub(crate) fn share_of_early_pass(self) -> f64 {
        1.0 / f64::from(self.planned)
    }

    /// The share for a test whose looks depend on each other in an unknown way. Only the sum of the spent
    /// levels bounds their error, so a level that an early look spends is missing at the end.
    pub(crate) fn share_by_sum(self, spending: Spending, alpha: f64) -> f64 {
        if spending != Spending::Late {
            return self.share(spending, alpha);
        }
        let planned = f64::from(self.planned);
        let power = (planned * LATE_POWER_OF_A_LOOK).clamp(LEAST_LATE_POWER, MOST_LATE_POWER);
        let spent = |look: u32| math::pow(f64::from(look) / planned, power);
        (spent(self.number) - spent(self.number - 1)).max(LEAST_SHARE)
    }

    /// Share of the significance level `alpha` that all looks up to this one may spend.
    pub(crate) fn share_so_far(self, spending: Spending, alpha: f64) -> f64 {
        spent(f64::from(self.number) / f64::from(self.planned), spending, alpha)
    }
}

impl std::fmt::Display for Looks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "look {} of {}", self.number, self.planned)
    }
}

/// Exponent of the power family (Kim and `DeMets` 1987) for [`Spending::Late`] in tests without exact
/// boundaries, for each planned look. So the last of six to twelve looks keeps three quarters of the level,
/// where α₁* would leave it half or a third. With 8 for twelve looks, late steps lost up to 10 points of power.
const LATE_POWER_OF_A_LOOK: f64 = 4.0 / 3.0;
/// Smallest exponent.
const LEAST_LATE_POWER: f64 = 8.0;
/// Largest exponent, so that not only the last few of many looks spend.
const MOST_LATE_POWER: f64 = 16.0;
/// Smallest share: a product with a smaller one would underflow.
const LEAST_SHARE: f64 = 1e-290;

fn share_of(number: u32, planned: u32, spending: Spending, alpha: f64) -> f64 {
    let at = |look: u32| spent(f64::from(look) / f64::from(planned), spending, alpha);
    (at(number) - at(number - 1)).max(LEAST_SHARE)
}

/// Share of `alpha` that may be spent up to the share `t` of the looks (Lan and `DeMets` 1983, α₁* to α₃*).
fn spent(t: f64, spending: Spending, alpha: f64) -> f64 {
    if t <= 0.0 {
        return 0.0;
    }
    if t >= 1.0 {
        return 1.0;
    }
    match spending {
        Spending::Even => t,
        Spending::Early => math::ln_1p((std::f64::consts::E - 1.0) * t),
        Spending::Late => {
            let z = normal::upper_quantile(0.5 * alpha) / t.sqrt();
            2.0 * normal::upper_tail(z) / alpha
        }
    }
}

/// The significance level of a look. Its text is `look 3 of 6, level 0.2 %`.
///
/// # Example
/// ```
/// use judge_core::{CanaryConfig, EvidenceJudge, Judge, JudgeRequest, Looks, MetricConfig};
///
/// let metrics = vec![MetricConfig::new("latency", "Latency")];
/// let config = CanaryConfig { metrics, ..CanaryConfig::default() };
/// let looks = Some(Looks::new(3, 6)?);
/// let request = JudgeRequest { looks, ..JudgeRequest::without_points(config) };
/// let look = EvidenceJudge.judge(&request)?.look.expect("one was given");
/// assert_eq!(look.to_string(), "look 3 of 6, level 0.026 %");
/// # Ok::<(), judge_core::JudgeError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct LookLevel {
    /// The number of the look, from 1.
    pub number: u32,
    /// Number of planned looks.
    pub planned: u32,
    /// Significance level of a metric at this look, before the number of metrics divides it.
    pub level: f64,
    /// Part of a metric's significance level that all looks so far may have spent.
    pub spent: f64,
    /// Whether harm of the size that matters is ruled out, so that the canary may pass before its last look.
    pub early_pass: bool,
}

impl LookLevel {
    /// The level for people: two digits, such as `0.2 %`.
    pub fn percent(&self) -> String {
        Self::percent_of(self.level)
    }

    /// A p-value for people, formatted like the level that it is compared with.
    pub fn percent_of(p: f64) -> String {
        let percent = 100.0 * p;
        if percent < 1e-4 {
            return "<0.0001 %".to_owned();
        }
        let digits = format!("{percent:.1e}");
        let exponent: i32 =
            digits.split_once('e').and_then(|(_, exponent)| exponent.parse().ok()).unwrap_or(0);
        // Two digits that are not 0.
        let decimals = usize::try_from(1 - exponent).unwrap_or(0);
        let fixed = format!("{percent:.decimals$}");
        let short = if fixed.contains('.') { fixed.trim_end_matches('0') } else { &fixed };
        format!("{} %", short.trim_end_matches('.'))
    }
}

impl std::fmt::Display for LookLevel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "look {} of {}, level {}", self.number, self.planned, self.percent())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHAPES: [Spending; 3] = [Spending::Late, Spending::Even, Spending::Early];

    #[test]
    fn all_looks_together_spend_the_level() {
        for spending in SHAPES {
            for planned in [1, 2, 6, 240, 5000] {
                let shares = (1..=planned).map(|look| share_of(look, planned, spending, 0.01));
                let sum: f64 = shares.sum();
                assert!((sum - 1.0).abs() < 1e-9, "{spending:?} {planned}: {sum}");
            }
        }
        assert_eq!(share_of(1, 1, Spending::Late, 0.01).to_bits(), 1.0_f64.to_bits());
    }

    #[test]
    fn the_shapes_spend_as_published() {
        // Lan and DeMets (1983), table 1, two-sided 0.05: α₁*(0.2) = 2·(1 − Φ(2.2414/√0.2)) for one-sided 0.025.
        let late = |t| 0.025 * spent(t, Spending::Late, 0.025);
        assert!((late(0.2) - 5.4e-7).abs() < 2e-8, "{}", late(0.2));
        assert!((late(0.6) - 0.003_81).abs() < 5e-5, "{}", late(0.6));
        let early = |t| 0.025 * spent(t, Spending::Early, 0.025);
        assert!((early(0.2) - 0.007_39).abs() < 5e-5, "{}", early(0.2));
        assert!((spent(0.3, Spending::Even, 0.025) - 0.3).abs() < 1e-15);
    }

    #[test]
    fn tests_that_are_bounded_by_the_sum_keep_most_for_the_last_look() {
        for spending in SHAPES {
            let share = |number| Looks::new(number, 6).unwrap().share_by_sum(spending, 0.01);
            let sum: f64 = (1..=6).map(share).sum();
            assert!((sum - 1.0).abs() < 1e-12, "{spending:?}: {sum}");
        }
        for planned in 6..=12 {
            let last = Looks::new(planned, planned).unwrap();
            assert!((0.74..0.78).contains(&last.share_by_sum(Spending::Late, 0.01)), "{planned}");
        }
        let last = Looks::new(6, 6).unwrap();
        assert!((0.5..0.55).contains(&last.share(Spending::Late, 0.01)));
    }

    #[test]
    fn a_look_outside_of_its_plan_is_refused() {
        for (number, planned, path) in [(0, 6, "number"), (7, 6, "number"), (1, 0, "planned")] {
            assert_eq!(Looks::new(number, planned).unwrap_err().path, path);
        }
        assert_eq!(Looks::new(1, MOST_LOOKS + 1).unwrap_err().path, "planned");
    }

    #[test]
    fn a_level_has_two_digits() {
        let shown = |level| {
            LookLevel { number: 1, planned: 2, level, spent: level, early_pass: false }.to_string()
        };
        for (level, expected) in [
            (0.01, "level 1 %"),
            (0.002, "level 0.2 %"),
            (0.002_13, "level 0.21 %"),
            (0.000_26, "level 0.026 %"),
            (0.12, "level 12 %"),
            (1e-9, "level <0.0001 %"),
        ] {
            assert_eq!(shown(level), format!("look 1 of 2, {expected}"));
        }
    }
}
