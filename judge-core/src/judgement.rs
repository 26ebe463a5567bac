//! The judgement: everything that a judge returns.

mod decision;
mod display_change;
mod display_name;
mod explain;
mod finding;
mod metric;
mod standing;

#[doc(no_inline)]
pub use crate::interval::Interval;
#[doc(no_inline)]
pub use crate::side::Side;
#[doc(no_inline)]
pub use crate::test_kind::TestKind;
pub use decision::{Classification, Decision, Effect, Evidence, Panel};
pub use finding::{Change, Estimated, Finding};
pub use metric::{Counts, MetricJudgement, SideSummary};
pub use standing::Standing;

use serde::{Deserialize, Serialize};

use crate::config::Thresholds;
use crate::looks::LookLevel;
use crate::number;
use crate::warning::Warning;

/// The verdict on the canary as a whole.
///
/// [`Judgement`] and [`Verdict::from_score`] have examples.
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
    /// let thresholds = Thresholds::new(95.0, 75.0)?;
    /// assert_eq!(Verdict::from_score(80.0, thresholds), Verdict::Marginal);
    /// # Ok::<(), judge_core::Problem>(())
    /// ```
    pub fn from_score(score: f64, thresholds: Thresholds) -> Self {
        if score >= thresholds.pass() {
            Self::Pass
        } else if score >= thresholds.marginal() {
            Self::Marginal
        } else {
            Self::Fail
        }
    }
}

/// The score of one group.
///
/// # Example
/// ```
/// use judge_core::Judgement;
///
/// /// The group that cost most.
/// fn dearest(judgement: &Judgement) -> Option<&str> {
///     let dearest = judgement.groups.iter().max_by(|a, b| a.cost.total_cmp(&b.cost))?;
///     (dearest.cost > 0.0).then_some(&dearest.name)
/// }
/// # let _ = dearest;
/// ```
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
    /// The look that this is and what it was judged at, if the canary is judged several times.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub look: Option<LookLevel>,
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
            look: None,
        }
    }

    /// The strongest evidence of harm at a planned look: the smallest p-value of any test, in proportion to the significance
    /// level of that test, so that it can stand beside [`LookLevel::level`]: at the level or below it, the test found harm.
    ///
    /// Only tests that decide and changes that matter count, of metrics that are not muted. `None` if there is none of them,
    /// or no planned look.
    pub fn strongest_p(&self) -> Option<f64> {
        let level = self.look?.level;
        let counted = self.metrics.iter().filter(|metric| !metric.muted);
        let findings = counted.flat_map(|metric| &metric.findings);
        let harm = findings.filter(|finding| finding.test.decides() && finding.matters);
        harm.map(Finding::weight).min_by(f64::total_cmp).map(|weight| (weight * level).min(1.0))
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        CanaryConfig, Classification, EvidenceJudge, Judge, JudgeRequest, Judgement, Looks,
        MetricConfig, MetricPair, Series,
    };

    /// The last of six looks at a canary that is higher by `shift`.
    fn last_look(shift: f64) -> Judgement {
        let noise = |seed: u32| f64::from(seed * 37 % 101) / 10.0;
        let side = |first: u32, shift: f64| {
            Series::from(
                (first..first + 60).map(|at| 100.0 + noise(at) + shift).collect::<Vec<_>>(),
            )
        };
        let metrics = vec![MetricConfig::new("latency", "all")];
        let config = CanaryConfig { metrics, ..CanaryConfig::default() };
        let pairs = vec![MetricPair::new("latency", side(0, 0.0), side(7, shift))];
        let looks = Some(Looks::new(6, 6).unwrap());
        let request = JudgeRequest { pairs, looks, ..JudgeRequest::without_points(config) };
        EvidenceJudge.judge(&request).unwrap()
    }

    #[test]
    fn the_strongest_evidence_is_at_the_level_or_below_it_where_a_metric_fails() {
        for (shift, classification) in [(0.0, Classification::Pass), (30.0, Classification::High)] {
            let mut judgement = last_look(shift);
            assert_eq!(judgement.metrics[0].classification, classification);
            let level = judgement.look.unwrap().level;
            let is_harm = judgement.strongest_p().is_some_and(|p| p <= level);
            assert_eq!(is_harm, classification == Classification::High);
            assert!(judgement.strongest_p().is_none_or(|p| (0.0..=1.0).contains(&p)));
            judgement.metrics[0].muted = true;
            assert_eq!(judgement.strongest_p(), None);
            judgement.metrics[0].muted = false;
            judgement.look = None;
            assert_eq!(judgement.strongest_p(), None);
        }
    }
}
