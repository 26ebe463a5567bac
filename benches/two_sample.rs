//! Times the whole comparison of a pair of unsorted samples, against sorting both and against peers.
#![allow(missing_docs, reason = "criterion's macros make undocumented items")]
#![allow(clippy::unwrap_used, reason = "a benchmark of broken inputs must not run")]

use std::hint::black_box;
use std::time::Duration;

use criterion::{BatchSize, BenchmarkId, Criterion, criterion_group, criterion_main};
use judge_benches::{latencies, tied};
use judge_core::stats::{ConfidenceLevel, Method, Sample, TwoSampleScratch, two_sample};
use statrs::stats_tests::Alternative;
use statrs::stats_tests::mannwhitneyu::{MannWhitneyUMethod, mannwhitneyu};

type Generator = fn(usize, u64) -> Vec<f64>;

/// Beyond this size statrs takes seconds, since it looks for NaN in quadratic time.
const STATRS_UP_TO: usize = 10_000;

fn pair(points: usize, generate: Generator) -> (Vec<f64>, Vec<f64>) {
    (generate(points, 1).iter().map(|value| value * 1.02).collect(), generate(points, 2))
}

fn comparisons(criterion: &mut Criterion) {
    let generators: [(&str, Generator); 2] = [("untied", latencies), ("tied", tied)];
    let level = ConfidenceLevel::new(0.98).unwrap();
    for (kind, generate) in generators {
        let mut group = criterion.benchmark_group(format!("two samples, {kind}"));
        for points in [15, 60, 240, 1440, 10_000, 1_000_000] {
            let input = pair(points, generate);
            group.sample_size(if points > 10_000 { 10 } else { 50 });
            group.warm_up_time(Duration::from_millis(500));
            group.measurement_time(Duration::from_secs(2));
            let batch =
                if points > 10_000 { BatchSize::PerIteration } else { BatchSize::SmallInput };
            group.bench_function(BenchmarkId::new("sort", points), |bencher| {
                bencher.iter_batched(
                    || input.clone(),
                    |(mut x, mut y)| {
                        x.sort_unstable_by(f64::total_cmp);
                        y.sort_unstable_by(f64::total_cmp);
                        (x, y)
                    },
                    batch,
                );
            });
            group.bench_function(BenchmarkId::new("two_sample", points), |bencher| {
                let mut scratch = TwoSampleScratch::default();
                bencher.iter_batched(
                    || input.clone(),
                    |(x, y)| {
                        let (x, y) = (Sample::new(x).unwrap(), Sample::new(y).unwrap());
                        black_box(two_sample(&x, &y, level, Method::Auto, &mut scratch).unwrap());
                        (x, y)
                    },
                    batch,
                );
            });
            group.bench_function(BenchmarkId::new("pragmastat shift", points), |bencher| {
                bencher.iter_batched(
                    || input.clone(),
                    |(x, y)| {
                        let (x, y) = (
                            pragmastat::Sample::new(x).unwrap(),
                            pragmastat::Sample::new(y).unwrap(),
                        );
                        black_box(pragmastat::shift(&x, &y).unwrap());
                        (x, y)
                    },
                    batch,
                );
            });
            if points <= STATRS_UP_TO {
                group.bench_function(BenchmarkId::new("statrs mannwhitneyu", points), |bencher| {
                    bencher.iter(|| {
                        mannwhitneyu(
                            black_box(&input.0),
                            black_box(&input.1),
                            MannWhitneyUMethod::AsymptoticInclContinuityCorrection,
                            Alternative::TwoSided,
                        )
                        .unwrap()
                    });
                });
            }
        }
    }
}

criterion_group!(benches, comparisons);
criterion_main!(benches);
