//! Looks over a CSV file before polars reads it.
//!
//! polars takes short rows and blank lines for rows with gaps, and a stray quote can make one row of
//! many. So the header and the length of every row are checked here, by the rules of `judge run`, and
//! where a row stands in the file is kept. That is one pass, at the speed at which commas are counted.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::ops::Range;
use std::path::Path;

use judge_points::table::{self, TableError};
use memchr::{memchr, memchr_iter};

/// The rows of a CSV file, numbered as polars does: from 0 after the header, blank lines included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CsvRows {
    /// The columns.
    pub(super) header: Vec<String>,
    /// Where row 0 stands, from 1.
    first_line: u64,
    /// The rows that are blank lines, those that follow each other together.
    blank: Vec<Range<usize>>,
    /// After each row of several lines the next row, and how many lines more than rows there are so far.
    longer: Vec<(usize, u64)>,
}

/// Why a file was not looked over to its end.
#[derive(Debug)]
pub(super) enum CsvRowsError {
    Io(io::Error),
    /// There is no header.
    Empty,
    Table(TableError),
}

impl From<io::Error> for CsvRowsError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<TableError> for CsvRowsError {
    fn from(error: TableError) -> Self {
        Self::Table(error)
    }
}

impl CsvRows {
    pub(super) fn read(path: &Path) -> Result<Self, CsvRowsError> {
        let mut records = Records {
            input: BufReader::with_capacity(BUFFER, File::open(path)?),
            text: Vec::new(),
            line: 0,
            next_line: 1,
            fields: 0,
        };
        while records.next()? {
            if records.fields > 0 {
                let header = header(path)?;
                return Self::after_header(header, records);
            }
        }
        Err(CsvRowsError::Empty)
    }

    fn after_header(header: Vec<String>, mut records: Records) -> Result<Self, CsvRowsError> {
        table::check_header(&header)?;
        let first_line = records.next_line;
        let expected = header.len() as u64;
        let mut rows = Self { header, first_line, blank: Vec::new(), longer: Vec::new() };
        let mut row = 0;
        while records.next()? {
            match records.fields {
                0 => match rows.blank.last_mut() {
                    Some(last) if last.end == row => last.end += 1,
                    _ => rows.blank.push(row..row + 1),
                },
                found if found == expected => {}
                found => {
                    return Err(TableError::Fields { line: records.line, found, expected }.into());
                }
            }
            row += 1;
            if records.next_line > records.line + 1 {
                rows.longer.push((row, records.next_line - first_line - row as u64));
            }
        }
        Ok(rows)
    }

    /// The line on which `row` begins, from 1.
    pub(super) fn line(&self, row: usize) -> u64 {
        let longer = self.longer.partition_point(|&(next, _)| next <= row);
        let more = longer.checked_sub(1).map_or(0, |last| self.longer[last].1);
        self.first_line + row as u64 + more
    }

    /// `rows` without those that are blank.
    pub(super) fn filled(&self, rows: &Range<usize>) -> Vec<Range<usize>> {
        let from = self.blank.partition_point(|blank| blank.end <= rows.start);
        let mut filled = Vec::new();
        let mut start = rows.start;
        for blank in self.blank[from..].iter().take_while(|blank| blank.start < rows.end) {
            filled.push(start..blank.start);
            start = blank.end;
        }
        filled.push(start..rows.end);
        filled.retain(|rows| !rows.is_empty());
        filled
    }
}

/// Bytes that are read at once.
const BUFFER: usize = 1 << 20;

/// Bytes that a line may have: more than any table has columns for.
const LONGEST: u64 = 16 << 20;

/// The names in the header, without the space around them.
fn header(path: &Path) -> io::Result<Vec<String>> {
    let reader = csv::ReaderBuilder::new().has_headers(false).trim(csv::Trim::All).from_path(path);
    let header = reader.and_then(|reader| reader.into_records().next().transpose())?;
    Ok(header.iter().flatten().map(str::to_owned).collect())
}

/// Goes from one record to the next.
struct Records {
    input: BufReader<File>,
    /// The last line of the record.
    text: Vec<u8>,
    /// Where it begins, from 1.
    line: u64,
    /// Where the next one does.
    next_line: u64,
    /// None in a blank line.
    fields: u64,
}

impl Records {
    /// Goes to the next record; false at the end.
    fn next(&mut self) -> Result<bool, CsvRowsError> {
        self.line = self.next_line;
        let mut quotes = Quotes::default();
        loop {
            self.text.clear();
            let read = self.input.by_ref().take(LONGEST).read_until(b'\n', &mut self.text)?;
            if read as u64 == LONGEST {
                return Err(TableError::LongLine { line: self.next_line }.into());
            }
            if read == 0 {
                if quotes.open {
                    return Err(TableError::OpenQuote { line: quotes.since }.into());
                }
                return Ok(false);
            }
            let line = self.next_line;
            self.next_line += 1;
            if str::from_utf8(&self.text).is_err() {
                return Err(TableError::NotUtf8 { line }.into());
            }
            let text = match self.text.strip_prefix(UTF8_BOM) {
                Some(text) if line == 1 => text,
                _ => &self.text,
            };
            if !quotes.open && memchr(b'"', text).is_none() {
                self.fields = fields(text).ok_or(TableError::LoneReturn { line })?;
                return Ok(true);
            }
            quotes.follow(text, line)?;
            if !quotes.open {
                self.fields = quotes.commas + 1;
                return Ok(true);
            }
        }
    }
}

/// The fields of a line without quotes; `None` if a carriage return stands in the middle of it.
fn fields(line: &[u8]) -> Option<u64> {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let fields = if line.is_empty() { 0 } else { memchr_iter(b',', line).count() as u64 + 1 };
    memchr(b'\r', line).is_none().then_some(fields)
}

const UTF8_BOM: &[u8] = b"\xef\xbb\xbf";

/// The fields of a record that has quotes, byte by byte.
#[derive(Default)]
struct Quotes {
    /// Whether a quoted field has not ended.
    open: bool,
    /// The line on which the last quoted field begins.
    since: u64,
    state: FieldState,
    /// Outside of quotes.
    commas: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum FieldState {
    #[default]
    FieldStart,
    Bare,
    /// After a quote that ends a field, or is the first of two that stand for one.
    AfterQuote,
    /// After a carriage return outside of quotes.
    AfterReturn,
}

impl Quotes {
    fn follow(&mut self, text: &[u8], line: u64) -> Result<(), TableError> {
        for &byte in text {
            if self.open {
                self.open = byte != b'"';
                continue;
            }
            self.state = match (self.state, byte) {
                (FieldState::FieldStart, b'"') => {
                    (self.open, self.since) = (true, line);
                    FieldState::AfterQuote
                }
                (FieldState::AfterQuote, b'"') => {
                    self.open = true;
                    FieldState::AfterQuote
                }
                (FieldState::AfterReturn, byte) if byte != b'\n' => {
                    return Err(TableError::LoneReturn { line });
                }
                (_, b',') => {
                    self.commas += 1;
                    FieldState::FieldStart
                }
                (_, b'\r') => FieldState::AfterReturn,
                (_, b'\n') => FieldState::FieldStart,
                (_, b'"') | (FieldState::AfterQuote, _) => {
                    return Err(TableError::StrayQuote { line });
                }
                _ => FieldState::Bare,
            };
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
