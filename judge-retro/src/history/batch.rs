//! Consecutive rows of one file, as columns of numbers and names.

use std::ops::Range;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type};
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_buffer::ScalarBuffer;
use arrow_cast::cast;
use arrow_schema::{ArrowError, DataType, TimeUnit};
use judge_points::csv_reader::CsvTable;
use judge_points::dialect::CsvDialect;
use judge_points::{number, time};
use judge_replay::arrow::{NameArray, text};
use judge_replay::assemble::{PointRows, RowSource};

use super::column_indices::column_indices;
use super::error::RowPosition;
use super::files::HistoryFile;
use super::layout::{FileLayout, NameSource, PointColumns, TimeKind, ValueKind};
use super::names::Names;

/// A cell that cannot be read. Its release cannot be judged; the others can.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BadCell {
    /// Index within the batch.
    pub(crate) row: usize,
    /// The column and the problem.
    pub(crate) message: String,
}

/// The points of a batch.
#[derive(Debug, Clone)]
pub(crate) enum BatchPoints {
    /// One row per point.
    Long { metric: Names, values: ScalarBuffer<f64> },
    /// One row per time: for each column, the index of its series among the needed ones and its points.
    Wide(Vec<(usize, ScalarBuffer<f64>)>),
}

/// Consecutive rows of one file. NaN is a gap.
#[derive(Debug, Clone)]
pub(crate) struct Batch {
    pub(crate) file: Arc<HistoryFile>,
    /// Number of rows of the file before this batch.
    first_row: usize,
    /// The line of each row, in a text file.
    lines: Option<Vec<u64>>,
    pub(crate) rows: usize,
    pub(crate) release: Names,
    pub(crate) role: Names,
    pub(crate) instance: Option<Names>,
    /// Milliseconds since 1970.
    pub(crate) times: ScalarBuffer<i64>,
    pub(crate) points: BatchPoints,
    /// Ordered by row.
    pub(crate) bad: Vec<BadCell>,
}

impl Batch {
    /// Reads the rows of `frame`, which has the columns that `layout` requests.
    pub(super) fn new(
        file: &Arc<HistoryFile>,
        layout: &FileLayout,
        first_row: usize,
        frame: &RecordBatch,
        lines: Option<Vec<u64>>,
    ) -> Result<Self, ArrowError> {
        let indices = column_indices(frame.schema_ref());
        let column = |name: &str| {
            let index = indices.get(name).ok_or_else(|| ArrowError::SchemaError(name.to_owned()));
            index.map(|&index| frame.column(index))
        };
        let dialect = file.csv.as_ref().map_or(CsvDialect::PLAIN, CsvTable::dialect);
        let mut bad = Vec::new();
        let times = match layout.time {
            TimeKind::NotRead => ScalarBuffer::default(),
            _ => times(column(&layout.timestamp)?, layout, &mut bad)?,
        };
        let names = |source: &NameSource| match source {
            NameSource::Constant(name) => Ok(Names::Once(name.as_str().into())),
            NameSource::Column(name) => column(name).and_then(NameArray::read).map(Names::Column),
        };
        let mut values =
            |name: &str, kind: ValueKind| values(column(name)?, name, kind, dialect, &mut bad);
        let release = names(&layout.release)?;
        let role = names(&layout.role)?;
        let instance = layout.instance.as_ref().map(names).transpose()?;
        let points = match &layout.points {
            PointColumns::Long { metric, value: (name, kind) } => {
                BatchPoints::Long { metric: names(metric)?, values: values(name, *kind)? }
            }
            PointColumns::Wide { columns, .. } => {
                let mut wide = Vec::with_capacity(columns.len());
                for (name, series, kind) in columns {
                    wide.push((*series, values(name, *kind)?));
                }
                BatchPoints::Wide(wide)
            }
        };
        bad.sort_by_key(|cell: &BadCell| cell.row);
        let rows = frame.num_rows();
        let file = Arc::clone(file);
        Ok(Self { file, first_row, lines, rows, release, role, instance, times, points, bad })
    }

    /// The position in the file of a row of the batch.
    pub(crate) fn place(&self, row: usize) -> RowPosition {
        match self.lines.as_ref().and_then(|lines| lines.get(row)) {
            Some(line) => RowPosition::Line(*line),
            None => RowPosition::FrameRow(self.first_row + row + 1),
        }
    }
}

impl RowSource for Batch {
    type Names = Names;
    type Values = ScalarBuffer<f64>;

    fn role(&self) -> &Names {
        &self.role
    }

    fn instance(&self) -> Option<&Names> {
        self.instance.as_ref()
    }

    fn times(&self) -> &[i64] {
        &self.times
    }

    fn points(&self) -> PointRows<'_, Names, ScalarBuffer<f64>> {
        match &self.points {
            BatchPoints::Long { metric, values } => PointRows::Long { metric, values },
            BatchPoints::Wide(columns) => PointRows::Wide(columns),
        }
    }

    fn first_bad(&self, rows: &Range<usize>) -> Option<String> {
        let at = self.bad.partition_point(|cell| cell.row < rows.start);
        let cell = self.bad.get(at).filter(|cell| cell.row < rows.end)?;
        Some(self.message_at(cell.row, &cell.message))
    }

    fn message_at(&self, row: usize, message: &str) -> String {
        format!("{}: {}: {message}", self.file.path.display(), self.place(row))
    }

    fn unknown_role(&self, known: &str, role: &str) -> String {
        format!(
            "expected a role ({known}), got {role:?}; if your roles have other names, give --role \
             baseline=NAME and --role canary=NAME"
        )
    }
}

fn times(
    column: &ArrayRef,
    layout: &FileLayout,
    bad: &mut Vec<BadCell>,
) -> Result<ScalarBuffer<i64>, ArrowError> {
    let name = &layout.timestamp;
    let mut wrong = |row, message: &dyn std::fmt::Display| {
        bad.push(BadCell { row, message: format!("column {name:?}: {message}") });
        0
    };
    Ok(match layout.time {
        TimeKind::Timestamps(unit) => {
            let numbers = cast(column, &DataType::Int64)?;
            let numbers = numbers.as_primitive::<Int64Type>();
            let human = -time::LAST_MILLIS..time::LAST_MILLIS;
            let millis = unit == TimeUnit::Millisecond && numbers.null_count() == 0;
            if millis && numbers.values().iter().all(|time| human.contains(time)) {
                return Ok(numbers.values().clone());
            }
            let read = numbers.iter().enumerate().map(|(row, time)| {
                let Some(time) = time.map(|time| in_millis(time, unit)) else {
                    return wrong(row, &EMPTY);
                };
                if human.contains(&time) { time } else { wrong(row, &FAR_OFF) }
            });
            read.collect()
        }
        TimeKind::Numbers => {
            let numbers = cast(column, &DataType::Float64)?;
            let read = numbers.as_primitive::<Float64Type>().iter().enumerate();
            let read = read.map(|(row, time)| match time {
                Some(time) => time::from_number(time).unwrap_or_else(|error| wrong(row, &error)),
                None => wrong(row, &EMPTY),
            });
            read.collect()
        }
        TimeKind::NotRead => ScalarBuffer::default(),
        TimeKind::Text => {
            let texts = text(column)?;
            let read = texts.iter().enumerate().map(|(row, text)| {
                match text.unwrap_or_default().trim_ascii() {
                    "" => wrong(row, &EMPTY),
                    text => time::parse_in(text, layout.local.as_ref())
                        .unwrap_or_else(|error| wrong(row, &error)),
                }
            });
            read.collect()
        }
    })
}

fn in_millis(time: i64, unit: TimeUnit) -> i64 {
    match unit {
        TimeUnit::Second => time.saturating_mul(1000),
        TimeUnit::Millisecond => time,
        TimeUnit::Microsecond => time.div_euclid(1000),
        TimeUnit::Nanosecond => time.div_euclid(1_000_000),
    }
}

fn values(
    column: &ArrayRef,
    name: &str,
    kind: ValueKind,
    dialect: CsvDialect,
    bad: &mut Vec<BadCell>,
) -> Result<ScalarBuffer<f64>, ArrowError> {
    match kind {
        ValueKind::Numbers => {
            let numbers = cast(column, &DataType::Float64)?;
            let numbers = numbers.as_primitive::<Float64Type>();
            Ok(if numbers.null_count() > 0 {
                numbers.iter().map(|value| value.unwrap_or(f64::NAN)).collect()
            } else {
                numbers.values().clone()
            })
        }
        ValueKind::Text => {
            let texts = text(column)?;
            let read = texts.iter().enumerate().map(|(row, text)| {
                let text = text.unwrap_or_default().trim_ascii();
                dialect.number(text).unwrap_or_else(|| {
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
