//! Checks of a CSV table: its encoding, its header, the length of its rows.

use std::collections::HashSet;

use thiserror::Error;

/// Why a CSV table cannot be read, whatever its columns mean.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TableError {
    /// A line is not UTF-8.
    #[error("line {line}: not UTF-8; save the file as UTF-8")]
    NotUtf8 {
        /// The line, from 1.
        line: u64,
    },
    /// A column has no name.
    #[error("expected a name for each column of the header, got none for column {0}")]
    UnnamedColumn(usize),
    /// Two columns have the same name.
    #[error("expected different names in the header, got {0:?} twice")]
    RepeatedColumn(String),
    /// A row is shorter or longer than the header.
    #[error("line {line}: expected {} as in the header, got {found}; {}", fields(*.expected), way_out(*.found, *.expected))]
    Fields {
        /// The line on which the row begins, from 1.
        line: u64,
        /// Number of its fields.
        found: u64,
        /// Expected number of fields.
        expected: u64,
    },
    /// A quote that neither begins nor ends a field.
    #[error(
        "line {line}: a quote in the middle of a field; put the whole field in quotes and double \
         each quote in it"
    )]
    StrayQuote {
        /// The line, from 1.
        line: u64,
    },
    /// A quoted field continues to the end of the file.
    #[error("line {line}: a quoted field begins here and does not end; close it")]
    OpenQuote {
        /// The line on which the field begins, from 1.
        line: u64,
    },
    /// A line is too long for a table.
    #[error(
        "line {line}: expected less than 16 MiB; is this CSV, with one point or one time per line?"
    )]
    LongLine {
        /// The line, from 1.
        line: u64,
    },
    /// A line ends with a carriage return only.
    #[error(
        "line {line}: a carriage return without a line feed after it; end lines with a line feed"
    )]
    LoneReturn {
        /// The line, from 1.
        line: u64,
    },
}

fn fields(number: u64) -> String {
    if number == 1 { "1 field".to_owned() } else { format!("{number} fields") }
}

fn way_out(found: u64, expected: u64) -> &'static str {
    if found < expected {
        "leave a gap as an empty field between commas"
    } else {
        "put a field that has commas in quotes"
    }
}

/// The message for a file in UTF-16.
pub const UTF16: &str = "UTF-16 text; save the file as UTF-8";

/// Whether text that begins with `start` is UTF-16: it has a byte order mark, or every other byte of the first two
/// characters is zero.
pub fn is_utf16(start: &[u8]) -> bool {
    match start {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => true,
        [one, 0, other, 0, ..] | [0, one, 0, other, ..] => *one != 0 && *other != 0,
        _ => false,
    }
}

/// Checks that the columns of a header can be told apart.
///
/// # Errors
/// If one has no name, or two have the same.
pub fn check_header(names: &[String]) -> Result<(), TableError> {
    let mut seen = HashSet::new();
    for (index, name) in names.iter().enumerate() {
        if name.is_empty() {
            return Err(TableError::UnnamedColumn(index + 1));
        }
        if !seen.insert(name) {
            return Err(TableError::RepeatedColumn(name.clone()));
        }
    }
    Ok(())
}

/// Names of the time column, in any letter case, most specific first: ours, Grafana's, then those of Elasticsearch,
/// InfluxDB and spreadsheets.
const TIMES: [&str; 7] = ["timestamp", "time", "@timestamp", "_time", "datetime", "date", "ts"];

/// Finds the time column: `timestamp` before `Timestamp` before `time` before other names.
pub fn time_column(names: &[String]) -> Option<usize> {
    let called = |wanted: &&str| names.iter().position(|name| name.eq_ignore_ascii_case(wanted));
    let exactly = names.iter().position(|name| name == "timestamp");
    exactly.or_else(|| TIMES.iter().find_map(called))
}

/// A hint for messages if `columns` look as if another character separated them.
pub fn separator_hint(columns: &[String]) -> &'static str {
    match columns {
        [only] if only.contains([';', '\t']) => "; separate fields by commas",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn columns_must_have_names_that_differ() {
        assert_eq!(check_header(&names(&["a", "A"])), Ok(()));
        let unnamed = check_header(&names(&["a", ""]));
        assert_eq!(unnamed, Err(TableError::UnnamedColumn(2)));
        let repeated = check_header(&names(&["a", "b", "a"]));
        assert_eq!(repeated, Err(TableError::RepeatedColumn("a".to_owned())));
    }

    #[test]
    fn the_column_of_times_has_few_names() {
        for (columns, found) in [
            (vec!["a", "timestamp"], Some(1)),
            (vec!["Time"], Some(0)),
            (vec!["time", "TimeStamp"], Some(1)),
            (vec!["Timestamp", "timestamp"], Some(1)),
            (vec!["date", "ts", "a"], Some(0)),
            (vec!["times"], None),
        ] {
            assert_eq!(time_column(&names(&columns)), found, "{columns:?}");
        }
    }

    #[test]
    fn a_row_of_another_length_is_reported_with_a_way_out() {
        let said = |found| TableError::Fields { line: 7, found, expected: 3 }.to_string();
        let short = "line 7: expected 3 fields as in the header, got 1; leave a gap as an empty field \
                     between commas";
        assert_eq!(said(1), short);
        assert!(said(4).ends_with("got 4; put a field that has commas in quotes"));
    }
}
