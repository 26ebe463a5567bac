//! The metrics that caused a verdict.

use std::collections::HashMap;

use crate::judgement::{Classification, Judgement, Verdict};
use crate::judgement::{MetricJudgement, Standing};

/// The metrics that keep `judgement` from Pass. The one that costs most comes first; equal costs are in the
/// order of the config. A metric that fails the canary by itself comes before all others.
///
/// If several metrics of a group fail, each bears its share of the group's cost.
pub fn because_of(judgement: &Judgement) -> Vec<String> {
    if judgement.verdict == Verdict::Pass {
        return Vec::new();
    }
    let counted = || judgement.metrics.iter().filter(|metric| !metric.muted);
    let fails =
        |metric: &&MetricJudgement| metric.standing() == Standing::Failed || metric.fails_alone();
    let mut failing: Vec<&MetricJudgement> = counted().filter(fails).collect();
    if failing.is_empty() {
        // Too many metrics without data fail a canary in which none fails, and inconclusive ones can
        // make it marginal.
        let untold = |metric: &&MetricJudgement| {
            metric.standing() == Standing::Missing
                || metric.classification == Classification::Inconclusive
        };
        failing = counted().filter(untold).collect();
    }
    let mut sharing: HashMap<&str, usize> = HashMap::new();
    for group in failing.iter().flat_map(|metric| &metric.groups) {
        *sharing.entry(group).or_default() += 1;
    }
    let cost = |metric: &MetricJudgement| {
        let of_group = |name: &String| {
            let group = judgement.groups.iter().find(|group| group.name == *name);
            let shares = sharing.get(name.as_str()).copied().unwrap_or(1);
            group.map_or(0.0, |group| group.cost) / shares as f64
        };
        metric.groups.iter().map(of_group).sum::<f64>()
    };
    let mut by_cost: Vec<(bool, f64, &MetricJudgement)> =
        failing.into_iter().map(|metric| (metric.critical, cost(metric), metric)).collect();
    by_cost.sort_by(|(one_alone, one, _), (other_alone, other, _)| {
        other_alone.cmp(one_alone).then(other.total_cmp(one))
    });
    by_cost.into_iter().map(|(_, _, metric)| metric.name.clone()).collect()
}

/// The rest of a line that begins with the score: the metric that costs most with its reason, and the names of at most `most`
/// others. If no metric is to blame, the reason of the judgement.
pub fn because_line(judgement: &Judgement, most: usize) -> String {
    let because = because_of(judgement);
    let Some((first, others)) = because.split_first() else {
        return judgement.reason.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
    };
    let mut line = String::new();
    if let Some(metric) = judgement.metrics.iter().find(|metric| metric.name == *first) {
        line = format!(": {first} {:?}, {}", metric.classification, metric.explanation());
    }
    if !others.is_empty() {
        let (shown, rest) = others.split_at(most.min(others.len()));
        let more = if rest.is_empty() { "" } else { ", ..." };
        line.push_str("; also ");
        line.push_str(&shown.join(", "));
        line.push_str(more);
    }
    line
}
