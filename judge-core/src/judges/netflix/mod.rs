//! `NetflixACAJudge-v1.0`: Kayenta's verdicts exactly.
//!
//! It breaks two rules of this crate, because Kayenta does. Its interval has an absolute tolerance of 1e-4 of
//! the metric's unit, so verdicts depend on the unit. It accepts suspect configs, with a warning.

mod brent;
mod buffers;
mod classify;
mod constant_sides;
mod interval;
mod merge;
mod parameters;
mod quantile;
mod ranks;
mod shifted_ranks;
mod statistic;
mod undecided_pairs;

use crate::config::MetricConfig;
use crate::error::JudgeError;
use crate::judgement::{Judgement, MetricJudgement};
use crate::request::JudgeRequest;
use crate::score::{self, MutedGroups};
use crate::series::MetricPair;
use crate::warning::Warning;

use super::configs::Configs;
use super::pairs;
use super::{Judge, Scratch};
use buffers::NetflixBuffers;
pub use interval::shift_interval;
pub use statistic::Untestable;

/// Kayenta's `NetflixACAJudge-v1.0`.
///
/// A metric is High or Low if the interval of its shift lies beyond a quarter of the shift and its effect
/// reaches the allowance. The judge compares locations and nothing else.
///
/// # Example
/// ```
/// use judge_core::{
///     CanaryConfig, Classification, Judge, JudgeRequest, MetricConfig, MetricPair, NetflixAcaJudge,
/// };
///
/// let config = CanaryConfig {
///     metrics: vec![MetricConfig::new("latency", "Latency")],
///     ..CanaryConfig::default()
/// };
/// let series = |start: i32| (0..20).map(|point| f64::from(start + point)).collect::<Vec<_>>();
/// let pairs = vec![MetricPair::new("latency", series(100), series(200))];
/// let judgement = NetflixAcaJudge.judge(&JudgeRequest { config, pairs, ..JudgeRequest::default() })?;
/// assert_eq!(judgement.metrics[0].classification, Classification::High);
/// # Ok::<(), judge_core::JudgeError>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct NetflixAcaJudge;

impl Judge for NetflixAcaJudge {
    fn name(&self) -> &'static str {
        "NetflixACAJudge-v1.0"
    }

    fn summary(&self) -> &'static str {
        "Kayenta's judge, to the last bit: compares locations by a Mann-Whitney interval"
    }

    fn judge_with(
        &self,
        request: &JudgeRequest,
        scratch: &mut Scratch,
    ) -> Result<Judgement, JudgeError> {
        let configs = Configs::new(request);
        let mut warnings: Vec<Warning> =
            request.problems().into_iter().map(Warning::Suspect).collect();
        warnings.extend(pairs::unread_history(request, self.name()).map(Warning::Suspect));
        warnings.extend(pairs::unread_looks(request, self.name()).map(Warning::Suspect));
        let mut metrics = Vec::with_capacity(request.pairs.len());
        for (index, pair) in request.pairs.iter().enumerate() {
            scratch.check_stop()?;
            let config = configs.for_pair(index, pair)?;
            let metric = judge_metric(pair, config, scratch.buffers());
            pairs::warn_of(&metric, pair, &mut warnings);
            metrics.push(metric);
        }
        pairs::warn_of_request(request, &metrics, &mut warnings);
        let scored = score::score(&metrics, &request.config, MutedGroups::LoseTheirShare);
        Ok(scored.into_judgement(self.name(), request.thresholds, metrics, warnings))
    }
}

fn judge_metric(
    pair: &MetricPair,
    config: &MetricConfig,
    buffers: &mut NetflixBuffers,
) -> MetricJudgement {
    buffers.baseline.refill(&pair.baseline.values, config);
    buffers.canary.refill(&pair.canary.values, config);
    let baseline = buffers.baseline.summary();
    let canary = buffers.canary.summary();
    let class = classify::classify(config, buffers, &baseline, &canary);
    MetricJudgement {
        classification: class.classification,
        reason: class.reason,
        critical: class.critical,
        mean_ratio: class.mean_ratio,
        decision: class.decision,
        ..pairs::untested(pair, config, baseline, canary)
    }
}
