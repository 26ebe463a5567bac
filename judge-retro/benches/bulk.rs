//! Judges ten thousand releases again, and reads the same file with the parquet crate for comparison.
//!
//! ```sh
//! cargo bench -p canary-judge-retro --bench bulk            # 100, 1,000 and 10,000 releases
//! cargo bench -p canary-judge-retro --bench bulk -- 2000    # another number
//! ```
//!
//! Each release has 20 metrics and 60 points a side: 2,400 rows of a long Parquet file, sorted by release, metric,
//! role and time. Values are lognormal with four significant digits. In every fourth release the canary of every
//! fourth metric is a tenth higher. Each of the two runs in its own process, so that we measure its own peak memory:
//!
//! - `parquet`: one thread reads every column of the file and adds up the values;
//! - `judge`: surveys and reads the file, judges each release with `NetflixACAJudge-v1.0` in one interval, and writes
//!   the judgements as Parquet.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "this is a benchmark")]

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Instant;

use arrow_array::RecordBatch;
use arrow_array::cast::AsArray;
use arrow_array::types::Float64Type;
use judge_core::judges::NetflixAcaJudge;
use judge_core::stage::{StageRule, WindowOptions, Windows};
use judge_core::{CanaryConfig, MetricConfig, Thresholds};
use judge_output::PartsError;
use judge_retro::frame::ParquetRows;
use judge_retro::store::RELEASES_PER_PART;
use judge_retro::{
    AfterStop, Bulk, FrameFormat, HistoryError, HistoryOptions, HistoryWriter, MetricPlan,
    NamedRelease, ReleaseHistory, ReleaseLine, Replay, Replayer, Store, WrittenSeries,
};
use judge_scenarios::random::Random;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

const METRICS: usize = 20;
const POINTS: usize = 60;
const ROLES: [&str; 2] = ["baseline", "canary"];
/// Number of runs of each; the fastest counts.
const RUNS: usize = 3;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    match arguments.as_slice() {
        [role, file] if role == "parquet" => parquet(Path::new(file)),
        [role, file] if role == "judge" => judge(Path::new(file)),
        [number] => compare(&[number.parse().unwrap()]),
        _ => compare(&[100, 1000, 10_000]),
    }
}

fn compare(sizes: &[usize]) {
    println!(
        "releases       rows   file  parquet  judge  ratio  a release  parquet peak  judge peak"
    );
    for &releases in sizes {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("history.parquet");
        generate(&file, releases);
        let mut best = [Measured { seconds: f64::INFINITY, peak_mib: 0.0 }; 2];
        // They take turns, so that a slow moment of the machine affects both.
        for _ in 0..RUNS {
            for (best, role) in best.iter_mut().zip(["parquet", "judge"]) {
                let measured = measure(role, &file);
                best.seconds = best.seconds.min(measured.seconds);
                best.peak_mib = best.peak_mib.max(measured.peak_mib);
            }
        }
        let [parquet, judge] = best;
        println!(
            "{releases:8} {:10} {:3.0} MB {:6.2} s {:5.2} s {:6.2} {:7.0} µs {:9.0} MiB {:7.0} MiB",
            releases * METRICS * POINTS * 2,
            fs::metadata(&file).unwrap().len() as f64 / 1e6,
            parquet.seconds,
            judge.seconds,
            judge.seconds / parquet.seconds,
            judge.seconds / releases as f64 * 1e6,
            parquet.peak_mib,
            judge.peak_mib,
        );
    }
}

#[derive(Clone, Copy)]
struct Measured {
    seconds: f64,
    peak_mib: f64,
}

/// Runs this program again, as `role`.
fn measure(role: &str, file: &Path) -> Measured {
    let program = std::env::current_exe().unwrap();
    let ran = Command::new(program).args([role, file.to_str().unwrap()]).output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let text = String::from_utf8(ran.stdout).unwrap();
    let mut numbers = text.split_whitespace().map(|number| number.parse().unwrap());
    Measured { seconds: numbers.next().unwrap(), peak_mib: numbers.next().unwrap() }
}

fn report(started: Instant) {
    println!("{} {}", started.elapsed().as_secs_f64(), peak_mib());
}

/// The peak memory of this process; Linux only.
fn peak_mib() -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kibibytes = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<f64>().ok());
    kibibytes.unwrap_or(f64::NAN) / 1024.0
}

fn parquet(file: &Path) {
    let started = Instant::now();
    let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(file).unwrap()).unwrap();
    let value = reader.schema().index_of("value").unwrap();
    let batches = reader.with_batch_size(1 << 16).build().unwrap();
    let sum = |batch: RecordBatch| -> f64 {
        batch.column(value).as_primitive::<Float64Type>().values().iter().sum()
    };
    assert!(batches.map(|batch| sum(batch.unwrap())).sum::<f64>() > 0.0);
    report(started);
}

fn judge(file: &Path) {
    let started = Instant::now();
    let config = CanaryConfig {
        metrics: (0..METRICS)
            .map(|number| MetricConfig::new(metric(number), format!("group-{}", number % 4)))
            .collect(),
        ..CanaryConfig::default()
    };
    let plan = Arc::new(MetricPlan::new(&config, &serde_json::Value::Null).unwrap());
    let history =
        ReleaseHistory::open(&[file.to_owned()], &HistoryOptions::default(), plan.series())
            .unwrap();
    let replay = Arc::new(Replay {
        config,
        thresholds: Thresholds::DEFAULT,
        judge: &NetflixAcaJudge,
        windows: Windows::try_from(WindowOptions::default()).unwrap(),
        rule: StageRule::Judge,
        after_stop: AfterStop::End,
    });
    let survey = history.survey().unwrap();
    let output = file.with_extension("judgements.parquet");
    let mut store = Store::open(&output, serde_json::json!({}), false).unwrap();
    let bulk = Bulk {
        history: &history,
        survey: &survey,
        plan,
        step_millis: None,
        threads: None,
        skip: 0,
        stop: Arc::default(),
    };
    let work = |replayer: &mut Replayer, one: NamedRelease| {
        let replayed = one.release.and_then(|release| replayer.judge(&release));
        let mut rows = ParquetRows::default();
        rows.add(&one.name, &replayed);
        (ReleaseLine::new(&one.name, &replayed), rows)
    };
    let (mut lines, mut rows) = (Vec::new(), ParquetRows::default());
    let mut judged = 0;
    let take = |(line, more): (ReleaseLine, ParquetRows)| -> Result<(), Failed> {
        judged += 1;
        lines.push(line);
        rows.append(more);
        if lines.len() == RELEASES_PER_PART {
            store
                .add(&std::mem::take(&mut rows).into_part().unwrap(), std::mem::take(&mut lines))?;
        }
        Ok(())
    };
    let ended = bulk.run(|| Replayer::new(&replay), work, take).unwrap();
    assert!(!ended.stopped && judged == survey.releases());
    if !lines.is_empty() {
        store.add(&rows.into_part().unwrap(), lines).unwrap();
    }
    store.finish(&FrameFormat::Parquet).unwrap();
    report(started);
}

#[derive(Debug)]
#[allow(dead_code, reason = "shown by unwrap")]
enum Failed {
    ReleaseHistory(HistoryError),
    Store(PartsError),
}

impl From<HistoryError> for Failed {
    fn from(error: HistoryError) -> Self {
        Self::ReleaseHistory(error)
    }
}

impl From<PartsError> for Failed {
    fn from(error: PartsError) -> Self {
        Self::Store(error)
    }
}

fn metric(number: usize) -> String {
    format!("metric-{number:02}")
}

/// Writes a history of `releases` releases.
fn generate(file: &PathBuf, releases: usize) {
    let mut writer = HistoryWriter::new(File::create(file).unwrap()).unwrap();
    let mut random = Random::new(20_261_121);
    for release in 0..releases {
        let begun = 1_750_000_000_000 + i64::try_from(release).unwrap() * 120 * 60_000;
        for number in 0..METRICS {
            for (side, role) in ROLES.into_iter().enumerate() {
                let slow = side == 1 && release % 4 == 3 && number % 4 == 3;
                let level = (number + 1) as f64 * if slow { 1.1 } else { 1.0 };
                let values: Vec<_> =
                    (0..POINTS).map(|_| Some(lognormal(&mut random, level))).collect();
                let (release, metric) = (format!("release-{release:06}"), metric(number));
                let series = WrittenSeries {
                    release: &release,
                    metric: &metric,
                    role,
                    instance: "",
                    start_millis: begun,
                    step_millis: 60_000,
                    values: &values,
                };
                writer.add(&series).unwrap();
            }
        }
    }
    writer.finish().unwrap();
}

/// A value with median `level`, in four significant digits.
fn lognormal(random: &mut Random, level: f64) -> f64 {
    let value = level * (0.25 * random.normal()).exp();
    let scale = 10_f64.powf(3.0 - value.log10().floor());
    (value * scale).round() / scale
}
