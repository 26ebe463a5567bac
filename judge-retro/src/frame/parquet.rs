//! The frame as Parquet: a row group for every block of releases.

use std::io;

use polars::io::parquet::write::{BatchedWriter, ParquetCompression, ParquetWriter};
use polars::prelude::{
    Column, DataFrame, DataType, IntoColumn, IntoSeries, IpcReader, IpcWriter, NamedFrom,
    NewChunkedArray, PolarsResult, Schema, SerReader, SerWriter, Series, StringChunked, TimeUnit,
    TimeZone,
};

use judge_replay::frame::{COLUMNS, ColumnKind, ColumnValues, FrameColumns};
use judge_replay::{BrokenRelease, Replayed};

/// Rows that are collected column by column.
#[derive(Debug, Default)]
pub struct ParquetRows(FrameColumns);

impl ParquetRows {
    /// Adds the rows of a release.
    pub fn add(&mut self, release: &str, replayed: &Result<Replayed, BrokenRelease>) {
        self.0.add(release, replayed);
    }

    /// Adds the rows of `other` behind its own.
    pub fn append(&mut self, other: Self) {
        self.0.append(other.0);
    }

    /// The rows as a part, which [`ParquetFrame::add`] takes: an Arrow file, since it is read back soon
    /// and that costs next to nothing.
    ///
    /// # Errors
    /// When polars cannot write them.
    pub fn into_part(self) -> io::Result<Vec<u8>> {
        let mut frame = frame(self.0).map_err(io::Error::other)?;
        let mut bytes = Vec::new();
        IpcWriter::new(&mut bytes).finish(&mut frame).map_err(io::Error::other)?;
        Ok(bytes)
    }
}

fn frame(rows: FrameColumns) -> PolarsResult<DataFrame> {
    let height = rows.len();
    let mut columns: Vec<Column> = Vec::with_capacity(COLUMNS.len());
    for (name, values) in rows.into_columns() {
        let called = name.into();
        let series = match values {
            ColumnValues::Texts(texts) => {
                StringChunked::from_iter_options(called, texts.iter()).into_series()
            }
            ColumnValues::Numbers(numbers) => Series::new(called, numbers),
            ColumnValues::Counts(counts) => Series::new(called, counts),
            ColumnValues::Flags(flags) => Series::new(called, flags),
            ColumnValues::Times(times) => Series::new(called, times).cast(&dtype(name))?,
        };
        columns.push(series.into_column());
    }
    DataFrame::new(height, columns)
}

fn dtype(column: &str) -> DataType {
    match ColumnKind::from_name(column) {
        ColumnKind::Time => DataType::Datetime(TimeUnit::Milliseconds, Some(TimeZone::UTC)),
        ColumnKind::Count => DataType::UInt64,
        ColumnKind::Flag => DataType::Boolean,
        ColumnKind::Text => DataType::String,
        ColumnKind::Number => DataType::Float64,
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
