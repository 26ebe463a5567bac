//! Suggestions from the names in an InfluxDB.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::look::{StoreLook, did_you_mean, listed};
use crate::store_request::StoreRequest;

#[derive(Deserialize)]
struct Response {
    #[serde(default)]
    results: Vec<Statement>,
}

#[derive(Deserialize)]
struct Statement {
    #[serde(default)]
    series: Vec<Rows>,
}

#[derive(Deserialize)]
struct Rows {
    #[serde(default)]
    values: Vec<Vec<serde_json::Value>>,
}

pub(super) async fn suggest(look: StoreLook<'_>, query: &str) -> Option<String> {
    let measurement = measurement(query)?;
    let known = last_column(look, "SHOW MEASUREMENTS".to_owned()).await?;
    if known.is_empty() {
        return Some(format!("the database {} has no measurement", look.database));
    }
    if !known.iter().any(|name| name == measurement) {
        let meant = did_you_mean(measurement, &known);
        return Some(format!("no measurement of {} is called {measurement}{meant}", look.database));
    }
    let (tag, value) = last_filter(query)?;
    let from = format!("FROM \"{}\"", measurement.replace('"', ""));
    let with = format!("WITH KEY = \"{}\"", tag.replace('"', ""));
    let values = last_column(look, format!("SHOW TAG VALUES {from} {with}")).await?;
    if values.is_empty() {
        let keys = last_column(look, format!("SHOW TAG KEYS {from}")).await?;
        let keys = listed(keys.iter().map(String::as_str));
        return Some(format!("{measurement} has no tag {tag}; it has {keys}"));
    }
    if values.iter().any(|known| known == value) {
        return None;
    }
    let values = listed(values.iter().map(String::as_str));
    Some(format!("no series of {measurement} has {tag}='{value}'; {tag} is {values}"))
}

async fn last_column(look: StoreLook<'_>, q: String) -> Option<Vec<String>> {
    let params = vec![("db", look.database.to_owned()), ("q", q)];
    let response: Response = look.get(&StoreRequest { path: "query", params }).await?;
    let rows = response.results.into_iter().flat_map(|statement| statement.series);
    let values =
        rows.flat_map(|rows| rows.values).filter_map(|row| row.last()?.as_str().map(str::to_owned));
    Some(values.collect::<BTreeSet<String>>().into_iter().collect())
}

/// The measurement that a query selects from.
fn measurement(query: &str) -> Option<&str> {
    let mut words = query.split_whitespace().skip_while(|word| !word.eq_ignore_ascii_case("from"));
    let name = words.nth(1)?.trim_matches('"');
    let is_plain = |c: char| !"\"()/".contains(c);
    name.chars().all(is_plain).then_some(name)
}

/// The last condition `tag = 'value'`, which is the scope.
fn last_filter(query: &str) -> Option<(&str, &str)> {
    let (before, after) = query.rsplit_once(" = '")?;
    let tag = before.split_whitespace().next_back()?;
    let (value, _) = after.split_once('\'')?;
    Some((tag, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_in_queries() {
        let query = "SELECT mean(a) FROM \"cpu\" WHERE time >= '2010-01-01T12:00:00Z' AND host = 'h-1' GROUP BY time(1m)";
        assert_eq!((measurement(query), last_filter(query)), (Some("cpu"), Some(("host", "h-1"))));
        assert_eq!(measurement("SELECT a FROM (SELECT b FROM c)"), None);
        assert_eq!(last_filter("SELECT a FROM b WHERE time >= '2010-01-01T12:00:00Z'"), None);
    }
}
