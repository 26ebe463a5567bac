//! What users of canary judges have reported, and what ours says.

use crate::config::evidence::{InconclusivePolicy, MetricKind};
use crate::config::{EffectSize, MetricConfig, NanStrategy, Thresholds};
use crate::judgement::{Classification, Decision, MetricJudgement, TestKind, Verdict};
use crate::judges::{EvidenceJudge, Judge};
use crate::problem::Problem;
use crate::warning::Warning;

use super::{around_100, increase, judge_one, metric, noise, request};
use crate::series::MetricPair;

#[test]
fn a_few_errors_in_six_intervals_settle_nothing_and_in_thirty_they_do() {
    let some = [0.0, 1.0, 2.0, 2.0, 1.0, 0.0];
    // Six events against none have p = 1/64.
    let few = metric(&[0.0; 6], &some);
    assert_eq!(few.classification, Classification::Inconclusive);
    assert!(few.reason.unwrap().contains("inconclusive"));
    let many = metric(&[0.0; 30], &some.repeat(5));
    assert_eq!(many.classification, Classification::High);
}

#[test]
fn seven_of_ten_points_at_100_against_ones_are_high() {
    let canary = [100.0, 1.0, 100.0, 100.0, 1.0, 100.0, 100.0, 1.0, 100.0, 100.0];
    assert_eq!(metric(&[1.0; 10], &canary).classification, Classification::High);
    // Also where nobody said which direction is harm.
    let either = judge_one(MetricConfig::new("metric", "group"), &[1.0; 10], &canary);
    assert_eq!(either.metrics[0].classification, Classification::High);
}

#[test]
fn sentences_about_enormous_changes_stay_short() {
    let baseline: Vec<f64> = noise(30, 1).iter().map(|z| 50.0 + z).collect();
    for size in [1e9, 1e150, 1e300] {
        let canary: Vec<f64> = noise(30, 2).iter().map(|z| size * (1.0 + 0.01 * z)).collect();
        let judged = metric(&baseline, &canary);
        assert_eq!(judged.classification, Classification::High, "{size}");
        for finding in &judged.findings {
            assert!(finding.sentence.len() < 200, "{}", finding.sentence);
        }
    }
}

#[test]
fn similar_increases_of_thirty_points_get_one_class() {
    for (relative, seeds) in [(0.02, 0..40), (0.05, 100..140)] {
        for seed in seeds {
            let baseline: Vec<f64> =
                noise(30, seed).iter().map(|z| 100.0 * (1.0 + relative * z)).collect();
            let canary: Vec<f64> =
                noise(30, seed + 1000).iter().map(|z| 100.0 * (1.0 + relative * z)).collect();
            let class = |times: f64| {
                let canary: Vec<f64> = canary.iter().map(|v| times * v).collect();
                metric(&baseline, &canary).classification
            };
            assert_eq!(class(1.168), Classification::High, "{seed}");
            assert_eq!(class(1.184), Classification::High, "{seed}");
        }
    }
}

#[test]
fn constants_differ_or_differ_by_nothing_that_matters() {
    for (canary, class) in
        [(5.0, Classification::Pass), (5.01, Classification::Pass), (6.0, Classification::High)]
    {
        assert_eq!(metric(&[5.0; 20], &[canary; 20]).classification, class, "{canary}");
    }
}

#[test]
fn a_constant_difference_of_sides_that_grow_together_is_high_or_at_least_not_ruled_out() {
    let grown =
        |points: i32, from: f64| (0..points).map(|i| from + f64::from(i)).collect::<Vec<_>>();
    for points in [8, 20, 60] {
        let (baseline, canary) = (grown(points, 100.0), grown(points, 200.0));
        assert_eq!(metric(&baseline, &canary).classification, Classification::High, "{points}");
        assert_eq!(metric(&canary, &baseline).classification, Classification::Pass, "{points}");
    }
    let wobble = |from: f64| (0..7).map(|i| from + f64::from(i * 7 % 20)).collect::<Vec<_>>();
    assert_eq!(metric(&wobble(100.0), &wobble(200.0)).classification, Classification::High);
    let few = metric(&grown(5, 100.0), &grown(5, 103.0)).classification;
    assert_ne!(few, Classification::High);
}

#[test]
fn one_point_each_never_passes() {
    for canary in [5.0, 5.1, 500.0] {
        let judgement = judge_one(increase("metric"), &[5.0], &[canary]);
        assert_eq!(judgement.metrics[0].classification, Classification::Inconclusive);
        assert_eq!(judgement.metrics[0].decision, Decision::Untestable);
        assert_eq!(judgement.verdict, Verdict::Fail);
    }
}

#[test]
fn a_metric_with_too_few_points_keeps_the_score_at_the_pass_threshold() {
    let few = MetricPair::new("few", around_100(60, 1), around_100(4, 2));
    let whole = MetricPair::new("whole", around_100(60, 3), around_100(60, 4));
    let more = MetricPair::new("more", around_100(60, 5), around_100(60, 6));
    let configs = vec![increase("few"), increase("whole"), increase("more")];
    let mut request = request(configs, vec![few, whole, more]);
    for (policy, verdict, score) in [
        (InconclusivePolicy::PassThreshold, Verdict::Pass, 95.0),
        (InconclusivePolicy::Fail, Verdict::Pass, 95.0),
        (InconclusivePolicy::Marginal, Verdict::Marginal, 100.0),
        (InconclusivePolicy::Pass, Verdict::Pass, 100.0),
    ] {
        request.config.evidence.inconclusive = policy;
        let judgement = EvidenceJudge.judge(&request).unwrap();
        assert_eq!(judgement.metrics[0].decision, Decision::Untestable);
        assert_eq!((judgement.verdict, judgement.score), (verdict, score), "{policy:?}");
    }
}

#[test]
fn an_infinite_value_counts_as_far_beyond_the_finite_ones() {
    let baseline = around_100(30, 1);
    let largest = baseline.iter().copied().fold(0.0, f64::max);
    let with = |value: f64| -> MetricJudgement {
        let mut canary = around_100(30, 2).iter().map(|v| v.min(largest)).collect::<Vec<_>>();
        canary[6..].fill(value);
        metric(&baseline, &canary)
    };
    assert_eq!(with(f64::INFINITY).classification, Classification::High);
    assert_eq!(with(f64::INFINITY).findings, with(largest + 9.0 * largest).findings);
    for baseline in [&baseline[..], &[5.0; 30], &[0.0; 30], &[f64::MAX; 30]] {
        let worse = metric(baseline, &[f64::INFINITY; 30]);
        let is_largest = baseline[0] == f64::MAX;
        assert_eq!(worse.classification == Classification::High, !is_largest, "{baseline:?}");
        let better = metric(&[f64::INFINITY; 30], baseline);
        assert_eq!(better.classification, Classification::Pass, "{baseline:?}");
    }
}

#[test]
fn a_silent_baseline_and_errors_in_the_canary() {
    let mut config = increase("errors");
    config.nan_strategy = NanStrategy::Replace;
    let errors = [3.0, 0.0, 2.0, 1.0, 4.0, 2.0, 0.0, 1.0, 2.0, 3.0];
    let silence = [f64::NAN; 10];
    for baseline in [&silence[..], &[]] {
        let judgement = judge_one(config.clone(), baseline, &errors);
        assert_eq!(judgement.metrics[0].classification, Classification::High);
        assert_eq!(judgement.verdict, Verdict::Fail);
    }
    // Where no point means that nothing is known, it is not known either way.
    let unknown = judge_one(increase("errors"), &silence, &errors);
    assert_eq!(unknown.metrics[0].classification, Classification::NoData);
}

#[test]
fn a_lone_error_is_no_regression() {
    for size in [1.0, 40.0] {
        let mut canary = [0.0; 60];
        canary[17] = size;
        assert_eq!(metric(&[0.0; 60], &canary).classification, Classification::Pass, "{size}");
    }
}

#[test]
fn a_healed_start_passes_with_a_warning_and_one_that_stayed_worse_does_not() {
    let baseline = around_100(60, 1);
    let start = |rest: f64| -> Vec<f64> {
        let add = |index: usize| if index < 9 { 60.0 } else { rest };
        around_100(60, 2).iter().enumerate().map(|(index, v)| v + add(index)).collect()
    };
    let healed = judge_one(increase("latency"), &baseline, &start(0.0));
    assert_eq!(healed.verdict, Verdict::Pass);
    assert!(
        healed
            .warnings
            .iter()
            .any(|warning| matches!(warning, Warning::HealedStart { points, .. } if *points == 9))
    );
    // Kayenta's answers have no warnings, but reasons.
    let reason = healed.metrics[0].reason.as_deref().unwrap();
    assert!(reason.starts_with("latency passes: the first 9 points were +"), "{reason}");
    let stayed = judge_one(increase("latency"), &baseline, &start(15.0));
    assert_eq!(stayed.metrics[0].classification, Classification::High);
}

#[test]
fn spikes_spread_and_a_late_step_are_named() {
    let baseline = around_100(31, 3);
    let change = |change: &dyn Fn(usize, f64) -> f64| -> Vec<f64> {
        around_100(31, 4).iter().enumerate().map(|(index, v)| change(index, *v)).collect()
    };
    let spiked = change(&|index, v| if [4, 13, 22].contains(&index) { 3.0 * v } else { v });
    let late = change(&|index, v| if index >= 22 { v + 20.0 } else { v });
    let swinging = change(&|index, v| if index % 2 == 0 { v + 20.0 } else { v - 20.0 });
    for (canary, test) in
        [(spiked, TestKind::Tail), (late, TestKind::EndState), (swinging, TestKind::Spread)]
    {
        let metric = metric(&baseline, &canary);
        assert_eq!(metric.classification, Classification::High);
        assert!(metric.findings.iter().any(|f| f.test == test && f.is_harm()), "{test:?}");
        assert_eq!(metric.explanation(), metric.findings[0].sentence);
    }
}

#[test]
fn an_allowance_means_what_it_says() {
    for seed in 0..50 {
        let known_well = |times: f64, seed: u64| -> Vec<f64> {
            noise(60, seed).iter().map(|z| times * (100.0 + z)).collect()
        };
        let mut config = increase("latency");
        config.effect_size = EffectSize::default().with_allowed_increase(1.1).unwrap();
        for (times, class) in [(1.09, Classification::Pass), (1.12, Classification::High)] {
            let judgement =
                judge_one(config.clone(), &known_well(1.0, seed), &known_well(times, seed + 500));
            let found = judgement.metrics[0].classification;
            assert_eq!(
                found == Classification::High,
                class == Classification::High,
                "{times} {seed}"
            );
        }
    }
}

#[test]
fn an_inconclusive_metric_counts_as_configured() {
    let baseline = around_100(8, 5);
    let canary: Vec<f64> = around_100(8, 6).iter().map(|v| v + 7.0).collect();
    for (policy, verdict) in [
        (InconclusivePolicy::Pass, Verdict::Pass),
        (InconclusivePolicy::Marginal, Verdict::Marginal),
        (InconclusivePolicy::Fail, Verdict::Fail),
    ] {
        let pair = MetricPair::new("latency", baseline.clone(), canary.clone());
        let mut request = request(vec![increase("latency")], vec![pair]);
        request.config.evidence.inconclusive = policy;
        let judgement = EvidenceJudge.judge(&request).unwrap();
        assert_eq!(judgement.metrics[0].classification, Classification::Inconclusive);
        assert_eq!(judgement.verdict, verdict);
    }
}

#[test]
fn metrics_that_are_all_a_little_worse_fail_together() {
    let mut configs = Vec::new();
    let mut pairs = Vec::new();
    for index in 0..8 {
        let mut config = increase(&format!("metric-{index}"));
        config.effect_size = config.effect_size.with_allowed_increase(1.1).unwrap();
        let canary: Vec<f64> = around_100(60, 40 + index).iter().map(|v| v + 8.0).collect();
        pairs.push(MetricPair::new(&*config.name, around_100(60, 20 + index), canary));
        configs.push(config);
    }
    let mut request = request(configs, pairs);
    let judgement = EvidenceJudge.judge(&request).unwrap();
    assert!(judgement.groups.iter().all(|group| group.score == 100.0));
    assert_eq!(judgement.verdict, Verdict::Fail);
    assert!(judgement.reason.unwrap().contains("worse together"));
    request.config.evidence.joint.enabled = false;
    assert_eq!(EvidenceJudge.judge(&request).unwrap().verdict, Verdict::Pass);
}

/// Of each of these metrics little is known, of all of them enough: their noises are independent.
#[test]
fn metrics_of_which_little_is_known_are_worse_together() {
    let mut configs = Vec::new();
    let mut pairs = Vec::new();
    for index in 0..8 {
        let mut config = increase(&format!("metric-{index}"));
        config.effect_size = config.effect_size.with_allowed_increase(1.1).unwrap();
        let canary: Vec<f64> = around_100(10, 40 + index).iter().map(|v| v + 6.0).collect();
        pairs.push(MetricPair::new(&*config.name, around_100(10, 20 + index), canary));
        configs.push(config);
    }
    let judgement = EvidenceJudge.judge(&request(configs, pairs)).unwrap();
    assert!(judgement.groups.iter().all(|group| group.score == 100.0));
    assert_eq!(judgement.verdict, Verdict::Fail);
}

/// Errors in two services of which the canary has half the requests.
fn of_requests(kind: MetricKind, canary_errors: f64) -> MetricJudgement {
    let mut errors = increase("errors");
    errors.evidence.kind = kind;
    let mut requests = increase("requests");
    requests.muted = true;
    // Errors in every third interval, of 600 requests an interval and of 300.
    let side = |per_interval: f64| -> Vec<f64> {
        (0..30).map(|index| if index % 3 == 0 { per_interval } else { 0.0 }).collect()
    };
    let pairs = vec![
        MetricPair::new("errors", side(6.0), side(canary_errors)),
        MetricPair::new("requests", vec![600.0; 30], vec![300.0; 30]),
    ];
    EvidenceJudge.judge(&request(vec![errors, requests], pairs)).unwrap().metrics.remove(0)
}

#[test]
fn counts_and_proportions_are_held_against_what_they_are_out_of() {
    let count = || MetricKind::Count { exposure: Some("requests".to_owned()) };
    let proportion = || MetricKind::Proportion { of: "requests".to_owned() };
    for kind in [count(), proportion()] {
        // As many errors of half as many requests are twice the rate; half as many are the same.
        for (errors, class, ratio) in
            [(9.0, Classification::High, 3.0), (3.0, Classification::Pass, 1.0)]
        {
            let metric = of_requests(kind.clone(), errors);
            assert_eq!(metric.classification, class, "{kind:?} {errors}: {:?}", metric.findings);
            let events = metric.findings.iter().find(|f| f.test == TestKind::Events).unwrap();
            assert!((events.estimate - ratio).abs() < 1e-9, "{kind:?}: {}", events.estimate);
        }
    }
    // Out of equal times, nine errors against six in each third interval are half as many again.
    let times = of_requests(MetricKind::Count { exposure: None }, 9.0);
    let events = times.findings.iter().find(|f| f.test == TestKind::Events).unwrap();
    assert!((events.estimate - 1.5).abs() < 1e-9, "{}", events.estimate);
}

#[test]
fn the_metric_of_exposure_must_exist() {
    let mut errors = increase("errors");
    errors.evidence.kind = MetricKind::Proportion { of: "requests".to_owned() };
    let pair = MetricPair::new("errors", vec![1.0; 20], vec![1.0; 20]);
    let refused = EvidenceJudge.judge(&request(vec![errors], vec![pair])).unwrap_err();
    let path = &refused.problems()[0].path;
    assert_eq!(path, "canaryConfig.metrics[0].analysisConfigurations.canary.of");
}

#[test]
fn less_traffic_explains_points_that_vary_more() {
    // Means of 400 and of 25 requests, four times as wide, and twice that.
    let baseline: Vec<f64> = noise(60, 7).iter().map(|z| 100.0 + z).collect();
    let judged = |width: f64, traffic: Option<&str>| {
        let canary: Vec<f64> = noise(60, 8).iter().map(|z| 100.0 + width * z).collect();
        let pairs = vec![
            MetricPair::new("latency", baseline.clone(), canary),
            MetricPair::new("requests", vec![400.0; 60], vec![25.0; 60]),
        ];
        let requests = MetricConfig { muted: true, ..increase("requests") };
        let mut request = request(vec![increase("latency"), requests], pairs);
        request.config.evidence.traffic = traffic.map(str::to_owned);
        let judgement = EvidenceJudge.judge(&request).unwrap();
        (judgement.metrics[0].classification, judgement.warnings.len())
    };
    assert_eq!(judged(4.0, None), (Classification::High, 1));
    assert_eq!(judged(4.0, Some("requests")), (Classification::Pass, 0));
    assert_eq!(judged(8.0, Some("requests")).0, Classification::High);
}

#[test]
fn the_metric_that_counts_traffic_must_be_there() {
    let pair = MetricPair::new("latency", vec![1.0; 20], vec![1.0; 20]);
    let mut request = request(vec![increase("latency")], vec![pair]);
    request.config.metrics[0].evidence.traffic = Some("requests".to_owned());
    request.config.evidence.traffic = Some("calls".to_owned());
    let refused = EvidenceJudge.judge(&request).unwrap_err();
    let paths: Vec<&str> = refused.problems().iter().map(|p: &Problem| p.path.as_str()).collect();
    assert_eq!(
        paths,
        [
            "canaryConfig.metrics[0].analysisConfigurations.canary.traffic",
            "canaryConfig.judge.judgeConfigurations.traffic"
        ]
    );
}

#[test]
fn a_suspect_config_is_refused_with_the_path() {
    let pair = MetricPair::new("latency", vec![1.0; 20], vec![1.0; 20]);
    let mut request = request(vec![increase("latency")], vec![pair]);
    request.thresholds = Thresholds::new(95.0, 99.0).unwrap();
    let refused = EvidenceJudge.judge(&request).unwrap_err();
    let paths: Vec<&str> = refused.problems().iter().map(|p: &Problem| p.path.as_str()).collect();
    assert_eq!(paths, ["scoreThresholds.marginal"]);
}
