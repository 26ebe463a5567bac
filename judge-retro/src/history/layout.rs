//! The content of each column of a file.

use std::collections::HashMap;

use arrow_schema::{DataType, SchemaRef, TimeUnit};
use judge_points::time::TimeZone;
use judge_replay::ColumnNames;

use super::error::{FileProblem, HistoryError};
use super::files::HistoryFile;
use super::format::Format;

/// Where the release, role, instance or metric of a row comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NameSource {
    /// A folder's name, the same for every row.
    Constant(String),
    /// A column.
    Column(String),
}

/// The type of a file's timestamps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TimeKind {
    /// Timestamps in this unit.
    Timestamps(TimeUnit),
    /// Seconds or milliseconds since 1970.
    Numbers,
    /// Text.
    Text,
    /// Nobody needs the times.
    NotRead,
}

/// Whether a file's times have a time zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Zone {
    /// Numbers since 1970, which need no zone.
    Epoch,
    /// Times with a zone, or text, which must have one.
    Zoned,
    /// Times without a zone, read as UTC.
    Naive,
}

/// Whether a column contains numbers or numbers as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ValueKind {
    Numbers,
    Text,
}

/// The columns with the points of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum PointColumns {
    /// One row per point.
    Long { metric: NameSource, value: (String, ValueKind) },
    /// One column per series: its name, its index among the needed series, its type. `ignored` are other columns.
    Wide { columns: Vec<(String, usize, ValueKind)>, ignored: Vec<String> },
}

/// The content of each column of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FileLayout {
    pub(super) release: NameSource,
    pub(super) role: NameSource,
    pub(super) instance: Option<NameSource>,
    pub(super) timestamp: String,
    pub(super) time: TimeKind,
    pub(super) zone: Zone,
    /// The zone of times in text without one.
    pub(super) local: Option<TimeZone>,
    pub(super) points: PointColumns,
    /// All columns.
    pub(super) schema: SchemaRef,
}

impl FileLayout {
    /// Determines the layout of `file`, which has the columns of `schema`. `series` are the needed series.
    pub(super) fn new(
        file: &HistoryFile,
        schema: &SchemaRef,
        names: &ColumnNames,
        local: Option<&TimeZone>,
        series: &[String],
    ) -> Result<Self, HistoryError> {
        let read = Reader { file, schema, names };
        let (time, zone) = read.time()?;
        Ok(Self {
            release: read.required("release", &names.release, "the release of each row")?,
            role: read.required("role", &names.role, "baseline or canary")?,
            instance: read.optional(&names.instance)?,
            timestamp: names.timestamp.clone(),
            time,
            zone,
            local: local.cloned(),
            points: read.points(series)?,
            schema: SchemaRef::clone(schema),
        })
    }

    /// This layout reduced to the release of each row.
    pub(super) fn releases_only(&self) -> Self {
        let time = match self.release {
            NameSource::Constant(_) => self.time,
            NameSource::Column(_) => TimeKind::NotRead,
        };
        Self {
            role: NameSource::Constant(String::new()),
            instance: None,
            time,
            points: PointColumns::Wide { columns: Vec::new(), ignored: Vec::new() },
            ..self.clone()
        }
    }

    /// The columns to read.
    pub(super) fn columns(&self) -> Vec<String> {
        let mut columns: Vec<&String> = Vec::new();
        if self.time != TimeKind::NotRead {
            columns.push(&self.timestamp);
        }
        columns.extend([&self.release, &self.role].into_iter().filter_map(NameSource::column));
        columns.extend(self.instance.as_ref().and_then(NameSource::column));
        match &self.points {
            PointColumns::Long { metric, value: (name, _) } => {
                columns.extend(metric.column());
                columns.push(name);
            }
            PointColumns::Wide { columns: series, .. } => {
                columns.extend(series.iter().map(|(name, ..)| name));
            }
        }
        // Two uses may share a column, for example if a metric has the name of the role column.
        columns.sort_unstable();
        columns.dedup();
        columns.into_iter().cloned().collect()
    }
}

impl NameSource {
    fn column(&self) -> Option<&String> {
        match self {
            Self::Constant(_) => None,
            Self::Column(name) => Some(name),
        }
    }
}

/// Whether a column of this type can contain names.
fn is_name(dtype: &DataType) -> bool {
    match dtype {
        DataType::Dictionary(_, value) => is_name(value),
        DataType::Boolean | DataType::Date32 | DataType::Date64 | DataType::Null => true,
        other => other.is_string() || other.is_integer(),
    }
}

fn is_text(dtype: &DataType) -> bool {
    match dtype {
        DataType::Dictionary(_, value) => is_text(value),
        other => other.is_string(),
    }
}

struct Reader<'a> {
    file: &'a HistoryFile,
    schema: &'a SchemaRef,
    names: &'a ColumnNames,
}

impl Reader<'_> {
    fn dtype(&self, column: &str) -> Option<&DataType> {
        self.schema.field_with_name(column).ok().map(arrow_schema::Field::data_type)
    }

    fn columns(&self) -> Vec<String> {
        self.schema.fields().iter().map(|field| field.name().clone()).collect()
    }

    fn wrong_type(&self, column: &str, dtype: &DataType, expected: &'static str) -> HistoryError {
        self.file.error(FileProblem::ColumnType {
            column: column.to_owned(),
            found: dtype.to_string(),
            expected,
        })
    }

    fn missing(&self, column: &'static str, wanted: &str, meaning: &'static str) -> HistoryError {
        self.file.error(FileProblem::MissingColumn {
            column,
            wanted: wanted.to_owned(),
            meaning,
            columns: self.columns(),
        })
    }

    fn required(
        &self,
        column: &'static str,
        name: &str,
        meaning: &'static str,
    ) -> Result<NameSource, HistoryError> {
        self.optional(name)?.ok_or_else(|| self.missing(column, name, meaning))
    }

    fn optional(&self, name: &str) -> Result<Option<NameSource>, HistoryError> {
        if let Some(value) = self.file.partition(name) {
            return Ok(Some(NameSource::Constant(value.to_owned())));
        }
        let Some(dtype) = self.dtype(name) else {
            return Ok(None);
        };
        if !is_name(dtype) {
            return Err(self.wrong_type(name, dtype, "text, whole numbers or dates"));
        }
        Ok(Some(NameSource::Column(name.to_owned())))
    }

    /// The metric of each row. A Prometheus response of an expression has no names: its file's name is the metric.
    fn metric(&self) -> Result<Option<NameSource>, HistoryError> {
        let found = self.optional(&self.names.metric)?;
        let of_file = || {
            let stem =
                self.file.path.file_stem().filter(|_| self.file.format == Format::Prometheus);
            stem.map(|stem| NameSource::Constant(stem.to_string_lossy().into_owned()))
        };
        Ok(found.or_else(of_file))
    }

    fn time(&self) -> Result<(TimeKind, Zone), HistoryError> {
        let name = &self.names.timestamp;
        let Some(dtype) = self.dtype(name) else {
            return Err(self.missing("timestamp", name, "the time of each row"));
        };
        Ok(match dtype {
            DataType::Timestamp(unit, zone) => {
                let zone = if zone.is_some() { Zone::Zoned } else { Zone::Naive };
                (TimeKind::Timestamps(*unit), zone)
            }
            dtype if is_text(dtype) => (TimeKind::Text, Zone::Zoned),
            dtype if dtype.is_numeric() => (TimeKind::Numbers, Zone::Epoch),
            dtype => {
                let expected =
                    "timestamps, text in RFC 3339, or seconds or milliseconds since 1970";
                return Err(self.wrong_type(name, dtype, expected));
            }
        })
    }

    fn value(&self, name: &str, dtype: &DataType) -> Result<ValueKind, HistoryError> {
        if is_text(dtype) {
            Ok(ValueKind::Text)
        } else if dtype.is_numeric() || dtype.is_null() {
            Ok(ValueKind::Numbers)
        } else {
            Err(self.wrong_type(name, dtype, "numbers, or text that stands for numbers"))
        }
    }

    fn points(&self, series: &[String]) -> Result<PointColumns, HistoryError> {
        let metric = self.metric();
        let name = &self.names.value;
        let is_metric = |name: &str| series.iter().any(|wanted| wanted == name);
        match (metric, self.dtype(name)) {
            (Ok(Some(metric)), Some(dtype)) => {
                let value = (name.clone(), self.value(name, dtype)?);
                Ok(PointColumns::Long { metric, value })
            }
            (Err(wrong_type), Some(_)) => Err(wrong_type),
            (Ok(Some(_)), None) if !is_metric(&self.names.metric) => {
                Err(self.missing("value", name, "the value of each row"))
            }
            (Ok(None), Some(_)) if !is_metric(name) => {
                Err(self.missing("metric", &self.names.metric, "the metric of each row"))
            }
            _ => self.wide(series),
        }
    }

    fn wide(&self, series: &[String]) -> Result<PointColumns, HistoryError> {
        let mut columns = Vec::new();
        let mut ignored = Vec::new();
        let names = self.names;
        let others = [&names.release, &names.timestamp, &names.role, &names.instance];
        let numbers: HashMap<&str, usize> =
            series.iter().enumerate().map(|(number, name)| (name.as_str(), number)).collect();
        for field in self.schema.fields() {
            let (name, dtype) = (field.name().clone(), field.data_type());
            match numbers.get(name.as_str()).copied() {
                Some(number) => columns.push((name.clone(), number, self.value(&name, dtype)?)),
                None if others.contains(&&name) => {}
                None => ignored.push(name),
            }
        }
        if columns.is_empty() {
            return Err(self.file.error(FileProblem::NothingOfConfig {
                columns: self.columns(),
                wanted: series.to_vec(),
            }));
        }
        Ok(PointColumns::Wide { columns, ignored })
    }
}
