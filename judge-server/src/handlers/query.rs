//! Reads a path and a query string as the message that they stand for.

use std::borrow::Cow;

use http::Uri;
use judge_contract::proto_json;
use judge_core::Problem;
use prost::Name;
use prost_reflect::{EnumDescriptor, Kind};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::route::Route;
use crate::convert::refusal::{Refusal, quoted};

/// The message whose fields are given by the names in a path and a query string. It is read as the JSON of a body, so its
/// errors are those of a body.
///
/// # Errors
/// If a name is no field, appears twice, or has a value that its field does not allow.
pub(super) fn read<T: Name + DeserializeOwned>(route: &Route, uri: &Uri) -> Result<T, Refusal> {
    let names = route.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let path = names.map(Cow::Borrowed).zip(route.params(uri.path()).ok_or(Refusal::Internal)?);
    let query = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
    let contract = proto_json::descriptor::<T>()?;
    let mut fields = Map::new();
    for (name, value) in path.chain(query) {
        let kind = contract.get_field_by_json_name(&name).map(|field| field.kind());
        let value = match kind {
            _ if value.is_empty() => Value::Null,
            Some(Kind::Enum(words)) => word(&value, &words).into(),
            _ => value.into(),
        };
        if fields.insert(name.clone().into_owned(), value).is_some() {
            return Err(Problem::error(quoted(&name), "this name twice", "each name once").into());
        }
    }
    Ok(proto_json::read(Value::Object(fields).to_string().as_bytes())?)
}

/// The word of an enum for `text`, with or without its prefix, in any case.
fn word(text: &str, words: &EnumDescriptor) -> String {
    let asked = text.to_ascii_uppercase();
    let is_asked = |name: &str| {
        name.strip_suffix(&asked).is_some_and(|prefix| prefix.is_empty() || prefix.ends_with('_'))
    };
    let found = words.values().find(|word| is_asked(word.name()));
    found.map_or_else(|| text.to_owned(), |word| word.name().to_owned())
}
