//! Judges one pair of healthy windows, with or without a change.

use judge_core::judgement::{Judgement, MetricJudgement};
use judge_core::{
    CanaryConfig, Classification, Judge, JudgeError, JudgeRequest, Looks, MetricConfig, MetricPair,
    Scratch, Thresholds, Verdict,
};

use crate::change::Injection;
use crate::history::HealthyHistory;
use crate::pairs::{WindowPair, WindowPosition};

/// A request, which we refill for each pair.
pub(crate) struct Trial<'a> {
    history: &'a HealthyHistory,
    judge: &'a dyn Judge,
    request: JudgeRequest,
    /// The unchanged points of the canary, for each metric.
    healthy: Vec<Vec<f64>>,
    seed: u64,
}

impl<'a> Trial<'a> {
    /// Creates a trial of all metrics of `config`. Metrics without history are judged as missing.
    pub(crate) fn for_config(
        history: &'a HealthyHistory,
        judge: &'a dyn Judge,
        config: &CanaryConfig,
        thresholds: Thresholds,
    ) -> Self {
        let mut pairs: Vec<MetricPair> = Vec::with_capacity(config.metrics.len());
        for metric in &config.metrics {
            // If two metrics have one name, the first counts.
            if !pairs.iter().any(|pair| pair.name == metric.name) {
                pairs.push(MetricPair::new(&metric.name, vec![], vec![]));
            }
        }
        let healthy = vec![Vec::new(); pairs.len()];
        let request =
            JudgeRequest { config: config.clone(), thresholds, pairs, ..JudgeRequest::default() };
        Self { history, judge, request, healthy, seed: 0 }
    }

    /// Creates a trial of the metric `name` only, and of the metrics that it needs.
    pub(crate) fn for_metric(
        history: &'a HealthyHistory,
        judge: &'a dyn Judge,
        config: &CanaryConfig,
        name: &str,
    ) -> Self {
        let metric = config.metric(name);
        let needed = metric.into_iter().flat_map(|metric| needed(config, metric));
        let mut metrics: Vec<&MetricConfig> = Vec::new();
        for metric in metric.into_iter().chain(needed.filter_map(|name| config.metric(name))) {
            if !metrics.iter().any(|known| known.name == metric.name) {
                metrics.push(metric);
            }
        }
        // Weights and notices may refer to groups and metrics that this trial lacks.
        let alone = CanaryConfig {
            metrics: metrics.into_iter().cloned().collect(),
            group_weights: [].into(),
            noticed: Vec::new(),
            ..config.clone()
        };
        Self::for_config(history, judge, &alone, Thresholds::DEFAULT)
    }

    /// Loads a pair of windows of `points` points.
    pub(crate) fn load(&mut self, pair: &WindowPair, points: usize) {
        let Some(recording) = self.history.recordings().get(pair.recording) else { return };
        self.seed = pair.seed;
        for (judged, healthy) in self.request.pairs.iter_mut().zip(&mut self.healthy) {
            let name = judged.name.as_str();
            let side = |place: WindowPosition| {
                recording.stretch(place.instance, name, place.start, points)
            };
            refill(&mut judged.baseline.values, side(pair.baseline));
            refill(healthy, side(pair.canary));
            refill(&mut judged.canary.values, healthy);
        }
    }

    /// Changes the canary's points of the metric at `index` by `size`.
    pub(crate) fn change(&mut self, index: usize, injection: Injection, size: f64) {
        if let (Some(pair), Some(healthy)) =
            (self.request.pairs.get_mut(index), self.healthy.get(index))
        {
            refill(&mut pair.canary.values, healthy);
            injection.apply(size, &mut pair.canary.values, self.seed);
        }
    }

    /// Keeps only the first `points` of both sides.
    pub(crate) fn truncate(&mut self, points: usize) {
        for pair in &mut self.request.pairs {
            pair.baseline.values.truncate(points);
            pair.canary.values.truncate(points);
        }
    }

    /// Sets the looks with which the pair is judged; `None` for a single judgement.
    pub(crate) fn look(&mut self, looks: Option<Looks>) {
        self.request.looks = looks;
    }

    /// Judges the loaded pair.
    pub(crate) fn judge(&self, scratch: &mut Scratch) -> Result<Judgement, JudgeError> {
        self.judge.judge_with(&self.request, scratch)
    }
}

/// Names of the metrics that count the events or the traffic of `metric`.
fn needed<'a>(config: &'a CanaryConfig, metric: &'a MetricConfig) -> impl Iterator<Item = &'a str> {
    let traffic = [&metric.evidence.traffic, &config.evidence.traffic];
    let traffic = traffic.into_iter().filter_map(|name| name.as_deref());
    metric.evidence.kind.exposure().into_iter().chain(traffic)
}

fn refill(buffer: &mut Vec<f64>, values: &[f64]) {
    buffer.clear();
    buffer.extend_from_slice(values);
}

/// Whether the judge detected `injection`: the metric fails in the direction of the change.
pub(crate) fn finds(metric: &MetricJudgement, injection: Injection) -> bool {
    match metric.classification {
        Classification::High => !injection.is_decrease(),
        Classification::Low => {
            injection.is_decrease() || injection.kind == crate::change::ChangeKind::Spread
        }
        _ => false,
    }
}

/// Whether the verdict is not Pass.
pub(crate) fn blocks(judgement: &Judgement) -> bool {
    judgement.verdict != Verdict::Pass
}
