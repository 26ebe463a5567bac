//! `openapi.json` and the page for people: a description of the HTTP port, from the table of routes and the contract's
//! descriptors. `base.json` has the rest: Kayenta's documents, refusals, and details of single routes.

mod schema;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::LazyLock;

use bytes::Bytes;
use judge_contract::VERSION;
use serde_json::{Map, Value, json};

use self::schema::{Contract, reference};
use super::route::{Handler, Kind, Port, Route};
use super::routes;
use crate::convert::refusal::Refusal;

/// The parts that are neither in the contract nor in the table, as a document.
const BASE: &str = include_str!("base.json");

/// The page, with a place for its table.
const PAGE: &str = include_str!("page.html");

/// Where the page has its table.
const PLACE: &str = "<!-- routes -->\n";

/// The whole document, written once.
pub(super) fn document() -> Result<Bytes, Refusal> {
    static WRITTEN: LazyLock<Result<Bytes, Refusal>> =
        LazyLock::new(|| Ok(Bytes::from(describe()?.to_string())));
    WRITTEN.clone()
}

/// The routes for people, written once.
pub(super) fn page() -> Bytes {
    static WRITTEN: LazyLock<Bytes> = LazyLock::new(|| Bytes::from(PAGE.replace(PLACE, &rows())));
    WRITTEN.clone()
}

fn http_routes() -> impl Iterator<Item = &'static Route> {
    routes::all().filter(|route| route.side == Port::Http && !route.is_page)
}

fn rows() -> String {
    let escape = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;");
    let mut rows = String::new();
    for Route { method, path, summary, .. } in http_routes() {
        let (path, summary) = (escape(path), escape(summary));
        // Writing to a String cannot fail.
        let _ = writeln!(rows, "<tr><td><code>{method} {path}</code></td><td>{summary}</td></tr>");
    }
    rows
}

fn describe() -> Result<Value, Refusal> {
    let contract = Contract::new()?;
    let mut paths: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
    for route in http_routes() {
        let operations = paths.entry(route.path).or_default();
        operations.insert(route.method.to_ascii_lowercase(), operation(route, &contract)?);
    }
    let messages = |of: fn(&Route) -> Option<String>| http_routes().filter_map(of);
    let schemas =
        contract.schemas(messages(sent_message), messages(response), messages(query_message))?;
    let mut document = json!({
        "info": {"version": VERSION},
        "paths": paths,
        "components": {"schemas": schemas},
    });
    let base = serde_json::from_str(BASE).map_err(|_| Refusal::Internal)?;
    patch(&mut document, base);
    Ok(document)
}

/// Whether it has a body.
fn has_body(route: &Route) -> bool {
    matches!(route.method, "POST" | "PUT")
}

/// The message of a body.
fn sent_message(route: &Route) -> Option<String> {
    route.rpc.filter(|_| has_body(route)).map(|rpc| format!("{rpc}Request"))
}

/// The message that a query string fills.
fn query_message(route: &Route) -> Option<String> {
    route.rpc.filter(|_| !has_body(route)).map(|rpc| format!("{rpc}Request"))
}

/// The message of an answer.
fn response(route: &Route) -> Option<String> {
    route.rpc.map(|rpc| format!("{rpc}Response"))
}

fn operation(route: &Route, contract: &Contract) -> Result<Value, Refusal> {
    let mut operation = json!({
        "operationId": operation_id(route),
        "summary": route.summary,
        "responses": {"200": {"description": "The answer.", "content": answer(route)}},
    });
    let parameters = parameters(route, contract)?;
    if !parameters.is_empty() {
        operation["parameters"] = parameters.into();
    }
    if has_body(route) {
        let schema = schema_of(sent_message(route));
        operation["requestBody"] =
            json!({"required": true, "content": {"application/json": {"schema": schema}}});
    }
    if route.scope.is_none() {
        operation["security"] = json!([]);
    } else {
        operation["responses"]["default"] = json!({"$ref": "#/components/responses/Problem"});
    }
    Ok(operation)
}

/// The method of the contract, else the words of the path after the method of HTTP.
fn operation_id(route: &Route) -> String {
    let of_contract = route.rpc.and_then(|rpc| {
        let mut name = rpc.chars();
        Some(name.next()?.to_ascii_lowercase().to_string() + name.as_str())
    });
    of_contract.unwrap_or_else(|| {
        let mut name = route.method.to_ascii_lowercase();
        let words = route.path.split(|letter: char| !letter.is_ascii_alphanumeric());
        for word in words.filter(|word| !word.is_empty()) {
            let (first, rest) = word.split_at(1);
            name.push_str(&first.to_ascii_uppercase());
            name.push_str(rest);
        }
        name
    })
}

/// The content of an answer, by its type.
fn answer(route: &Route) -> Value {
    let text = json!({"type": "string"});
    let (content_type, schema) = match route.handler {
        Handler::Alive | Handler::Ready | Handler::Metrics => ("text/plain", text),
        Handler::Page => ("text/html", text),
        Handler::ExportHistory => ("text/csv", text),
        _ if route.kind == Kind::Events => ("text/event-stream", schema_of(response(route))),
        _ => ("application/json", schema_of(response(route))),
    };
    json!({content_type: {"schema": schema}})
}

/// The schema of a message, or of any object.
fn schema_of(message: Option<String>) -> Value {
    message.map_or_else(|| json!({"type": "object"}), |message| reference(&message))
}

fn parameters(route: &Route, contract: &Contract) -> Result<Vec<Value>, Refusal> {
    let names = route.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let names: Vec<&str> = names.collect();
    let in_path = names.iter().map(
        |name| json!({"name": name, "in": "path", "required": true, "schema": {"type": "string"}}),
    );
    let mut parameters: Vec<Value> = in_path.collect();
    if let Some(message) = query_message(route) {
        for (name, schema, description) in contract.fields(&message)? {
            if !names.contains(&name.as_str()) {
                parameters.push(json!({
                    "name": name, "in": "query", "description": description, "schema": schema,
                }));
            }
        }
    }
    Ok(parameters)
}

/// Merges `patch` into a document, as in RFC 7396: null removes.
fn patch(document: &mut Value, patch: Value) {
    match (document, patch) {
        (Value::Object(document), Value::Object(fields)) => {
            for (name, value) in fields {
                if value.is_null() {
                    document.remove(&name);
                } else {
                    self::patch(document.entry(name).or_insert(Value::Null), value);
                }
            }
        }
        (document, value) => *document = value,
    }
}

#[cfg(test)]
mod tests;
