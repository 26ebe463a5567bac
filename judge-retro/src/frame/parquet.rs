//! The frame as Parquet: one row group per block of releases.

use std::io;

use arrow_array::RecordBatch;
use arrow_ipc::reader::FileReader;
use arrow_ipc::writer::FileWriter;
use arrow_schema::SchemaRef;
use judge_replay::arrow::{frame, frame_schema};
use judge_replay::frame::FrameColumns;
use judge_replay::{BrokenRelease, Replayed};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;

/// Rows that are collected column by column.
#[derive(Debug, Default)]
pub struct ParquetRows(FrameColumns);

impl ParquetRows {
    /// Adds the rows of a release.
    pub fn add(&mut self, release: &str, replayed: &Result<Replayed, BrokenRelease>) {
        self.0.add(release, replayed);
    }

    /// Appends the rows of `other`.
    pub fn append(&mut self, other: Self) {
        self.0.append(other.0);
    }

    /// Converts the rows to a part for [`ParquetFrame::add`]. A part is an Arrow file, since it is soon read back and
    /// Arrow costs almost nothing.
    ///
    /// # Errors
    /// If the rows cannot be written.
    pub fn into_part(self) -> io::Result<Vec<u8>> {
        let frame = frame(self.0).map_err(io::Error::other)?;
        let written = || {
            let mut file = FileWriter::try_new(Vec::new(), &frame.schema())?;
            file.write(&frame)?;
            file.into_inner()
        };
        written().map_err(io::Error::other)
    }
}

/// Writes a Parquet file of rows that [`ParquetRows`] collected.
pub struct ParquetFrame<W: io::Write + Send>(RowGroups<W>);

impl<W: io::Write + Send> std::fmt::Debug for ParquetFrame<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ParquetFrame")
    }
}

impl<W: io::Write + Send> ParquetFrame<W> {
    /// Starts the file.
    ///
    /// # Errors
    /// If `out` cannot be written.
    pub fn new(out: W) -> io::Result<Self> {
        RowGroups::new(out, frame_schema()).map(Self)
    }

    /// Adds a part from [`ParquetRows::into_part`].
    ///
    /// # Errors
    /// If the output cannot be written, or `part` is not such a part.
    pub fn add(&mut self, part: &[u8]) -> io::Result<()> {
        for frame in FileReader::try_new(io::Cursor::new(part), None).map_err(io::Error::other)? {
            self.0.write(&frame.map_err(io::Error::other)?)?;
        }
        Ok(())
    }

    /// Ends the file.
    ///
    /// # Errors
    /// If the output cannot be written.
    pub fn finish(self) -> io::Result<()> {
        self.0.finish()
    }
}

/// Writes a Parquet file row group by row group.
pub(crate) struct RowGroups<W: io::Write + Send>(ArrowWriter<W>);

impl<W: io::Write + Send> RowGroups<W> {
    pub(crate) fn new(out: W, schema: SchemaRef) -> io::Result<Self> {
        let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
        let writer = ArrowWriter::try_new(out, schema, Some(properties));
        writer.map(Self).map_err(io::Error::other)
    }

    /// Writes `rows` as one row group.
    pub(crate) fn write(&mut self, rows: &RecordBatch) -> io::Result<()> {
        self.0.write(rows).and_then(|()| self.0.flush()).map_err(io::Error::other)
    }

    pub(crate) fn finish(self) -> io::Result<()> {
        self.0.close().map(drop).map_err(io::Error::other)
    }
}
