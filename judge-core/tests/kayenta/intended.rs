//! Where ours differs from Kayenta on purpose.

use judge_core::judges::{Judge, NetflixAcaJudge};
use judge_core::{Classification, kayenta};
use serde_json::Value;

use super::{answer, golden};

/// Edge cases that differ, each tested below.
pub(crate) const TITLES: &[&str] = &["null inside values", "thresholds 'NaN'"];

/// Requests in which a metric has one point a side and the two differ. Kayenta adds noise to both
/// and has no answer when fl(x − fl(x − y)) happens to be y again: its class is random there. In
/// these three rows it fell otherwise than it does without the noise.
pub(crate) const RANDOM_CLASS: &[&str] = &["case-142", "case-283", "case-301"];

#[test]
fn null_is_a_gap_and_not_zero() {
    let rows = golden::rows("edge-cases.ndjson");
    let row = rows.iter().find(|row| row["title"] == TITLES[0]).unwrap();
    let request = kayenta::read_request(row["request"].to_string().as_bytes()).unwrap();
    let judgement = NetflixAcaJudge.judge(&request).unwrap();
    let canary = judgement.metrics[0].canary;
    assert_eq!((canary.counts.gaps, canary.counts.judged, canary.min), (1, 20, 10.13));
    assert_eq!(row["expected"]["results"][0]["experimentMetadata"]["stats"]["min"], 0.0);
}

/// Kayenta takes a threshold that no score can reach, and fails every canary.
#[test]
fn thresholds_are_numbers() {
    let rows = golden::rows("edge-cases.ndjson");
    let row = rows.iter().find(|row| row["title"] == TITLES[1]).unwrap();
    let refused = answer(&row["request"]).unwrap_err();
    assert!(refused.starts_with("scoreThresholds."), "{refused}");
    assert_eq!(row["expected"]["score"]["classification"], "Fail");
}

#[test]
fn one_point_a_side_differs_only_where_kayenta_is_random() {
    for row in golden::rows("judge.ndjson.gz") {
        if !RANDOM_CLASS.contains(&row["id"].as_str().unwrap()) {
            continue;
        }
        let actual = answer(&row).unwrap();
        let metrics = |result: &Value| result["results"].as_array().unwrap().clone();
        let mut differing = 0;
        for (ours, theirs) in metrics(&actual).iter().zip(&metrics(&row["expected"])) {
            if ours["classification"] != theirs["classification"] {
                differing += 1;
                assert_eq!(ours["experimentMetadata"]["stats"]["count"], 1);
                assert_eq!(ours["controlMetadata"]["stats"]["count"], 1);
            }
        }
        assert_eq!(differing, 1, "{}", row["id"]);
    }
}

/// Scales below 1e-4 of the metric's unit are lost in Kayenta's tolerance, and in ours with it.
#[test]
fn the_absolute_tolerance_is_reproduced() {
    let baseline: Vec<f64> = (0..60).map(|i| f64::from(i % 10 + 1)).collect();
    let canary: Vec<f64> = baseline.iter().map(|value| value * 3.0).collect();
    for (scale, class) in [(1.0, Classification::High), (1e-7, Classification::Pass)] {
        let scaled = |values: &[f64]| values.iter().map(|value| value * scale).collect::<Vec<_>>();
        let request = judge_core::JudgeRequest {
            config: judge_core::CanaryConfig {
                metrics: vec![judge_core::MetricConfig::new("errors", "Errors")],
                ..Default::default()
            },
            pairs: vec![judge_core::MetricPair::new("errors", scaled(&baseline), scaled(&canary))],
            ..Default::default()
        };
        let judgement = NetflixAcaJudge.judge(&request).unwrap();
        assert_eq!(judgement.metrics[0].classification, class, "at {scale}");
    }
}
