//! Laws that hold for any input.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use judge_core::judges::{self, Judge, NetflixAcaJudge, Scratch};
use judge_core::{
    CanaryConfig, Classification, Clock, JudgeRequest, Judgement, MetricConfig, MetricPair,
    Thresholds, Verdict, kayenta,
};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};

/// A point of a series, often a gap, a tie or an extreme.
fn point() -> impl Strategy<Value = f64> {
    prop_oneof![
        8 => -1e3..1e3_f64,
        4 => (0..5_i32).prop_map(f64::from),
        1 => Just(f64::NAN),
        1 => prop_oneof![
            Just(-0.0),
            Just(f64::MAX),
            Just(f64::MIN_POSITIVE / 4.0),
            Just(f64::INFINITY),
            Just(f64::NEG_INFINITY),
        ],
    ]
}

fn request() -> impl Strategy<Value = JudgeRequest> {
    let pair = (vec(point(), 0..30), vec(point(), 0..30));
    vec((pair, 0..3_usize), 0..6).prop_map(|metrics| {
        let mut request = JudgeRequest::default();
        for (index, ((baseline, canary), group)) in metrics.into_iter().enumerate() {
            let name = format!("metric-{index}");
            request.config.metrics.push(MetricConfig::new(&name, format!("group-{group}")));
            request.pairs.push(MetricPair::new(name, baseline, canary));
        }
        request
    })
}

/// Any JSON a few levels deep.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[a-zA-Z]{0,8}".prop_map(Value::from),
        Just(Value::from("NaN")),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..6).prop_map(Value::from),
            vec((key(), inner), 0..6).prop_map(|fields| fields.into_iter().collect()),
        ]
    })
}

/// A key, mostly one that means something.
fn key() -> impl Strategy<Value = String> {
    let known = [
        "canaryConfig",
        "scoreThresholds",
        "metricSetPairList",
        "metrics",
        "classifier",
        "name",
        "groups",
        "groupWeights",
        "pass",
        "marginal",
        "judge",
        "judgeConfigurations",
        "values",
        "control",
        "experiment",
        "analysisConfigurations",
        "canary",
        "direction",
        "outliers",
        "effectSize",
        "strategy",
        "outlierFactor",
        "measure",
        "allowedIncrease",
        "tags",
        "id",
    ];
    prop_oneof![9 => prop::sample::select(known.to_vec()).prop_map(str::to_owned), 1 => "[a-z]{0,3}"]
}

/// A valid request document with one value somewhere in it replaced.
fn damaged_request() -> impl Strategy<Value = Value> {
    let pointers = [
        "/canaryConfig",
        "/canaryConfig/metrics",
        "/canaryConfig/metrics/0",
        "/canaryConfig/metrics/0/name",
        "/canaryConfig/metrics/0/groups",
        "/canaryConfig/metrics/0/groups/0",
        "/canaryConfig/metrics/0/analysisConfigurations",
        "/canaryConfig/metrics/0/analysisConfigurations/canary",
        "/canaryConfig/metrics/0/analysisConfigurations/canary/effectSize",
        "/canaryConfig/metrics/0/analysisConfigurations/canary/effectSize/allowedIncrease",
        "/canaryConfig/metrics/0/analysisConfigurations/canary/outliers/outlierFactor",
        "/canaryConfig/classifier",
        "/canaryConfig/classifier/groupWeights",
        "/canaryConfig/classifier/groupWeights/g",
        "/scoreThresholds",
        "/scoreThresholds/pass",
        "/metricSetPairList",
        "/metricSetPairList/0",
        "/metricSetPairList/0/name",
        "/metricSetPairList/0/values",
        "/metricSetPairList/0/values/control",
        "/metricSetPairList/0/values/control/1",
    ];
    (prop::sample::select(pointers.to_vec()), any_json()).prop_map(|(pointer, value)| {
        let mut document = valid_request();
        *document.pointer_mut(pointer).unwrap() = value;
        document
    })
}

fn valid_request() -> Value {
    json!({
        "canaryConfig": {
            "metrics": [{
                "name": "m",
                "groups": ["g"],
                "analysisConfigurations": {"canary": {
                    "effectSize": {"allowedIncrease": 1.1},
                    "outliers": {"strategy": "remove", "outlierFactor": 3},
                }},
            }],
            "classifier": {"groupWeights": {"g": 100}},
        },
        "scoreThresholds": {"pass": 95, "marginal": 75},
        "metricSetPairList": [{
            "name": "m",
            "values": {"control": [1, 2, 3], "experiment": [4, 5, 6]},
        }],
    })
}

fn judge(request: &JudgeRequest) -> Judgement {
    NetflixAcaJudge.judge(request).unwrap()
}

/// A judgement as text: NaN equals itself there.
fn text(judgement: &Judgement) -> String {
    serde_json::to_string(judgement).unwrap()
}

proptest! {
    #[test]
    fn the_score_is_from_0_to_100(request in request()) {
        let judgement = judge(&request);
        prop_assert!((0.0..=100.0).contains(&judgement.score), "{}", judgement.score);
        for group in &judgement.groups {
            prop_assert!((0.0..=100.0).contains(&group.score));
        }
    }

    #[test]
    fn a_written_request_is_read_again(
        mut request in request(),
        clock in proptest::option::of((any::<i64>(), 1..u64::MAX)),
    ) {
        for (index, pair) in request.pairs.iter_mut().enumerate() {
            pair.baseline.clock =
                clock.map(|(start_millis, step_millis)| Clock::new(start_millis, step_millis).unwrap());
            pair.id = (index % 2 == 0).then(|| "<id>".to_owned());
            pair.tags = pair.id.clone().map(|id| [(id, None)].into());
        }
        let metrics: Vec<Value> = request.config.metrics.iter()
            .map(|metric| json!({ "name": metric.name, "groups": metric.groups }))
            .collect();
        let config = json!({ "metrics": metrics, "classifier": {} });
        let written = serde_json::to_vec(&kayenta::request(&config, &request)).unwrap();
        let read = kayenta::read_request(&written).unwrap();
        prop_assert_eq!(format!("{read:?}"), format!("{request:?}"));
    }

    #[test]
    fn scratch_and_repetition_change_nothing(request in request(), other in request()) {
        let mut scratch = Scratch::default();
        let fresh = judge(&request);
        NetflixAcaJudge.judge_with(&other, &mut scratch).unwrap();
        let reused = NetflixAcaJudge.judge_with(&request, &mut scratch).unwrap();
        prop_assert_eq!(text(&fresh), text(&reused));
    }

    #[test]
    fn one_more_failing_metric_never_raises_the_score(request in request()) {
        let before = judge(&request);
        let mut worse = request;
        let group = worse.config.metrics.first().map_or("g".to_owned(), |m| m.groups[0].clone());
        worse.config.metrics.push(MetricConfig::new("worse", group));
        let baseline: Vec<f64> = (0..20).map(f64::from).collect();
        let canary: Vec<f64> = baseline.iter().map(|value| 100.0 + value).collect();
        worse.pairs.push(MetricPair::new("worse", baseline, canary));
        let after = judge(&worse);
        prop_assert_eq!(after.metrics.last().unwrap().classification, Classification::High);
        // Fewer than half without data can lift a fatal finding; nothing else may.
        if before.reason.is_none() && !before.metrics.is_empty() {
            prop_assert!(after.score <= before.score, "{} > {}", after.score, before.score);
        }
    }

    #[test]
    fn groups_account_for_the_score(request in request()) {
        let judgement = judge(&request);
        if judgement.reason.is_none() && !judgement.groups.is_empty() {
            let cost: f64 = judgement.groups.iter().map(|group| group.cost).sum();
            prop_assert!((100.0 - cost - judgement.score).abs() < 0.01);
        }
    }

    #[test]
    fn a_judgement_survives_json(request in request()) {
        let judgement = judge(&request);
        let read: Judgement = serde_json::from_str(&text(&judgement)).unwrap();
        prop_assert_eq!(text(&read), text(&judgement));
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in vec(any::<u8>(), 0..300)) {
        check_readers(&bytes);
    }

    #[test]
    fn any_json_is_read_or_refused(document in any_json()) {
        check_readers(document.to_string().as_bytes());
    }

    #[test]
    fn any_damage_to_a_request_is_judged_or_refused(document in damaged_request()) {
        check_readers(document.to_string().as_bytes());
    }

    #[test]
    fn truncation_is_refused(length in 0..200_usize) {
        let document = valid_request().to_string();
        let truncated = &document.as_bytes()[..length.min(document.len() - 1)];
        prop_assert!(kayenta::read_request(truncated).is_err());
    }
}

/// Every reader gives a value that can be judged, or at least one problem with a text.
fn check_readers(bytes: &[u8]) {
    match kayenta::read_request(bytes) {
        Ok(request) => {
            for judge in judges::built_in().iter() {
                if let Ok(judgement) = judge.judge(&request) {
                    serde_json::to_string(&kayenta::result(&judgement)).unwrap();
                }
            }
        }
        Err(refused) => {
            let said = |value: &str| !value.is_empty() && value != "an unreadable document";
            assert!(refused.problems().iter().all(|problem| said(&problem.value)));
        }
    }
    let problems = kayenta::check_config(bytes);
    if kayenta::read_config(bytes).is_err() {
        assert!(!problems.is_empty());
    }
}

#[test]
fn verdicts_are_inclusive_of_their_thresholds() {
    let thresholds = Thresholds::new(95.0, 75.0).unwrap();
    let cases = [
        (100.0, Verdict::Pass),
        (95.0, Verdict::Pass),
        (94.99, Verdict::Marginal),
        (75.0, Verdict::Marginal),
        (74.99, Verdict::Fail),
        (f64::NAN, Verdict::Fail),
    ];
    for (score, verdict) in cases {
        assert_eq!(Verdict::from_score(score, thresholds), verdict, "{score}");
    }
}

#[test]
fn sizes_at_the_ends_are_judged() {
    let many: Vec<f64> = (0..1_000_000).map(|i| f64::from(i % 1013)).collect();
    let shifted: Vec<f64> = many.iter().map(|value| value + 100.5).collect();
    let config = |name: &str| CanaryConfig {
        metrics: vec![MetricConfig::new(name, "g")],
        ..CanaryConfig::default()
    };
    let request = JudgeRequest {
        config: config("m"),
        pairs: vec![MetricPair::new("m", many, shifted)],
        ..JudgeRequest::default()
    };
    assert_eq!(judge(&request).metrics[0].classification, Classification::High);

    let names: Vec<String> = (0..10_000).map(|metric| format!("metric-{metric}")).collect();
    let request = JudgeRequest {
        config: CanaryConfig {
            metrics: names.iter().map(|name| MetricConfig::new(name, name)).collect(),
            ..CanaryConfig::default()
        },
        pairs: names
            .iter()
            .map(|name| MetricPair::new(name, vec![1.0, 2.0, 3.0], vec![3.0, 1.0, 2.0]))
            .collect(),
        ..JudgeRequest::default()
    };
    let judgement = judge(&request);
    assert_eq!((judgement.metrics.len(), judgement.verdict), (10_000, Verdict::Pass));
}
