//! The text of a query, without sending it.

use std::collections::BTreeMap;

use judge_sources::{Grid, Queries, Scope};
use serde_json::{Value, json};

use super::accounts::Accounts;
use super::request::{KayentaRequest, wrong};
use super::times;
use crate::convert::refusal::Refusal;

/// The text that would be sent to the store.
pub(super) fn query(asked: &KayentaRequest<'_>) -> Result<Value, Refusal> {
    let params = &asked.params;
    if !params.get("dryRun").is_some_and(|text| text.eq_ignore_ascii_case("true")) {
        return Err(wrong("dryRun: expected true, for points are fetched by canaries alone"));
    }
    Accounts::read(asked)?;
    let needed = |name: &str| params.get(name).ok_or_else(|| wrong(format!("{name}: missing")));
    let mut query = json!({"type": params.id(), "metricName": needed("metricName")?});
    for (name, key) in [("customFilter", "customInlineTemplate"), ("resourceType", "resourceType")]
    {
        if let Some(value) = params.get(name) {
            query[key] = value.into();
        }
    }
    for name in ["groupByFields", "labelBindings", "fields"] {
        let all = list(asked, name);
        if !all.is_empty() {
            query[name] = all.into();
        }
    }
    let document = json!({"metrics": [{"name": needed("metricSetName")?, "query": query}]});
    let queries = Queries::read(&document).map_err(|error| wrong(error.to_string()))?;
    let first = queries.all().first().ok_or(Refusal::Internal)?;
    let text = first.text(&scope(asked), grid(asked)?);
    Ok(json!({"query": text.map_err(|error| wrong(error.to_string()))?}))
}

/// All values of a name. One alone is split at its commas, as Spring does.
fn list<'a>(asked: &'a KayentaRequest<'_>, name: &'a str) -> Vec<&'a str> {
    let all: Vec<&str> = asked.params.all(name).collect();
    match all[..] {
        [one] => one.split(',').map(str::trim).collect(),
        _ => all,
    }
}

fn scope(asked: &KayentaRequest<'_>) -> Scope {
    let text = |name: &str| asked.params.get(name).unwrap_or_default().to_owned();
    let given = asked.params.get("project").map(|value| ("project".to_owned(), value.to_owned()));
    Scope { scope: text("scope"), location: text("location"), params: BTreeMap::from_iter(given) }
}

fn grid(asked: &KayentaRequest<'_>) -> Result<Grid, Refusal> {
    let time = |name: &str, missing: &str| {
        let given = json!({name: asked.params.get(name).unwrap_or_default()});
        times::instant(&given, name)?.ok_or_else(|| wrong(missing))
    };
    let start = time("start", "Start time is required.")?;
    let end = time("end", "End time is required.")?;
    let seconds = asked.params.whole("step", 0)?;
    let step = u64::try_from(seconds).unwrap_or(u64::MAX).saturating_mul(1000);
    Grid::new(start, end, step).map_err(|error| wrong(error.to_string()))
}
