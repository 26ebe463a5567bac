//! Finds the problems of a document that is none of our messages, by walking it along the contract.

use std::collections::BTreeMap;
use std::fmt::{self, Write};
use std::str::FromStr;

use judge_core::Problem;
use prost_reflect::{EnumDescriptor, FieldDescriptor, Kind, MessageDescriptor};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::Problems;

/// A walk: its path, and the problems found so far.
#[derive(Default)]
pub(super) struct Walk {
    path: String,
    pub(super) problems: Problems,
}

impl Walk {
    /// Checks a message, and removes fields that are `null`, which means unset.
    pub(super) fn message(&mut self, value: &mut Value, message: &MessageDescriptor) {
        let Value::Object(fields) = value else { return self.wrong(value, || "an object".into()) };
        let mut set: BTreeMap<String, &str> = BTreeMap::new();
        for (name, value) in fields.iter_mut() {
            let dot = if self.path.is_empty() { "" } else { "." };
            self.within(format_args!("{dot}{name}"), |walk| {
                let field = message.get_field_by_json_name(name);
                let Some(field) = field.or_else(|| message.get_field_by_name(name)) else {
                    let allowed = || format!("one of {}", names(message, name));
                    return walk.push("an unknown field", allowed);
                };
                if value.is_null() {
                    return;
                }
                // Only one field of a oneof may be given, and only one of the two names of a field.
                let choice = field.containing_oneof();
                let choice = choice.map_or(field.full_name().into(), |one| one.full_name().into());
                if let Some(other) = set.insert(choice, name) {
                    let found = format!("this field and {other}");
                    return walk.push(found, || "one of the two".into());
                }
                walk.field(value, &field);
            });
        }
        fields.retain(|_, value| !value.is_null());
    }

    fn field(&mut self, value: &mut Value, field: &FieldDescriptor) {
        let kind = field.kind();
        if let (true, Kind::Message(entry)) = (field.is_map(), &kind) {
            let Value::Object(entries) = value else {
                return self.wrong(value, || "an object".into());
            };
            let kind = entry.map_entry_value_field().kind();
            for (key, value) in entries {
                self.within(format_args!(".{key}"), |walk| walk.value(value, &kind));
            }
        } else if field.is_list() {
            let Value::Array(list) = value else { return self.wrong(value, || "a list".into()) };
            for (index, value) in list.iter_mut().enumerate() {
                self.within(format_args!("[{index}]"), |walk| walk.value(value, &kind));
            }
        } else {
            self.value(value, &kind);
        }
    }

    /// Checks a value, if that can be done without the rest.
    fn value(&mut self, value: &mut Value, kind: &Kind) {
        let (reads, allowed): (fn(&Value) -> bool, _) = match kind {
            Kind::Message(message) => match message.full_name() {
                "google.protobuf.Timestamp" => {
                    (reads::<pbjson_types::Timestamp>, "a time such as \"2026-01-31T12:00:00Z\"")
                }
                "google.protobuf.Duration" => {
                    (reads::<pbjson_types::Duration>, "seconds such as \"60s\" or \"0.5s\"")
                }
                _ => return self.message(value, message),
            },
            Kind::Enum(words) => {
                if !is_word(value, words) {
                    let all = || words.values().map(|word| word.name().to_owned());
                    self.wrong(value, || all().collect::<Vec<_>>().join(", "));
                }
                return;
            }
            Kind::Double | Kind::Float => {
                (is_number, "a number, or \"NaN\", \"Infinity\" or \"-Infinity\"")
            }
            Kind::Bool => (Value::is_boolean, "true or false"),
            Kind::String | Kind::Bytes => (Value::is_string, "a string"),
            Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => {
                (is_whole::<i32>, "a whole number of 32 bits")
            }
            Kind::Uint32 | Kind::Fixed32 => (is_whole::<u32>, "a whole number, 0 to 4294967295"),
            Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => {
                (is_whole::<i64>, "a whole number of 64 bits")
            }
            Kind::Uint64 | Kind::Fixed64 => {
                (is_whole::<u64>, "a whole number of 64 bits, 0 or above")
            }
        };
        if !reads(value) {
            self.wrong(value, || allowed.into());
        }
    }

    fn within(&mut self, step: fmt::Arguments<'_>, look: impl FnOnce(&mut Self)) {
        let before = self.path.len();
        // Writing to a text cannot fail.
        let _ = self.path.write_fmt(step);
        look(self);
        self.path.truncate(before);
    }

    fn wrong(&mut self, value: &Value, allowed: impl FnOnce() -> String) {
        match value {
            // These may be large, and the path is enough.
            Value::Object(_) => self.push("an object", allowed),
            Value::Array(_) => self.push("a list", allowed),
            value => self.push(value, allowed),
        }
    }

    fn push(&mut self, found: impl fmt::Display, allowed: impl FnOnce() -> String) {
        let path = &self.path;
        self.problems.push(|| Problem::error(path, found, allowed()));
    }
}

fn reads<T: DeserializeOwned>(value: &Value) -> bool {
    // A text that cannot be a number, time or duration is not copied.
    !matches!(value, Value::Array(_) | Value::Object(_)) && T::deserialize(value).is_ok()
}

/// A number, or its text.
fn is_number(value: &Value) -> bool {
    match value {
        Value::Number(_) => true,
        Value::String(text) => text.parse::<f64>().is_ok(),
        _ => false,
    }
}

/// A whole number within `T`, or its text.
fn is_whole<T: FromStr + TryFrom<i64> + TryFrom<u64>>(value: &Value) -> bool {
    match value {
        Value::Number(number) => {
            let signed = number.as_i64().is_some_and(|number| T::try_from(number).is_ok());
            signed || number.as_u64().is_some_and(|number| T::try_from(number).is_ok())
        }
        Value::String(text) => text.parse::<T>().is_ok(),
        _ => false,
    }
}

fn is_word(value: &Value, words: &EnumDescriptor) -> bool {
    match value {
        Value::String(name) => words.get_value_by_name(name).is_some(),
        value => {
            let number = value.as_i64().and_then(|number| i32::try_from(number).ok());
            number.is_some_and(|number| words.get_value(number).is_some())
        }
    }
}

/// The names of a message's fields; those with the same beginning as `found` come first.
fn names(message: &MessageDescriptor, found: &str) -> String {
    let alike = |name: &str| name.chars().zip(found.chars()).take_while(|(a, b)| a == b).count();
    let mut names: Vec<String> =
        message.fields().map(|field| field.json_name().to_owned()).collect();
    names.sort_by_key(|name| std::cmp::Reverse(alike(name)));
    names.join(", ")
}
