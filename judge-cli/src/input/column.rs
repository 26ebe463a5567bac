//! Reads one column of values without times.

use csv::{ReaderBuilder, Trim};
use judge_points::dialect::CsvDialect;
use judge_points::table;

use super::csv_table::{self, CsvError};
use super::error::{InputError, InputProblem};
use super::side::{join_names, parse_series};
use super::source::InputSource;

/// The points of one column, ordered by time if it has times, else in the order of the file. NaN is a gap.
#[derive(Debug, PartialEq)]
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) values: Vec<f64>,
}

/// The columns of numbers, and the names of columns of text.
#[derive(Debug)]
struct FileColumns {
    columns: Vec<Column>,
    left_out: Vec<String>,
}

/// Reads the column `name` of `source`, or its only column of numbers. Also returns the names of the ignored columns
/// of text.
pub(crate) fn read(
    source: &InputSource,
    name: Option<&str>,
) -> Result<(Column, Vec<String>), InputError> {
    let read = parse(&source.read()?, name).map_err(|problem| source.error(problem))?;
    let FileColumns { columns, left_out } = read;
    let names = join_names(columns.iter().map(|column| column.name.as_str()));
    let mut fitting =
        columns.into_iter().filter(|column| name.is_none_or(|name| column.name == name));
    match (fitting.next(), fitting.next()) {
        (Some(column), None) => Ok((column, left_out)),
        _ => Err(source.error(InputProblem::Column { name: name.map(str::to_owned), names })),
    }
}

/// Parses series with times in any form, or a table of values without usable times.
fn parse(bytes: &[u8], name: Option<&str>) -> Result<FileColumns, InputProblem> {
    let text = match values(bytes, name, ColumnTimes::None) {
        Ok(columns) => return Ok(columns),
        Err(text) => text,
    };
    let read = match parse_series(bytes, &name.into_iter().collect(), None) {
        Ok(read) => read,
        // Points are compared without their times, so local times are no problem.
        Err(InputProblem::Csv(error @ CsvError::Time { .. })) => {
            return values(bytes, name, ColumnTimes::Unread).map_err(|_| error.into());
        }
        // A table without times needs none, so the text in it is the problem.
        Err(InputProblem::Csv(error @ CsvError::MissingColumn { .. })) => {
            return Err(text.unwrap_or(error).into());
        }
        Err(error) => return Err(error),
    };
    let names: Vec<Option<String>> = read.series.iter().map(|series| series.name.clone()).collect();
    let is_only = |name: &Option<String>| names.iter().filter(|other| *other == name).count() == 1;
    let columns = read.series.into_iter().map(|series| {
        let name = series.name.filter(|name| is_only(&Some(name.clone())));
        Column { name: name.unwrap_or(series.labels), values: series.values }
    });
    Ok(FileColumns { columns: columns.collect(), left_out: read.left_out })
}

/// Whether a table has a column of times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ColumnTimes {
    /// It has none.
    None,
    /// It has one, which we ignore.
    Unread,
}

/// Reads the columns of a table, with or without a header, in the order of the file. Ignores columns of text other
/// than `wanted`. If it is not such a table, the error is the first text in place of a number, if there is any.
fn values(
    bytes: &[u8],
    wanted: Option<&str>,
    times: ColumnTimes,
) -> Result<FileColumns, Option<CsvError>> {
    if bytes.trim_ascii_start().starts_with(b"{") || bytes.trim_ascii_start().starts_with(b"[") {
        // We would mistake JSON on one line for a header.
        return Err(None);
    }
    let dialect = CsvDialect::detect(bytes);
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .delimiter(dialect.delimiter)
        .trim(Trim::All)
        .from_reader(&bytes[dialect.bytes_before..]);
    let mut columns: Vec<Option<Column>> = Vec::new();
    let mut left_out = Vec::new();
    let mut has_times = false;
    let mut first_text = None;
    let lines_before = memchr::memchr_iter(b'\n', &bytes[..dialect.bytes_before]).count();
    for (row, record) in reader.records().enumerate() {
        let record = record.map_err(|_| None)?;
        if row == 0 {
            let header = record.iter().any(|field| dialect.number(field).is_none());
            let names: Vec<String> = record
                .iter()
                .zip(1..)
                .map(
                    |(field, position)| {
                        if header { field.to_owned() } else { position.to_string() }
                    },
                )
                .collect();
            if csv_table::is_long(&names) {
                return Err(None);
            }
            let times = table::time_column(&names);
            has_times = times.is_some();
            let column =
                |(index, name)| (Some(index) != times).then(|| Column { name, values: Vec::new() });
            columns = names.into_iter().enumerate().map(column).collect();
            if header {
                continue;
            }
        }
        for (column, field) in columns.iter_mut().zip(&record) {
            let Some(values) = column else { continue };
            if let Some(value) = dialect.number(field) {
                values.values.push(value);
                continue;
            }
            let text = || CsvError::Value {
                line: record.position().map_or(0, csv::Position::line) + lines_before as u64,
                column: values.name.clone(),
                text: field.to_owned(),
            };
            if wanted == Some(values.name.as_str()) {
                return Err(Some(text()));
            }
            first_text.get_or_insert_with(text);
            left_out.push(std::mem::take(&mut values.name));
            *column = None;
        }
    }
    let columns: Vec<Column> = columns.into_iter().flatten().collect();
    let read = !columns.is_empty() && has_times == (times == ColumnTimes::Unread);
    if read { Ok(FileColumns { columns, left_out }) } else { Err(first_text) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn columns(text: &str) -> Vec<(String, usize)> {
        let columns = parse(text.as_bytes(), None).unwrap().columns;
        columns.into_iter().map(|column| (column.name, column.values.len())).collect()
    }

    #[test]
    fn reads_tables_with_and_without_header_and_times() {
        let named = |name: &str, count| (name.to_owned(), count);
        assert_eq!(columns("1\n2\n\n3\n"), [named("1", 3)]);
        assert_eq!(columns("latency\n1\nNaN\n"), [named("latency", 2)]);
        assert_eq!(columns("a,b\n1,2\n3,\n"), [named("a", 2), named("b", 2)]);
        assert_eq!(columns("timestamp,a\n0,2\n5,3\n"), [named("a", 2)]);
        assert_eq!(columns("timestamp,metric,value\n0,m,2\n5,m,3\n"), [named("m", 2)]);
        assert_eq!(
            columns("Time,a\n2024-01-01 00:00:00,2\n2024-01-01 00:00:15,3\n"),
            [named("a", 2)]
        );
        assert_eq!(columns("Time,type,a\n0,x,2\n5,,3\n"), [named("a", 2)]);
        assert_eq!(columns("type,a\nx,2\ny,N/A\n"), [named("a", 2)]);
        assert_eq!(columns("sep=;\na;b\n1;2\n"), [named("a", 1), named("b", 1)]);
        for (text, name) in [("metric,value\na,1\n", None), ("type,a\nx,2\n", Some("type"))] {
            assert!(parse(text.as_bytes(), name).is_err(), "{text}");
        }
        for (text, name) in [("1\n2\nx\n", None), ("sep=;\na;b\n1;2\nx;2\n", Some("a"))] {
            let error = parse(text.as_bytes(), name).unwrap_err().to_string();
            let start =
                if name.is_some() { "line 4: column \"a\"" } else { "line 3: column \"1\"" };
            assert!(error.starts_with(start) && error.ends_with("got \"x\""), "{error}");
        }
        let response = r#"{"status":"success","data":{"resultType":"matrix","result":[
            {"metric":{"__name__":"m"},"values":[[0,"1"],[15,"2"]]}]}}"#;
        for json in [response.to_owned(), response.replace('\n', "")] {
            assert_eq!(columns(&json), [named("m", 2)], "as curl prints it");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = parse(&bytes, None);
        }
    }
}
