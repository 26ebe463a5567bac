//! Stored configs, with their versions.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use thiserror::Error;

/// A config as a line of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ConfigHead {
    /// Its id.
    pub id: String,
    /// Its newest version, from 1.
    pub version: i64,
    /// Its name.
    pub name: String,
    /// The applications that it is for; empty for all of them.
    pub applications: Vec<String>,
    /// Time of its first version.
    pub created_millis: i64,
    /// Time of its newest version.
    pub updated_millis: i64,
}

/// One version of a config.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ConfigVersion {
    /// The config's id.
    pub id: String,
    /// The version, from 1.
    pub version: i64,
    /// The config, Kayenta's JSON, as it was stored.
    pub document: Value,
    /// Caller who stored it.
    pub author: String,
    /// Time at which it was stored.
    pub at_millis: i64,
}

/// What to do about an existing config when one is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Existing {
    /// Refuse: the config is new.
    MustNot,
    /// Require one: this is a new version of it.
    Must,
    /// Accept both.
    May,
}

/// Why a config is refused. The words are Kayenta's, because its clients show them.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ConfigRule {
    /// Its name has characters that are not allowed.
    #[error(
        "Canary config cannot be named '{0}'. Names must contain only letters, numbers, dashes (-) and underscores (_)."
    )]
    Name(String),
    /// The config of another file has its name.
    #[error(
        "name: expected another name than that of the file {file:?}, which is for the same applications or for all, got {name:?}; \
         give one of them another name, or both other applications"
    )]
    NameOfFile {
        /// The name.
        name: String,
        /// The other file.
        file: String,
    },
    /// It is for no application.
    #[error("Canary config must specify at least one application.")]
    NoApplication,
    /// Two metrics have one name.
    #[error("Metric config name must be unique. '{0}' is duplicated.")]
    SameMetric(String),
    /// A metric has no name.
    #[error("Metric config name must not be empty.")]
    NoMetricName,
    /// A field has a wrong type.
    #[error("{field}: expected {expected}, got {found}")]
    Type {
        /// The field.
        field: String,
        /// What it should be.
        expected: &'static str,
        /// What it is.
        found: String,
    },
    /// It is no JSON object.
    #[error("expected a canary config, got no JSON object")]
    NoObject,
}

/// The parts of a config that lists show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Described {
    pub(crate) name: String,
    pub(crate) applications: Vec<String>,
}

/// Whether two configs are for the same application. One without applications, which only a file may have, is for all.
pub(crate) fn overlaps(applications: &[String], others: &[String]) -> bool {
    applications.is_empty()
        || others.is_empty()
        || applications.iter().any(|one| others.contains(one))
}

/// Name and applications of a config, if it may be stored.
pub(crate) fn describe(document: &Value) -> Result<Described, ConfigRule> {
    let described = describe_file(document)?;
    if described.applications.is_empty() {
        return Err(ConfigRule::NoApplication);
    }
    Ok(described)
}

/// The same for a config in a file. Without applications it is for all of them.
pub(crate) fn describe_file(document: &Value) -> Result<Described, ConfigRule> {
    if !document.is_object() {
        return Err(ConfigRule::NoObject);
    }
    let name = text("name", document.get("name"))?;
    // Kayenta's own pattern allows commas.
    let is_letter =
        |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, ',' | '-' | '_');
    if name.is_empty() || !name.chars().all(is_letter) {
        return Err(ConfigRule::Name(name.to_owned()));
    }
    let applications = match document.get("applications") {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(applications)) => applications
            .iter()
            .enumerate()
            .map(|(number, name)| match name {
                Value::String(name) if !name.is_empty() => Ok(name.clone()),
                found => {
                    Err(wrong_type(&format!("applications[{number}]"), "a non-empty text", found))
                }
            })
            .collect::<Result<_, _>>()?,
        Some(found) => return Err(wrong_type("applications", "a list of texts", found)),
    };
    let metrics = document.get("metrics").and_then(Value::as_array).into_iter().flatten();
    let mut seen = BTreeSet::new();
    for (number, metric) in metrics.enumerate() {
        let name = text(&format!("metrics[{number}].name"), metric.get("name"))?;
        if name.is_empty() {
            return Err(ConfigRule::NoMetricName);
        }
        if !seen.insert(name) {
            return Err(ConfigRule::SameMetric(name.to_owned()));
        }
    }
    Ok(Described { name: name.to_owned(), applications })
}

/// A text; empty if there is none.
fn text<'a>(field: &str, found: Option<&'a Value>) -> Result<&'a str, ConfigRule> {
    match found {
        None | Some(Value::Null) => Ok(""),
        Some(Value::String(text)) => Ok(text),
        Some(found) => Err(wrong_type(field, "a text", found)),
    }
}

fn wrong_type(field: &str, expected: &'static str, found: &Value) -> ConfigRule {
    let found = match found {
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "an object".to_owned(),
        found => found.to_string(),
    };
    ConfigRule::Type { field: field.to_owned(), expected, found }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn configs_are_accepted_if_kayenta_accepts_them() {
        let config = |name: &str, applications: Value, metrics: Value| {
            describe(&json!({"name": name, "applications": applications, "metrics": metrics}))
        };
        let good = config("shop_v-1,2", json!(["shop"]), json!([{"name": "a"}])).unwrap();
        assert_eq!(good.applications, ["shop"]);
        for (result, said) in [
            (config("a b", json!(["x"]), json!([])), "cannot be named 'a b'"),
            (config("", json!(["x"]), json!([])), "cannot be named ''"),
            (config("a", json!([]), json!([])), "at least one application"),
            (config("a", json!(["x"]), json!([{}])), "must not be empty"),
            (config("a", json!(["x"]), json!([{"name": "m"}, {"name": "m"}])), "'m' is duplicated"),
            (describe(&json!([])), "no JSON object"),
            (describe(&json!({"name": 7})), "name: expected a text, got 7"),
            (
                config("a", json!("shop"), json!([])),
                "applications: expected a list of texts, got \"shop\"",
            ),
            (
                config("a", json!([["x"]]), json!([])),
                "applications[0]: expected a non-empty text, got a list",
            ),
            (
                config("a", json!(["x", null]), json!([])),
                "applications[1]: expected a non-empty text, got null",
            ),
            (
                config("a", json!([""]), json!([])),
                "applications[0]: expected a non-empty text, got \"\"",
            ),
            (config("a", json!(["x"]), json!([{"name": {}}])), "metrics[0].name: expected a text"),
        ] {
            let error = result.unwrap_err().to_string();
            assert!(error.contains(said), "{error}");
        }
    }
}
