//! Checks a table line by line.

use std::io::{self, BufRead, BufReader, Chain, Cursor, Read};

use csv::ReaderBuilder;
use memchr::{memchr, memchr_iter};

use super::error::CsvReadError;
use crate::dialect::CsvDialect;
use crate::table::TableError;

/// One record: a row, the header, or a blank line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Record {
    /// The line on which it begins, from 1.
    pub(super) line: u64,
    /// Zero for a blank line.
    pub(super) fields: u64,
}

/// Number of bytes in which we look for the separator; a header is shorter.
const HEADER: u64 = 1 << 16;
/// Size of the read buffer, in bytes.
const BUFFER: usize = 1 << 18;
/// Length of the longest accepted line, in bytes.
const LONGEST: u64 = 1 << 24;
const UTF8_BOM: &[u8] = b"\xef\xbb\xbf";

/// Reads a table record by record.
pub(super) struct Scanner<R> {
    input: BufReader<Chain<Cursor<Vec<u8>>, R>>,
    dialect: CsvDialect,
    bytes_before: u64,
    /// The last line of the record.
    text: Vec<u8>,
    next_line: u64,
}

impl<R: Read> Scanner<R> {
    pub(super) fn new(mut input: R) -> io::Result<Self> {
        let mut start = Vec::new();
        input.by_ref().take(HEADER).read_to_end(&mut start)?;
        let mark = if start.starts_with(UTF8_BOM) { UTF8_BOM.len() } else { 0 };
        let dialect = CsvDialect::from_header(&start[mark..]);
        let before = mark + dialect.bytes_before;
        let mut start = Cursor::new(start);
        start.set_position(before as u64);
        Ok(Self {
            input: BufReader::with_capacity(BUFFER, start.chain(input)),
            dialect,
            bytes_before: before as u64,
            text: Vec::new(),
            next_line: 1 + dialect.lines_before,
        })
    }

    /// The dialect, as far as the records so far show it.
    pub(super) fn dialect(&self) -> CsvDialect {
        self.dialect
    }

    pub(super) fn bytes_before(&self) -> u64 {
        self.bytes_before
    }

    /// The line on which the next record begins.
    pub(super) fn next_line(&self) -> u64 {
        self.next_line
    }

    /// Reads the names in the first record that is not blank.
    pub(super) fn header(&mut self) -> Result<Option<Vec<String>>, CsvReadError> {
        let mut text = Vec::new();
        while let Some(record) = self.record(Some(&mut text))? {
            if record.fields > 0 {
                let reader = ReaderBuilder::new()
                    .delimiter(self.dialect.delimiter)
                    .has_headers(false)
                    .from_reader(text.as_slice());
                let header = reader.into_records().next().transpose().map_err(io::Error::from)?;
                let names = header.iter().flatten().map(|name| name.trim_ascii().to_owned());
                return Ok(Some(names.collect()));
            }
            text.clear();
        }
        Ok(None)
    }

    /// Reads the next record; `None` at the end.
    pub(super) fn next_record(&mut self) -> Result<Option<Record>, CsvReadError> {
        self.record(None)
    }

    /// Reads the next record and appends its bytes to `whole`.
    fn record(&mut self, mut whole: Option<&mut Vec<u8>>) -> Result<Option<Record>, CsvReadError> {
        let line = self.next_line;
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
                return Ok(None);
            }
            let at = self.next_line;
            self.next_line += 1;
            if str::from_utf8(&self.text).is_err() {
                return Err(TableError::NotUtf8 { line: at }.into());
            }
            if let Some(whole) = &mut whole {
                whole.extend_from_slice(&self.text);
            }
            self.dialect.look_for_decimal_commas(&self.text);
            let delimiter = self.dialect.delimiter;
            if !quotes.open && memchr(b'"', &self.text).is_none() {
                let fields = fields(&self.text, delimiter);
                let fields = fields.ok_or(TableError::LoneReturn { line: at })?;
                return Ok(Some(Record { line, fields }));
            }
            quotes.follow(&self.text, delimiter, at)?;
            if !quotes.open {
                return Ok(Some(Record { line, fields: quotes.delimiters + 1 }));
            }
        }
    }
}

/// Counts the fields of a line without quotes; `None` if a carriage return is in the middle of the line.
fn fields(line: &[u8], delimiter: u8) -> Option<u64> {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let fields = if line.is_empty() { 0 } else { memchr_iter(delimiter, line).count() as u64 + 1 };
    memchr(b'\r', line).is_none().then_some(fields)
}

/// Counts the fields of a record with quotes, byte by byte.
#[derive(Default)]
struct Quotes {
    /// Whether a quoted field has not ended.
    open: bool,
    /// The line on which the last quoted field begins.
    since: u64,
    state: FieldState,
    /// Delimiters outside of quotes.
    delimiters: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum FieldState {
    #[default]
    FieldStart,
    /// After leading space, where a quote was perhaps meant to open the field.
    Space,
    /// In a field without quotes around it, where a quote is an ordinary character.
    Bare,
    /// After a quote that ends a field, or is the first of a pair that means one quote.
    AfterQuote,
    /// After a carriage return outside of quotes.
    AfterReturn,
}

impl Quotes {
    fn follow(&mut self, text: &[u8], delimiter: u8, line: u64) -> Result<(), TableError> {
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
                (_, byte) if byte == delimiter => {
                    self.delimiters += 1;
                    FieldState::FieldStart
                }
                (_, b'\r') => FieldState::AfterReturn,
                (_, b'\n') => FieldState::FieldStart,
                (FieldState::Space, b'"') | (FieldState::AfterQuote, _) => {
                    return Err(TableError::StrayQuote { line });
                }
                (FieldState::FieldStart | FieldState::Space, b' ' | b'\t') => FieldState::Space,
                _ => FieldState::Bare,
            };
        }
        Ok(())
    }
}
