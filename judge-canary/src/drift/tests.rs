use judge_core::judges::built_in;
use judge_core::{JudgeRequest, MetricConfig, MetricPair, Thresholds};

use super::*;
use crate::record::CanaryState;

/// Numbers around 0 that are the same on every machine (xorshift), about normal with a deviation of 1.
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> f64 {
        let mut uniform = || {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            (self.0 >> 11) as f64 / (1_u64 << 53) as f64
        };
        (0..12).map(|_| uniform()).sum::<f64>() - 6.0
    }

    fn points(&mut self, mean: f64) -> Vec<f64> {
        (0..30).map(|_| mean * (1.0 + 0.03 * self.next())).collect()
    }
}

fn config(judge: &str) -> CanaryConfig {
    let json = serde_json::json!({
        "name": "shop", "judge": {"name": judge, "judgeConfigurations": {}},
        "metrics": [{"name": "latency", "groups": ["G"], "analysisConfigurations": {"canary": {
            "direction": "increase", "effectSize": {"allowedIncrease": 1.05, "criticalIncrease": 1.1}}}}],
        "classifier": {"groupWeights": {"G": 100}},
    });
    judge_core::kayenta::read_config(json.to_string().as_bytes()).unwrap()
}

fn release(judge: &str, baseline: Vec<f64>, canary: Vec<f64>) -> PastRelease {
    let request = JudgeRequest {
        config: config(judge),
        thresholds: Thresholds::default(),
        pairs: vec![MetricPair::new("latency", baseline, canary)],
        looks: None,
    };
    let judgement = built_in().chosen_by(&request).unwrap().judge(&request).unwrap();
    let summary = CanarySummary {
        application: "shop".to_owned(),
        config_name: "shop".to_owned(),
        state: CanaryState::Finished,
        verdict: Some(judgement.verdict),
        score: Some(judgement.score),
        planned: 1,
        looks: 1,
        ended_millis: Some(0),
        ..CanarySummary::default()
    };
    PastRelease { summary, judgement, metric_set: String::new() }
}

/// Releases, each of which is `step` slower than the one before; all of them see the same other load.
fn history(judge: &str, seed: u64, step: f64) -> Vec<PastRelease> {
    let mut noise = Noise(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    let (mut mean, mut releases) = (100.0, Vec::new());
    for number in 0..RELEASES {
        // What time of day does to both sides.
        let load = if number % 2 == 0 { 1.0 } else { 1.4 };
        let (baseline, canary) =
            (noise.points(mean * load), noise.points(mean * load * (1.0 + step)));
        let release = release(judge, baseline, canary);
        if release.summary.verdict == Some(Verdict::Pass) {
            mean *= 1.0 + step;
        }
        releases.insert(0, release);
    }
    releases
}

const JUDGES: [&str; 2] = ["NetflixACAJudge-v1.0", "EvidenceJudge-v1"];

#[test]
fn a_frog_that_is_boiled_slowly_is_seen_and_a_healthy_one_left_alone() {
    for judge in JUDGES {
        let config = config(judge);
        let (mut seen, mut alarms) = (0, 0);
        for seed in 0..50 {
            let boiled = history(judge, seed, 0.01);
            seen += find_drifts(&boiled, &config).len();
            alarms += find_drifts(&history(judge, seed, 0.0), &config).len();
        }
        assert!(seen >= 45 && alarms <= 1, "{judge}: {seen} seen, {alarms} alarms");
    }
}

/// How often each is seen: `cargo test -p canary-judge-canary --lib drift -- --ignored --nocapture`.
#[test]
#[ignore = "measures"]
#[allow(clippy::print_stdout, reason = "what it measures is for people")]
fn how_soon_and_how_often() {
    for judge in JUDGES {
        let config = config(judge);
        for step in [0.0, 0.005, 0.01, 0.02] {
            let histories: Vec<_> = (0..1000).map(|seed| history(judge, seed, step)).collect();
            for releases in [5, 10, 20] {
                let first = |all: &Vec<PastRelease>| all[all.len() - releases..].to_vec();
                let seen =
                    histories.iter().filter(|all| !find_drifts(&first(all), &config).is_empty());
                println!(
                    "{judge}: {step} a release, {releases} releases: {} of 1000",
                    seen.count()
                );
            }
        }
    }
}

fn shifts(config: &CanaryConfig, steps: &[f64]) -> Vec<Drift> {
    let mut noise = Noise(7);
    let mut releases = Vec::new();
    for step in steps {
        let points = noise.points(100.0);
        let canary = points.iter().map(|point| point * (1.0 + step)).collect();
        releases.insert(0, release(JUDGES[0], points, canary));
    }
    find_drifts(&releases, config)
}

#[test]
fn only_what_is_harmful_allowed_and_kept_counts() {
    let config = config(JUDGES[0]);
    let slow = [0.02; 8];
    let found = shifts(&config, &slow);
    assert_eq!(found[0].to_string().split(" over").next().unwrap(), "latency has drifted +16%");
    assert!(
        found[0]
            .to_string()
            .contains("the last 8 releases that passed, each within the +5% allowed")
    );
    assert_eq!(shifts(&config, &[0.02; 2]), [], "two steps are no drift");
    assert_eq!(shifts(&config, &[-0.02; 8]), [], "the good direction");
    // A release that failed was not kept: its step is no part of the sum.
    let with_failure = shifts(&config, &[0.02, 0.02, 0.3, 0.02, 0.02, 0.02]);
    assert!((with_failure[0].sum - 0.1).abs() < 0.01, "{with_failure:?}");
    // Without an allowance there is nothing to be beyond.
    let mut silent = config.clone();
    silent.metrics = vec![MetricConfig::new("other", "G")];
    assert_eq!(shifts(&silent, &slow), []);
}
