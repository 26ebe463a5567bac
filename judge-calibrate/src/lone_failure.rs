//! What becomes of a canary in which one metric alone fails.

use judge_core::judgement::{MetricJudgement, Standing};
use judge_core::{JudgeError, Scratch};

use crate::calibration::LoneFailure;
use crate::change::Injection;
use crate::healthy_pairs::HealthyOutcomes;
use crate::pairs::PairPlan;
use crate::trial::Trial;

/// Pairs that are tried before giving up.
const MOST_TRIED: usize = 20;
/// A change that no metric with any power misses.
const HUGE: f64 = 10.0;

/// What becomes of a canary of which only the metric at `index` fails: the first pair in which nothing
/// fails before `injection` is put in, and nothing else after it.
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
