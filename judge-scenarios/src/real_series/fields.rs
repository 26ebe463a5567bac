//! Reads the fields of one line of NDJSON.

use serde_json::{Map, Value};
use thiserror::Error;

/// Why a line is refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{}expected {expected}, got {got}", prefix(.field))]
pub struct LineError {
    /// The field, such as `x[3]`; empty for the line as a whole.
    pub field: String,
    /// The expected value.
    pub expected: String,
    /// The value found, shortened.
    pub got: String,
}

/// A message quotes at most this many characters of a file.
const LONGEST: usize = 60;

fn prefix(field: &str) -> String {
    if field.is_empty() { String::new() } else { format!("{field}: ") }
}

fn shorten(text: &str) -> String {
    let mut short: String = text.chars().take(LONGEST).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

impl LineError {
    pub(super) fn new(
        field: impl Into<String>,
        expected: impl Into<String>,
        got: impl AsRef<str>,
    ) -> Self {
        let got = shorten(got.as_ref());
        Self { field: field.into(), expected: expected.into(), got }
    }
}

/// Describes `value` for a message.
fn describe(value: &Value) -> String {
    match value {
        Value::Array(items) => format!("a list of {}", items.len()),
        Value::Object(_) => "an object".to_owned(),
        other => other.to_string(),
    }
}

/// A JSON object whose fields we read one by one.
pub(super) struct LineFields {
    map: Map<String, Value>,
    /// The name of the object and a dot; empty for the line itself.
    path: String,
}

impl LineFields {
    /// # Errors
    /// If `line` is not a single JSON object.
    pub(super) fn parse(line: &[u8]) -> Result<Self, LineError> {
        let value: Value = serde_json::from_slice(line).map_err(|error| {
            LineError::new("", "a JSON object on one line", format!("malformed JSON: {error}"))
        })?;
        Self::new(value, "")
    }

    /// # Errors
    /// If `value`, which messages call `name`, is not an object.
    pub(super) fn new(value: Value, name: &str) -> Result<Self, LineError> {
        let path = if name.is_empty() { String::new() } else { format!("{name}.") };
        match value {
            Value::Object(map) => Ok(Self { map, path }),
            other => Err(LineError::new(name, "a JSON object", describe(&other))),
        }
    }

    fn name(&self, field: &str) -> String {
        format!("{}{field}", self.path)
    }

    fn take(&mut self, field: &str, expected: &str) -> Result<Value, LineError> {
        let found = self.map.remove(field);
        found.ok_or_else(|| LineError::new(self.name(field), expected, "no such field"))
    }

    /// A non-empty text.
    pub(super) fn take_text(&mut self, field: &str) -> Result<String, LineError> {
        let expected = "a text that is not empty";
        match self.take(field, expected)? {
            Value::String(text) if !text.is_empty() => Ok(text),
            other => Err(LineError::new(self.name(field), expected, describe(&other))),
        }
    }

    /// A list of numbers; null is a gap and becomes NaN.
    pub(super) fn take_points(&mut self, field: &str) -> Result<Vec<f64>, LineError> {
        let expected = "a list of numbers and nulls";
        let list = match self.take(field, expected)? {
            Value::Array(list) => list,
            other => return Err(LineError::new(self.name(field), expected, describe(&other))),
        };
        let point = |(index, value): (usize, &Value)| match value {
            Value::Null => Ok(f64::NAN),
            other => other.as_f64().filter(|number| number.is_finite()).ok_or_else(|| {
                let name = format!("{}[{index}]", self.name(field));
                LineError::new(name, "a finite number or null", describe(other))
            }),
        };
        list.iter().enumerate().map(point).collect()
    }

    /// A flag; false if it is missing.
    pub(super) fn take_flag(&mut self, field: &str) -> Result<bool, LineError> {
        match self.map.remove(field) {
            None => Ok(false),
            Some(Value::Bool(flag)) => Ok(flag),
            Some(other) => Err(LineError::new(self.name(field), "true or false", describe(&other))),
        }
    }

    /// Ranges of indices `[first, end]`, without `end`, within `0..points`; none if the field is missing.
    pub(super) fn take_ranges(
        &mut self,
        field: &str,
        points: usize,
    ) -> Result<Vec<std::ops::Range<usize>>, LineError> {
        let list = match self.map.remove(field) {
            None => return Ok(Vec::new()),
            Some(Value::Array(list)) => list,
            Some(other) => {
                let expected = "a list of index ranges";
                return Err(LineError::new(self.name(field), expected, describe(&other)));
            }
        };
        let range = |(index, value): (usize, &Value)| {
            let numbers = value.as_array().map(|ends| {
                let ends = ends.iter().map(|end| usize::try_from(end.as_u64()?).ok());
                ends.collect::<Vec<Option<usize>>>()
            });
            match numbers.as_deref() {
                Some([Some(first), Some(end)]) if first <= end && *end <= points => {
                    Ok(*first..*end)
                }
                _ => {
                    let name = format!("{}[{index}]", self.name(field));
                    let expected = format!("[first, end] with 0 <= first <= end <= {points}");
                    Err(LineError::new(name, expected, value.to_string()))
                }
            }
        };
        list.iter().enumerate().map(range).collect()
    }

    /// The object of the field, as (name, value) in the order of the names.
    pub(super) fn take_object(&mut self, field: &str) -> Result<Vec<(String, Value)>, LineError> {
        let value = self.take(field, "a JSON object")?;
        let object = Self::new(value, &self.name(field))?;
        Ok(object.map.into_iter().collect())
    }

    /// # Errors
    /// If a field was not read, since a misspelled field would silently change the measurement.
    pub(super) fn finish(self, field_names: &str) -> Result<(), LineError> {
        match self.map.keys().next() {
            None => Ok(()),
            Some(name) => {
                let expected = format!("no fields but {field_names}");
                Err(LineError::new(self.path.trim_end_matches('.'), expected, format!("{name:?}")))
            }
        }
    }
}
