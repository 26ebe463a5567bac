//! Watches a canary point by point. Its verdicts hold however often one looks (an anytime-valid test).
//!
//! A judge has one significance level for one look, or for planned looks ([`Looks`](crate::Looks)). A
//! [`Monitor`] needs no plan. It keeps the probability that a healthy metric *ever* alarms below its
//! significance level, at any number of points, whenever one looks and whenever one stops. This is proven for
//! Poisson counts, and measured for values with an autocorrelation of up to 0.8; at 0.9 and above there are
//! more false alarms. `docs/sequential.md` has the method, its assumptions, and the tables.
//!
//! | metric | test |
//! | --- | --- |
//! | values, and counts over equal times | signs of the whitened differences canary − baseline (`differences.rs`) |
//! | counts with an exposure; proportions | the canary's share of all events (`events.rs`) |

mod differences;
mod estimate;
mod events;
mod hypothesis;
mod metric;
mod report;
#[cfg(test)]
mod tests;
mod timed;
mod wagers;

use std::collections::{BTreeMap, HashMap};

use crate::config::evidence::AcrossMetrics;
use crate::config::{CanaryConfig, Thresholds};
use crate::error::JudgeError;
use crate::judges::{EvidenceJudge, Judge};
use crate::problem::Problem;
use crate::request::JudgeRequest;
use crate::score::{self, MutedGroups};
use crate::side::Side;

use metric::{Both, MetricState};

pub use report::{FirstAlarm, MonitorReport, MonitoredMetric};
pub use timed::{ArrivedPoints, PointTimes, RefusedPoints, StepTimes, TimedMonitor};

/// Most incomplete steps with points. Points of further steps are refused, so that a monitor's memory is
/// bounded.
pub const MOST_WAITING_STEPS: usize = 256;

/// What became of a point that a [`Monitor`] got.
///
/// # Example
/// ```
/// use judge_core::monitor::{Arrival, Monitor};
/// use judge_core::{CanaryConfig, MetricConfig, Side, Thresholds};
///
/// let metrics = vec![MetricConfig::new("latency", "Latency")];
/// let config = CanaryConfig { metrics, ..CanaryConfig::default() };
/// let mut monitor = Monitor::new(config, Thresholds::DEFAULT)?;
/// assert_eq!(monitor.add("latency", Side::Canary, 7, 103.0)?, Arrival::Kept);
/// monitor.complete_through(7);
/// assert_eq!(monitor.add("latency", Side::Baseline, 7, 101.0)?, Arrival::Late);
/// assert_eq!(monitor.report().late, 1);
/// # Ok::<(), judge_core::JudgeError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrival {
    /// The point waits until its step is complete.
    Kept,
    /// The point is left out, because its step is complete already. So points that are sent again after a
    /// restart do no harm.
    Late,
}

/// A canary that is watched point by point.
///
/// Points have the number of their step, such as minutes since the start. They may come in any order until
/// their steps are complete. Then they are tested in order of time, so the order of arrival has no effect.
///
/// # What it does not do
/// It finds changes of location only: no changes of spread, no tails, no bursts, and late changes with less
/// power than a judge ([`EvidenceJudge`]). It keeps outliers, and does not read histories and `traffic`.
///
/// # Cost
/// O(metrics) a step, whatever the number of steps before. Memory: about 2.5 kB a metric, and at most 4 kB more
/// for the points of [`MOST_WAITING_STEPS`].
///
/// # Example
/// ```
/// use judge_core::config::{Direction, MetricConfig};
/// use judge_core::monitor::Monitor;
/// use judge_core::{CanaryConfig, Side, Thresholds, Verdict};
///
/// let latency =
///     MetricConfig { direction: Direction::Increase, ..MetricConfig::new("latency", "Latency") };
/// let config = CanaryConfig { metrics: vec![latency], ..CanaryConfig::default() };
/// let mut monitor = Monitor::new(config, Thresholds::DEFAULT)?;
/// for minute in 0..60 {
///     let noise = |seed: i64| (minute * seed % 10) as f64;
///     monitor.add("latency", Side::Baseline, minute, 100.0 + noise(7))?;
///     monitor.add("latency", Side::Canary, minute, 150.0 + noise(3))?;
///     monitor.complete_through(minute);
/// }
/// let report = monitor.report();
/// assert_eq!(report.verdict, Verdict::Fail);
/// assert!(report.metrics[0].alarm.is_some_and(|alarm| alarm.at < 25));
/// # Ok::<(), judge_core::JudgeError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Monitor {
    config: CanaryConfig,
    thresholds: Thresholds,
    metrics: Vec<MetricState>,
    index_of: HashMap<String, usize>,
    /// Points of incomplete steps, for all metrics.
    waiting: BTreeMap<i64, Vec<Both>>,
    complete_through: Option<i64>,
    late: u64,
}

impl Monitor {
    /// A monitor of the metrics of `config`.
    ///
    /// # Errors
    /// If [`EvidenceJudge`] refuses the config.
    pub fn new(config: CanaryConfig, thresholds: Thresholds) -> Result<Self, JudgeError> {
        let request = JudgeRequest { thresholds, ..JudgeRequest::without_points(config) };
        EvidenceJudge.judge(&request)?;
        let config = request.config;
        let index_of: HashMap<String, usize> =
            config.metrics.iter().map(|metric| metric.name.clone()).zip(0..).collect();
        let divided_by = match config.evidence.across_metrics {
            AcrossMetrics::Each => 1.0,
            AcrossMetrics::Balanced => (config.metrics.len() as f64).sqrt(),
            AcrossMetrics::Holm | AcrossMetrics::BenjaminiHochberg => config.metrics.len() as f64,
        };
        let states = config.metrics.iter().map(|metric| {
            let exposure =
                metric.evidence.kind.exposure().and_then(|name| index_of.get(name).copied());
            MetricState::new(metric, &config.evidence, exposure, divided_by)
        });
        Ok(Self {
            metrics: states.collect(),
            config,
            thresholds,
            index_of,
            waiting: BTreeMap::new(),
            complete_through: None,
            late: 0,
        })
    }

    /// Adds the point of `metric` on `side` at step `at`; NaN for a gap.
    ///
    /// # Errors
    /// If the config has no such metric, the step already has another value, or [`MOST_WAITING_STEPS`] wait.
    /// The monitor is then unchanged.
    pub fn add(
        &mut self,
        metric: &str,
        side: Side,
        at: i64,
        value: f64,
    ) -> Result<Arrival, Problem> {
        let index = self.index(metric)?;
        if self.complete_through.is_some_and(|complete| at <= complete) {
            self.late = self.late.saturating_add(1);
            return Ok(Arrival::Late);
        }
        if self.waiting.len() >= MOST_WAITING_STEPS && !self.waiting.contains_key(&at) {
            let allowed =
                format!("points of at most {MOST_WAITING_STEPS} steps that are not complete");
            return Err(Problem::error("at", at, allowed));
        }
        let metrics = self.metrics.len();
        let row = self.waiting.entry(at).or_insert_with(|| vec![Both::GAPS; metrics]);
        let kept = match side {
            Side::Baseline => &mut row[index].baseline,
            Side::Canary => &mut row[index].canary,
        };
        if !kept.is_nan() && !value.is_nan() && kept.to_bits() != value.to_bits() {
            let allowed = format!("one value a step; step {at} has {kept}");
            return Err(Problem::error("value", value, allowed));
        }
        if kept.is_nan() {
            *kept = value;
        }
        Ok(Arrival::Kept)
    }

    /// The index of a metric.
    fn index(&self, metric: &str) -> Result<usize, Problem> {
        let allowed = "the name of a metric of the config";
        let unknown = || Problem::error("metric", format!("{metric:?}"), allowed);
        self.index_of.get(metric).copied().ok_or_else(unknown)
    }

    /// The last step that has points and is not complete.
    fn last_waiting(&self) -> Option<i64> {
        self.waiting.last_key_value().map(|(at, _)| *at)
    }

    /// Tests all points up to step `at`. Points that did not arrive are gaps.
    pub fn complete_through(&mut self, at: i64) {
        if self.complete_through.is_some_and(|complete| at <= complete) {
            return;
        }
        self.complete_through = Some(at);
        let later = match at.checked_add(1) {
            Some(next) => self.waiting.split_off(&next),
            None => BTreeMap::new(),
        };
        for (at, row) in std::mem::replace(&mut self.waiting, later) {
            for (own, metric) in self.metrics.iter_mut().enumerate() {
                metric.add(at, own, &row, &self.config.evidence);
            }
        }
    }

    /// Most bytes of memory that the monitor takes, without its config, however many points come.
    pub fn most_bytes(&self) -> usize {
        let waiting = MOST_WAITING_STEPS * size_of::<Both>();
        self.metrics.iter().map(|metric| metric.bytes() + waiting).sum()
    }

    /// The verdict so far. Only harm that was found counts: metrics without points pass, since points may still come.
    pub fn report(&self) -> MonitorReport {
        self.report_of(false)
    }

    /// The verdict if no more points come. Metrics without points have no data, as for a judge.
    pub fn report_at_end(&self) -> MonitorReport {
        self.report_of(true)
    }

    fn report_of(&self, is_over: bool) -> MonitorReport {
        let counted: Vec<_> = self.metrics.iter().map(|metric| metric.counted(is_over)).collect();
        let scored = score::score(&counted, &self.config, MutedGroups::ShareAmongOthers);
        let judgement =
            scored.into_judgement(EvidenceJudge.name(), self.thresholds, Vec::new(), Vec::new());
        MonitorReport {
            verdict: judgement.verdict,
            score: judgement.score,
            reason: judgement.reason,
            complete_through: self.complete_through,
            late: self.late,
            metrics: self.metrics.iter().map(|metric| metric.report(is_over)).collect(),
        }
    }
}
