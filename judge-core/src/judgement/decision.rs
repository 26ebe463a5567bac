//! The class of a metric, and what decided it.

use serde::{Deserialize, Serialize};

use crate::config::{Direction, EffectMeasure, EffectSize};
use crate::interval::{Interval, Shift};
use crate::number;

/// The class of one metric.
///
/// # Example
/// The enum may grow, so a match has an arm for everything else:
/// ```
/// use judge_core::Classification;
///
/// let sign = |class| match class {
///     Classification::High => "▲",
///     Classification::Low => "▼",
///     Classification::Pass => "·",
///     _ => "?",
/// };
/// assert_eq!(sign(Classification::NoData), "?");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Classification {
    /// The test shows no harmful change.
    Pass,
    /// The canary is higher than the allowance.
    High,
    /// The canary is lower than the allowance.
    Low,
    /// A side has no data.
    NoData,
    /// A side has no data and the config says that the metric must have data.
    NoDataFail,
    /// The points could not be tested.
    Error,
    /// Harm is neither shown nor excluded.
    Inconclusive,
}

/// An effect and the allowances it was compared with.
///
/// [`Decision`] has an example.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Effect {
    /// How the effect is measured.
    pub measure: EffectMeasure,
    /// Value of the effect; NaN if it is undefined (a mean of 0). An undefined effect never protects a metric
    /// from failing.
    #[serde(with = "number")]
    pub value: f64,
    /// High needs an effect of at least this value.
    #[serde(with = "number")]
    pub allowed_increase: f64,
    /// Low needs an effect of at most this value.
    #[serde(with = "number")]
    pub allowed_decrease: f64,
    /// A critical High needs an effect of at least this value.
    #[serde(with = "number")]
    pub critical_increase: f64,
    /// A critical Low needs an effect of at most this value.
    #[serde(with = "number")]
    pub critical_decrease: f64,
}

/// The test of a metric by the parity judge: what was found and what it was compared with.
///
/// [`Decision`] has an example.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Evidence {
    /// The shift canary − baseline, in the metric's unit.
    #[serde(with = "number")]
    pub estimate: f64,
    /// Confidence interval of the shift.
    pub interval: Interval,
    /// Half-width of the band around 0 that the interval must clear to count as a change, in the metric's
    /// unit.
    #[serde(with = "number")]
    pub tolerance: f64,
    /// The effect size and its allowances.
    pub effect: Effect,
    /// Direction in which a change of the metric is harmful.
    pub direction: Direction,
}

impl Effect {
    /// An effect of `value`, compared with the allowances of `size`.
    pub fn new(value: f64, size: EffectSize) -> Self {
        Self {
            measure: size.measure(),
            value,
            allowed_increase: size.allowed_increase(),
            allowed_decrease: size.allowed_decrease(),
            critical_increase: size.critical_increase(),
            critical_decrease: size.critical_decrease(),
        }
    }
}

impl Evidence {
    /// A shift that must clear a band of ± `tolerance`.
    pub fn new(shift: Shift, tolerance: f64, effect: Effect, direction: Direction) -> Self {
        let Shift { estimate, interval, .. } = shift;
        Self { estimate, interval, tolerance, effect, direction }
    }
}

/// What decided the class of a metric.
///
/// # Example
/// ```
/// use judge_core::judgement::{Decision, MetricJudgement};
///
/// /// How far a metric of the parity judge is from its allowance, for a log.
/// fn reading(metric: &MetricJudgement) -> String {
///     match metric.decision {
///         Decision::Tested(evidence) | Decision::Constants(evidence) => format!(
///             "shift {} of ±{}, effect {} of {}",
///             evidence.estimate,
///             evidence.tolerance,
///             evidence.effect.value,
///             evidence.effect.allowed_increase
///         ),
///         _ => metric.explanation(),
///     }
/// }
/// # let _ = reading;
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "kind")]
#[non_exhaustive]
pub enum Decision {
    /// A side has no points left after cleaning.
    MissingData,
    /// Both sides hold the same values.
    Identical,
    /// All points of both sides have one value.
    OneValue,
    /// The two sides were tested against each other.
    Tested(Evidence),
    /// Both sides are constant and differ. The test treats them as sides that vary by a 100,000th of their
    /// value.
    Constants(Evidence),
    /// The test is undefined for these points, for example for one point a side.
    Untestable,
    /// `EvidenceJudge-v1` ran its tests; the findings of the metric say what each found.
    Panel(Panel),
}

/// The overall result of the tests of `EvidenceJudge-v1`.
///
/// # Example
/// ```
/// use judge_core::judgement::{Decision, MetricJudgement};
///
/// /// How much longer a canary should run to settle a metric.
/// fn more_points(metric: &MetricJudgement) -> Option<usize> {
///     match metric.decision {
///         Decision::Panel(panel) => panel.more_points,
///         _ => None,
///     }
/// }
/// # let _ = more_points;
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Panel {
    /// The shift canary − baseline, in the metric's unit.
    #[serde(with = "number")]
    pub estimate: f64,
    /// Confidence interval of the shift.
    pub interval: Interval,
    /// Smallest absolute shift that counts as harmful, in the metric's unit.
    #[serde(with = "number")]
    pub allowed: f64,
    /// Shift that the tests find in four canaries of five (power 0.8), in the metric's unit.
    #[serde(default, with = "number")]
    pub would_find: f64,
    /// Additional points a side that would settle an inconclusive metric, if estimate and noise stay as they
    /// are. `None` if the metric is settled or no number of points would settle it.
    pub more_points: Option<usize>,
    /// Points left out at the start because of a warm-up transient.
    pub left_out: usize,
    /// Whether an inconclusive metric counts as failing, as the config says.
    pub fails: bool,
    /// Range of shifts that healthy windows show to be normal; `None` without enough history.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub healthy: Option<Interval>,
}
