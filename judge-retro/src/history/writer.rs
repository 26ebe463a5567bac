//! Writes a history as a long table in Parquet.

use std::io;
use std::sync::Arc;

use arrow_array::builder::StringViewBuilder;
use arrow_array::{ArrayRef, Float64Array, RecordBatch, TimestampMillisecondArray};
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef, TimeUnit};

use crate::frame::RowGroups;

/// Approximate number of rows of a row group, which we keep in memory.
const ROWS: usize = 1 << 18;

/// A series of a release.
#[derive(Debug, Clone, Copy)]
pub struct WrittenSeries<'a> {
    /// The release.
    pub release: &'a str,
    /// The metric.
    pub metric: &'a str,
    /// `baseline` or `canary`.
    pub role: &'a str,
    /// Distinguishes several series of one metric and role; otherwise empty.
    pub instance: &'a str,
    /// The time of the first value, in milliseconds since the Unix epoch.
    pub start_millis: i64,
    /// The time between two values.
    pub step_millis: u64,
    /// The values; `None` is a gap.
    pub values: &'a [Option<f64>],
}

/// Writes a history in Parquet series by series, for [`super::ReleaseHistory`] to read. All series of a release must
/// follow each other.
///
/// # Example
/// ```
/// use judge_retro::{HistoryWriter, WrittenSeries};
///
/// let mut file = Vec::new();
/// let mut writer = HistoryWriter::new(&mut file)?;
/// let series = WrittenSeries {
///     release: "v7",
///     metric: "latency",
///     role: "canary",
///     instance: "",
///     start_millis: 1_795_183_200_000,
///     step_millis: 60_000,
///     values: &[Some(0.25), None, Some(0.5)],
/// };
/// writer.add(&series)?;
/// writer.finish()?;
/// assert!(file.starts_with(b"PAR1"));
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct HistoryWriter<W: io::Write + Send> {
    file: RowGroups<W>,
    rows: Rows,
}

/// Rows that are not yet written.
#[derive(Default)]
struct Rows {
    texts: [Vec<String>; 4],
    /// For each row, the index of its series in `texts`.
    series: Vec<usize>,
    timestamps: Vec<i64>,
    values: Vec<Option<f64>>,
}

/// The text columns.
const TEXTS: [&str; 4] = ["release", "role", "metric", "instance"];

fn schema() -> SchemaRef {
    let texts = TEXTS.map(|name| Field::new(name, DataType::Utf8View, true));
    let time = DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into()));
    let others =
        [Field::new("timestamp", time, true), Field::new("value", DataType::Float64, true)];
    Arc::new(Schema::new(texts.into_iter().chain(others).collect::<Vec<_>>()))
}

impl<W: io::Write + Send> std::fmt::Debug for HistoryWriter<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("HistoryWriter")
    }
}

impl<W: io::Write + Send> HistoryWriter<W> {
    /// Starts the file.
    ///
    /// # Errors
    /// If `out` cannot be written.
    pub fn new(out: W) -> io::Result<Self> {
        let file = RowGroups::new(out, schema())?;
        Ok(Self { file, rows: Rows::default() })
    }

    /// Adds the points of a series, gaps too.
    ///
    /// # Errors
    /// If the output cannot be written.
    pub fn add(&mut self, series: &WrittenSeries<'_>) -> io::Result<()> {
        let rows = &mut self.rows;
        let texts = [series.release, series.role, series.metric, series.instance];
        for (all, text) in rows.texts.iter_mut().zip(texts) {
            all.push(text.to_owned());
        }
        let number = rows.texts[0].len() - 1;
        let mut time = series.start_millis;
        for &value in series.values {
            rows.series.push(number);
            rows.timestamps.push(time);
            rows.values.push(value);
            time = time.saturating_add_unsigned(series.step_millis);
        }
        if rows.values.len() >= ROWS { self.write() } else { Ok(()) }
    }

    fn write(&mut self) -> io::Result<()> {
        let rows = std::mem::take(&mut self.rows);
        self.file.write(&rows.into_frame().map_err(io::Error::other)?)
    }

    /// Ends the file.
    ///
    /// # Errors
    /// If the output cannot be written.
    pub fn finish(mut self) -> io::Result<()> {
        if !self.rows.values.is_empty() {
            self.write()?;
        }
        self.file.finish()
    }
}

impl Rows {
    fn into_frame(self) -> Result<RecordBatch, ArrowError> {
        let mut columns: Vec<ArrayRef> = Vec::with_capacity(TEXTS.len() + 2);
        for texts in &self.texts {
            // Each text once; the rows are views of it.
            let mut column = StringViewBuilder::new().with_deduplicate_strings();
            for &series in &self.series {
                column.append_option(texts.get(series));
            }
            columns.push(Arc::new(column.finish()));
        }
        let times = TimestampMillisecondArray::from(self.timestamps).with_timezone("UTC");
        columns.push(Arc::new(times));
        columns.push(Arc::new(Float64Array::from(self.values)));
        RecordBatch::try_new(schema(), columns)
    }
}
