//! Reads the series of one side, and judges one canary.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use arrow_schema::DataType;
use judge_core::{JudgeError, JudgeRequest, Looks, MetricPair, Scratch, Series};
use judge_points::{table, time};
use judge_replay::{
    NameColumn, RepeatedTime, SeriesFile, TimedSeries, align, join_names, sort_by_time,
};
use numpy::PyReadonlyArray1;
use pyo3::prelude::*;
use pyo3::types::PyList;
use pyo3_arrow::PyTable;

use crate::arrow_input;
use crate::cells::{self, UnreadCell};
use crate::exception::Exception;
use crate::judgement::PyJudgement;
use crate::judging::PyJudging;
use crate::names;
use crate::rows::column_path;
use crate::work::interruptible;

/// The values of one series.
pub(crate) enum SideValues<'py> {
    /// A one-dimensional array.
    Numpy(PyReadonlyArray1<'py, f64>),
    /// An object with the `PyCapsule` interface.
    Arrow(Bound<'py, PyAny>),
    List(Vec<Option<f64>>),
}

impl<'py> FromPyObject<'_, 'py> for SideValues<'py> {
    type Error = PyErr;

    /// Anything but lists and Arrow data is a `numpy` array. We import numpy only here, since it need not be
    /// installed.
    fn extract(value: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        if value.is_instance_of::<PyList>() {
            value.extract().map(Self::List)
        } else if value.hasattr("__arrow_c_stream__")? || value.hasattr("__arrow_c_array__")? {
            Ok(Self::Arrow(value.to_owned()))
        } else {
            // The first use of numpy runs Python's code, where Ctrl-C may arrive: the numpy crate would panic there.
            numpy::get_array_module(value.py())?;
            Ok(Self::Numpy(value.extract()?))
        }
    }
}

impl SideValues<'_> {
    /// Reads the values; `path` names them in errors.
    pub(crate) fn read(self, path: &str) -> Result<Vec<f64>, Exception> {
        match self {
            Self::Numpy(values) => Ok(values.as_array().to_vec()),
            Self::List(values) => {
                Ok(values.into_iter().map(|value| value.unwrap_or(f64::NAN)).collect())
            }
            Self::Arrow(array) => {
                let chunked = arrow_input::array(&array, path)?;
                let mut all = Vec::new();
                for chunk in chunked.chunks() {
                    let read = cells::values(chunk, chunked.field(), path)?;
                    if let Some(UnreadCell { row, got, expected, .. }) = read.bad.into_iter().next()
                    {
                        return Err(Exception::data(
                            format!("{path}, row {}", all.len() + row),
                            got,
                            expected,
                        ));
                    }
                    all.extend_from_slice(&read.cells);
                }
                Ok(all)
            }
        }
    }
}

/// Times in milliseconds since the Unix epoch, and whether they were given with a zone.
type SeriesTimes = (Vec<i64>, bool);

/// A metric, its values and, if available, their times.
type NamedValues<'py> = (String, SideValues<'py>, Option<SeriesTimes>);

/// The series of one side: a table, or for each metric its values and, if available, their times.
pub(crate) enum SideInput<'py> {
    Series(Vec<NamedValues<'py>>),
    /// An object with the `PyCapsule` interface.
    Frame(Bound<'py, PyAny>),
}

/// A side whose frame is read, but not its columns.
enum OpenSide<'py> {
    Series(Vec<NamedValues<'py>>),
    Table(PyTable),
}

impl<'py> SideInput<'py> {
    fn open(self, role: &str) -> Result<OpenSide<'py>, Exception> {
        Ok(match self {
            Self::Series(series) => OpenSide::Series(series),
            Self::Frame(frame) => OpenSide::Table(arrow_input::table(&frame, role)?),
        })
    }
}

impl<'py> FromPyObject<'_, 'py> for SideInput<'py> {
    type Error = PyErr;

    fn extract(value: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        if value.is_instance_of::<PyList>() {
            value.extract().map(Self::Series)
        } else {
            Ok(Self::Frame(value.to_owned()))
        }
    }
}

/// The series of a side by metric, and warnings.
#[derive(Debug, Default)]
pub(crate) struct ReadSide {
    pub(crate) by_metric: BTreeMap<String, Series>,
    pub(crate) warnings: Vec<String>,
    /// Whether its times have a zone; `None` if they cannot have one, or there are none.
    pub(crate) zoned: Option<bool>,
}

/// Reads the series of `metrics` out of `input`, which messages call `role`.
pub(crate) fn read(
    input: SideInput<'_>,
    role: &str,
    metrics: &[String],
) -> Result<ReadSide, Exception> {
    read_open(input.open(role)?, role, metrics)
}

fn read_open(input: OpenSide<'_>, role: &str, metrics: &[String]) -> Result<ReadSide, Exception> {
    let zoned = zoned(&input);
    let Found { plain, timed, ignored } = match input {
        OpenSide::Series(series) => from_series(series, role)?,
        OpenSide::Table(table) => from_table(table, role, metrics)?,
    };
    let mut side = ReadSide { zoned, ..ReadSide::default() };
    let names: Vec<String> = timed.iter().filter_map(|series| series.name.clone()).collect();
    let aligned = align(&[SeriesFile { origin: role.to_owned(), series: timed }]);
    side.warnings = aligned.warnings;
    let aligned = names.into_iter().zip(aligned.files.into_iter().flatten());
    let mut others = ignored;
    let wanted: HashSet<&String> = metrics.iter().collect();
    for (name, series) in plain.into_iter().chain(aligned) {
        if wanted.contains(&name) {
            side.by_metric.insert(name, series);
        } else {
            others.push(name);
        }
    }
    if side.by_metric.is_empty() && !others.is_empty() {
        let expected = format!("a series of a metric of the config: {}", join_names(metrics));
        return Err(Exception::data(role, join_names(&others), expected));
    }
    if !others.is_empty() {
        side.warnings.push(format!("{role}: ignored, not in the config: {}", join_names(&others)));
    }
    let missing: Vec<String> =
        metrics.iter().filter(|name| !side.by_metric.contains_key(*name)).cloned().collect();
    if !missing.is_empty() {
        side.warnings.push(format!("the {role} has no series of {}", join_names(&missing)));
    }
    Ok(side)
}

#[derive(Default)]
struct Found {
    /// Series without times.
    plain: Vec<(String, Series)>,
    timed: Vec<TimedSeries>,
    ignored: Vec<String>,
}

/// Sorts `values` by `times`; `rows` are their rows in the frame.
fn in_order(
    name: &str,
    path: &str,
    mut times: Vec<i64>,
    values: Vec<f64>,
    rows: &[u64],
) -> Result<TimedSeries, Exception> {
    let mut columns = [values];
    sort_by_time("row", &mut times, rows, &mut columns).map_err(|repeated| {
        let RepeatedTime { first, again, millis, .. } = repeated;
        let got = format!("{} in row {first} and row {again}", time::show(millis));
        Exception::data(path, got, "one value per time; aggregate the values of each time first")
    })?;
    let [values] = columns;
    Ok(TimedSeries {
        tags: std::collections::BTreeMap::new(),
        name: Some(name.to_owned()),
        labels: format!("{name:?}"),
        times: Arc::new(times),
        values,
    })
}

fn from_series(series: Vec<NamedValues<'_>>, role: &str) -> Result<Found, Exception> {
    let mut found = Found::default();
    let mut first_zoned = None;
    for (name, values, times) in series {
        let path = column_path(role, &name);
        let values = values.read(&path)?;
        match times {
            None => found.plain.push((name, Series::from(values))),
            Some((_, zoned)) if zoned != *first_zoned.get_or_insert(zoned) => {
                let got = if zoned { "times with a zone" } else { "times without a zone" };
                let got = format!("{got}, unlike the series before it");
                return Err(Exception::data(path, got, ONE_KIND_OF_TIMES));
            }
            Some((times, _)) if times.len() != values.len() => {
                let got = format!("{} times and {} values", times.len(), values.len());
                return Err(Exception::data(path, got, "a time for each value"));
            }
            Some((times, _)) => {
                let rows: Vec<u64> = (0..times.len() as u64).collect();
                found.timed.push(in_order(&name, &path, times, values, &rows)?);
            }
        }
    }
    Ok(found)
}

fn from_table(table: PyTable, role: &str, metrics: &[String]) -> Result<Found, Exception> {
    let (batches, schema) = table.into_inner();
    let columns: Vec<String> = schema.fields().iter().map(|field| field.name().clone()).collect();
    let batch = arrow_select::concat::concat_batches(&schema, &batches)
        .map_err(|error| Exception::data(role, error, "a table"))?;
    let time = table::time_column(&columns);
    let times = match time {
        Some(index) => {
            let path = column_path(role, &columns[index]);
            let read = cells::times(batch.column(index), schema.field(index), &path)?;
            refuse_bad(read.bad, role)?;
            Some(read.cells.to_vec())
        }
        None => None,
    };
    let mut found = Found::default();
    let find = |name: &str| columns.iter().position(|column| column == name);
    let value = |index: usize| {
        let path = column_path(role, &columns[index]);
        let read = cells::values(batch.column(index), schema.field(index), &path)?;
        refuse_bad(read.bad, role)?;
        Ok::<_, Exception>(read.cells.to_vec())
    };
    let mut add =
        |name: &str, path: &str, times: Option<Vec<i64>>, values: Vec<f64>, rows: &[u64]| {
            match times {
                Some(times) => found.timed.push(in_order(name, path, times, values, rows)?),
                None => found.plain.push((name.to_owned(), Series::from(values))),
            }
            Ok::<(), Exception>(())
        };
    if let (Some(metric), Some(values)) = (find("metric"), find("value")) {
        let path = column_path(role, "metric");
        let named = names::read(batch.column(metric), &path)?;
        if let Some(row) = (0..batch.num_rows()).find(|&row| named.name(row).is_empty()) {
            return Err(Exception::data(format!("{path}, row {row}"), "an empty cell", "a name"));
        }
        let values = value(values)?;
        let mut rows_of: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for row in 0..batch.num_rows() {
            rows_of.entry(named.name(row)).or_default().push(row);
        }
        for (name, rows) in rows_of {
            let times = times.as_ref().map(|times| rows.iter().map(|&row| times[row]).collect());
            let values = rows.iter().map(|&row| values[row]).collect();
            let rows: Vec<u64> = rows.iter().map(|&row| row as u64).collect();
            add(name, &column_path(role, name), times, values, &rows)?;
        }
        return Ok(found);
    }
    let rows: Vec<u64> = (0..batch.num_rows() as u64).collect();
    let mut ignored = Vec::new();
    let (wanted, mut seen) = (metrics.iter().collect::<HashSet<_>>(), HashSet::new());
    for (index, name) in columns.iter().enumerate().filter(|(index, _)| Some(*index) != time) {
        if wanted.contains(name) {
            if !seen.insert(name) {
                let path = column_path(role, name);
                return Err(Exception::data(path, "two columns of that name", "different names"));
            }
            add(name, &column_path(role, name), times.clone(), value(index)?, &rows)?;
        } else {
            ignored.push(name.clone());
        }
    }
    found.ignored = ignored;
    Ok(found)
}

fn refuse_bad(bad: Vec<UnreadCell>, role: &str) -> Result<(), Exception> {
    match bad.into_iter().next() {
        None => Ok(()),
        Some(UnreadCell { row, column, got, expected }) => Err(Exception::data(
            format!("{}, row {row}", column_path(role, &column)),
            got,
            expected,
        )),
    }
}

pub(crate) const ONE_KIND_OF_TIMES: &str = "times with a zone everywhere, or nowhere: localize the naive ones, as with \
                                 tz_localize(\"UTC\")";

/// Whether the times of a side have a zone; `None` if they cannot have one, or there are none.
fn zoned(input: &OpenSide<'_>) -> Option<bool> {
    let table = match input {
        OpenSide::Series(series) => {
            return series.iter().find_map(|(.., times)| times.as_ref().map(|(_, zoned)| *zoned));
        }
        OpenSide::Table(table) => table,
    };
    let schema = table.batches().first()?.schema();
    let columns: Vec<String> = schema.fields().iter().map(|field| field.name().clone()).collect();
    match schema.field(table::time_column(&columns)?).data_type() {
        DataType::Timestamp(_, zone) => Some(zone.is_some()),
        kind if kind.is_string() => Some(true),
        _ => None,
    }
}

/// Judges one canary. `history` consists of healthy windows. `looks` is the number of this look, the number of
/// planned looks, and whether their windows slide.
#[pyfunction]
pub(crate) fn judge<'py>(
    py: Python<'py>,
    judging: &PyJudging,
    baseline: SideInput<'py>,
    canary: SideInput<'py>,
    history: Vec<SideInput<'py>>,
    looks: Option<(u32, u32, bool)>,
) -> PyResult<PyJudgement> {
    judging.without_expressions()?;
    let looks = looks.map(|(number, planned, sliding)| {
        Looks::new(number, planned)
            .map(|looks| if sliding { looks.sliding() } else { looks })
            .map_err(|problem| Exception::option("looks", problem.value, problem.allowed))
    });
    let looks = looks.transpose()?;
    let (baseline, canary) = (baseline.open("baseline")?, canary.open("canary")?);
    if let (Some(one), Some(other)) = (zoned(&baseline), zoned(&canary))
        && one != other
    {
        let expected = "times with a zone on both sides, or on neither: localize the naive ones, as with \
                        tz_localize(\"UTC\")";
        return Err(
            Exception::data("canary", "times with a zone on one side only", expected).into()
        );
    }
    let metrics = judging.metrics();
    let mut baseline = read_open(baseline, "baseline", &metrics)?;
    let mut canary = read_open(canary, "canary", &metrics)?;
    let mut warnings = std::mem::take(&mut baseline.warnings);
    warnings.append(&mut canary.warnings);
    let mut healthy = Vec::with_capacity(history.len());
    for (index, window) in history.into_iter().enumerate() {
        let mut window = read(window, &format!("history[{index}]"), &metrics)?;
        warnings.append(&mut window.warnings);
        healthy.push(window);
    }
    let pairs = metrics.into_iter().map(|name| {
        let side = |side: &mut ReadSide| side.by_metric.remove(&name).unwrap_or_default();
        let mut pair = MetricPair::new(name.clone(), side(&mut baseline), side(&mut canary));
        pair.pad_absent_side();
        let windows = healthy.iter_mut().filter_map(|window| window.by_metric.remove(&name));
        // Their times belong to other days, so only their order counts.
        pair.history = windows.map(|series| Series { clock: None, ..series }).collect();
        pair
    });
    let request = JudgeRequest {
        pairs: pairs.collect(),
        config: judging.config.clone(),
        thresholds: judging.thresholds,
        looks,
    };
    let judge = judging.judge;
    let judged = interruptible(py, None, move |worker| {
        let mut scratch = Scratch::default();
        scratch.stop_on(Arc::clone(&worker.stop));
        let judgement: Result<_, JudgeError> = judge.judge_with(&request, &mut scratch);
        judgement.map(|judgement| (judgement, request))
    })?;
    let (judgement, request) = judged.map_err(|error| Exception::from_config(&error))?;
    Ok(PyJudgement::new(judgement, request, judging.document.clone(), warnings))
}
