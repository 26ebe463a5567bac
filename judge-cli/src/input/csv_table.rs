//! Reads CSV, wide (`timestamp,latency,errors`) or long (`timestamp,metric,value`).

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use judge_points::csv_reader::{CsvReadError, CsvReader, CsvRow, CsvTable};
use judge_points::number;
use judge_points::table::{self, TableError, separator_hint};
use judge_points::time::{self, TimeError, TimeZone};
use judge_replay::{RepeatedTime, TimedSeries, sort_by_time};
use thiserror::Error;

use super::labels;

/// Why a table was not read.
#[derive(Debug, Error)]
#[non_exhaustive]
pub(crate) enum CsvError {
    #[error("expected a column {missing:?}, got the columns {}{}", quote_names(.columns), separator_hint(.columns))]
    MissingColumn { missing: &'static str, columns: Vec<String> },
    #[error(
        "columns {:?} and {:?} make this a long table (timestamp,metric,value), but there are more \
         columns: {}; leave them out, and if each line is one event, aggregate the events of each time \
         first",
        .long[0], .long[1], quote_names(.extra)
    )]
    ExtraColumns { long: [String; 2], extra: Vec<String> },
    #[error(transparent)]
    Table(#[from] TableError),
    #[error("expected a column for each metric, got only the timestamp")]
    NoMetric,
    #[error(
        "line {line}: column {column:?}: expected {}, got {text:?}{}",
        number::EXPECTED,
        number::hint(text)
    )]
    Value { line: u64, column: String, text: String },
    #[error("line {line}: column {column:?}: {error}")]
    Time { line: u64, column: String, error: TimeError },
    #[error("line {line}: the metric has no name")]
    UnnamedMetric { line: u64 },
    #[error(
        "line {}: metric {metric:?}: {repeated}; if each line is one event, aggregate the events of \
         each time first",
        .repeated.again
    )]
    Repeated { metric: String, repeated: RepeatedTime },
    #[error(
        "expected series of a metric with labels that differ, got {}: {}; aggregate them in the query, as in \
         sum(...) or avg(...)",
        .0.len(), quote_names(.0)
    )]
    SeveralSeries(Vec<String>),
    #[error("{0}")]
    Other(std::io::Error),
}

impl From<CsvReadError> for CsvError {
    fn from(error: CsvReadError) -> Self {
        match error {
            CsvReadError::Table(error) => Self::Table(error),
            CsvReadError::Io(error) => Self::Other(error),
            empty => Self::Other(std::io::Error::other(empty)),
        }
    }
}

/// The series of a table.
#[derive(Debug, Default)]
pub(crate) struct CsvSeries {
    pub(crate) series: Vec<TimedSeries>,
    /// Columns of text that are not metrics of the config.
    pub(crate) left_out: Vec<String>,
}

/// Reads a table in either form, which its header shows. Columns other than `wanted` may contain text, and are then
/// ignored.
pub(crate) fn read(
    bytes: &[u8],
    wanted: &BTreeSet<&str>,
    zone: Option<&TimeZone>,
) -> Result<CsvSeries, CsvError> {
    let mut read = read_all(bytes, wanted, zone)?;
    name_by_labels(&mut read.series, wanted)?;
    Ok(read)
}

/// Names of the metric and value columns: ours, Grafana's and k6's.
const LONG: [[&str; 2]; 3] =
    [["metric", "value"], ["series", "value"], ["metric_name", "metric_value"]];

/// Whether a table with these columns has one row per point, with the metric's name.
pub(crate) fn is_long(columns: &[String]) -> bool {
    let has = |name: &str| columns.iter().any(|column| column.eq_ignore_ascii_case(name));
    LONG.iter().any(|names| names.iter().all(|name| has(name)))
}

fn read_all(
    bytes: &[u8],
    wanted: &BTreeSet<&str>,
    zone: Option<&TimeZone>,
) -> Result<CsvSeries, CsvError> {
    let table = CsvTable::scan(bytes)?;
    let mut rows = Rows { reader: CsvReader::new(&table, bytes)?, header: table.header(), zone };
    let header = table.header();
    let time = table::time_column(header).ok_or_else(|| CsvError::MissingColumn {
        missing: "timestamp",
        columns: header.to_vec(),
    })?;
    let exactly = |name: &str| header.iter().position(|column| column == name);
    let called = |name: &str| header.iter().position(|column| column.eq_ignore_ascii_case(name));
    let ours = (exactly("metric"), exactly("value"));
    let mut others = LONG[1..].iter().map(|[metric, value]| (called(metric), called(value)));
    let long_columns = match ours {
        (Some(metric), Some(value)) => Some((metric, value)),
        (Some(_), None) => {
            return Err(CsvError::MissingColumn { missing: "value", columns: header.to_vec() });
        }
        _ => others.find_map(|(metric, value)| metric.zip(value)),
    };
    let Some((metric, value)) = long_columns else {
        return wide(&mut rows, time, wanted);
    };
    let read_columns = [time, metric, value];
    let extra = header.iter().enumerate().filter(|(index, _)| !read_columns.contains(index));
    let extra: Vec<String> = extra.map(|(_, name)| name.clone()).collect();
    if !extra.is_empty() {
        let long = [metric, value].map(|index| header[index].clone());
        return Err(CsvError::ExtraColumns { long, extra });
    }
    let series = long(&mut rows, &LongColumns { time, metric, value })?;
    Ok(CsvSeries { series, left_out: Vec::new() })
}

/// If the name of a series consists of a metric in `wanted` and labels, as in Grafana's exports, keeps the metric's
/// name and turns the labels into tags.
fn name_by_labels(series: &mut [TimedSeries], wanted: &BTreeSet<&str>) -> Result<(), CsvError> {
    let mut called: BTreeMap<(String, BTreeMap<String, String>), Vec<String>> = BTreeMap::new();
    for one in series.iter_mut() {
        let Some(name) = one.name.clone() else { continue };
        let metric = if wanted.contains(name.as_str()) {
            name.clone()
        } else {
            labels::metric(&name).to_owned()
        };
        if wanted.contains(metric.as_str()) {
            one.name = Some(metric.clone());
            if name != metric {
                one.tags = labels::labels(&name);
                one.labels.clone_from(&name);
            }
            called.entry((metric, one.tags.clone())).or_default().push(name);
        }
    }
    match called.into_values().find(|names| names.len() > 1) {
        Some(names) => Err(CsvError::SeveralSeries(names)),
        None => Ok(()),
    }
}

fn wide(rows: &mut Rows<'_>, time: usize, wanted: &BTreeSet<&str>) -> Result<CsvSeries, CsvError> {
    let header = rows.header;
    let names = || header.iter().enumerate().filter(|&(index, _)| index != time);
    let mut times = Vec::new();
    let mut lines = Vec::new();
    let mut columns: Vec<Result<Vec<f64>, CsvError>> = names().map(|_| Ok(Vec::new())).collect();
    while let Some(row) = rows.next()? {
        times.push(row.time(time)?);
        lines.push(row.line());
        for (column, (index, name)) in columns.iter_mut().zip(names()) {
            let Ok(values) = column else { continue };
            match row.value(index) {
                Ok(value) => values.push(value),
                Err(error @ CsvError::Value { .. }) if !wanted.contains(name.as_str()) => {
                    *column = Err(error);
                }
                Err(error) => return Err(error),
            }
        }
    }
    let Some((_, first)) = names().next() else {
        return Err(CsvError::NoMetric);
    };
    let mut read = CsvSeries::default();
    let mut named = Vec::new();
    let mut values = Vec::new();
    let mut text = None;
    for ((_, name), column) in names().zip(columns) {
        match column {
            Ok(column) => {
                named.push(name);
                values.push(column);
            }
            Err(error) => {
                text = text.or(Some(error));
                read.left_out.push(name.clone());
            }
        }
    }
    if let (Some(error), true) = (text, named.is_empty()) {
        return Err(error);
    }
    sort_by_time("line", &mut times, &lines, &mut values)
        .map_err(|repeated| CsvError::Repeated { metric: first.clone(), repeated })?;
    let times = Arc::new(times);
    let named = named.into_iter().zip(values);
    read.series =
        named.map(|(name, values)| timed_series(name, Arc::clone(&times), values)).collect();
    Ok(read)
}

struct LongColumns {
    time: usize,
    metric: usize,
    value: usize,
}

#[derive(Default)]
struct LongSeries {
    name: String,
    times: Vec<i64>,
    lines: Vec<u64>,
    values: Vec<f64>,
}

fn long(rows: &mut Rows<'_>, columns: &LongColumns) -> Result<Vec<TimedSeries>, CsvError> {
    let mut all: Vec<LongSeries> = Vec::new();
    let mut index_of: HashMap<String, usize> = HashMap::new();
    while let Some(row) = rows.next()? {
        let name = row.text(columns.metric)?;
        let index = if let Some(&index) = index_of.get(name) {
            index
        } else {
            if name.is_empty() {
                return Err(CsvError::UnnamedMetric { line: row.line() });
            }
            index_of.insert(name.to_owned(), all.len());
            all.push(LongSeries { name: name.to_owned(), ..LongSeries::default() });
            all.len() - 1
        };
        let series = &mut all[index];
        series.times.push(row.time(columns.time)?);
        series.values.push(row.value(columns.value)?);
        series.lines.push(row.line());
    }
    all.into_iter()
        .map(|LongSeries { name, mut times, lines, values }| {
            let mut column = [values];
            sort_by_time("line", &mut times, &lines, &mut column)
                .map_err(|repeated| CsvError::Repeated { metric: name.clone(), repeated })?;
            let [values] = column;
            Ok(timed_series(&name, Arc::new(times), values))
        })
        .collect()
}

fn timed_series(name: &str, times: Arc<Vec<i64>>, values: Vec<f64>) -> TimedSeries {
    let (labels, tags) = (format!("{name:?}"), BTreeMap::new());
    TimedSeries { name: Some(name.to_owned()), labels, tags, times, values }
}

/// The rows of a table, read one by one.
struct Rows<'a> {
    reader: CsvReader<'a, &'a [u8]>,
    header: &'a [String],
    zone: Option<&'a TimeZone>,
}

impl Rows<'_> {
    fn next(&mut self) -> Result<Option<Row<'_>>, CsvError> {
        let (header, zone) = (self.header, self.zone);
        Ok(self.reader.next_row()?.map(|fields| Row { fields, header, zone }))
    }
}

struct Row<'a> {
    fields: CsvRow<'a>,
    header: &'a [String],
    zone: Option<&'a TimeZone>,
}

impl<'a> Row<'a> {
    fn line(&self) -> u64 {
        self.fields.line()
    }

    fn text(&self, index: usize) -> Result<&'a str, TableError> {
        self.fields.text(index)
    }

    fn time(&self, index: usize) -> Result<i64, CsvError> {
        time::parse_in(self.text(index)?, self.zone).map_err(|error| CsvError::Time {
            line: self.line(),
            column: self.header[index].clone(),
            error,
        })
    }

    fn value(&self, index: usize) -> Result<f64, CsvError> {
        let text = self.text(index)?;
        self.fields.number(text).ok_or_else(|| CsvError::Value {
            line: self.line(),
            column: self.header[index].clone(),
            text: text.chars().take(LONGEST_VALUE).collect(),
        })
    }
}

/// The longest field that an error quotes, in characters.
const LONGEST_VALUE: usize = 80;

/// Largest number of columns in an error.
const MOST_COLUMNS: usize = 20;

fn quote_names(names: &[String]) -> String {
    let mut text: Vec<String> =
        names.iter().take(MOST_COLUMNS).map(|name| format!("{name:?}")).collect();
    if names.len() > MOST_COLUMNS {
        text.push(format!("and {} more", names.len() - MOST_COLUMNS));
    }
    text.join(", ")
}

#[cfg(test)]
mod tests;
