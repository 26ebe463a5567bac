//! Fields of a query in a config, with every problem collected.

use std::collections::BTreeSet;

use judge_core::Problem;
use serde_json::{Map, Value};

/// An object of the config: where it stands, its fields, and what is wrong with them.
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
    /// When it is none.
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

    /// Everything wrong so far, or nothing.
    pub(crate) fn into_problems(self) -> Vec<Problem> {
        self.problems
    }

    /// Says what is wrong with a field.
    pub(crate) fn error(&mut self, key: &str, allowed: &str) {
        self.error_with(key, allowed, "");
    }

    /// The same, with what follows.
    pub(crate) fn error_with(&mut self, key: &str, allowed: &str, consequence: &str) {
        let found = self.object.get(key).map_or_else(|| "missing".to_owned(), found);
        let problem = Problem::error(format!("{}.{key}", self.path), found, allowed);
        self.problems.push(Problem { consequence: consequence.to_owned(), ..problem });
    }

    fn get(&self, key: &str) -> Option<&'a Value> {
        self.object.get(key).filter(|value| !value.is_null())
    }

    /// Whether a field is there and is not null.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    /// A text; an empty one counts as none.
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

    /// A text that must be there.
    pub(crate) fn needed(&mut self, key: &str) -> &'a str {
        self.needed_as(key, "a string that is not empty")
    }

    /// The same, with what is `allowed` where it is not there.
    pub(crate) fn needed_as(&mut self, key: &str, allowed: &str) -> &'a str {
        if !self.has(key) || self.get(key).and_then(Value::as_str) == Some("") {
            self.error(key, allowed);
            return "";
        }
        self.text(key).unwrap_or_default()
    }

    /// A list of texts; none is an empty one.
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

    /// The same without order.
    pub(crate) fn names(&mut self, key: &str) -> BTreeSet<String> {
        self.texts(key).into_iter().collect()
    }

    /// Notices fields that nothing reads.
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
