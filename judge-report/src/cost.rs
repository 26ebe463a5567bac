//! What each metric cost the score.

use std::collections::HashMap;

use judge_core::Judgement;
use judge_core::judgement::{MetricJudgement, Standing};

/// The metrics of each group, by their indices.
pub(crate) fn members(metrics: &[MetricJudgement]) -> HashMap<&str, Vec<usize>> {
    let mut members: HashMap<&str, Vec<usize>> = HashMap::new();
    for (index, metric) in metrics.iter().enumerate() {
        for group in &metric.groups {
            let members = members.entry(group).or_default();
            // A metric may name a group twice.
            if members.last() != Some(&index) {
                members.push(index);
            }
        }
    }
    members
}

/// Points of the score that each metric cost, in the order of the judgement: the failing metrics of
/// a group share what the group cost.
pub(crate) fn costs(judgement: &Judgement) -> Vec<f64> {
    let (metrics, members) = (&judgement.metrics, members(&judgement.metrics));
    let mut costs = vec![0.0; metrics.len()];
    for group in judgement.groups.iter().filter(|group| group.cost > 0.0) {
        let members = members.get(group.name.as_str()).into_iter().flatten();
        let times = members.map(|&index| (index, times_failed(&metrics[index], &group.name)));
        let times: Vec<(usize, f64)> = times.filter(|(_, times)| *times > 0.0).collect();
        let all: f64 = times.iter().map(|(_, times)| times).sum();
        for (index, times) in times {
            costs[index] += group.cost * times / all;
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
