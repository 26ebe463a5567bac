//! Measures `judge batch` on Kayenta's golden requests, beside its unavoidable work: parsing the same lines with
//! `serde_json`, and judging them.

#![allow(clippy::unwrap_used, reason = "a benchmark without its fixture has nothing to say")]
#![allow(missing_docs, reason = "criterion's macros make public items")]

use std::fs::File;
use std::hint::black_box;
use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use flate2::read::GzDecoder;
use judge_core::judges::{Scratch, built_in};
use judge_core::kayenta;
use serde_json::Value;

/// Number of copies of the golden requests, so that the start of the process does not matter.
const REPETITIONS: usize = 20;

fn requests() -> String {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/golden/kayenta/judge.ndjson.gz");
    let mut text = String::new();
    GzDecoder::new(File::open(path).unwrap()).read_to_string(&mut text).unwrap();
    text.repeat(REPETITIONS)
}

fn batch(criterion: &mut Criterion) {
    let text = requests();
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), &text).unwrap();
    let mut group = criterion.benchmark_group("batch");
    group.throughput(Throughput::Elements(text.lines().count() as u64)).sample_size(10);
    group.bench_function("parse only", |bencher| {
        bencher.iter(|| {
            for line in text.lines() {
                black_box(serde_json::from_str::<Value>(line).unwrap());
            }
        });
    });
    let parsed: Vec<_> =
        text.lines().map(|line| kayenta::read_request(line.as_bytes()).unwrap()).collect();
    group.bench_function("judge only", |bencher| {
        let mut scratch = Scratch::default();
        bencher.iter(|| {
            for request in &parsed {
                let judge = built_in().chosen_by(request).unwrap();
                black_box(judge.judge_with(request, &mut scratch).unwrap());
            }
        });
    });
    drop(parsed);
    for threads in ["1", "2"] {
        group.bench_function(format!("judge batch --threads {threads}"), |bencher| {
            bencher.iter(|| {
                let status = Command::new(env!("CARGO_BIN_EXE_judge"))
                    .args(["batch", "--threads", threads])
                    .arg(file.path())
                    .stdout(Stdio::null())
                    .status()
                    .unwrap();
                assert!(status.success());
            });
        });
    }
    group.finish();
}

criterion_group!(benches, batch);
criterion_main!(benches);
