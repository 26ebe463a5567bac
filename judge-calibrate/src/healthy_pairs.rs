//! Judgements of healthy pairs by the whole config.

use judge_core::judgement::{Decision, Judgement, Standing};
use judge_core::{Classification, Verdict};

use crate::pairs::PairPlan;
use crate::share::Share;

/// The relevant parts of the judgement of one healthy pair.
#[derive(Debug, Clone)]
pub(crate) struct PairOutcome {
    verdict: Verdict,
    metrics: Vec<MetricOutcome>,
}

#[derive(Debug, Clone, Copy)]
struct MetricOutcome {
    fails: bool,
    /// Whether the metric has no class because data is missing.
    without_data: bool,
    /// Whether the baseline's mean is below 0.
    below_zero: bool,
    mean_ratio: Option<f64>,
}

impl PairOutcome {
    /// Whether the verdict is not Pass.
    pub(crate) fn is_held_back(&self) -> bool {
        self.verdict != Verdict::Pass
    }

    /// Whether the canary passes and none of its metrics fails.
    pub(crate) fn is_clean(&self) -> bool {
        self.verdict == Verdict::Pass && self.metrics.iter().all(|metric| !metric.fails)
    }

    /// Whether the metric at `index` fails.
    pub(crate) fn fails(&self, index: usize) -> bool {
        self.metrics.get(index).is_some_and(|metric| metric.fails)
    }
}

impl From<Judgement> for PairOutcome {
    fn from(judgement: Judgement) -> Self {
        let metrics = judgement.metrics.iter().map(|metric| MetricOutcome {
            fails: metric.standing() == Standing::Failed,
            without_data: matches!(
                metric.classification,
                Classification::NoData | Classification::NoDataFail | Classification::Error
            ) || matches!(
                metric.decision,
                Decision::Untestable | Decision::MissingData
            ),
            below_zero: metric.baseline.mean < 0.0,
            mean_ratio: metric.mean_ratio.filter(|ratio| ratio.is_finite()),
        });
        Self { verdict: judgement.verdict, metrics: metrics.collect() }
    }
}

/// The judgements of all healthy pairs of one length of window.
#[derive(Debug, Clone, Default)]
pub(crate) struct HealthyOutcomes {
    outcomes: Vec<PairOutcome>,
    independent: f64,
}

impl HealthyOutcomes {
    pub(crate) fn new(outcomes: Vec<PairOutcome>, plan: &PairPlan) -> Self {
        Self { outcomes, independent: plan.independent() }
    }

    /// The judgement of each pair.
    pub(crate) fn outcomes(&self) -> &[PairOutcome] {
        &self.outcomes
    }

    /// Adds pairs that share no point with the existing ones.
    pub(crate) fn join(&mut self, other: Self) {
        self.outcomes.extend(other.outcomes);
        self.independent += other.independent;
    }

    fn share(&self, hits: impl Fn(&PairOutcome) -> bool) -> Option<Share> {
        let all = self.outcomes.len();
        let hits = self.outcomes.iter().filter(|outcome| hits(outcome)).count();
        (all > 0).then(|| Share::estimate(hits, all, self.independent))
    }

    /// Pairs whose verdict is Fail.
    pub(crate) fn failed(&self) -> Option<Share> {
        self.share(|outcome| outcome.verdict == Verdict::Fail)
    }

    /// Pairs whose verdict is not Pass.
    pub(crate) fn held_back(&self) -> Option<Share> {
        self.share(PairOutcome::is_held_back)
    }

    /// Pairs in which the metric at `index` fails.
    pub(crate) fn false_alarms(&self, index: usize) -> Option<Share> {
        self.share(|outcome| outcome.fails(index))
    }

    /// Share of pairs in which the metric at `index` has no class because data is missing.
    pub(crate) fn without_data(&self, index: usize) -> f64 {
        let without_data =
            |outcome: &PairOutcome| outcome.metrics.get(index).is_some_and(|m| m.without_data);
        self.share(without_data).map_or(0.0, |share| share.share)
    }

    /// Share of the pairs in which the mean of the metric at `index` is below 0 in the baseline.
    pub(crate) fn below_zero(&self, index: usize) -> f64 {
        let below =
            |outcome: &PairOutcome| outcome.metrics.get(index).is_some_and(|m| m.below_zero);
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
