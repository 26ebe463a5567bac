//! The frame as Parquet: a row group for every block of releases.

use std::io;

use polars::io::parquet::write::{BatchedWriter, ParquetCompression, ParquetWriter};
use polars::prelude::{
    Column, DataFrame, DataType, IntoColumn, IntoSeries, IpcReader, IpcWriter, NamedFrom,
    NewChunkedArray, PolarsResult, Schema, SerReader, SerWriter, Series, StringChunked, TimeUnit,
    TimeZone,
};

use super::row::{FrameRow, Instant, rows};
use super::texts::Texts;
use super::{BrokenRelease, COLUMNS, Replayed};

/// Rows that are collected column by column.
#[derive(Debug, Default)]
pub struct ParquetRows {
    texts: [Texts; 6],
    numbers: [Vec<Option<f64>>; 9],
    counts: [Vec<Option<u64>>; 5],
    times: [Vec<Option<i64>>; 2],
    flags: [Vec<Option<bool>>; 2],
}

impl ParquetRows {
    /// Adds the rows of a release.
    pub fn add(&mut self, release: &str, replayed: &Result<Replayed, BrokenRelease>) {
        for row in rows(release, replayed) {
            self.add_row(&row);
        }
    }

    fn add_row(&mut self, row: &FrameRow<'_>) {
        let [release, metric, classification, reason, verdict, error] = &mut self.texts;
        release.push(Some(row.release));
        metric.push(row.metric);
        classification.push_word(row.classification);
        reason.push(row.reason);
        verdict.push_word(row.verdict);
        error.push(row.error);
        let numbers = [
            row.baseline_mean,
            row.canary_mean,
            row.baseline_median,
            row.canary_median,
            row.mean_ratio,
            row.shift,
            row.shift_lower,
            row.shift_upper,
            row.score,
        ];
        push_each(&mut self.numbers, numbers);
        let counts = [
            row.interval,
            row.baseline_points,
            row.canary_points,
            row.baseline_gaps,
            row.canary_gaps,
        ];
        push_each(&mut self.counts, counts);
        push_each(
            &mut self.times,
            [row.start, row.end].map(|time| time.map(|Instant(millis)| millis)),
        );
        push_each(&mut self.flags, [row.muted, row.stops]);
    }

    /// Adds the rows of `other` behind its own.
    pub fn append(&mut self, other: Self) {
        for (column, other) in self.texts.iter_mut().zip(&other.texts) {
            column.append(other);
        }
        append_each(&mut self.numbers, other.numbers);
        append_each(&mut self.counts, other.counts);
        append_each(&mut self.times, other.times);
        append_each(&mut self.flags, other.flags);
    }

    /// The rows as a part, which [`ParquetFrame::add`] takes: an Arrow file, since it is read back soon
    /// and that costs next to nothing.
    ///
    /// # Errors
    /// When polars cannot write them.
    pub fn into_part(self) -> io::Result<Vec<u8>> {
        let mut frame = self.into_frame().map_err(io::Error::other)?;
        let mut bytes = Vec::new();
        IpcWriter::new(&mut bytes).finish(&mut frame).map_err(io::Error::other)?;
        Ok(bytes)
    }

    fn into_frame(self) -> PolarsResult<DataFrame> {
        let Self { texts, numbers, counts, times, flags } = self;
        let rows = texts[0].iter().len();
        let (mut texts, mut numbers) = (texts.into_iter(), numbers.into_iter());
        let (mut counts, mut times) = (counts.into_iter(), times.into_iter());
        let mut flags = flags.into_iter();
        let mut columns: Vec<Column> = Vec::with_capacity(COLUMNS.len());
        for name in COLUMNS {
            let called = name.into();
            let series = match dtype(name) {
                DataType::String => {
                    let texts = texts.next().unwrap_or_default();
                    StringChunked::from_iter_options(called, texts.iter()).into_series()
                }
                DataType::Float64 => Series::new(called, numbers.next().unwrap_or_default()),
                DataType::UInt64 => Series::new(called, counts.next().unwrap_or_default()),
                DataType::Boolean => Series::new(called, flags.next().unwrap_or_default()),
                dtype => Series::new(called, times.next().unwrap_or_default()).cast(&dtype)?,
            };
            columns.push(series.into_column());
        }
        DataFrame::new(rows, columns)
    }
}

fn push_each<T, const N: usize>(columns: &mut [Vec<T>; N], row: [T; N]) {
    for (column, value) in columns.iter_mut().zip(row) {
        column.push(value);
    }
}

fn append_each<T, const N: usize>(columns: &mut [Vec<T>; N], others: [Vec<T>; N]) {
    for (column, mut other) in columns.iter_mut().zip(others) {
        column.append(&mut other);
    }
}

fn dtype(column: &str) -> DataType {
    match column {
        "start" | "end" => DataType::Datetime(TimeUnit::Milliseconds, Some(TimeZone::UTC)),
        "interval" | "baseline_points" | "canary_points" | "baseline_gaps" | "canary_gaps" => {
            DataType::UInt64
        }
        "muted" | "stops" => DataType::Boolean,
        "release" | "metric" | "classification" | "reason" | "verdict" | "error" => {
            DataType::String
        }
        _ => DataType::Float64,
    }
}

/// A Parquet file that is written row group by row group.
pub struct ParquetFrame<W: io::Write>(BatchedWriter<W>);

impl<W: io::Write> std::fmt::Debug for ParquetFrame<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ParquetFrame")
    }
}

impl<W: io::Write> ParquetFrame<W> {
    /// Starts the file.
    ///
    /// # Errors
    /// As those of `out`.
    pub fn new(out: W) -> io::Result<Self> {
        let fields = COLUMNS.iter().map(|name| ((*name).into(), dtype(name)));
        let schema: Schema = fields.collect();
        let writer = ParquetWriter::new(out).with_compression(ParquetCompression::Snappy);
        Ok(Self(writer.batched(&schema).map_err(io::Error::other)?))
    }

    /// Adds what [`ParquetRows::into_part`] gave.
    ///
    /// # Errors
    /// As those of the output; when `part` is no such part.
    pub fn add(&mut self, part: &[u8]) -> io::Result<()> {
        let frame = IpcReader::new(io::Cursor::new(part)).finish().map_err(io::Error::other)?;
        self.0.write_batch(&frame).map_err(io::Error::other)
    }

    /// Ends the file.
    ///
    /// # Errors
    /// As those of the output.
    pub fn finish(self) -> io::Result<()> {
        self.0.finish().map(drop).map_err(io::Error::other)
    }
}
