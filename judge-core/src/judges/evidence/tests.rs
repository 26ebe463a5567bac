//! Tests of the judge as a whole.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod exposure;
mod field;
mod history;
mod laws;
mod looks;
mod panel;
mod recorded;
mod reported;
mod shapes;
mod sparse;

use crate::config::{CanaryConfig, Direction, MetricConfig};
use crate::judgement::{Judgement, MetricJudgement};
use crate::judges::{EvidenceJudge, Judge};
use crate::request::JudgeRequest;
use crate::series::MetricPair;

/// A metric whose increase is harm.
fn increase(name: &str) -> MetricConfig {
    MetricConfig { direction: Direction::Increase, ..MetricConfig::new(name, "All") }
}

fn request(configs: Vec<MetricConfig>, pairs: Vec<MetricPair>) -> JudgeRequest {
    JudgeRequest {
        config: CanaryConfig { metrics: configs, ..CanaryConfig::default() },
        pairs,
        ..JudgeRequest::default()
    }
}

fn judge_one(config: MetricConfig, baseline: &[f64], canary: &[f64]) -> Judgement {
    let pair = MetricPair::new(&*config.name, baseline.to_vec(), canary.to_vec());
    EvidenceJudge.judge(&request(vec![config], vec![pair])).unwrap()
}

fn metric(baseline: &[f64], canary: &[f64]) -> MetricJudgement {
    judge_one(increase("metric"), baseline, canary).metrics.remove(0)
}

/// `n` normal values with mean 0 and standard deviation 1.
pub(super) fn noise(n: usize, seed: u64) -> Vec<f64> {
    let mut state = seed;
    let mut unit = move || {
        // SplitMix64, as in the benchmarks; these build on this crate, so it cannot take theirs.
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (((z ^ (z >> 31)) >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    };
    (0..n).map(|_| (-2.0 * unit().ln()).sqrt() * (std::f64::consts::TAU * unit()).cos()).collect()
}

/// Means over rolling windows of five normal values, with standard deviation 1.
pub(super) fn rolling(n: usize, seed: u64) -> Vec<f64> {
    noise(n + 4, seed).windows(5).map(|five| five.iter().sum::<f64>() / 5_f64.sqrt()).collect()
}

/// A metric around 100 with 5 % noise.
fn around_100(n: usize, seed: u64) -> Vec<f64> {
    noise(n, seed).iter().map(|z| 100.0 + 5.0 * z).collect()
}
