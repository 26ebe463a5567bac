//! The `OpenAPI` document against the contract.

use std::collections::BTreeSet;

use prost_reflect::{DescriptorPool, Kind, MessageDescriptor};
use serde_json::Value;

use super::http::OPENAPI;
use crate::proto;

const PACKAGE: &str = "canary.judge.v1";

/// What the document has to describe: `name` and all that is in it.
fn reach(message: &MessageDescriptor, reached: &mut BTreeSet<String>) {
    if message.package_name() != PACKAGE || !reached.insert(message.name().to_owned()) {
        return;
    }
    for field in message.fields() {
        match field.kind() {
            Kind::Message(inner) if !field.is_map() => reach(&inner, reached),
            Kind::Enum(inner) => drop(reached.insert(inner.name().to_owned())),
            _ => {}
        }
    }
}

#[test]
fn the_document_has_every_field_and_word_of_the_contract() {
    let document: Value = serde_json::from_str(OPENAPI).unwrap();
    let schemas = &document["components"]["schemas"];
    let pool = DescriptorPool::decode(proto::DESCRIPTORS).unwrap();
    let message = |name: &str| pool.get_message_by_name(&format!("{PACKAGE}.{name}"));
    let mut reached = BTreeSet::new();
    for name in [
        "JudgeRequest",
        "JudgeResponse",
        "ListJudgesResponse",
        "ValidateConfigRequest",
        "ValidateConfigResponse",
    ] {
        reach(&message(name).unwrap(), &mut reached);
    }
    assert!(reached.contains("Finding") && reached.contains("AcrossMetrics"));
    for name in &reached {
        let schema = &schemas[name];
        if let Some(message) = message(name) {
            let expected: BTreeSet<String> =
                message.fields().map(|field| field.json_name().to_owned()).collect();
            let properties = schema["properties"].as_object().expect(name);
            let described: BTreeSet<String> = properties.keys().cloned().collect();
            assert_eq!(described, expected, "{name}");
        } else {
            let words = pool.get_enum_by_name(&format!("{PACKAGE}.{name}")).unwrap();
            let expected: Vec<String> = words.values().map(|word| word.name().to_owned()).collect();
            let described: Vec<String> =
                serde_json::from_value(schema["enum"].clone()).expect(name);
            assert_eq!(described, expected, "{name}");
        }
    }
}
