//! Does less traffic explain why the canary's points vary more?

use crate::config::MetricConfig;
use crate::judgement::TestKind;
use crate::judges::configs::Configs;
use crate::judges::evidence::prepare::wider::{self, Wider};
use crate::problem::Problem;
use crate::request::JudgeRequest;
use crate::warning::Warning;

use super::class::Judged;

/// The setting that names the metric.
const SETTING: &str = "canaryConfig.judge.judgeConfigurations.traffic";

/// Name of the metric that counts the requests that `config`'s metric is measured from.
pub(super) fn counted_by<'a>(
    config: &'a MetricConfig,
    request: &'a JudgeRequest,
) -> Option<&'a str> {
    config.evidence.traffic.as_deref().or(request.config.evidence.traffic.as_deref())
}

/// Estimates from the other metrics how much more a metric with worse single points may vary: its index, and the factor.
/// Metrics whose traffic the config counts are left out.
///
/// Reads the points only if there is something to explain.
pub(crate) fn explain(
    request: &JudgeRequest,
    configs: &Configs<'_>,
    judged: &[Judged],
) -> Vec<(usize, f64)> {
    let unexplained: Vec<usize> = judged
        .iter()
        .enumerate()
        .filter(|(_, judged)| is_unexplained(judged, configs, request))
        .map(|(index, _)| index)
        .collect();
    if unexplained.is_empty() {
        return Vec::new();
    }
    let wider: Vec<_> = request.pairs.iter().map(Wider::estimate).collect();
    let explained = unexplained.into_iter().filter_map(|pair| {
        let others = wider.iter().enumerate().filter(|(index, _)| *index != pair);
        let factor = wider::factor(wider[pair]?, others.filter_map(|(_, wider)| *wider))?;
        Some((pair, factor))
    });
    explained.collect()
}

fn is_unexplained(judged: &Judged, configs: &Configs<'_>, request: &JudgeRequest) -> bool {
    let of_points = [TestKind::Spread, TestKind::Tail, TestKind::Bursts, TestKind::Excursions];
    let mut harm = judged.considered.iter().filter(|found| found.finding.is_harm());
    harm.any(|found| of_points.contains(&found.finding.test))
        && configs.get(&judged.metric.name).is_some_and(|config| {
            config.evidence.kind.exposure().is_none() && counted_by(config, request).is_none()
        })
}

/// A notice about what was explained. If single points are worse and nothing explains them, a notice that says
/// how to name the metric that counts traffic.
pub(crate) fn advise(
    request: &JudgeRequest,
    configs: &Configs<'_>,
    judged: &[Judged],
    explained: &[(usize, f64)],
) -> Option<Warning> {
    let problem = if let Some((index, factor)) = explained.first() {
        let found = format!(
            "points of {:?} vary more than the baseline's, and so do other metrics' (allowed: {factor:.1} times)",
            judged[*index].metric.name
        );
        let assumption = "that is taken for the effect of less traffic: name the metric that counts the requests of \
                     each side, to be sure";
        Problem::remark(SETTING, found, assumption)
    } else {
        let metric = judged
            .iter()
            .find(|judged| !judged.metric.muted && is_unexplained(judged, configs, request))?;
        let found = format!("single points of {:?} are worse", metric.metric.name);
        let way_out = "if the canary has less traffic than its baseline, its points vary more although it is \
                       healthy: name the metric that counts the requests of each side";
        Problem::remark(SETTING, found, way_out)
    };
    Some(Warning::Suspect(problem))
}
