//! Healthy pairs as the whole config judges them.

use judge_core::judgement::{Decision, Judgement, MetricJudgement, Standing};
use judge_core::{Classification, JudgeError, Scratch, Verdict};

use crate::calibration::Alone;
use crate::change::Injection;
use crate::pairs::Plan;
use crate::share::Share;
use crate::trial::Trial;

/// What became of one healthy pair.
#[derive(Debug, Clone)]
pub(crate) struct Outcome {
    verdict: Verdict,
    metrics: Vec<MetricOutcome>,
}

#[derive(Debug, Clone, Copy)]
struct MetricOutcome {
    fails: bool,
    /// No class for want of data.
    untold: bool,
    /// The baseline's mean is below 0.
    below_zero: bool,
    mean_ratio: Option<f64>,
}

impl Outcome {
    /// Whether the canary would be held back.
    pub(crate) fn is_held_back(&self) -> bool {
        self.verdict != Verdict::Pass
    }

    /// Whether the metric at `index` fails.
    pub(crate) fn fails(&self, index: usize) -> bool {
        self.metrics.get(index).is_some_and(|metric| metric.fails)
    }
}

impl From<Judgement> for Outcome {
    fn from(judgement: Judgement) -> Self {
        let metrics = judgement.metrics.iter().map(|metric| MetricOutcome {
            fails: metric.standing() == Standing::Failed,
            untold: matches!(
                metric.classification,
                Classification::NoData | Classification::NoDataFail | Classification::Error
            ) || matches!(metric.decision, Decision::Untestable | Decision::MissingData),
            below_zero: metric.baseline.mean < 0.0,
            mean_ratio: metric.mean_ratio.filter(|ratio| ratio.is_finite()),
        });
        Self { verdict: judgement.verdict, metrics: metrics.collect() }
    }
}

/// What became of all healthy pairs of one length of window.
#[derive(Debug, Clone, Default)]
pub(crate) struct Healthy {
    outcomes: Vec<Outcome>,
    independent: f64,
}

impl Healthy {
    pub(crate) fn new(outcomes: Vec<Outcome>, plan: &Plan) -> Self {
        Self { outcomes, independent: plan.independent() }
    }

    /// What became of each pair.
    pub(crate) fn outcomes(&self) -> &[Outcome] {
        &self.outcomes
    }

    /// Adds pairs that share no point with these.
    pub(crate) fn join(&mut self, other: Self) {
        self.outcomes.extend(other.outcomes);
        self.independent += other.independent;
    }

    fn share(&self, hits: impl Fn(&Outcome) -> bool) -> Option<Share> {
        let all = self.outcomes.len();
        let hits = self.outcomes.iter().filter(|outcome| hits(outcome)).count();
        (all > 0).then(|| Share::of(hits, all, self.independent))
    }

    /// Pairs whose verdict is Fail.
    pub(crate) fn failing(&self) -> Option<Share> {
        self.share(|outcome| outcome.verdict == Verdict::Fail)
    }

    /// Pairs whose verdict is not Pass.
    pub(crate) fn blocked(&self) -> Option<Share> {
        self.share(Outcome::is_held_back)
    }

    /// Pairs in which the metric at `index` fails.
    pub(crate) fn alarms(&self, index: usize) -> Option<Share> {
        self.share(|outcome| outcome.fails(index))
    }

    /// Share of the pairs in which the metric at `index` could not be told for want of data.
    pub(crate) fn untold(&self, index: usize) -> f64 {
        let untold = |outcome: &Outcome| outcome.metrics.get(index).is_some_and(|m| m.untold);
        self.share(untold).map_or(0.0, |share| share.share)
    }

    /// Share of the pairs in which the mean of the metric at `index` is below 0 in the baseline.
    pub(crate) fn below_zero(&self, index: usize) -> f64 {
        let below = |outcome: &Outcome| outcome.metrics.get(index).is_some_and(|m| m.below_zero);
        self.share(below).map_or(0.0, |share| share.share)
    }

    /// The mean ratios of the metric at `index`, in ascending order.
    pub(crate) fn mean_ratios(&self, index: usize) -> Vec<f64> {
        let metrics = self.outcomes.iter().filter_map(|outcome| outcome.metrics.get(index));
        let mut ratios: Vec<f64> = metrics.filter_map(|metric| metric.mean_ratio).collect();
        ratios.sort_unstable_by(f64::total_cmp);
        ratios
    }
}

/// Pairs that are tried before giving up.
const MOST_TRIED: usize = 20;
/// A change that no metric with any power misses.
const HUGE: f64 = 10.0;

/// What becomes of a canary of which only the metric at `index` fails: the first pair in which nothing
/// fails before `injection` is put in, and nothing else after it.
pub(crate) fn alone(
    trial: &mut Trial,
    plan: &Plan,
    healthy: &Healthy,
    index: usize,
    injection: Injection,
    scratch: &mut Scratch,
) -> Result<Option<Alone>, JudgeError> {
    let clean = plan.pairs.iter().zip(&healthy.outcomes).filter(|(_, outcome)| {
        outcome.verdict == Verdict::Pass && outcome.metrics.iter().all(|metric| !metric.fails)
    });
    for (pair, _) in clean.take(MOST_TRIED) {
        trial.load(pair, plan.points);
        trial.change(index, injection, HUGE);
        let judgement = trial.judge(scratch)?;
        let only = |(at, metric): (usize, &MetricJudgement)| {
            (metric.standing() == Standing::Failed) == (at == index)
        };
        if judgement.metrics.iter().enumerate().all(only) {
            return Ok(Some(Alone { score: judgement.score, verdict: judgement.verdict }));
        }
    }
    Ok(None)
}
