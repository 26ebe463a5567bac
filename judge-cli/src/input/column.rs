//! One column of values, of which the times do not matter.

use csv::{ReaderBuilder, Trim};
use judge_points::number;

use super::error::{InputError, InputProblem};
use super::side::{listed, parse_series};
use super::source::Source;

/// The points of one column, in the order of the file or, if it has times, of these. NaN is a gap.
#[derive(Debug, PartialEq)]
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) values: Vec<f64>,
}

/// Reads the column `name` of `source`, or its only one.
pub(crate) fn read(source: &Source, name: Option<&str>) -> Result<Column, InputError> {
    let columns = parse(&source.read()?).map_err(|problem| source.error(problem))?;
    let names = listed(columns.iter().map(|column| column.name.as_str()));
    let mut fitting =
        columns.into_iter().filter(|column| name.is_none_or(|name| column.name == name));
    match (fitting.next(), fitting.next()) {
        (Some(column), None) => Ok(column),
        _ => Err(source.error(InputProblem::Column { name: name.map(str::to_owned), names })),
    }
}

/// Series with times in any form, or a table of nothing but values.
fn parse(bytes: &[u8]) -> Result<Vec<Column>, InputProblem> {
    if let Some(columns) = untimed(bytes) {
        return Ok(columns);
    }
    let series = parse_series(bytes)?.into_iter();
    Ok(series
        .map(|series| Column { name: series.name.unwrap_or(series.labels), values: series.values })
        .collect())
}

/// The columns of a table without times, with or without a header; `None` if it is no such table.
fn untimed(bytes: &[u8]) -> Option<Vec<Column>> {
    if bytes.trim_ascii_start().starts_with(b"{") || bytes.trim_ascii_start().starts_with(b"[") {
        // JSON on one line would pass for a header.
        return None;
    }
    let mut reader = ReaderBuilder::new().has_headers(false).trim(Trim::All).from_reader(bytes);
    let mut columns: Vec<Column> = Vec::new();
    for (row, record) in reader.records().enumerate() {
        let record = record.ok()?;
        if row == 0 {
            let header = record.iter().any(|field| number::parse(field).is_none());
            columns = record
                .iter()
                .zip(1..)
                .map(|(field, position)| Column {
                    name: if header { field.to_owned() } else { position.to_string() },
                    values: Vec::new(),
                })
                .collect();
            if header {
                continue;
            }
        }
        for (column, field) in columns.iter_mut().zip(&record) {
            column.values.push(number::parse(field)?);
        }
    }
    let time = |column: &Column| {
        ["timestamp", "time"].iter().any(|name| column.name.eq_ignore_ascii_case(name))
    };
    (!columns.is_empty() && !columns.iter().any(time)).then_some(columns)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn columns(text: &str) -> Vec<(String, usize)> {
        let columns = parse(text.as_bytes()).unwrap();
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
        let response = r#"{"status":"success","data":{"resultType":"matrix","result":[
            {"metric":{"__name__":"m"},"values":[[0,"1"],[15,"2"]]}]}}"#;
        for json in [response.to_owned(), response.replace('\n', "")] {
            assert_eq!(columns(&json), [named("m", 2)], "as curl prints it");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = parse(&bytes);
        }
    }
}
