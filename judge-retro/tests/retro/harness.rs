//! A small history, written in every format.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, RecordBatch, StringArray, TimestampMillisecondArray};
use arrow_ipc::writer::FileWriter;
use arrow_json::LineDelimitedWriter;
use judge_core::{CanaryConfig, MetricConfig};
use judge_retro::{
    HistoryError, HistoryOptions, MetricPlan, NamedRelease, RecordedSeries, Release, ReleaseGrid,
    ReleaseHistory, ReleaseMetric,
};
use parquet::arrow::ArrowWriter;
use parquet::file::properties::WriterProperties;
use tempfile::TempDir;

/// 2026-11-20T14:00:00Z.
pub(crate) const START: i64 = 1_795_183_200_000;
pub(crate) const STEP: u64 = 60_000;
pub(crate) const POINTS: usize = 5;
pub(crate) const METRICS: [&str; 2] = ["latency", "errors"];
pub(crate) const RELEASES: [&str; 2] = ["v1", "v2"];
pub(crate) const ROLES: [&str; 2] = ["baseline", "canary"];

/// The value of a point; one series has a gap in the middle.
pub(crate) fn value(release: usize, metric: usize, role: usize, point: usize) -> f64 {
    if (release, metric, role, point) == (1, 0, 1, 2) {
        return f64::NAN;
    }
    [10.5, 0.25][metric] + (release * 100 + role * 10 + point) as f64
}

pub(crate) fn time(release: usize, point: usize) -> i64 {
    let whole = |number: usize| i64::try_from(number).unwrap();
    START + whole(release) * 86_400_000 + whole(point) * 60_000
}

/// The result of reading any file of the whole history.
pub(crate) fn expected() -> Vec<Release> {
    let of_release = |(release, name): (usize, &&str)| {
        let start_millis = time(release, 0);
        let grid = ReleaseGrid { start_millis, step_millis: STEP, points: POINTS };
        let side = |metric, role| {
            let points = (0..POINTS).map(|point| value(release, metric, role, point));
            RecordedSeries::from(points.collect::<Vec<_>>())
        };
        let metrics = METRICS.iter().enumerate().map(|(metric, name)| ReleaseMetric {
            name: (*name).to_owned(),
            baseline: side(metric, 0),
            canary: side(metric, 1),
        });
        Release {
            name: (*name).to_owned(),
            baseline: grid,
            canary: grid,
            metrics: metrics.collect(),
        }
    };
    RELEASES.iter().enumerate().map(of_release).collect()
}

/// One point as a row of a long table.
pub(crate) struct FrameRow {
    pub(crate) release: usize,
    pub(crate) metric: usize,
    pub(crate) role: usize,
    pub(crate) point: usize,
}

impl FrameRow {
    pub(crate) fn time(&self) -> i64 {
        time(self.release, self.point)
    }

    pub(crate) fn value(&self) -> f64 {
        value(self.release, self.metric, self.role, self.point)
    }
}

/// Every point of the history.
pub(crate) fn rows() -> Vec<FrameRow> {
    let mut rows = Vec::new();
    for release in 0..RELEASES.len() {
        for metric in 0..METRICS.len() {
            for role in 0..ROLES.len() {
                rows.extend((0..POINTS).map(|point| FrameRow { release, metric, role, point }));
            }
        }
    }
    rows
}

/// A directory with files.
pub(crate) struct TestFolder {
    directory: TempDir,
}

impl TestFolder {
    pub(crate) fn new() -> Self {
        Self { directory: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn at(&self, path: &str) -> PathBuf {
        self.directory.path().join(path)
    }

    pub(crate) fn write(&self, path: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.at(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }

    /// Writes `frame` in the format of the extension of `path`.
    pub(crate) fn write_frame(&self, path: &str, frame: &Frame) -> PathBuf {
        let path = self.write(path, "");
        let file = fs::File::create(&path).unwrap();
        let rows = RecordBatch::try_from_iter(frame.clone()).unwrap();
        match path.extension().and_then(|ending| ending.to_str()) {
            Some("parquet") => {
                let groups = WriterProperties::builder().set_max_row_group_row_count(Some(7));
                let mut writer =
                    ArrowWriter::try_new(file, rows.schema(), Some(groups.build())).unwrap();
                writer.write(&rows).unwrap();
                writer.close().unwrap();
            }
            Some("arrow") => {
                let mut writer = FileWriter::try_new(file, &rows.schema()).unwrap();
                let half = rows.num_rows() / 2;
                writer.write(&rows.slice(0, half)).unwrap();
                writer.write(&rows.slice(half, rows.num_rows() - half)).unwrap();
                writer.finish().unwrap();
            }
            Some("ndjson") => {
                let mut writer = LineDelimitedWriter::new(file);
                writer.write(&rows).unwrap();
                writer.finish().unwrap();
            }
            other => panic!("no writer for {other:?}"),
        }
        path
    }
}

/// Columns by name.
pub(crate) type Frame = Vec<(String, ArrayRef)>;

/// Replaces the column of this name in `frame`, or adds it at the end.
pub(crate) fn with(mut frame: Frame, name: &str, column: ArrayRef) -> Frame {
    match frame.iter_mut().find(|(known, _)| known == name) {
        Some(found) => found.1 = column,
        None => frame.push((name.to_owned(), column)),
    }
    frame
}

pub(crate) fn text(texts: Vec<&str>) -> ArrayRef {
    Arc::new(StringArray::from(texts))
}

pub(crate) fn numbers(numbers: Vec<f64>) -> ArrayRef {
    Arc::new(Float64Array::from(numbers))
}

/// Times as a column of milliseconds.
pub(crate) fn times(times: Vec<i64>, zone: Option<&str>) -> ArrayRef {
    Arc::new(TimestampMillisecondArray::from(times).with_timezone_opt(zone))
}

/// A long table of `rows`.
pub(crate) fn long(rows: &[FrameRow]) -> Frame {
    let columns = [
        ("release", text(rows.iter().map(|row| RELEASES[row.release]).collect())),
        ("metric", text(rows.iter().map(|row| METRICS[row.metric]).collect())),
        ("role", text(rows.iter().map(|row| ROLES[row.role]).collect())),
        ("timestamp", times(rows.iter().map(FrameRow::time).collect(), Some("+00:00"))),
        ("value", numbers(rows.iter().map(FrameRow::value).collect())),
    ];
    columns.into_iter().map(|(name, column)| (name.to_owned(), column)).collect()
}

/// The same table as CSV.
pub(crate) fn long_csv(rows: &[FrameRow]) -> String {
    let mut csv = "release,timestamp,metric,role,value\n".to_owned();
    for row in rows {
        let (release, metric, role) = (RELEASES[row.release], METRICS[row.metric], ROLES[row.role]);
        writeln!(csv, "{release},{},{metric},{role},{}", row.time() / 1000, row.value()).unwrap();
    }
    csv
}

/// The whole history as wide CSV.
pub(crate) fn wide_csv() -> String {
    let mut csv = "release,role,timestamp,latency,errors\n".to_owned();
    for (release, name) in RELEASES.iter().enumerate() {
        for (role, role_name) in ROLES.iter().enumerate() {
            for point in 0..POINTS {
                let [latency, errors] = [0, 1].map(|metric| value(release, metric, role, point));
                let latency = if latency.is_nan() { String::new() } else { latency.to_string() };
                let time = time(release, point);
                writeln!(csv, "{name},{role_name},{time},{latency},{errors}").unwrap();
            }
        }
    }
    csv
}

pub(crate) fn plan(metrics: &[&str]) -> Arc<MetricPlan> {
    let config = CanaryConfig {
        metrics: metrics.iter().map(|name| MetricConfig::new(*name, "G")).collect(),
        ..CanaryConfig::default()
    };
    Arc::new(MetricPlan::new(&config, &serde_json::Value::Null).unwrap())
}

/// The result of reading a history: each release with its name, the warnings, and the ignored metrics.
pub(crate) struct Read {
    pub(crate) releases: Vec<(String, Result<Release, String>)>,
    pub(crate) warnings: Vec<String>,
    pub(crate) ignored: Vec<String>,
}

pub(crate) fn read_with(
    path: &Path,
    options: &HistoryOptions,
    metrics: &[&str],
    step: Option<u64>,
) -> Result<Read, HistoryError> {
    let plan = plan(metrics);
    let history = ReleaseHistory::open(&[path.to_owned()], options, plan.series())?;
    let mut releases = Vec::new();
    let ignored = history.each_release(&plan, step, |one: NamedRelease| {
        let release = one.release.map_err(|broken| broken.to_string());
        releases.push((one.name.to_string(), release));
        Ok::<(), HistoryError>(())
    })?;
    Ok(Read { releases, warnings: history.warnings().to_vec(), ignored })
}

/// Reads the releases of a history that has no problem.
pub(crate) fn read(path: &Path) -> Vec<Release> {
    let read = read_with(path, &HistoryOptions::default(), &METRICS, None).unwrap();
    read.releases.into_iter().map(|(_, release)| release.unwrap()).collect()
}

/// The error of a history, or of its first release.
pub(crate) fn problem(path: &Path) -> String {
    match read_with(path, &HistoryOptions::default(), &METRICS, None) {
        Err(error) => error.to_string(),
        Ok(read) => {
            let broken = read.releases.into_iter().find_map(|(_, release)| release.err());
            broken.unwrap_or_else(|| "nothing is wrong".to_owned())
        }
    }
}

/// Compares releases; gaps equal gaps.
pub(crate) fn assert_same(found: &[Release], expected: &[Release]) {
    assert_eq!(format!("{found:#?}"), format!("{expected:#?}"));
}
