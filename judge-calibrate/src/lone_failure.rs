//! The result of a canary in which only one metric fails.

use judge_core::judgement::{MetricJudgement, Standing};
use judge_core::{JudgeError, Scratch};

use crate::calibration::LoneFailure;
use crate::change::Injection;
use crate::healthy_pairs::HealthyOutcomes;
use crate::pairs::PairPlan;
use crate::trial::Trial;

/// Largest number of pairs to try.
const MOST_TRIED: usize = 20;
/// A change so large that every metric with any power detects it.
const HUGE: f64 = 10.0;

/// Injects a change into the metric at `index` of clean pairs, until a pair shows a canary in which only this metric
/// fails.
pub(crate) fn find(
    trial: &mut Trial,
    plan: &PairPlan,
    healthy: &HealthyOutcomes,
    index: usize,
    injection: Injection,
    scratch: &mut Scratch,
) -> Result<Option<LoneFailure>, JudgeError> {
    let clean = plan.pairs.iter().zip(healthy.outcomes()).filter(|(_, outcome)| outcome.is_clean());
    for (pair, _) in clean.take(MOST_TRIED) {
        trial.load(pair, plan.points);
        trial.change(index, injection, HUGE);
        let judgement = trial.judge(scratch)?;
        let only = |(at, metric): (usize, &MetricJudgement)| {
            (metric.standing() == Standing::Failed) == (at == index)
        };
        if judgement.metrics.iter().enumerate().all(only) {
            return Ok(Some(LoneFailure { score: judgement.score, verdict: judgement.verdict }));
        }
    }
    Ok(None)
}
