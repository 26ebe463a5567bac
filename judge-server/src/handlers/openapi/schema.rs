//! Messages of the contract as JSON schemas.

use std::collections::{BTreeMap, BTreeSet};

use judge_contract::proto;
use prost_reflect::{
    DescriptorPool, EnumDescriptor, FieldDescriptor, FileDescriptor, Kind, MessageDescriptor,
};
use serde_json::{Map, Value, json};

use crate::convert::refusal::Refusal;

/// The package of the contract.
const PACKAGE: &str = "canary.judge.v1";

/// The messages that this server reads and writes.
pub(super) struct Contract(DescriptorPool);

/// A reference to a schema elsewhere in the document.
pub(super) fn reference(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

/// Messages and enums of the contract, by name.
#[derive(Default)]
struct Reached {
    messages: BTreeMap<String, MessageDescriptor>,
    enums: BTreeMap<String, EnumDescriptor>,
}

impl Reached {
    fn message(&mut self, message: &MessageDescriptor) {
        let known = message.package_name() != PACKAGE;
        if known || self.messages.insert(message.name().to_owned(), message.clone()).is_some() {
            return;
        }
        self.fields(message);
    }

    fn fields(&mut self, message: &MessageDescriptor) {
        for field in message.fields() {
            match value_kind(&field) {
                Kind::Message(inner) => self.message(&inner),
                Kind::Enum(inner) => drop(self.enums.insert(inner.name().to_owned(), inner)),
                _ => {}
            }
        }
    }
}

impl Contract {
    pub(super) fn new() -> Result<Self, Refusal> {
        DescriptorPool::decode(proto::DOCUMENTED).map(Self).map_err(|_| Refusal::Internal)
    }

    fn message(&self, name: &str) -> Result<MessageDescriptor, Refusal> {
        self.0.get_message_by_name(&format!("{PACKAGE}.{name}")).ok_or(Refusal::Internal)
    }

    /// The fields of a message, each with its schema and its comment.
    pub(super) fn fields(&self, message: &str) -> Result<Vec<(String, Value, String)>, Refusal> {
        let described = |field: FieldDescriptor| {
            (field.json_name().to_owned(), of_field(&field), comment_of_field(&field))
        };
        Ok(self.message(message)?.fields().map(described).collect())
    }

    /// The schemas of the messages that are `sent` and `answered`, and of all messages in them and in the fields of those
    /// `asked` for.
    pub(super) fn schemas(
        &self,
        sent: impl Iterator<Item = String>,
        answered: impl Iterator<Item = String>,
        asked: impl Iterator<Item = String>,
    ) -> Result<Map<String, Value>, Refusal> {
        let mut reached = Reached::default();
        for name in sent {
            reached.message(&self.message(&name)?);
        }
        for name in asked {
            reached.fields(&self.message(&name)?);
        }
        let read: BTreeSet<String> = reached.messages.keys().cloned().collect();
        for name in answered {
            reached.message(&self.message(&name)?);
        }
        let mut schemas = Map::new();
        for (name, message) in &reached.messages {
            schemas.insert(name.clone(), of_message(message, read.contains(name)));
        }
        for (name, words) in reached.enums {
            let description = comment(&words.parent_file(), words.path());
            let words: Vec<String> = words.values().map(|word| word.name().to_owned()).collect();
            let schema = json!({"type": "string", "description": description, "enum": words});
            schemas.insert(name, schema);
        }
        Ok(schemas)
    }
}

/// The schema of an object. A field is required if its comment says so, or if nobody sends the message: then it is written
/// even with its default.
fn of_message(message: &MessageDescriptor, is_read: bool) -> Value {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for field in message.fields() {
        let (mut schema, description) = (of_field(&field), comment_of_field(&field));
        let is_written = !is_read && !field.supports_presence();
        if (is_written || is_required(&description)) && !is_choice(&field) {
            required.push(field.json_name().to_owned());
        }
        schema["description"] = description.into();
        properties.insert(field.json_name().to_owned(), schema);
    }
    let mut schema = json!({
        "type": "object",
        "description": comment(&message.parent_file(), message.path()),
        "properties": properties,
        "additionalProperties": false,
    });
    let choices: Vec<Value> = message
        .oneofs()
        .filter(|choice| is_required(&comment(&choice.parent_file(), choice.path())))
        .map(|choice| {
            let one = |field: FieldDescriptor| json!({"required": [field.json_name()]});
            json!({"oneOf": choice.fields().map(one).collect::<Vec<_>>()})
        })
        .collect();
    if !required.is_empty() {
        schema["required"] = required.into();
    }
    if !choices.is_empty() {
        schema["allOf"] = choices.into();
    }
    schema
}

/// Whether a field belongs to a oneof.
fn is_choice(field: &FieldDescriptor) -> bool {
    field.containing_oneof().is_some_and(|choice| !choice.is_synthetic())
}

/// Whether a comment says that a field is always present; comments about conditional fields say "Required if …".
fn is_required(comment: &str) -> bool {
    comment.contains("Required.") || comment.contains("Required;")
}

/// The kind of a field's values, in a list or a map too.
fn value_kind(field: &FieldDescriptor) -> Kind {
    match field.kind() {
        Kind::Message(entry) if field.is_map() => entry.map_entry_value_field().kind(),
        kind => kind,
    }
}

fn of_field(field: &FieldDescriptor) -> Value {
    let value = of_kind(&value_kind(field));
    if field.is_map() {
        json!({"type": "object", "additionalProperties": value})
    } else if field.is_list() {
        json!({"type": "array", "items": value})
    } else {
        value
    }
}

/// Values in protobuf's canonical JSON.
fn of_kind(kind: &Kind) -> Value {
    match kind {
        Kind::Double | Kind::Float => reference("Double"),
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => json!({"type": "integer"}),
        Kind::Uint32 | Kind::Fixed32 => json!({"type": "integer", "minimum": 0}),
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 | Kind::Uint64 | Kind::Fixed64 => {
            reference("Int64")
        }
        Kind::Bool => json!({"type": "boolean"}),
        Kind::String => json!({"type": "string"}),
        Kind::Bytes => json!({"type": "string", "contentEncoding": "base64"}),
        Kind::Enum(words) => reference(words.name()),
        Kind::Message(message) => match message.full_name() {
            "google.protobuf.Timestamp" => json!({"type": "string", "format": "date-time"}),
            "google.protobuf.Duration" => {
                json!({"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]{1,9})?s$"})
            }
            _ if message.package_name() == PACKAGE => reference(message.name()),
            _ => json!({"type": "object"}),
        },
    }
}

fn comment_of_field(field: &FieldDescriptor) -> String {
    comment(&field.parent_file(), field.path())
}

/// The comment above what stands at `path`, on one line.
fn comment(file: &FileDescriptor, path: &[i32]) -> String {
    let info = file.file_descriptor_proto().source_code_info.as_ref();
    let above = info.and_then(|info| {
        let at = info.location.iter().find(|location| location.path == path)?;
        at.leading_comments.as_deref()
    });
    let words: Vec<&str> = above.unwrap_or_default().split_whitespace().collect();
    words.join(" ")
}
