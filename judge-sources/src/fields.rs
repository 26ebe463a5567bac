//! Reads fields of a query in a config, and collects all problems.

use std::collections::BTreeSet;

use judge_core::Problem;
use serde_json::{Map, Value};

/// An object of the config: its path, its fields, and its problems.
#[derive(Debug)]
pub(crate) struct Fields<'a> {
    path: String,
    object: &'a Map<String, Value>,
    problems: Vec<Problem>,
}

impl<'a> Fields<'a> {
    /// The object at `path`.
    ///
    /// # Errors
    /// If the value is no object.
    pub(crate) fn new(path: String, value: Option<&'a Value>) -> Result<Self, Problem> {
        match value {
            Some(Value::Object(object)) => Ok(Self { path, object, problems: Vec::new() }),
            other => {
                let found = other.map_or_else(|| "missing".to_owned(), found);
                let allowed = r#"an object with the metric's query, such as {"customInlineTemplate": "PromQL:up"}"#;
                Err(Problem::error(path, found, allowed))
            }
        }
    }

    /// The problems so far.
    pub(crate) fn into_problems(self) -> Vec<Problem> {
        self.problems
    }

    /// Adds a problem with a field.
    pub(crate) fn error(&mut self, key: &str, allowed: &str) {
        self.error_with(key, allowed, "");
    }

    /// Adds a problem with a field and its consequence.
    pub(crate) fn error_with(&mut self, key: &str, allowed: &str, consequence: &str) {
        let found = self.object.get(key).map_or_else(|| "missing".to_owned(), found);
        let problem = Problem::error(format!("{}.{key}", self.path), found, allowed);
        self.problems.push(Problem { consequence: consequence.to_owned(), ..problem });
    }

    /// Adds a notice about the object as a whole.
    pub(crate) fn notice(&mut self, found: &str, allowed: &str, consequence: &str) {
        let notice = Problem::notice(self.path.clone(), found, allowed);
        self.problems.push(Problem { consequence: consequence.to_owned(), ..notice });
    }

    fn get(&self, key: &str) -> Option<&'a Value> {
        self.object.get(key).filter(|value| !value.is_null())
    }

    /// Whether a field exists and is not null.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    /// A text; an empty one counts as missing.
    pub(crate) fn text(&mut self, key: &str) -> Option<&'a str> {
        match self.get(key) {
            None => None,
            Some(Value::String(text)) => Some(text.as_str()).filter(|text| !text.is_empty()),
            Some(_) => {
                self.error(key, "a string");
                None
            }
        }
    }

    /// A required text.
    pub(crate) fn needed(&mut self, key: &str) -> &'a str {
        self.needed_as(key, "a string that is not empty")
    }

    /// A required text; `allowed` is the expectation in the problem if it is missing.
    pub(crate) fn needed_as(&mut self, key: &str, allowed: &str) -> &'a str {
        if !self.has(key) || self.get(key).and_then(Value::as_str) == Some("") {
            self.error(key, allowed);
            return "";
        }
        self.text(key).unwrap_or_default()
    }

    /// A list of texts; empty if it is missing.
    pub(crate) fn texts(&mut self, key: &str) -> Vec<String> {
        let Some(value) = self.get(key) else {
            return Vec::new();
        };
        let texts = value.as_array().map(|list| {
            let texts = list.iter().map(|text| text.as_str().map(str::to_owned));
            texts.collect::<Option<Vec<_>>>()
        });
        if let Some(Some(texts)) = texts {
            return texts;
        }
        self.error(key, "a list of strings");
        Vec::new()
    }

    /// A list of texts without order.
    pub(crate) fn names(&mut self, key: &str) -> BTreeSet<String> {
        self.texts(key).into_iter().collect()
    }

    /// Adds notices about unknown fields.
    pub(crate) fn notice_unknown(&mut self, known: &[&str]) {
        let unknown = self.object.keys().filter(|key| !known.contains(&key.as_str()));
        self.problems.extend(
            unknown.map(|key| Problem::unknown_key(format!("{}.{key}", self.path), key, known)),
        );
    }
}

fn found(value: &Value) -> String {
    match value {
        Value::Object(_) => "an object".to_owned(),
        Value::Array(_) => "a list".to_owned(),
        value => value.to_string(),
    }
}
