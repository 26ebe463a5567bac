use judge_core::config::evidence::MetricKind;
use judge_core::{CanaryConfig, MetricConfig, MetricPair};

use super::*;

const LIMITS: Limits =
    Limits { message_bytes: 99, metrics: 2, series_points: 3, total_points: 8, uncounted_bytes: 0 };

fn paths(series: &[(usize, usize)]) -> Vec<String> {
    let pair = |(baseline, canary): &(usize, usize)| {
        MetricPair::new("a", vec![0.0; *baseline], vec![0.0; *canary])
    };
    let metrics = series.iter().map(|_| MetricConfig::new("a", "g")).collect();
    let request = JudgeRequest {
        config: CanaryConfig { metrics, ..CanaryConfig::default() },
        pairs: series.iter().map(pair).collect(),
        ..JudgeRequest::default()
    };
    refused(&request)
}

fn refused(request: &JudgeRequest) -> Vec<String> {
    match LIMITS.check(request) {
        Ok(()) => Vec::new(),
        Err(refused) => refused.problems().iter().map(|found| found.path.clone()).collect(),
    }
}

#[test]
fn each_limit_at_its_edge() {
    assert_eq!(paths(&[(3, 3), (1, 1)]), [""; 0]);
    assert_eq!(paths(&[(3, 4)]), ["metricSetPairList[0].values.experiment"]);
    assert_eq!(paths(&[(3, 3), (1, 2)]), ["metricSetPairList"]);
    assert_eq!(paths(&[(1, 1), (1, 1), (1, 1)]), ["canaryConfig.metrics", "metricSetPairList"]);
}

#[test]
fn points_of_a_history_count_as_those_of_the_sides() {
    let request = |history: &[usize]| {
        let history = history.iter().map(|points| Series::from(vec![0.0; *points]));
        let pair = MetricPair::new("a", vec![0.0; 3], vec![0.0; 1]);
        let pair = MetricPair { history: history.collect(), ..pair };
        JudgeRequest { pairs: vec![pair], ..JudgeRequest::default() }
    };
    assert_eq!(refused(&request(&[0, 3, 1])), [""; 0]);
    assert_eq!(refused(&request(&[0, 4])), ["metricSetPairList[0].history[1]"]);
    assert_eq!(refused(&request(&[3, 2])), ["metricSetPairList"]);
    assert_eq!(points(&request(&[3, 2])), 9);
}

#[test]
fn names_at_their_edge() {
    let long = |bytes: usize| "x".repeat(bytes);
    let metric = |name: usize, group: usize, of: usize| {
        let mut metric = MetricConfig::new(long(name), long(group));
        metric.evidence.kind = MetricKind::Proportion { of: long(of) };
        metric
    };
    let request = |metric: MetricConfig, weights: &[usize]| {
        let weights = weights.iter().map(|bytes| (long(*bytes), 1.0));
        let config = CanaryConfig {
            metrics: vec![metric],
            group_weights: weights.collect(),
            ..CanaryConfig::default()
        };
        JudgeRequest { config, ..JudgeRequest::default() }
    };
    let cases: [(JudgeRequest, &[&str]); 6] = [
        (request(metric(1024, 1024, 1024), &[1024, 1]), &[]),
        (request(metric(1025, 1, 1), &[]), &["canaryConfig.metrics[0].name"]),
        (request(metric(1, 1025, 1), &[]), &["canaryConfig.metrics[0].groups[0]"]),
        (
            request(metric(1, 1, 1025), &[]),
            &["canaryConfig.metrics[0].analysisConfigurations.canary.of"],
        ),
        (request(metric(1, 1, 1), &[1025]), &["canaryConfig.classifier.groupWeights"]),
        (request(metric(1, 1, 1), &[1, 2, 3]), &["canaryConfig.classifier.groupWeights"]),
    ];
    for (request, expected) in cases {
        assert_eq!(refused(&request), expected);
    }
}

#[test]
fn groups_are_counted_once_for_each_pair() {
    // Of the two metrics the larger counts: 17 and 18 bytes, with 32 each.
    for (bytes, pairs, accepted) in [(18, 1, true), (19, 1, false), (1, 2, false)] {
        let mut large = MetricConfig::new("a", "x".repeat(17));
        large.groups.push("x".repeat(bytes));
        let config = CanaryConfig {
            metrics: vec![MetricConfig::new("b", "g"), large],
            ..CanaryConfig::default()
        };
        let pairs = vec![MetricPair::new("a", vec![], vec![]); pairs];
        let request = JudgeRequest { config, pairs, ..JudgeRequest::default() };
        let expected: &[&str] = if accepted { &[] } else { &["canaryConfig.metrics[1].groups"] };
        assert_eq!(refused(&request), expected, "{bytes}");
    }
}
