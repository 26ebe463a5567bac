//! Times a whole judgement against sorting the same samples: 20 metrics, one thread.
#![allow(missing_docs, reason = "criterion's macros make undocumented items")]

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use judge_benches::{latencies, tied};
use judge_core::judges::{EvidenceJudge, Judge, NetflixAcaJudge, Scratch};
use judge_core::{CanaryConfig, JudgeRequest, MetricConfig, MetricPair};

const METRICS: u64 = 20;

type Generator = fn(usize, u64) -> Vec<f64>;

/// Twenty metrics; every fourth is shifted in the canary.
fn request(points: usize, generate: Generator) -> JudgeRequest {
    let names: Vec<String> = (0..METRICS).map(|metric| format!("metric-{metric}")).collect();
    let metrics = names.iter().map(|name| MetricConfig::new(name, "All")).collect();
    let pairs = names.iter().zip(0..).map(|(name, metric)| {
        let shift = if metric % 4 == 0 { 1.3 } else { 1.0 };
        let canary = generate(points, 2 * metric + 1);
        let canary: Vec<f64> = canary.iter().map(|value| value * shift).collect();
        MetricPair::new(name, generate(points, 2 * metric), canary)
    });
    JudgeRequest {
        config: CanaryConfig { metrics, ..CanaryConfig::default() },
        pairs: pairs.collect(),
        ..JudgeRequest::default()
    }
}

fn sort_all(request: &JudgeRequest, buffer: &mut Vec<f64>) {
    for pair in &request.pairs {
        for side in [&pair.baseline, &pair.canary] {
            buffer.clear();
            buffer.extend_from_slice(&side.values);
            buffer.sort_unstable_by(f64::total_cmp);
            black_box(&mut *buffer);
        }
    }
}

fn judgements(criterion: &mut Criterion) {
    let generators: [(&str, Generator); 2] = [("untied", latencies), ("tied", tied)];
    for points in [15, 60, 240, 1440, 10_000] {
        for (kind, generate) in generators {
            let request = request(points, generate);
            let mut group = criterion.benchmark_group(format!("20 metrics, {kind}"));
            if points > 1000 {
                group.sample_size(20);
            }
            group.bench_function(BenchmarkId::new("sort", points), |bencher| {
                let mut buffer = Vec::new();
                bencher.iter(|| sort_all(black_box(&request), &mut buffer));
            });
            group.bench_function(BenchmarkId::new("EvidenceJudge", points), |bencher| {
                let mut scratch = Scratch::default();
                bencher.iter(|| EvidenceJudge.judge_with(black_box(&request), &mut scratch));
            });
            group.bench_function(BenchmarkId::new("NetflixACAJudge", points), |bencher| {
                let mut scratch = Scratch::default();
                bencher.iter(|| NetflixAcaJudge.judge_with(black_box(&request), &mut scratch));
            });
        }
    }
}

criterion_group!(benches, judgements);
criterion_main!(benches);
