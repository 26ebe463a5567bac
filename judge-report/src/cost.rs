//! What each metric cost the score.

use judge_core::Judgement;
use judge_core::judgement::{MetricJudgement, Standing};

/// Points of the score that each metric cost, in the order of the judgement: the failing metrics of
/// a group share what the group cost.
pub(crate) fn costs(judgement: &Judgement) -> Vec<f64> {
    let mut costs = vec![0.0; judgement.metrics.len()];
    for group in judgement.groups.iter().filter(|group| group.cost > 0.0) {
        let times: Vec<f64> =
            judgement.metrics.iter().map(|metric| times_failed(metric, &group.name)).collect();
        let all: f64 = times.iter().sum();
        for (cost, times) in costs.iter_mut().zip(&times) {
            if *times > 0.0 {
                *cost += group.cost * times / all;
            }
        }
    }
    costs
}

/// How often `metric` counts as failed in `group`: a metric may name a group twice.
fn times_failed(metric: &MetricJudgement, group: &str) -> f64 {
    if metric.muted || metric.standing() != Standing::Failed {
        return 0.0;
    }
    metric.groups.iter().filter(|name| *name == group).count() as f64
}
