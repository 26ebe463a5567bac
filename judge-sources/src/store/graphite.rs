//! Graphite: targets with `$scope` and `$location` in them, `/render`, lists of datapoints.

use std::collections::BTreeMap;

use judge_points::prometheus::LabelledSeries;
use judge_points::time;
use serde::Deserialize;

use crate::compat::Compat;
use crate::error::AnswerError;
use crate::fields::Fields;
use crate::query_text::QueryError;
use crate::scope::Scope;
use crate::store_request::{RequestInput, StoreAnswer, StoreRequest};
use crate::template::Place;

/// A metric's query for Graphite.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct GraphiteQuery {
    target: String,
}

const KEYS: &[&str] = &["type", "serviceType", "source", "ignoreLabels", "metricName"];

/// Label of the series of an answer with their target; [`SCOPE`] replaces the side's scope.
pub(super) const TARGET: &str = "target";

const SCOPE: &str = "$scope";
const LOCATION: &str = "$location";

impl GraphiteQuery {
    pub(crate) fn read(fields: &mut Fields<'_>) -> Self {
        fields.notice_unknown(KEYS);
        let target = fields.needed("metricName");
        if target.contains("${") {
            fields.error(
                "metricName",
                "$scope and $location without braces, as Kayenta has them for Graphite",
            );
        }
        Self { target: target.to_owned() }
    }

    /// The target for one side.
    pub(crate) fn text(&self, scope: &Scope) -> Result<String, QueryError> {
        let names = [(SCOPE, "scope", &scope.scope), (LOCATION, "location", &scope.location)];
        let mut text = String::with_capacity(self.target.len());
        let (mut place, mut rest) = (Place::Bare, self.target.as_str());
        loop {
            let found = names.iter().filter_map(|named| Some((rest.find(named.0)?, named)));
            let Some((at, (written, name, value))) = found.min_by_key(|(at, _)| *at) else {
                return Ok(text + rest);
            };
            if value.is_empty() {
                return Err(QueryError::Empty(name));
            }
            place = place.after(&rest[..at]);
            place.check(name, value)?;
            text.push_str(&rest[..at]);
            text.push_str(value);
            rest = &rest[at + written.len()..];
        }
    }
}

/// The request. Graphite excludes `from` and includes `until`; in Kayenta's mode they are start and end as they
/// are.
pub(super) fn request(wanted: &RequestInput<'_>) -> StoreRequest {
    let RequestInput { text, grid, compat, .. } = wanted;
    let (from, until) = match compat {
        Compat::None => (grid.start_millis() - 1, grid.end_millis() - 1),
        Compat::Kayenta => (grid.start_millis(), grid.end_millis()),
    };
    let seconds = |millis: i64| millis.div_euclid(1000).to_string();
    let params = vec![
        ("target", (*text).to_owned()),
        ("from", seconds(from)),
        ("until", seconds(until)),
        ("format", "json".to_owned()),
    ];
    StoreRequest { path: "render", params }
}

#[derive(Deserialize)]
struct TargetSeries {
    #[serde(rename = "target")]
    name: String,
    #[serde(default)]
    tags: BTreeMap<String, serde_json::Value>,
    datapoints: Vec<(Option<Value>, f64)>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Value {
    Number(f64),
    Word(String),
}

impl Value {
    fn number(self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(number),
            Self::Word(word) => judge_points::number::parse(&word),
        }
    }
}

pub(super) fn read(body: &[u8], scope: &Scope) -> Result<StoreAnswer, AnswerError> {
    let unread = |why: String| AnswerError::Json { store: "Graphite", why };
    let body = with_infinities(body);
    let targets: Vec<TargetSeries> =
        serde_json::from_slice(&body).map_err(|error| unread(error.to_string()))?;
    let mut series = Vec::with_capacity(targets.len());
    for TargetSeries { name, tags, datapoints } in targets {
        let mut times = Vec::with_capacity(datapoints.len());
        let mut values = Vec::with_capacity(datapoints.len());
        for (value, seconds) in datapoints {
            let time = time::from_seconds(seconds);
            times.push(
                time.ok_or_else(|| unread(format!("expected seconds since 1970, got {seconds}")))?,
            );
            let number = value.map_or(Some(f64::NAN), Value::number);
            values.push(number.ok_or_else(|| unread(format!("a value of {name} is no number")))?);
        }
        series.push(LabelledSeries { labels: labels(&name, tags, scope), times, values });
    }
    Ok(StoreAnswer { series, said: Vec::new() })
}

/// The identity of a series: its tags if it has others than the name, else its target with the side's own scope
/// and location replaced, so that both sides have the same.
fn labels(
    target: &str,
    tags: BTreeMap<String, serde_json::Value>,
    scope: &Scope,
) -> BTreeMap<String, String> {
    let own = tags.into_iter().filter(|(tag, _)| !matches!(tag.as_str(), "name" | "aggregatedBy"));
    let own: BTreeMap<String, String> = own
        .map(|(tag, value)| (tag, value.as_str().map_or_else(|| value.to_string(), str::to_owned)))
        .collect();
    if !own.is_empty() {
        return own;
    }
    let mut written = target.to_owned();
    for (value, name) in [(&scope.scope, SCOPE), (&scope.location, LOCATION)] {
        if !value.is_empty() {
            written = written.replace(value.as_str(), name);
        }
    }
    [(TARGET.to_owned(), written)].into()
}

/// Graphite writes infinities as 1e9999, which is beyond every double.
fn with_infinities(body: &[u8]) -> std::borrow::Cow<'_, [u8]> {
    let text = String::from_utf8_lossy(body);
    if !text.contains("1e9999") {
        return body.into();
    }
    let words = text.replace("[1e9999,", "[\"Inf\",").replace("[-1e9999,", "[\"-Inf\",");
    words.into_bytes().into()
}

#[cfg(test)]
mod tests;
