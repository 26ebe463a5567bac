//! Judges past releases of a frame again.

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use judge_core::stage::{Lifetime, Lookback, StageRule, WindowOptions, Windows};
use judge_replay::arrow;
use judge_replay::assemble::{Buckets, GridAssembler, RecordedRows, SeriesIndex};
use judge_replay::frame::FrameColumns;
use judge_replay::{
    AfterStop, BrokenRelease, ColumnNames, NameColumn, RecordedSeries, Release, ReleaseMetric,
    Replay, Replayed, Replayer, RoleNames, join_names,
};
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3_arrow::PyTable;

use crate::arrow_input;
use crate::exception::Exception;
use crate::judging::PyJudging;
use crate::rows::{FrameLayout, FrameRows};
use crate::work::{WorkHandle, interruptible, threads};

/// The settings of a replay: the config, the windows, the names of columns and roles.
#[pyclass(frozen, name = "Replay", module = "canary_judge._native")]
#[derive(Clone)]
pub(crate) struct PyReplay {
    replay: Arc<Replay>,
    /// The metrics of the config.
    series: Vec<String>,
    columns: ColumnNames,
    roles: RoleNames,
}

/// Windows from Python, as text such as "10m".
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
struct AskedWindows {
    lifetime: Option<String>,
    warm_up: String,
    interval: Option<String>,
    lookback: String,
    baseline_offset: String,
    step: Option<String>,
    spinnaker: bool,
    all_intervals: bool,
}

impl AskedWindows {
    fn windows(&self) -> Result<Windows, Exception> {
        let optional = |name: &str, text: &Option<String>| {
            text.as_deref().map(|text| duration(name, text)).transpose()
        };
        let lifetime = optional("lifetime", &self.lifetime)?;
        let lookback = match self.lookback.as_str() {
            "growing" => Lookback::Growing,
            length => Lookback::Sliding(duration("lookback", length)?),
        };
        let options = WindowOptions {
            lifetime: lifetime.map_or(Lifetime::Recorded, Lifetime::Fixed),
            warm_up: duration("warm_up", &self.warm_up)?,
            interval: optional("interval", &self.interval)?,
            lookback,
            baseline_offset: duration("baseline_offset", &self.baseline_offset)?,
            step: optional("step", &self.step)?,
        };
        Windows::try_from(options).map_err(|error| window_exception(&error.to_string()))
    }
}

/// The exception for an error of windows: "name: expected one thing, got another; the way out".
fn window_exception(error: &str) -> Exception {
    let parts = error.split_once(": expected ").and_then(|(name, rest)| {
        rest.split_once(", got ").map(|(expected, got)| (name, expected, got))
    });
    let Some((name, expected, got)) = parts else {
        return Exception::option("windows", error, "windows that fit");
    };
    let (got, way_out) = got.split_once("; ").unwrap_or((got, ""));
    let separator = if way_out.is_empty() { "" } else { "; " };
    Exception::option(
        &name.replace(['-', ' '], "_"),
        got,
        format!("{expected}{separator}{way_out}"),
    )
}

/// Parses a length of time such as `10m` or `1h 30m`.
fn duration(name: &str, text: &str) -> Result<Duration, Exception> {
    humantime::parse_duration(text).map_err(|_| {
        let expected = "a time, such as \"90s\", \"10m\", \"1h 30m\" or a timedelta";
        Exception::option(name, format!("{text:?}"), expected)
    })
}

#[pymethods]
impl PyReplay {
    #[new]
    fn new(
        judging: &PyJudging,
        windows: AskedWindows,
        columns: HashMap<String, String>,
        baseline: Vec<String>,
        canary: Vec<String>,
    ) -> PyResult<Self> {
        judging.without_expressions()?;
        let replay = Replay {
            config: judging.config.clone(),
            thresholds: judging.thresholds,
            judge: judging.judge,
            windows: windows.windows()?,
            rule: if windows.spinnaker { StageRule::Spinnaker } else { StageRule::Judge },
            after_stop: if windows.all_intervals { AfterStop::GoOn } else { AfterStop::End },
        };
        let mut names = ColumnNames::default();
        let mut columns: Vec<_> = columns.into_iter().collect();
        columns.sort();
        for (column, name) in columns {
            let column_name = names.get_mut(&column).ok_or_else(|| {
                let expected = format!("keys out of {}", ColumnNames::ALL.join(", "));
                Exception::option("columns", format!("{column:?}"), expected)
            })?;
            *column_name = name;
        }
        let default = RoleNames::default();
        let or = |names: Vec<String>, default| if names.is_empty() { default } else { names };
        let roles = RoleNames {
            baseline: or(baseline, default.baseline),
            canary: or(canary, default.canary),
        };
        Ok(Self { replay: Arc::new(replay), series: judging.metrics(), columns: names, roles })
    }
}

/// An Arrow table with the columns of the output and no rows.
#[pyfunction]
pub(crate) fn columns() -> PyResult<PyTable> {
    PyTable::try_new(Vec::new(), arrow::frame_schema())
}

fn read_history(history: &Bound<'_, PyAny>) -> Result<(Vec<RecordBatch>, SchemaRef), Exception> {
    arrow_input::table(history, "history").map(PyTable::into_inner)
}

/// Refuses a frame whose columns cannot be a history, without reading its rows.
#[pyfunction]
pub(crate) fn check_history(replay: &PyReplay, history: Bound<'_, PyAny>) -> PyResult<()> {
    let (_, schema) = read_history(&history)?;
    let layout = FrameLayout::new(&schema, &replay.columns, &replay.series)?;
    FrameRows::read(&RecordBatch::new_empty(schema), &layout, 0)?;
    Ok(())
}

/// Judges every release of `history`, an Arrow table. Returns a table and warnings.
#[pyfunction]
pub(crate) fn retro(
    py: Python<'_>,
    replay: &PyReplay,
    history: Bound<'_, PyAny>,
    thread_count: Option<usize>,
    progress: Option<Bound<'_, PyAny>>,
) -> PyResult<(PyTable, Vec<String>)> {
    let (batches, schema) = read_history(&history)?;
    let replay = replay.clone();
    let layout = FrameLayout::new(&schema, &replay.columns, &replay.series)?;
    let thread_count = threads(thread_count);
    let work =
        move |worker: &WorkHandle| judge_all(&replay, &batches, &layout, thread_count, worker);
    let Judged { rows, warnings } = interruptible(py, progress.as_ref(), work)??;
    let table = arrow::frame(rows).map_err(|error| PyRuntimeError::new_err(error.to_string()))?;
    let schema = table.schema();
    Ok((PyTable::try_new(vec![table], schema)?, warnings))
}

/// Judges the releases of `history` on the calling thread, without checking for Ctrl-C. A worker that gets one
/// release after another uses it, since it would otherwise start and join a thread for each.
#[pyfunction]
pub(crate) fn retro_here(
    py: Python<'_>,
    replay: &PyReplay,
    history: Bound<'_, PyAny>,
) -> PyResult<PyTable> {
    let (batches, schema) = read_history(&history)?;
    let layout = FrameLayout::new(&schema, &replay.columns, &replay.series)?;
    let judged = py.detach(|| judge_all(replay, &batches, &layout, 1, &WorkHandle::alone()))?;
    let table =
        arrow::frame(judged.rows).map_err(|error| PyRuntimeError::new_err(error.to_string()))?;
    let schema = table.schema();
    PyTable::try_new(vec![table], schema)
}

struct Judged {
    rows: FrameColumns,
    warnings: Vec<String>,
}

/// The releases of a frame in the order of their first rows, each with its parts: batch and rows.
type Releases = Vec<(String, Vec<(usize, Range<usize>)>)>;

fn releases(batches: &[FrameRows]) -> Releases {
    let mut releases: Releases = Vec::new();
    let mut index_of: HashMap<String, usize> = HashMap::new();
    for (number, batch) in batches.iter().enumerate() {
        let mut rows = 0..batch.rows;
        while rows.start < rows.end {
            let end = batch.release.run(&rows);
            let name = batch.release.name(rows.start);
            let index = index_of.get(name).copied().unwrap_or_else(|| {
                index_of.insert(name.to_owned(), releases.len());
                releases.push((name.to_owned(), Vec::new()));
                releases.len() - 1
            });
            releases[index].1.push((number, rows.start..end));
            rows.start = end;
        }
    }
    releases
}

/// Number of releases that a thread takes from the queue together.
const RELEASES_AT_ONCE: usize = 8;

fn judge_all(
    replay: &PyReplay,
    batches: &[RecordBatch],
    layout: &FrameLayout,
    threads: usize,
    worker: &WorkHandle,
) -> Result<Judged, Exception> {
    let mut read = Vec::with_capacity(batches.len());
    let mut first_row = 0;
    for batch in batches {
        if worker.stopped() {
            return Err(Exception::Stopped);
        }
        read.push(FrameRows::read(batch, layout, first_row)?);
        first_row += batch.num_rows();
    }
    let releases = releases(&read);
    if releases.is_empty() {
        return Err(Exception::data("history", "no rows", "rows of at least one release"));
    }
    let next = AtomicUsize::new(0);
    let done = AtomicUsize::new(0);
    let ignored = Mutex::new(BTreeSet::new());
    let work = || {
        let mut thread_results: Vec<(usize, FrameColumns, Vec<String>)> = Vec::new();
        let mut judge = ReleaseJudge::new(replay);
        judge.replayer.stop_on(Arc::clone(&worker.stop));
        loop {
            let first = next.fetch_add(RELEASES_AT_ONCE, Ordering::Relaxed);
            let end = releases.len().min(first + RELEASES_AT_ONCE);
            if first >= end || worker.stopped() {
                break;
            }
            let mut rows = FrameColumns::default();
            let mut warnings = Vec::new();
            for (name, parts) in &releases[first..end] {
                let replayed = judge.judge(name, parts, &read);
                if let Ok(Replayed { no_baseline: Some(no_baseline), .. }) = &replayed {
                    warnings.push(format!("release {name:?}: {no_baseline}"));
                }
                rows.add(name, &replayed);
            }
            thread_results.push((first, rows, warnings));
            worker.progress(
                done.fetch_add(end - first, Ordering::Relaxed) + end - first,
                releases.len(),
            );
        }
        if let Ok(mut ignored) = ignored.lock() {
            ignored.append(&mut judge.assembler.take_ignored());
        }
        thread_results
    };
    let mut judged: Vec<_> = if threads == 1 || releases.len() <= RELEASES_AT_ONCE {
        work()
    } else {
        thread::scope(|scope| {
            let threads = threads.min(releases.len().div_ceil(RELEASES_AT_ONCE));
            let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
            workers.into_iter().flat_map(|thread| thread.join().unwrap_or_default()).collect()
        })
    };
    if worker.stopped() {
        return Err(Exception::Stopped);
    }
    judged.sort_by_key(|(first, ..)| *first);
    let mut all = Judged { rows: FrameColumns::default(), warnings: Vec::new() };
    let mut ignored: Vec<String> = ignored.into_inner().unwrap_or_default().into_iter().collect();
    ignored.extend(layout.ignored.iter().cloned());
    if !ignored.is_empty() {
        all.warnings.push(format!("ignored, not in the config: {}", join_names(&ignored)));
    }
    for (_, rows, warnings) in judged {
        all.rows.append(rows);
        all.warnings.extend(warnings);
    }
    Ok(all)
}

/// Judges releases one by one, and reuses its buffers.
struct ReleaseJudge<'a> {
    series: &'a [String],
    buckets: Buckets,
    assembler: GridAssembler,
    replayer: Replayer,
}

impl<'a> ReleaseJudge<'a> {
    fn new(replay: &'a PyReplay) -> Self {
        let index = Arc::new(SeriesIndex::new(&replay.series, &replay.roles));
        Self {
            series: &replay.series,
            buckets: Buckets::new(&index),
            assembler: GridAssembler::new(replay.replay.windows.step_millis()),
            replayer: Replayer::new(&replay.replay),
        }
    }

    fn judge(
        &mut self,
        name: &str,
        parts: &[(usize, Range<usize>)],
        batches: &[FrameRows],
    ) -> Result<Replayed, BrokenRelease> {
        self.buckets.clear();
        for (batch, rows) in parts {
            self.buckets.add(&batches[*batch], rows);
        }
        let recorded = self.assembler.assemble(&mut self.buckets).map_err(BrokenRelease)?;
        let RecordedRows { baseline, canary, series } = recorded;
        let metric = |(name, [baseline, canary]): (&String, [RecordedSeries; 2])| ReleaseMetric {
            name: name.clone(),
            baseline,
            canary,
        };
        let metrics = self.series.iter().zip(series).map(metric).collect();
        self.replayer.judge(&Release { name: name.to_owned(), baseline, canary, metrics })
    }
}
