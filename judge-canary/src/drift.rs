//! A slow drift over releases: each release stays within its allowance, but all together exceed it. A pure
//! function.
//!
//! A release's step is the change from its own baseline to its canary. So the effects of traffic and time of
//! day on both sides are not in it.

use std::fmt;

use judge_core::config::{CanaryConfig, Direction, EffectMeasure};
use judge_core::judgement::{Decision, MetricJudgement};
use judge_core::{Classification, Judgement, Verdict, format};

use crate::record::CanarySummary;

/// Number of past releases that are read.
pub const RELEASES: usize = 20;

/// Fewest steps that count as a drift.
const FEWEST: usize = 3;

/// Least distance of the sum of the steps from 0, in standard errors: a healthy metric reaches it once in 2,000
/// times.
const ERRORS: f64 = 3.3;

/// Half-width of a 95 % interval in standard errors. Intervals of a step have this level or a higher one, so
/// this gives at least their standard error.
const HALF_WIDTH: f64 = 1.96;

/// A canary that ended with a verdict, and its last judgement.
#[derive(Debug, Clone, PartialEq)]
pub struct PastRelease {
    /// The canary.
    pub summary: CanarySummary,
    /// The judgement of its last look.
    pub judgement: Judgement,
    /// The id of the series that were judged.
    pub metric_set: String,
}

/// The allowance of a metric for one release, in the metric's unit; both directions are positive numbers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Allowed {
    /// Upwards; `None` if an increase is not harmful, or the config does not say.
    pub increase: Option<f64>,
    /// Downwards, likewise.
    pub decrease: Option<f64>,
}

impl Allowed {
    /// The allowance of a metric in a judgement, if the config says which direction is harmful. A config
    /// without an allowance allows nothing that can be compared.
    pub fn from_judgement(metric: &MetricJudgement, config: &CanaryConfig) -> Self {
        let found = config.metrics.iter().find(|found| found.name == metric.name);
        let direction = found.map_or(Direction::Either, |found| found.direction);
        let level = metric.baseline.median.abs();
        let (up, down) = match &metric.decision {
            Decision::Panel(panel) => (Some(panel.allowed), Some(panel.allowed)),
            Decision::Tested(evidence) if evidence.effect.measure == EffectMeasure::MeanRatio => {
                let effect = &evidence.effect;
                (
                    Some((effect.allowed_increase - 1.0) * level),
                    Some((1.0 - effect.allowed_decrease) * level),
                )
            }
            _ => (None, None),
        };
        let told = |allowed: Option<f64>| allowed.filter(|far| far.is_finite() && *far > 0.0);
        Self {
            increase: told(up).filter(|_| direction != Direction::Decrease),
            decrease: told(down).filter(|_| direction != Direction::Increase),
        }
    }
}

/// A metric that drifts.
#[derive(Debug, Clone, PartialEq)]
pub struct Drift {
    /// The metric.
    pub metric: String,
    /// Number of releases that it has drifted over.
    pub releases: usize,
    /// Sum of their steps: a share of the baseline if `is_relative`, else in the metric's unit.
    pub sum: f64,
    /// Allowance of one release, likewise.
    pub allowed: f64,
    /// Whether sum and allowance are shares of the baseline.
    pub is_relative: bool,
}

impl fmt::Display for Drift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let show = |change: f64| {
            if self.is_relative { format::percent(change) } else { format::signed(change) }
        };
        let Self { metric, releases, .. } = self;
        let (sum, allowed) = (show(self.sum), show(self.allowed.copysign(self.sum)));
        write!(
            f,
            "{metric} has drifted {sum} over the last {releases} releases that passed, each within the {allowed} \
             allowed to one: compare the canary with an older release"
        )
    }
}

/// One release's step of one metric.
#[derive(Debug, Clone, Copy)]
struct Step {
    shift: f64,
    error: f64,
    level: f64,
    allowed: Allowed,
}

impl Step {
    /// `None` if the metric did not pass, or was not compared.
    fn new(metric: &MetricJudgement, config: &CanaryConfig) -> Option<Self> {
        if metric.classification != Classification::Pass {
            return None;
        }
        let (shift, interval) = match &metric.decision {
            Decision::Tested(evidence) | Decision::Constants(evidence) => {
                (evidence.estimate, Some(evidence.interval))
            }
            Decision::Panel(panel) => (panel.estimate, Some(panel.interval)),
            Decision::Identical | Decision::OneValue => (0.0, None),
            _ => return None,
        };
        let error = interval.map_or(0.0, |found| (found.upper - found.lower) / 2.0 / HALF_WIDTH);
        let level = metric.baseline.median.abs();
        let allowed = Allowed::from_judgement(metric, config);
        (shift.is_finite() && error.is_finite()).then_some(Self { shift, error, level, allowed })
    }

    /// The step as a share of the baseline.
    fn relative(self) -> Self {
        let share = |value: f64| value / self.level;
        let Allowed { increase, decrease } = self.allowed;
        Self {
            shift: share(self.shift),
            error: share(self.error),
            level: 1.0,
            allowed: Allowed { increase: increase.map(share), decrease: decrease.map(share) },
        }
    }
}

/// The metrics that drift over `releases`, the newest first; `config` is the one that judges the next release.
/// Releases that did not pass are left out, because they were not kept.
pub fn find_drifts(releases: &[PastRelease], config: &CanaryConfig) -> Vec<Drift> {
    let passed = releases.iter().filter(|release| release.summary.verdict == Some(Verdict::Pass));
    let passed: Vec<&Judgement> = passed.map(|release| &release.judgement).take(RELEASES).collect();
    config.metrics.iter().filter_map(|metric| drift(&metric.name, &passed, config)).collect()
}

fn drift(name: &str, newest_first: &[&Judgement], config: &CanaryConfig) -> Option<Drift> {
    // A metric of several pairs has several medians; only one pair can be followed.
    let step = |judgement: &&Judgement| {
        let mut found = judgement.metrics.iter().filter(|metric| metric.name == name);
        let metric = found.next().filter(|_| found.next().is_none())?;
        Step::new(metric, config)
    };
    let steps: Vec<Step> = newest_first.iter().map_while(step).collect();
    if steps.len() < FEWEST {
        return None;
    }
    let is_relative = steps.iter().all(|step| step.level > 0.0);
    let steps: Vec<Step> =
        if is_relative { steps.into_iter().map(Step::relative).collect() } else { steps };
    let sum: f64 = steps.iter().map(|step| step.shift).sum();
    let error = steps.iter().map(|step| step.error * step.error).sum::<f64>().sqrt();
    let newest = steps.first()?.allowed;
    let allowed = if sum > 0.0 { newest.increase? } else { newest.decrease? };
    let far = sum.abs();
    (far > allowed && far > ERRORS * error).then(|| Drift {
        metric: name.to_owned(),
        releases: steps.len(),
        sum,
        allowed,
        is_relative,
    })
}

#[cfg(test)]
mod tests;
