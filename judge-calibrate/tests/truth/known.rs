//! History with known properties, and a judge with figures in closed form.

use judge_calibrate::{Calibration, Calibrator, HealthyHistory, Instance, Options, Recording};
use judge_core::judgement::{Counts, Decision, MetricJudgement, SideSummary};
use judge_core::{
    CanaryConfig, Classification, Judge, JudgeError, JudgeRequest, Judgement, MetricConfig,
    MetricPair, Scratch, Thresholds, Verdict,
};
use judge_scenarios::random::Random;
use judge_scenarios::{Noise, Shape};
use statrs::distribution::{ContinuousCDF, Normal};

pub(crate) const METRIC: &str = "m";

/// Classifies a canary as High if its mean exceeds the baseline's by `limit`. Its false-alarm rate and its power have
/// a closed form for normal noise with autocorrelation.
pub(crate) struct MeanJudge {
    pub(crate) limit: f64,
}

impl Judge for MeanJudge {
    fn name(&self) -> &'static str {
        "mean"
    }

    fn summary(&self) -> &'static str {
        "difference of means against a limit"
    }

    fn judge_with(
        &self,
        request: &JudgeRequest,
        _scratch: &mut Scratch,
    ) -> Result<Judgement, JudgeError> {
        let pair = &request.pairs[0];
        let high = mean(&pair.canary.values) - mean(&pair.baseline.values) > self.limit;
        let side = |n| SideSummary {
            counts: Counts { submitted: n, judged: n, ..Counts::default() },
            ..SideSummary::default()
        };
        let class = if high { Classification::High } else { Classification::Pass };
        let mut metric = MetricJudgement::new(&pair.name, class, Decision::Identical);
        metric.baseline = side(pair.baseline.values.len());
        metric.canary = side(pair.canary.values.len());
        let score = if high { 0.0 } else { 100.0 };
        let mut judgement = Judgement::new(self.name(), score, request.thresholds);
        judgement.verdict = if high { Verdict::Fail } else { Verdict::Pass };
        judgement.metrics = vec![metric];
        Ok(judgement)
    }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// Standard normal noise with a correlation of `phi` between neighbours.
pub(crate) fn noise(phi: f64, points: usize, random: &mut Random) -> Vec<f64> {
    let noise = Noise { shape: Shape::Gaussian, level: 1.0, relative: 1.0, phi };
    noise.series(points, random).into_iter().map(|value| value - 1.0).collect()
}

/// Standard deviation of the difference of two means of `n` points of [`noise`], from any textbook on time series:
/// the variance of a mean is (1 + 2 Σ (1 − k/n) φᵏ) / n.
pub(crate) fn sd_of_difference(phi: f64, n: usize) -> f64 {
    let lags: f64 =
        (1..n).map(|k| (1.0 - k as f64 / n as f64) * phi.powi(i32::try_from(k).unwrap())).sum();
    (2.0 * (1.0 + 2.0 * lags) / n as f64).sqrt()
}

pub(crate) fn normal() -> Normal {
    Normal::new(0.0, 1.0).unwrap()
}

/// How often [`MeanJudge`] alarms if the canary is higher by `shift`.
pub(crate) fn alarm_rate(limit: f64, shift: f64, sd: f64) -> f64 {
    1.0 - normal().cdf((limit - shift) / sd)
}

/// The shift that [`MeanJudge`] detects in a share `power` of canaries.
pub(crate) fn shift_found(limit: f64, power: f64, sd: f64) -> f64 {
    limit + normal().inverse_cdf(power) * sd
}

/// A history with one point per minute.
pub(crate) fn history(
    instances: usize,
    points: usize,
    mut series: impl FnMut(usize) -> Vec<f64>,
) -> HealthyHistory {
    let instances = (0..instances).map(|_| Instance::from([(METRIC.to_owned(), series(points))]));
    HealthyHistory::new(60_000, vec![Recording::new("r", instances.collect()).unwrap()]).unwrap()
}

pub(crate) fn config(metric: MetricConfig) -> CanaryConfig {
    CanaryConfig { metrics: vec![metric], ..CanaryConfig::default() }
}

pub(crate) fn calibrate(
    history: &HealthyHistory,
    config: &CanaryConfig,
    judge: &dyn Judge,
    options: Options,
) -> Calibration {
    let thresholds = Thresholds::DEFAULT;
    Calibrator { history, config, thresholds, judge, options }.run(&|_| {}).unwrap()
}

/// How a judge performs on fresh pairs, computed without any code of the calibration.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Simulated {
    /// How often it classifies a healthy canary as High.
    pub(crate) alarms: f64,
    /// The change that it classifies as High in 80 of 100 canaries, as a share of the level.
    pub(crate) shift: f64,
}

impl Simulated {
    pub(crate) fn new(
        judge: &dyn Judge,
        config: &CanaryConfig,
        mut series: impl FnMut() -> Vec<f64>,
        times: u32,
    ) -> Self {
        let mut scratch = Scratch::default();
        let mut request = JudgeRequest { config: config.clone(), ..JudgeRequest::default() };
        let mut rate = |factor: f64, times: u32| {
            let mut high = 0_u32;
            for _ in 0..times {
                let canary: Vec<f64> = series().into_iter().map(|value| value * factor).collect();
                request.pairs = vec![MetricPair::new(METRIC, series(), canary)];
                let judgement = judge.judge_with(&request, &mut scratch).unwrap();
                high += u32::from(judgement.metrics[0].classification == Classification::High);
            }
            f64::from(high) / f64::from(times)
        };
        let (mut low, mut high) = (0.0, 4.0);
        for _ in 0..12 {
            let middle = 0.5 * (low + high);
            if rate(1.0 + middle, times) < 0.8 { low = middle } else { high = middle }
        }
        Self { alarms: rate(1.0, 5 * times), shift: high }
    }
}
