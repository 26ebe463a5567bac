//! Times one point of 1,000 monitors with 20 metrics each, young and old ones, against a judgement of the same
//! points: one thread.
#![allow(missing_docs, reason = "criterion's macros make undocumented items")]
#![allow(clippy::expect_used, reason = "a bench that cannot start should say so")]

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use judge_benches::latencies;
use judge_core::judges::{EvidenceJudge, Judge, Scratch};
use judge_core::monitor::Monitor;
use judge_core::{CanaryConfig, JudgeRequest, MetricConfig, MetricPair, Side, Thresholds};

const METRICS: u64 = 20;
const MONITORS: usize = 1000;

fn config() -> CanaryConfig {
    let names = (0..METRICS).map(|metric| format!("metric-{metric}"));
    let metrics = names.map(|name| MetricConfig::new(name, "All")).collect();
    CanaryConfig { metrics, ..CanaryConfig::default() }
}

/// Adds the point of step `at` of every metric, and looks.
fn look(monitor: &mut Monitor, config: &CanaryConfig, values: &[f64], at: i64) {
    for (index, metric) in config.metrics.iter().enumerate() {
        for (side, value) in [Side::Baseline, Side::Canary].into_iter().zip(&values[2 * index..]) {
            monitor.add(&metric.name, side, at, *value).expect("a new step");
        }
    }
    monitor.complete_through(at);
    black_box(monitor.report());
}

fn monitors(criterion: &mut Criterion) {
    let config = config();
    let mut group = criterion.benchmark_group("a point of 20 metrics");
    group.sample_size(10);
    for points in [10, 1000, 100_000] {
        let mut monitor =
            Monitor::new(config.clone(), Thresholds::DEFAULT).expect("a valid config");
        let values = latencies(2 * 20 + 100, 7);
        for at in 0..points {
            let from = usize::try_from(at % 100).unwrap_or(0);
            look(&mut monitor, &config, &values[from..], at);
        }
        let mut all = vec![monitor; MONITORS];
        let mut at = points;
        group.bench_function(BenchmarkId::new("1000 monitors, after points", points), |bencher| {
            bencher.iter(|| {
                for monitor in &mut all {
                    look(monitor, &config, &values, at);
                }
                at += 1;
            });
        });
    }
    let pairs = config.metrics.iter().zip(0..).map(|(metric, index)| {
        MetricPair::new(&metric.name, latencies(60, 2 * index), latencies(60, 2 * index + 1))
    });
    let request =
        JudgeRequest { pairs: pairs.collect(), config: config.clone(), ..JudgeRequest::default() };
    group.bench_function("one judgement of 60 points", |bencher| {
        let mut scratch = Scratch::default();
        bencher.iter(|| EvidenceJudge.judge_with(black_box(&request), &mut scratch));
    });
    group.finish();
}

criterion_group!(benches, monitors);
criterion_main!(benches);
