//! The result of a canary stage, from the judgements of its intervals.

use crate::judgement::{Judgement, Verdict};
use serde::Serialize;

/// What a canary stage does at a score equal to the marginal threshold.
///
/// Both rules stop a canary early for a low score, and pass it if its last score reaches the pass
/// threshold (`score >= pass`). They differ if a score equals the marginal threshold. Only there
/// Spinnaker disagrees with Kayenta's own verdicts:
///
/// | score | Kayenta's judge says | `Judge` rule | `Spinnaker` rule |
/// | --- | --- | --- | --- |
/// | below marginal | Fail | stops | stops |
/// | equal to marginal | Marginal (`score >= marginal`) | goes on | stops (`score <= marginal`) |
/// | above marginal, below pass | Marginal | goes on | goes on |
/// | equal to pass | Pass (`score >= pass`) | goes on | goes on |
///
/// If pass = marginal, Kayenta judges a score equal to both as Pass, and Spinnaker stops the canary.
/// After the last interval, a canary that was not stopped and does not reach pass fails Spinnaker's
/// stage. Here its verdict is Marginal, to tell it from a stopped canary.
///
/// Sources in Spinnaker's orca: `MonitorKayentaCanaryTask.kt` (`canaryScore <= marginal` ends the stage)
/// and `AggregateCanaryResultsTask.kt` (`finalCanaryScore <= marginal`, then `finalCanaryScore < pass`).
///
/// [`Stage`] has an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum StageRule {
    /// Stop below the marginal threshold, as the verdicts say.
    #[default]
    Judge,
    /// Stop at the marginal threshold too, as Spinnaker does.
    Spinnaker,
}

impl StageRule {
    /// Whether the stage ends with this judgement, stopped or passed early.
    pub fn ends(self, judgement: &Judgement) -> bool {
        self.stops(judgement) || passes_early(judgement)
    }

    /// Whether this judgement stops the canary. A score that is not a number ends it.
    pub fn stops(self, judgement: &Judgement) -> bool {
        let marginal = judgement.thresholds.marginal();
        let goes_on = match self {
            Self::Judge => judgement.score >= marginal,
            Self::Spinnaker => judgement.score > marginal,
        };
        !goes_on || judgement.verdict == Verdict::Fail
    }
}

fn passes_early(judgement: &Judgement) -> bool {
    judgement.look.is_some_and(|look| look.early_pass)
}

/// The result of a canary stage.
///
/// A judgement that rules harm out passes the canary before its last interval ([`crate::LookLevel::early_pass`]).
///
/// # Example
/// ```
/// use judge_core::stage::{Stage, StageRule};
/// use judge_core::{Judgement, Thresholds, Verdict};
///
/// let judgements =
///     [100.0, 60.0, 100.0].map(|score| Judgement::new("MedianJudge-v1", score, Thresholds::DEFAULT));
/// let stage = Stage::from_judgements(StageRule::Judge, &judgements);
/// assert!(stage.is_some_and(|stage| stage.verdict == Verdict::Fail && stage.stopped_at == Some(2)));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Stage {
    /// Fail if the canary was stopped, else the verdict of the last judgement.
    pub verdict: Verdict,
    /// The interval, from 1, after which the canary was stopped; `None` if it was not stopped.
    pub stopped_at: Option<usize>,
    /// The interval, from 1, before the last, after which the canary passed because harm was ruled out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub passed_at: Option<usize>,
}

impl Stage {
    /// The interval, from 1, that ended the stage before its last one, if any did.
    pub fn ended_at(self) -> Option<usize> {
        self.stopped_at.or(self.passed_at)
    }

    /// The result for these judgements, interval by interval; `None` without a judgement.
    ///
    /// Judgements after the one that stops the canary have no effect.
    pub fn from_judgements<'a>(
        rule: StageRule,
        judgements: impl IntoIterator<Item = &'a Judgement>,
    ) -> Option<Self> {
        let mut stage = None;
        for (judgement, number) in judgements.into_iter().zip(1..) {
            if rule.stops(judgement) {
                let stopped_at = Some(number);
                return Some(Self { verdict: Verdict::Fail, stopped_at, passed_at: None });
            }
            let passed_at = passes_early(judgement).then_some(number);
            let reached = Self { verdict: judgement.verdict, stopped_at: None, passed_at };
            if passed_at.is_some() {
                return Some(reached);
            }
            stage = Some(reached);
        }
        stage
    }
}

#[cfg(test)]
mod tests {
    use crate::config::Thresholds;

    use super::*;

    fn judged(scores: &[f64], thresholds: Thresholds) -> Vec<Judgement> {
        let judgement = |&score: &f64| Judgement::new("NetflixACAJudge-v1.0", score, thresholds);
        scores.iter().map(judgement).collect()
    }

    /// Rule, thresholds, scores, and the verdict with the interval it stopped at.
    type Case = (StageRule, Thresholds, &'static [f64], Verdict, Option<usize>);

    #[test]
    fn stops_below_marginal_and_passes_by_the_last_score() {
        use StageRule::{Judge, Spinnaker};
        use Verdict::{Fail, Marginal, Pass};
        let usual = Thresholds::new(95.0, 75.0).unwrap();
        let one = Thresholds::new(80.0, 80.0).unwrap();
        let cases: &[Case] = &[
            (Judge, usual, &[100.0, 100.0, 100.0], Pass, None),
            (Judge, usual, &[80.0, 75.0, 95.0], Pass, None),
            (Judge, usual, &[100.0, 100.0, 94.99], Marginal, None),
            (Judge, usual, &[100.0, 74.99, 100.0], Fail, Some(2)),
            (Judge, usual, &[74.99], Fail, Some(1)),
            (Judge, usual, &[75.0], Marginal, None),
            (Judge, usual, &[f64::NAN, 100.0], Fail, Some(1)),
            (Judge, one, &[80.0], Pass, None),
            (Spinnaker, usual, &[75.0, 100.0], Fail, Some(1)),
            (Spinnaker, usual, &[75.01, 100.0], Pass, None),
            (Spinnaker, usual, &[100.0, 94.99], Marginal, None),
            (Spinnaker, usual, &[100.0, 95.0], Pass, None),
            (Spinnaker, one, &[80.0], Fail, Some(1)),
        ];
        for &(rule, thresholds, scores, verdict, stopped_at) in cases {
            let stage = Stage::from_judgements(rule, &judged(scores, thresholds));
            assert_eq!(
                stage,
                Some(Stage { verdict, stopped_at, passed_at: None }),
                "{rule:?} {scores:?}"
            );
        }
        assert_eq!(Stage::from_judgements(Judge, []), None);
    }

    #[test]
    fn a_score_below_marginal_stops_even_if_thresholds_are_swapped() {
        let wrong = Thresholds::new(50.0, 75.0).unwrap();
        let stage = Stage::from_judgements(StageRule::Judge, &judged(&[60.0], wrong));
        let stopped = Stage { verdict: Verdict::Fail, stopped_at: Some(1), passed_at: None };
        assert_eq!(stage, Some(stopped));
    }
}
