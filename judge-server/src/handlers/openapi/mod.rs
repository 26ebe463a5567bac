//! The `OpenAPI` document against the contract.

use std::collections::BTreeSet;

use prost_reflect::{DescriptorPool, Kind, MessageDescriptor};
use serde_json::Value;

use super::http::OPENAPI;
use super::route::{Messages, Side};
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
        "StartCanaryRequest",
        "StartCanaryResponse",
        "GetCanaryResponse",
        "WatchCanaryResponse",
        "ListCanariesResponse",
        "CancelCanaryRequest",
        "CancelCanaryResponse",
        "CreateConfigRequest",
        "CreateConfigResponse",
        "UpdateConfigRequest",
        "UpdateConfigResponse",
        "GetConfigResponse",
        "ListConfigsResponse",
        "ListConfigVersionsResponse",
        "DeleteConfigResponse",
        "ListAuditEntriesResponse",
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

#[test]
fn the_document_has_every_route_of_the_contract_and_its_messages() {
    let document: Value = serde_json::from_str(OPENAPI).unwrap();
    for route in super::canary_routes::CANARIES.iter().filter(|route| route.side == Side::Http) {
        let operation = &document["paths"][route.path][route.method.to_ascii_lowercase()];
        assert_eq!(operation["summary"], route.summary, "{} {}", route.method, route.path);
        let Messages { request, response } = route.messages.as_ref().unwrap();
        let schema = |content: &Value| {
            let content = content["content"].as_object().unwrap().values().next().unwrap();
            content["schema"]["$ref"].as_str().unwrap().rsplit('/').next().unwrap().to_owned()
        };
        assert_eq!(&schema(&operation["responses"]["200"]), response);
        match request {
            Some(request) => assert_eq!(&schema(&operation["requestBody"]), request),
            None => assert!(operation.get("requestBody").is_none()),
        }
    }
}
