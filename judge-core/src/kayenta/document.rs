//! Reads a JSON document field by field and collects every problem with its path.

use std::fmt;

use serde_json::{Map, Value};

use crate::problem::{MISSING, Problem};

/// Path of a value in its document.
#[derive(Debug, Clone, Copy)]
pub(super) enum JsonPath<'a> {
    Root,
    Key(&'a JsonPath<'a>, &'a str),
    Index(&'a JsonPath<'a>, usize),
}

impl fmt::Display for JsonPath<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => Ok(()),
            Self::Key(JsonPath::Root, key) => f.write_str(key),
            Self::Key(parent, key) => write!(f, "{parent}.{key}"),
            Self::Index(parent, index) => write!(f, "{parent}[{index}]"),
        }
    }
}

/// A value and its path. A missing field is a node without a value; `null` is a value.
#[derive(Debug, Clone, Copy)]
pub(super) struct Node<'a> {
    pub(super) path: JsonPath<'a>,
    pub(super) value: Option<&'a Value>,
}

/// All problems found so far.
pub(super) type ProblemList = Vec<Problem>;

/// A reader stops after this many problems: a small hostile document can have a million.
const MOST_PROBLEMS: usize = 10_000;

/// Whether the reader must stop. The document is then refused.
pub(super) fn too_many(problems: &mut ProblemList) -> bool {
    if problems.len() < MOST_PROBLEMS {
        return false;
    }
    problems.push(Problem::error(
        "",
        format!("over {MOST_PROBLEMS} problems"),
        format!("at most {MOST_PROBLEMS} problems"),
    ));
    true
}

impl<'a> Node<'a> {
    pub(super) fn root(value: &'a Value) -> Self {
        Self { path: JsonPath::Root, value: Some(value) }
    }

    /// The field `key`; missing if this is not an object.
    pub(super) fn field<'b>(&'b self, key: &'b str) -> Node<'b> {
        Node {
            path: JsonPath::Key(&self.path, key),
            value: self.value.and_then(|value| value.get(key)),
        }
    }

    /// Whether the value is missing or `null`.
    pub(super) fn is_absent(&self) -> bool {
        self.value.is_none_or(Value::is_null)
    }

    pub(super) fn error(&self, allowed: &str) -> Problem {
        Problem::error(self.path.to_string(), self.quoted(), allowed)
    }

    pub(super) fn suspect(&self, allowed: &str, consequence: &str) -> Problem {
        Problem::suspect(self.path.to_string(), self.quoted(), allowed, consequence)
    }

    pub(super) fn notice(&self, allowed: &str) -> Problem {
        Problem::notice(self.path.to_string(), self.quoted(), allowed)
    }

    pub(super) fn quoted(&self) -> String {
        match self.value {
            None => MISSING.to_owned(),
            // Objects and lists may be large, and a person does not need to see them again.
            Some(Value::Object(_)) => "an object".to_owned(),
            Some(Value::Array(_)) => "a list".to_owned(),
            Some(value) => value.to_string(),
        }
    }

    pub(super) fn object(&self, problems: &mut ProblemList) -> Option<&'a Map<String, Value>> {
        let object = self.value.and_then(Value::as_object);
        if object.is_none() {
            problems.push(self.error("an object"));
        }
        object
    }

    pub(super) fn list(&self, problems: &mut ProblemList) -> Option<&'a Vec<Value>> {
        let list = self.value.and_then(Value::as_array);
        if list.is_none() {
            problems.push(self.error("a list"));
        }
        list
    }

    pub(super) fn string(&self, problems: &mut ProblemList) -> Option<&'a str> {
        let string = self.value.and_then(Value::as_str);
        if string.is_none() {
            problems.push(self.error("a string"));
        }
        string
    }

    /// A flag; false if it is missing.
    pub(super) fn flag(&self, problems: &mut ProblemList) -> bool {
        match self.value {
            Some(Value::Bool(flag)) => *flag,
            None | Some(Value::Null) => false,
            Some(_) => {
                problems.push(self.error("true or false"));
                false
            }
        }
    }

    /// A number, or a string that holds one, as Jackson reads a field of type double.
    pub(super) fn number(&self) -> Option<f64> {
        match self.value {
            Some(Value::Number(number)) => number.as_f64(),
            Some(Value::String(text)) => crate::number::parse(text),
            _ => None,
        }
    }

    /// Adds a notice for each key of this object that is not in `known`.
    pub(super) fn notice_unknown(&self, known: &[&str], problems: &mut ProblemList) {
        let keys = self.value.and_then(Value::as_object).into_iter().flat_map(Map::keys);
        for key in keys.filter(|key| !known.contains(&key.as_str())) {
            if too_many(problems) {
                return;
            }
            let path = JsonPath::Key(&self.path, key).to_string();
            problems.push(Problem::unknown_key(path, key, known));
        }
    }
}

/// The elements of `list`, whose path is `path`.
pub(super) fn elements<'a>(
    path: &'a JsonPath<'a>,
    list: &'a [Value],
) -> impl Iterator<Item = Node<'a>> {
    list.iter()
        .enumerate()
        .map(move |(index, value)| Node { path: JsonPath::Index(path, index), value: Some(value) })
}

#[cfg(test)]
mod tests {
    use super::MOST_PROBLEMS;
    use crate::kayenta::check_config;

    #[test]
    fn a_reader_stops_when_there_are_very_many_problems() {
        let zeros = vec!["0"; 2 * MOST_PROBLEMS].join(",");
        let documents = [
            format!(r#"{{"metrics": [{zeros}], "classifier": {{}}}}"#),
            format!(r#"{{"metrics": [{{"name": "a", "groups": [{zeros}]}}], "classifier": {{}}}}"#),
        ];
        for document in documents {
            let problems = check_config(document.as_bytes());
            assert!(problems.len() <= MOST_PROBLEMS + 3, "{}", problems.len());
            assert!(problems.iter().any(|problem| problem.value == "over 10000 problems"));
        }
    }
}
