//! The OpenAPI document says what the contract says.

use prost_reflect::{DescriptorPool, Kind, MessageDescriptor};
use serde_json::Value;

use super::OPENAPI;
use crate::proto::DESCRIPTORS;

const PACKAGE: &str = "canary.judge.v1";

/// The names under `key` of a schema, sorted.
fn names(schema: &Value, key: &str) -> Vec<String> {
    let mut names: Vec<String> = match &schema[key] {
        Value::Object(entries) => entries.keys().cloned().collect(),
        Value::Array(entries) => {
            entries.iter().filter_map(Value::as_str).map(str::to_owned).collect()
        }
        _ => Vec::new(),
    };
    names.sort_unstable();
    names
}

fn sorted(names: impl Iterator<Item = String>) -> Vec<String> {
    let mut names: Vec<String> = names.collect();
    names.sort_unstable();
    names
}

/// The contract's messages that HTTP answers are made of.
fn answered(pool: &DescriptorPool) -> Vec<MessageDescriptor> {
    let mut found: Vec<MessageDescriptor> =
        ["JudgeResponse", "ListJudgesResponse", "ValidateConfigResponse"]
            .iter()
            .map(|name| pool.get_message_by_name(&format!("{PACKAGE}.{name}")).unwrap())
            .collect();
    let mut next = 0;
    while next < found.len() {
        let fields: Vec<_> = found[next].fields().collect();
        for field in fields {
            if let Kind::Message(message) = field.kind()
                && message.package_name() == PACKAGE
                && !message.is_map_entry()
                && !found.contains(&message)
            {
                found.push(message);
            }
        }
        next += 1;
    }
    found
}

#[test]
fn openapi_has_every_field_and_every_word_of_an_answer() {
    let document: Value = serde_json::from_str(OPENAPI).unwrap();
    let schemas = &document["components"]["schemas"];
    let pool = DescriptorPool::decode(DESCRIPTORS).unwrap();
    let messages = answered(&pool);
    assert!(messages.iter().any(|message| message.name() == "Finding"));
    for message in messages {
        let fields = sorted(message.fields().map(|field| field.json_name().to_owned()));
        assert_eq!(names(&schemas[message.name()], "properties"), fields, "{}", message.name());
        for field in message.fields() {
            if let Kind::Enum(words) = field.kind() {
                let values = sorted(words.values().map(|value| value.name().to_owned()));
                assert_eq!(names(&schemas[words.name()], "enum"), values, "{}", words.name());
            }
        }
    }
}
