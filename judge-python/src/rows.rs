//! Reads the rows of a frame of releases.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use arrow_array::RecordBatch;
use arrow_buffer::ScalarBuffer;
use arrow_schema::Schema;
use judge_replay::arrow::NameArray;
use judge_replay::assemble::{PointRows, RowSource};
use judge_replay::{ColumnNames, NameColumn, join_names};

use crate::cells::{self, UnreadCell};
use crate::exception::Exception;
use crate::names;

/// The positions of the columns of a frame.
#[derive(Debug, Clone)]
pub(crate) struct FrameLayout {
    release: usize,
    role: usize,
    timestamp: usize,
    instance: Option<usize>,
    points: PointLayout,
    /// Columns that are not metrics of the config.
    pub(crate) ignored: Vec<String>,
}

#[derive(Debug, Clone)]
enum PointLayout {
    Long {
        metric: usize,
        value: usize,
    },
    /// Each column, and the index of its series.
    Wide(Vec<(usize, usize)>),
}

/// The path of a column in messages.
pub(crate) fn column_path(frame: &str, name: &str) -> String {
    format!("{frame}[{name:?}]")
}

impl FrameLayout {
    /// Determines the layout of a frame with the columns of `schema`. `series` are the needed series.
    pub(crate) fn new(
        schema: &Schema,
        names: &ColumnNames,
        series: &[String],
    ) -> Result<Self, Exception> {
        let columns: Vec<String> =
            schema.fields().iter().map(|field| field.name().clone()).collect();
        let mut seen = HashSet::new();
        for name in &columns {
            if !seen.insert(name) {
                let path = column_path("history", name);
                return Err(Exception::data(path, "two columns of that name", "different names"));
            }
        }
        let find = |name: &str| columns.iter().position(|column| column == name);
        let required = |column: &str, name: &str| {
            find(name).ok_or_else(|| {
                let expected = format!(
                    "a column {name:?}; if it has another name, say columns={{{column:?}: ...}}"
                );
                let got = format!("the columns {}", join_names(&columns));
                Exception::data("history", got, expected)
            })
        };
        let release = required("release", &names.release)?;
        let role = required("role", &names.role)?;
        let timestamp = required("timestamp", &names.timestamp)?;
        let instance = find(&names.instance);
        if let (Some(metric), Some(value)) = (find(&names.metric), find(&names.value)) {
            let points = PointLayout::Long { metric, value };
            return Ok(Self { release, role, timestamp, instance, points, ignored: Vec::new() });
        }
        let known = [Some(release), Some(role), Some(timestamp), instance];
        let (wide, ignored) = wide(&columns, &known, series);
        if wide.is_empty() {
            let expected = format!(
                "a column for each metric of the config, {}, or the columns {:?} and {:?}",
                join_names(series),
                names.metric,
                names.value
            );
            let got = format!("the columns {}", join_names(&columns));
            return Err(Exception::data("history", got, expected));
        }
        let points = PointLayout::Wide(wide);
        Ok(Self { release, role, timestamp, instance, points, ignored })
    }
}

/// Finds the columns of `series` with their indices, and the names of columns that are neither series nor `known`.
fn wide(
    columns: &[String],
    known: &[Option<usize>],
    series: &[String],
) -> (Vec<(usize, usize)>, Vec<String>) {
    let mut wide = Vec::new();
    let mut ignored = Vec::new();
    let numbers: HashMap<&str, usize> =
        series.iter().enumerate().map(|(number, name)| (name.as_str(), number)).collect();
    for (index, column) in columns.iter().enumerate() {
        match numbers.get(column.as_str()).copied() {
            Some(number) => wide.push((index, number)),
            None if known.contains(&Some(index)) => {}
            None => ignored.push(column.clone()),
        }
    }
    (wide, ignored)
}

enum FramePoints {
    Long { metric: NameArray, values: ScalarBuffer<f64> },
    Wide(Vec<(usize, ScalarBuffer<f64>)>),
}

/// Consecutive rows of a frame.
pub(crate) struct FrameRows {
    /// The release of each row.
    pub(crate) release: NameArray,
    /// Number of rows.
    pub(crate) rows: usize,
    role: NameArray,
    instance: Option<NameArray>,
    times: ScalarBuffer<i64>,
    points: FramePoints,
    /// Ordered by row.
    bad: Vec<UnreadCell>,
    /// Number of rows of the frame before these.
    first_row: usize,
}

impl FrameRows {
    /// Reads the rows of `batch` by `layout`; `first_row` rows precede them.
    pub(crate) fn read(
        batch: &RecordBatch,
        layout: &FrameLayout,
        first_row: usize,
    ) -> Result<Self, Exception> {
        let path = |index: usize| column_path("history", batch.schema_ref().field(index).name());
        let column_names = |index: usize| names::read(batch.column(index), &path(index));
        let mut bad = Vec::new();
        let mut values = |index: usize| -> Result<ScalarBuffer<f64>, Exception> {
            let field = batch.schema_ref().field(index);
            let mut read = cells::values(batch.column(index), field, &path(index))?;
            bad.append(&mut read.bad);
            Ok(read.cells)
        };
        let points = match &layout.points {
            PointLayout::Long { metric, value } => {
                FramePoints::Long { metric: column_names(*metric)?, values: values(*value)? }
            }
            PointLayout::Wide(columns) => {
                let read = columns.iter().map(|(index, series)| Ok((*series, values(*index)?)));
                FramePoints::Wide(read.collect::<Result<_, Exception>>()?)
            }
        };
        let field = batch.schema_ref().field(layout.timestamp);
        let mut times =
            cells::times(batch.column(layout.timestamp), field, &path(layout.timestamp))?;
        bad.append(&mut times.bad);
        bad.sort_by_key(|cell| cell.row);
        let release = column_names(layout.release)?;
        if let Some(row) = (0..batch.num_rows()).find(|&row| release.name(row).is_empty()) {
            let path = format!("{}, row {}", path(layout.release), first_row + row);
            return Err(Exception::data(path, "an empty cell", "the name of a release"));
        }
        Ok(Self {
            release,
            rows: batch.num_rows(),
            role: column_names(layout.role)?,
            instance: layout.instance.map(column_names).transpose()?,
            times: times.cells,
            points,
            bad,
            first_row,
        })
    }
}

impl RowSource for FrameRows {
    type Names = NameArray;
    type Values = ScalarBuffer<f64>;

    fn role(&self) -> &NameArray {
        &self.role
    }

    fn instance(&self) -> Option<&NameArray> {
        self.instance.as_ref()
    }

    fn times(&self) -> &[i64] {
        &self.times
    }

    fn points(&self) -> PointRows<'_, NameArray, ScalarBuffer<f64>> {
        match &self.points {
            FramePoints::Long { metric, values } => PointRows::Long { metric, values },
            FramePoints::Wide(columns) => PointRows::Wide(columns),
        }
    }

    fn first_bad(&self, rows: &Range<usize>) -> Option<String> {
        let at = self.bad.partition_point(|cell| cell.row < rows.start);
        let UnreadCell { row, column, got, expected } =
            self.bad.get(at).filter(|cell| cell.row < rows.end)?;
        Some(self.message_at(*row, &format!("column {column:?}: expected {expected}, got {got}")))
    }

    fn message_at(&self, row: usize, message: &str) -> String {
        format!("row {}: {message}", self.first_row + row)
    }

    fn unknown_role(&self, known: &str, role: &str) -> String {
        format!(
            "expected a role ({known}), got {role:?}; if your roles have other names, say \
             roles={{\"baseline\": ..., \"canary\": ...}}"
        )
    }
}
