//! Consecutive rows of one file, as columns of numbers and names.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::{Array, PrimitiveArray, Utf8ViewArray};
use arrow::types::NativeType;
use judge_points::{number, time};
use judge_replay::assemble::{PointRows, RowSource};
use polars::prelude::{Column, DataFrame, PolarsError, PolarsResult};
use polars_buffer::Buffer;

use super::files::HistoryFile;
use super::layout::{FileLayout, NameSource, PointColumns, TimeKind, ValueKind};
use super::names::Names;

/// A cell that cannot be read. Its release cannot be judged; the others can.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BadCell {
    /// Within the batch.
    pub(crate) row: usize,
    /// The column and what is wrong.
    pub(crate) message: String,
}

/// The points of a batch.
#[derive(Debug, Clone)]
pub(crate) enum BatchPoints {
    /// A point a row.
    Long { metric: Names, values: Buffer<f64> },
    /// For each column the number of its series among those needed, and a point a row.
    Wide(Vec<(usize, Buffer<f64>)>),
}

/// Consecutive rows of one file. NaN is a gap.
#[derive(Debug, Clone)]
pub(crate) struct Batch {
    pub(crate) file: Arc<HistoryFile>,
    /// Rows of the file before this batch.
    pub(crate) first_row: usize,
    pub(crate) rows: usize,
    pub(crate) release: Names,
    pub(crate) role: Names,
    pub(crate) instance: Option<Names>,
    /// Milliseconds since 1970.
    pub(crate) times: Buffer<i64>,
    pub(crate) points: BatchPoints,
    /// In order of rows.
    pub(crate) bad: Vec<BadCell>,
}

impl Batch {
    /// The rows of `frame`, which has the columns that `layout` asks for.
    pub(super) fn new(
        file: &Arc<HistoryFile>,
        layout: &FileLayout,
        first_row: usize,
        frame: &DataFrame,
    ) -> PolarsResult<Self> {
        let mut columns = frame.columns().iter();
        let mut next = || {
            columns.next().ok_or_else(|| PolarsError::ColumnNotFound("fewer than asked for".into()))
        };
        let mut bad = Vec::new();
        let times = match layout.time {
            TimeKind::NotRead => Buffer::default(),
            _ => times(next()?, layout, &mut bad)?,
        };
        let mut names = |said: &NameSource| match said {
            NameSource::Constant(name) => Ok(Names::Once(name.as_str().into())),
            NameSource::Column(_) => next().and_then(text).map(Names::Column),
        };
        let release = names(&layout.release)?;
        let role = names(&layout.role)?;
        let instance = layout.instance.as_ref().map(&mut names).transpose()?;
        let points = match &layout.points {
            PointColumns::Long { metric, value: (name, kind) } => BatchPoints::Long {
                metric: names(metric)?,
                values: values(next()?, name, *kind, &mut bad)?,
            },
            PointColumns::Wide { columns, .. } => {
                let mut wide = Vec::with_capacity(columns.len());
                for (name, series, kind) in columns {
                    wide.push((*series, values(next()?, name, *kind, &mut bad)?));
                }
                BatchPoints::Wide(wide)
            }
        };
        bad.sort_by_key(|cell: &BadCell| cell.row);
        let rows = frame.height();
        let file = Arc::clone(file);
        Ok(Self { file, first_row, rows, release, role, instance, times, points, bad })
    }
}

impl RowSource for Batch {
    type Names = Names;
    type Values = Buffer<f64>;

    fn role(&self) -> &Names {
        &self.role
    }

    fn instance(&self) -> Option<&Names> {
        self.instance.as_ref()
    }

    fn times(&self) -> &[i64] {
        &self.times
    }

    fn points(&self) -> PointRows<'_, Names, Buffer<f64>> {
        match &self.points {
            BatchPoints::Long { metric, values } => PointRows::Long { metric, values },
            BatchPoints::Wide(columns) => PointRows::Wide(columns),
        }
    }

    fn first_bad(&self, rows: &Range<usize>) -> Option<String> {
        let at = self.bad.partition_point(|cell| cell.row < rows.start);
        let cell = self.bad.get(at).filter(|cell| cell.row < rows.end)?;
        Some(self.said_of(cell.row, &cell.message))
    }

    fn said_of(&self, row: usize, message: &str) -> String {
        format!(
            "{}: {}: {message}",
            self.file.path.display(),
            self.file.place(self.first_row + row)
        )
    }

    fn unknown_role(&self, known: &str, role: &str) -> String {
        format!(
            "expected a role ({known}), got {role:?}; if your roles have other names, give --role \
             baseline=NAME and --role canary=NAME"
        )
    }
}

fn primitive<T: NativeType>(column: &Column) -> PolarsResult<PrimitiveArray<T>> {
    let series = column.as_materialized_series().rechunk();
    let array = series.chunks().first().and_then(|array| array.as_any().downcast_ref());
    array.cloned().ok_or_else(|| wrong_type(column))
}

fn text(column: &Column) -> PolarsResult<Utf8ViewArray> {
    let series = column.as_materialized_series().rechunk();
    let array = series.chunks().first().and_then(|array| array.as_any().downcast_ref());
    array.cloned().ok_or_else(|| wrong_type(column))
}

fn wrong_type(column: &Column) -> PolarsError {
    PolarsError::SchemaMismatch(format!("a column of type {}", column.dtype()).into())
}

fn times(
    column: &Column,
    layout: &FileLayout,
    bad: &mut Vec<BadCell>,
) -> PolarsResult<Buffer<i64>> {
    let name = &layout.timestamp;
    let mut wrong = |row, message: &dyn std::fmt::Display| {
        bad.push(BadCell { row, message: format!("column {name:?}: {message}") });
        0
    };
    Ok(match layout.time {
        TimeKind::Units { per_milli } => {
            let array = primitive::<i64>(column)?;
            if array.has_nulls() {
                for (row, time) in array.iter().enumerate() {
                    if time.is_none() {
                        wrong(row, &EMPTY);
                    }
                }
            }
            let mut times = if per_milli == 1 {
                array.values().clone()
            } else {
                array.values().iter().map(|time| time.div_euclid(per_milli)).collect()
            };
            let human = -time::LAST_MILLIS..time::LAST_MILLIS;
            if !times.iter().all(|time| human.contains(time)) {
                let read = times.iter().enumerate().map(|(row, time)| {
                    if human.contains(time) { *time } else { wrong(row, &FAR_OFF) }
                });
                times = read.collect();
            }
            times
        }
        TimeKind::Numbers => {
            let array = primitive::<f64>(column)?;
            let read = array.iter().enumerate().map(|(row, time)| match time {
                Some(&time) => time::from_number(time).unwrap_or_else(|error| wrong(row, &error)),
                None => wrong(row, &EMPTY),
            });
            read.collect()
        }
        TimeKind::NotRead => Buffer::default(),
        TimeKind::Text => {
            let array = text(column)?;
            let read = array.iter().enumerate().map(|(row, text)| match text {
                Some(text) => time::parse_in(text.trim_ascii(), layout.local.as_ref())
                    .unwrap_or_else(|error| wrong(row, &error)),
                None => wrong(row, &EMPTY),
            });
            read.collect()
        }
    })
}

fn values(
    column: &Column,
    name: &str,
    kind: ValueKind,
    bad: &mut Vec<BadCell>,
) -> PolarsResult<Buffer<f64>> {
    match kind {
        ValueKind::Numbers => {
            let array = primitive::<f64>(column)?;
            Ok(if array.has_nulls() {
                array.iter().map(|value| value.copied().unwrap_or(f64::NAN)).collect()
            } else {
                array.values().clone()
            })
        }
        ValueKind::Text => {
            let array = text(column)?;
            let read = array.iter().enumerate().map(|(row, text)| {
                let text = text.unwrap_or_default().trim_ascii();
                number::parse(text).unwrap_or_else(|| {
                    let shown: String = text.chars().take(LONGEST_VALUE).collect();
                    let message =
                        format!("column {name:?}: expected {}, got {shown:?}", number::EXPECTED);
                    bad.push(BadCell { row, message });
                    f64::NAN
                })
            });
            Ok(read.collect())
        }
    }
}

const EMPTY: &str = "expected a timestamp, got an empty cell";
const FAR_OFF: &str = "expected a time between the years -1199 and 5138";

/// The longest value quoted in an error, in characters.
const LONGEST_VALUE: usize = 80;
