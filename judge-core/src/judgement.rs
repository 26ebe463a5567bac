//! The judgement: everything that a judge returns.

mod display_change;
mod display_name;
mod explain;
mod finding;
mod standing;

#[doc(no_inline)]
pub use crate::interval::Interval;
#[doc(no_inline)]
pub use crate::side::Side;
#[doc(no_inline)]
pub use crate::test_kind::TestKind;
pub use finding::{Change, Estimated, Finding};
pub use standing::Standing;

use serde::{Deserialize, Serialize, Serializer};

use crate::config::{Direction, EffectMeasure, EffectSize, Thresholds};
use crate::interval::Shift;
use crate::number;
use crate::series::Tags;
use crate::warning::Warning;

/// The verdict on the canary as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Verdict {
    /// The score reaches the pass threshold.
    Pass,
    /// The score reaches the marginal threshold only.
    Marginal,
    /// The score is below both thresholds.
    Fail,
}

impl Verdict {
    /// The verdict for `score` at `thresholds`.
    ///
    /// # Example
    /// ```
    /// use judge_core::{Thresholds, Verdict};
    ///
    /// let thresholds = Thresholds { pass: 95.0, marginal: 75.0 };
    /// assert_eq!(Verdict::from_score(80.0, thresholds), Verdict::Marginal);
    /// ```
    pub fn from_score(score: f64, thresholds: Thresholds) -> Self {
        if score >= thresholds.pass {
            Self::Pass
        } else if score >= thresholds.marginal {
            Self::Marginal
        } else {
            Self::Fail
        }
    }
}

/// The class of one metric.
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
            measure: size.measure,
            value,
            allowed_increase: size.allowed_increase,
            allowed_decrease: size.allowed_decrease,
            critical_increase: size.critical_increase,
            critical_decrease: size.critical_decrease,
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

/// Numbers of points of one side, before and after cleaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Counts {
    /// Points submitted, gaps included.
    pub submitted: usize,
    /// Gaps among them.
    pub gaps: usize,
    /// Outliers removed.
    pub outliers: usize,
    /// Points judged. If gaps are replaced by 0, they are included.
    pub judged: usize,
}

/// Summary of one side of a metric after cleaning, in the metric's unit. All numbers are 0 for an empty side.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SideSummary {
    /// Counts of points.
    pub counts: Counts,
    /// Arithmetic mean.
    #[serde(with = "number")]
    pub mean: f64,
    /// Median.
    #[serde(with = "number")]
    pub median: f64,
    /// Smallest value.
    #[serde(with = "number")]
    pub min: f64,
    /// Largest value.
    #[serde(with = "number")]
    pub max: f64,
    /// 95th percentile.
    #[serde(default, with = "number")]
    pub p95: f64,
    /// Standard deviation with n − 1 in the denominator; 0 for one point.
    #[serde(with = "number")]
    pub std: f64,
}

/// The judgement of one metric.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct MetricJudgement {
    /// Name of the metric.
    pub name: String,
    /// Given with the pair.
    pub id: Option<String>,
    /// Given with the pair.
    pub tags: Option<Tags>,
    /// Groups that the metric counts in.
    pub groups: Vec<String>,
    /// Class of the metric.
    pub classification: Classification,
    /// Why the class is not Pass, in Kayenta's words.
    pub reason: Option<String>,
    /// Whether the metric alone fails the canary.
    pub critical: bool,
    /// Whether the metric is left out of every score.
    pub muted: bool,
    /// The baseline after cleaning.
    pub baseline: SideSummary,
    /// The canary after cleaning.
    pub canary: SideSummary,
    /// Mean of the canary divided by the mean of the baseline; NaN if one of them is 0; `None` if the metric
    /// could not be tested.
    #[serde(default, with = "number::optional")]
    pub mean_ratio: Option<f64>,
    /// What decided the class.
    pub decision: Decision,
    /// What each test of `EvidenceJudge-v1` found, strongest evidence first; empty for the parity judge.
    #[serde(default)]
    pub findings: Vec<Finding>,
}

impl MetricJudgement {
    /// The judgement of a metric without groups, tags, findings and numbers. Set its fields to add them.
    ///
    /// # Example
    /// ```
    /// use judge_core::Classification;
    /// use judge_core::judgement::{Decision, MetricJudgement};
    ///
    /// let mut metric = MetricJudgement::new("latency", Classification::Pass, Decision::Identical);
    /// metric.groups = vec!["Latency".to_owned()];
    /// assert_eq!(metric.explanation(), "both sides hold the same values");
    /// ```
    pub fn new(
        name: impl Into<String>,
        classification: Classification,
        decision: Decision,
    ) -> Self {
        Self {
            name: name.into(),
            id: None,
            tags: None,
            groups: Vec::new(),
            classification,
            reason: None,
            critical: false,
            muted: false,
            baseline: SideSummary::default(),
            canary: SideSummary::default(),
            mean_ratio: None,
            decision,
            findings: Vec::new(),
        }
    }
}

/// The score of one group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct GroupScore {
    /// The group.
    pub name: String,
    /// 100 · passing metrics / counting metrics; 0 if no metric counts.
    #[serde(with = "number")]
    pub score: f64,
    /// Percentage of the canary's score that the group decides.
    #[serde(with = "number")]
    pub weight: f64,
    /// Points of the canary's score that the failing metrics of the group cost.
    #[serde(with = "number")]
    pub cost: f64,
}

impl GroupScore {
    /// The score of a group that decides `weight` percent of the canary's score and costs it `cost` points.
    pub fn new(name: impl Into<String>, score: f64, weight: f64, cost: f64) -> Self {
        Self { name: name.into(), score, weight, cost }
    }
}

/// Everything that a judge says about a canary.
///
/// It serializes with serde; `judge run --format json` writes it.
///
/// # Example
/// ```
/// use judge_core::{Classification, Judge, JudgeError, JudgeRequest, Judgement, Verdict};
///
/// /// What a deployment tool does with a judgement.
/// fn may_promote(judgement: &Judgement) -> bool {
///     for metric in judgement.metrics.iter().filter(|metric| metric.fails_alone()) {
///         println!("{}: {}", metric.shown_name(), metric.explanation());
///     }
///     for warning in &judgement.warnings {
///         println!("{warning}");
///     }
///     judgement.verdict == Verdict::Pass
/// }
///
/// let judgement = judge_core::NetflixAcaJudge.judge(&JudgeRequest::default())?;
/// assert!(!may_promote(&judgement), "nothing was judged");
/// # Ok::<(), JudgeError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Judgement {
    /// Name of the judge.
    pub judge: String,
    /// The verdict.
    pub verdict: Verdict,
    /// Score from 0 to 100, to two decimals. The parity judge leaves this range if the weights do.
    #[serde(with = "number")]
    pub score: f64,
    /// Why the score is 0, if one reason alone decided it.
    pub reason: Option<String>,
    /// Thresholds that decided the verdict.
    pub thresholds: Thresholds,
    /// Groups, in order of first appearance among the metrics.
    pub groups: Vec<GroupScore>,
    /// Metrics, in the order of the pairs.
    pub metrics: Vec<MetricJudgement>,
    /// What a person should know about this judgement.
    pub warnings: Vec<Warning>,
}

impl Judgement {
    /// A judgement of `judge` with the verdict for `score`, without groups, metrics and warnings. Set its fields to add
    /// them.
    pub fn new(judge: impl Into<String>, score: f64, thresholds: Thresholds) -> Self {
        Self {
            judge: judge.into(),
            verdict: Verdict::from_score(score, thresholds),
            score,
            reason: None,
            thresholds,
            groups: Vec::new(),
            metrics: Vec::new(),
            warnings: Vec::new(),
        }
    }
}

/// A metric with its explanation. The explanation is derived, so it is written and not stored.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ExplainedMetric<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tags: Option<&'a Tags>,
    groups: &'a [String],
    classification: Classification,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    explanation: String,
    critical: bool,
    muted: bool,
    baseline: &'a SideSummary,
    canary: &'a SideSummary,
    #[serde(with = "number::optional", skip_serializing_if = "Option::is_none")]
    mean_ratio: Option<f64>,
    decision: &'a Decision,
    #[serde(skip_serializing_if = "<[Finding]>::is_empty")]
    findings: &'a [Finding],
    #[serde(skip_serializing_if = "String::is_empty")]
    would_change: String,
}

impl Serialize for MetricJudgement {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let explained = ExplainedMetric {
            name: &self.name,
            id: self.id.as_deref(),
            tags: self.tags.as_ref(),
            groups: &self.groups,
            classification: self.classification,
            reason: self.reason.as_deref(),
            explanation: self.explanation(),
            critical: self.critical,
            muted: self.muted,
            baseline: &self.baseline,
            canary: &self.canary,
            mean_ratio: self.mean_ratio,
            decision: &self.decision,
            findings: &self.findings,
            would_change: self.what_would_change(),
        };
        explained.serialize(serializer)
    }
}
