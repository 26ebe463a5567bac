//! Finds the dialect of a CSV table: its separator, its decimal sign, and where it begins.

use memchr::memchr;

use crate::number;
use crate::table::time_column;

/// The dialect of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CsvDialect {
    /// The character between two fields.
    pub delimiter: u8,
    /// Bytes before the header.
    pub bytes_before: usize,
    /// Lines before the header.
    pub lines_before: u64,
    /// Whether numbers have a decimal comma; dots then only separate thousands.
    pub decimal_comma: bool,
}

/// Possible separators, the most common first.
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

impl CsvDialect {
    /// Fields separated by commas, numbers with a decimal point, the header in the first line.
    pub const PLAIN: Self =
        Self { delimiter: b',', bytes_before: 0, lines_before: 0, decimal_comma: false };

    /// Detects the dialect of a whole table. A first line `sep=;` names the separator, as Excel and Grafana write it.
    /// Otherwise the separator is the one that gives the header a time column, else the most frequent one in the
    /// header. A decimal comma is possible only if the comma is not the separator.
    ///
    /// # Example
    /// ```
    /// use judge_points::dialect::CsvDialect;
    ///
    /// let dialect = CsvDialect::detect(b"timestamp;latency\n0;1,5\n");
    /// assert_eq!((dialect.delimiter, dialect.decimal_comma), (b';', true));
    /// ```
    pub fn detect(bytes: &[u8]) -> Self {
        let mut dialect = Self::from_header(bytes);
        dialect.look_for_decimal_commas(&bytes[dialect.bytes_before.min(bytes.len())..]);
        dialect
    }

    /// Looks for a number with a decimal comma in lines of the table, unless one was found or the comma is the
    /// separator.
    pub(crate) fn look_for_decimal_commas(&mut self, lines: &[u8]) {
        if self.delimiter != b',' && !self.decimal_comma && memchr(b',', lines).is_some() {
            let mut fields = lines.split(|byte| *byte == b'\n' || *byte == self.delimiter);
            self.decimal_comma = fields.any(has_decimal_comma);
        }
    }

    /// Detects the dialect from the first lines of a table, which do not show the decimal sign.
    pub fn from_header(bytes: &[u8]) -> Self {
        let end = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len());
        let line = bytes[..end].trim_ascii_end();
        let unquoted = match line {
            [b'"', inner @ .., b'"'] => inner,
            line => line,
        };
        if let Some(&[delimiter]) = unquoted.strip_prefix(b"sep=")
            && DELIMITERS.contains(&delimiter)
        {
            let bytes_before = bytes.len().min(end + 1);
            return Self { delimiter, bytes_before, lines_before: 1, ..Self::PLAIN };
        }
        let header = bytes.split(|byte| *byte == b'\n').find(|line| !line.trim_ascii().is_empty());
        let header = String::from_utf8_lossy(header.unwrap_or_default());
        let fields = |delimiter: u8| split(header.trim(), char::from(delimiter));
        let has_times = |delimiter: &u8| {
            let names = fields(*delimiter);
            names.len() > 1 && time_column(&names).is_some()
        };
        let named = DELIMITERS.into_iter().find(has_times);
        let frequent = || {
            // Ties go to the more common separator.
            DELIMITERS.into_iter().rev().max_by_key(|delimiter| fields(*delimiter).len())
        };
        let delimiter = named.or_else(frequent).filter(|delimiter| fields(*delimiter).len() > 1);
        Self { delimiter: delimiter.unwrap_or(b','), ..Self::PLAIN }
    }

    /// Parses `text` in this dialect, by the rules of [`number::parse`].
    pub fn number(&self, text: &str) -> Option<f64> {
        if self.decimal_comma { with_decimal_comma(text) } else { number::parse(text) }
    }
}

/// Splits a line into fields and removes their quotes.
fn split(line: &str, delimiter: char) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut quoted = false;
    for character in line.chars() {
        match character {
            '"' => quoted = !quoted,
            c if c == delimiter && !quoted => fields.push(String::new()),
            c => fields.last_mut().into_iter().for_each(|field| field.push(c)),
        }
    }
    fields.into_iter().map(|field| field.trim().to_owned()).collect()
}

/// Whether a field is a number with a comma before its decimals.
fn has_decimal_comma(field: &[u8]) -> bool {
    let text = str::from_utf8(field).unwrap_or_default().trim().trim_matches('"');
    text.contains(',') && with_decimal_comma(text).is_some()
}

fn with_decimal_comma(text: &str) -> Option<f64> {
    let (whole, decimals) = text.split_once(',').unwrap_or((text, ""));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let whole = if whole.contains('.') {
        let unsigned = whole.strip_prefix(['-', '+']).unwrap_or(whole);
        let mut groups = unsigned.split('.');
        let first = groups.next().is_some_and(|group| digits(group) && group.len() <= 3);
        if !first || !groups.all(|group| digits(group) && group.len() == 3) {
            return None;
        }
        whole.replace('.', "")
    } else {
        whole.to_owned()
    };
    if !text.contains(',') {
        return number::parse(&whole);
    }
    if !decimals.starts_with(|first: char| first.is_ascii_digit()) {
        return None;
    }
    number::parse(&format!("{whole}.{decimals}")).filter(|value| value.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_tells_the_separator() {
        for (text, delimiter, before, comma) in [
            ("a,b\n1,2\n", b',', 0, false),
            ("sep=;\r\na;b\n", b';', 7, false),
            ("\"sep=,\"\na,b\n", b',', 8, false),
            ("sep=a\nb", b',', 0, false),
            ("", b',', 0, false),
            ("latency\n1\n2\n", b',', 0, false),
            ("Series;Time;Value\na(b=c,d=e,);2024;1.5\n", b';', 0, false),
            ("timestamp;a\n0;1,5\n", b';', 0, true),
            ("timestamp;a, in ms;b, in ms;c, in, ms\n0;1.234,5;2;3\n", b';', 0, true),
            ("Time\tlatency\n0\t1,5\n", b'\t', 0, true),
            ("\n\ntime|latency\n0|1.5\n", b'|', 0, false),
            ("Time,\"{a=\"\"b;c;d\"\"}\"\n0,1\n", b',', 0, false),
            ("timestamp;metric;value\n0;x;\"2,5\"\n", b';', 0, true),
        ] {
            let dialect = CsvDialect::detect(text.as_bytes());
            let found = (dialect.delimiter, dialect.bytes_before, dialect.decimal_comma);
            assert_eq!(found, (delimiter, before, comma), "{text}");
        }
    }

    #[test]
    fn a_table_of_decimal_commas_has_dots_between_thousands() {
        let dialect = CsvDialect { decimal_comma: true, ..CsvDialect::PLAIN };
        for (text, value) in [
            ("1,5", Some(1.5)),
            ("-1.234.567,5", Some(-1_234_567.5)),
            ("1.234", Some(1234.0)),
            ("12", Some(12.0)),
            ("1,5e3", Some(1500.0)),
            // A point that does not separate thousands: dropping it would change the number by a factor of 1000.
            ("1.5", None),
            ("1.2345,0", None),
            (".500", None),
            ("1,", None),
            ("1,2,3", None),
            ("1,-5", None),
        ] {
            assert_eq!(dialect.number(text), value, "{text}");
        }
        assert!(dialect.number("").is_some_and(f64::is_nan));
        assert!(dialect.number("N/A").is_some_and(f64::is_nan));
    }
}
