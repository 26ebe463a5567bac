//! InfluxDB 1.x: InfluxQL as in Kayenta, `/query`, rows of columns.

mod cells;

use std::collections::BTreeMap;

use jiff::Timestamp;
use judge_points::prometheus::LabelledSeries;
use serde::Deserialize;

use self::cells::{Cell, TableCells};
use crate::error::AnswerError;
use crate::fields::Fields;
use crate::grid::Grid;
use crate::query_text::{QueryError, Templates, bindings, template};
use crate::scope::Scope;
use crate::store_request::{RequestInput, StoreAnswer, StoreRequest};
use crate::template::{Place, TemplateError, expand_with};

/// A metric's query for InfluxDB.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct InfluxDbQuery {
    measurement: String,
    fields: Vec<String>,
    template: Option<String>,
}

const KEYS: &[&str] = &[
    "type",
    "serviceType",
    "source",
    "ignoreLabels",
    "metricName",
    "fields",
    "customInlineTemplate",
    "customFilterTemplate",
    "customFilter",
];

/// Label of the series of an answer with the name of their column.
pub(super) const FIELD: &str = "field";

/// Selected fields if the query names none, as in Kayenta.
const ALL_FIELDS: &str = "*::field";

impl InfluxDbQuery {
    pub(crate) fn read(fields: &mut Fields<'_>, templates: &Templates) -> Self {
        fields.notice_unknown(KEYS);
        // Kayenta's configs escape names as `$\{scope}`.
        let template = template(fields, templates).map(|text| text.replace("$\\{", "${"));
        if let Some(text) = &template {
            let key = if fields.has("customInlineTemplate") {
                "customInlineTemplate"
            } else {
                "customFilterTemplate"
            };
            if !["${timeFilter}", "${scope}"].iter().all(|name| text.contains(name)) {
                fields.error(key, "a query with ${timeFilter} and ${scope} in it");
            }
            if !is_one_select(text) {
                fields.error(key, "one SELECT, without ;, --, /* and INTO");
            }
        }
        let measurement = if template.is_some() {
            fields.text("metricName").unwrap_or_default()
        } else {
            fields.needed("metricName")
        };
        Self { measurement: measurement.to_owned(), fields: fields.texts("fields"), template }
    }

    /// The query for one side.
    pub(crate) fn text(&self, scope: &Scope, grid: Grid) -> Result<String, QueryError> {
        let of_scope = tag_filter(&scope.scope)?;
        let times = time_filter(grid);
        let Some(template) = &self.template else {
            let fields =
                if self.fields.is_empty() { ALL_FIELDS.to_owned() } else { self.fields.join(", ") };
            let and = of_scope.map_or_else(String::new, |filter| format!(" AND {filter}"));
            return Ok(format!("SELECT {fields} FROM {} WHERE {times}{and}", self.measurement));
        };
        let Some(of_scope) = of_scope else {
            return Err(QueryError::Empty("scope"));
        };
        let ready = [("timeFilter", times), ("scope", of_scope), ("step", step(grid))];
        let bindings = bindings(scope, None);
        // A quote in a regular expression opens nothing, so where there is one, no value counts as quoted.
        let has_regex = template.contains('/');
        for (name, value) in bindings.iter().filter(|_| has_regex) {
            if template.contains(&format!("${{{name}")) && !ready.iter().any(|(own, _)| own == name)
            {
                Place::Bare.check(name, value)?;
            }
        }
        let text = expand_with(template, &bindings, &ready)?;
        let (mut place, mut seen) = (Place::Bare, 0);
        // Templates have none, so values put it there.
        for (at, _) in text.match_indices("--") {
            place = place.after(&text[seen..at]);
            seen = at;
            if has_regex || !matches!(place, Place::Quoted(_)) {
                return Err(TemplateError::Comment.into());
            }
        }
        Ok(text)
    }
}

/// Checks that a template is one statement that only reads. It refuses what Kayenta refuses, and everything
/// that writes.
fn is_one_select(template: &str) -> bool {
    let mut words = template.split_whitespace();
    words.next().is_some_and(|first| first.eq_ignore_ascii_case("select"))
        && !template.contains(';')
        && !template.contains("--")
        && !template.contains("/*")
        && !words.any(|word| word.eq_ignore_ascii_case("into"))
}

/// The scope `tag:value` as a filter; empty without a scope.
fn tag_filter(scope: &str) -> Result<Option<String>, QueryError> {
    if scope.is_empty() {
        return Ok(None);
    }
    let parts: Vec<&str> = scope.split(':').collect();
    let &[tag, value] = parts.as_slice() else {
        return Err(QueryError::NoTag(scope.to_owned()));
    };
    if tag.is_empty() || value.is_empty() {
        return Err(QueryError::NoTag(scope.to_owned()));
    }
    Place::Bare.check("scope", tag)?;
    if tag.contains("--") {
        return Err(TemplateError::Comment.into());
    }
    Place::Quoted('\'').check("scope", value)?;
    Ok(Some(format!("{tag} = '{value}'")))
}

fn time_filter(grid: Grid) -> String {
    format!(
        "time >= '{}' AND time < '{}'",
        instant(grid.start_millis()),
        instant(grid.end_millis())
    )
}

/// A time as Java's `Instant` writes it.
fn instant(millis: i64) -> String {
    let time = Timestamp::from_millisecond(millis).unwrap_or_default();
    if millis.rem_euclid(1000) == 0 { time.to_string() } else { format!("{time:.3}") }
}

/// A step as a duration.
fn step(grid: Grid) -> String {
    let millis = grid.step_millis();
    if millis.is_multiple_of(1000) { format!("{}s", millis / 1000) } else { format!("{millis}ms") }
}

pub(super) fn request(wanted: &RequestInput<'_>) -> StoreRequest {
    let params = vec![
        ("db", wanted.database.to_owned()),
        ("q", wanted.text.to_owned()),
        ("epoch", "ms".to_owned()),
    ];
    StoreRequest { path: "query", params }
}

#[derive(Deserialize)]
struct Response {
    #[serde(default)]
    results: Vec<Statement>,
    error: Option<String>,
}

#[derive(Deserialize)]
struct Statement {
    #[serde(default)]
    series: Vec<Rows>,
    error: Option<String>,
    #[serde(default)]
    partial: bool,
}

#[derive(Deserialize)]
struct Rows {
    #[serde(default)]
    tags: BTreeMap<String, String>,
    columns: Vec<String>,
    #[serde(default)]
    values: TableCells,
    #[serde(default)]
    partial: bool,
}

pub(super) fn read(body: &[u8]) -> Result<StoreAnswer, AnswerError> {
    let unread = |why: String| AnswerError::Json { store: "InfluxDB", why };
    let response: Response =
        serde_json::from_slice(body).map_err(|error| unread(error.to_string()))?;
    if let Some(error) = response.error {
        return Err(AnswerError::Refused(error));
    }
    let Some(statement) = response.results.into_iter().next() else {
        return Err(unread("expected results, got none".to_owned()));
    };
    if let Some(error) = statement.error {
        return Err(AnswerError::Refused(error));
    }
    if statement.partial || statement.series.iter().any(|rows| rows.partial) {
        return Err(AnswerError::CutOff);
    }
    let mut answer = StoreAnswer::default();
    for rows in statement.series {
        columns(&rows, &mut answer, &unread)?;
    }
    Ok(answer)
}

/// The series of a table: one for each column of numbers.
fn columns(
    rows: &Rows,
    answer: &mut StoreAnswer,
    unread: &impl Fn(String) -> AnswerError,
) -> Result<(), AnswerError> {
    let Some(time) = rows.columns.iter().position(|column| column == "time") else {
        return Err(unread(format!("expected a column time, got {}", rows.columns.join(", "))));
    };
    let (width, expected) = (rows.values.width(), rows.columns.len());
    if width != expected && width > 0 {
        return Err(unread(format!("expected {expected} cells in each row, got {width}")));
    }
    let times: Option<Vec<i64>> = rows.values.column(time).map(Cell::millis).collect();
    let times =
        times.ok_or_else(|| unread("expected milliseconds in the column time".to_owned()))?;
    for (index, column) in rows.columns.iter().enumerate().filter(|(index, _)| *index != time) {
        let values = rows.values.column(index).map(Cell::value).collect::<Option<Vec<f64>>>();
        let Some(values) = values else {
            answer.said.push(format!("the column {column} is left out: it has no numbers"));
            continue;
        };
        let tags = rows.tags.iter().filter(|(_, value)| !value.is_empty());
        let mut labels: BTreeMap<String, String> =
            tags.map(|(tag, value)| (tag.clone(), value.clone())).collect();
        labels.insert(FIELD.to_owned(), column.clone());
        answer.series.push(LabelledSeries { labels, times: times.clone(), values });
    }
    Ok(())
}

#[cfg(test)]
mod tests;
