//! Reads CSV tables row by row, in any dialect, with the line of every row.
//!
//! A table is read twice: [`CsvTable::scan`] checks all of it and finds its dialect, then [`CsvReader`] reads its
//! rows. The csv crate accepts a stray quote, which can merge many rows into one, and does not count blank lines when
//! it numbers rows. The scan finds both, about as fast as counting separators.
//!
//! ```
//! use judge_points::csv_reader::{CsvReader, CsvTable};
//!
//! let file = b"sep=;\ntime;latency\n\n0;1,5\n";
//! let table = CsvTable::scan(file.as_slice())?;
//! assert_eq!(table.header(), ["time", "latency"]);
//! let mut rows = CsvReader::new(&table, file.as_slice())?;
//! let row = rows.next_row()?.ok_or("no row")?;
//! assert_eq!((row.line(), row.text(0)?, row.number(row.text(1)?)), (4, "0", Some(1.5)));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod error;
mod lines;
mod scan;

pub use error::CsvReadError;

use std::io::{self, Read};

use csv::{ByteRecord, Reader, ReaderBuilder};

use crate::dialect::CsvDialect;
use crate::table::{self, TableError};
use lines::RowLines;
use scan::Scanner;

/// A checked table: its dialect, its header, and the lines of its rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CsvTable {
    dialect: CsvDialect,
    header: Vec<String>,
    /// Bytes before the header: a byte order mark, and a line that names the separator.
    bytes_before: u64,
    lines: RowLines,
}

impl CsvTable {
    /// Checks a whole table. Space around names is removed; blank lines are no rows.
    ///
    /// # Errors
    /// If `input` cannot be read, has no header, or is not a table: a row is shorter or longer than the header, a
    /// quote is misplaced, text is not UTF-8, or a name is missing or repeated.
    pub fn scan(input: impl Read) -> Result<Self, CsvReadError> {
        let mut scanner = Scanner::new(input)?;
        let header = scanner.header()?.ok_or(CsvReadError::Empty)?;
        table::check_header(&header)?;
        let expected = header.len() as u64;
        let mut lines = RowLines::starting_at(scanner.next_line());
        while let Some(record) = scanner.next_record()? {
            if record.fields == 0 {
                continue;
            }
            if record.fields != expected {
                let (line, found) = (record.line, record.fields);
                return Err(TableError::Fields { line, found, expected }.into());
            }
            lines.push(record.line);
        }
        let dialect = scanner.dialect();
        Ok(Self { dialect, header, bytes_before: scanner.bytes_before(), lines })
    }

    /// The names of the columns.
    pub fn header(&self) -> &[String] {
        &self.header
    }

    /// The dialect of the table.
    pub fn dialect(&self) -> CsvDialect {
        self.dialect
    }
}

/// Reads the rows of a table.
#[derive(Debug)]
pub struct CsvReader<'t, R> {
    table: &'t CsvTable,
    reader: Reader<R>,
    record: ByteRecord,
    /// Rows read so far.
    rows: usize,
}

impl<'t, R: Read> CsvReader<'t, R> {
    /// Starts to read `input`, from which `table` was scanned.
    ///
    /// # Errors
    /// If `input` cannot be read.
    pub fn new(table: &'t CsvTable, mut input: R) -> Result<Self, CsvReadError> {
        io::copy(&mut input.by_ref().take(table.bytes_before), &mut io::sink())?;
        let mut reader = ReaderBuilder::new()
            .delimiter(table.dialect.delimiter)
            .has_headers(false)
            .buffer_capacity(BUFFER)
            .from_reader(input);
        let mut record = ByteRecord::new();
        reader.read_byte_record(&mut record).map_err(|error| unread(error, table, 0))?;
        Ok(Self { table, reader, record, rows: 0 })
    }

    /// Reads the next row; `None` at the end.
    ///
    /// # Errors
    /// If the file cannot be read, or has changed since the scan.
    pub fn next_row(&mut self) -> Result<Option<CsvRow<'_>>, CsvReadError> {
        let read = self.reader.read_byte_record(&mut self.record);
        if !read.map_err(|error| unread(error, self.table, self.rows))? {
            return Ok(None);
        }
        let line = self.table.lines.line(self.rows);
        self.rows += 1;
        Ok(Some(CsvRow { record: &self.record, line, dialect: self.table.dialect }))
    }
}

/// Size of the read buffer, in bytes.
const BUFFER: usize = 1 << 18;

fn unread(error: csv::Error, table: &CsvTable, row: usize) -> CsvReadError {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => CsvReadError::Io(error),
        csv::ErrorKind::UnequalLengths { len, expected_len, .. } => {
            let line = table.lines.line(row);
            TableError::Fields { line, found: len, expected: expected_len }.into()
        }
        other => CsvReadError::Io(io::Error::other(format!("{other:?}"))),
    }
}

/// One row of a table.
#[derive(Debug, Clone, Copy)]
pub struct CsvRow<'a> {
    record: &'a ByteRecord,
    line: u64,
    dialect: CsvDialect,
}

impl<'a> CsvRow<'a> {
    /// The line on which the row begins, from 1.
    pub fn line(&self) -> u64 {
        self.line
    }

    /// The text of a field, trimmed; empty beyond the last field.
    ///
    /// # Errors
    /// If it is not UTF-8, as in a file that has changed since the scan.
    pub fn text(&self, index: usize) -> Result<&'a str, TableError> {
        let field = self.record.get(index).unwrap_or_default().trim_ascii();
        str::from_utf8(field).map_err(|_| TableError::NotUtf8 { line: self.line })
    }

    /// Parses `text` as a number in the table's dialect.
    pub fn number(&self, text: &str) -> Option<f64> {
        self.dialect.number(text)
    }
}

#[cfg(test)]
mod tests;
