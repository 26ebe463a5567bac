//! Reads fields of documents as leniently as Kayenta's Jackson: numbers may be texts, nulls count as absent.

use serde_json::Value;

use super::request::wrong;
use crate::convert::refusal::Refusal;

/// The document without properties that are null, at any depth.
pub(super) fn without_nulls(mut document: Value) -> Value {
    drop_nulls(&mut document);
    document
}

fn drop_nulls(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|_, value| !value.is_null());
            fields.values_mut().for_each(drop_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(drop_nulls),
        _ => {}
    }
}

/// A required text; a number or a boolean becomes text.
pub(super) fn text(object: &Value, name: &str) -> Option<String> {
    match object.get(name)? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}

/// A field by its path for errors, such as `thresholds.pass`: the object has the last name of it.
pub(super) fn field<'a>(object: &'a Value, path: &str) -> Option<&'a Value> {
    object.get(path.rsplit('.').next()?)
}

/// A number, also if it is written as text.
pub(super) fn number(object: &Value, path: &str) -> Result<Option<f64>, Refusal> {
    let Some(found) = field(object, path) else { return Ok(None) };
    let number = match found {
        Value::String(text) if text.trim().is_empty() => return Ok(None),
        Value::String(text) => text.trim().parse().ok(),
        found => found.as_f64(),
    };
    let number = number.filter(|number: &f64| number.is_finite());
    number.map(Some).ok_or_else(|| wrong(format!("{path}: expected a number, got {found}")))
}

/// A whole number from 0; decimals are cut off.
pub(super) fn whole(object: &Value, path: &str) -> Result<Option<u64>, Refusal> {
    let Some(number) = number(object, path)? else { return Ok(None) };
    if !(0.0..=1e15).contains(&number) {
        return Err(wrong(format!("{path}: expected a whole number from 0, got {number}")));
    }
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 1e15")]
    Ok(Some(number as u64))
}

/// A map of texts.
pub(super) fn texts(object: &Value, name: &str) -> std::collections::BTreeMap<String, String> {
    let fields = object.get(name).and_then(Value::as_object).into_iter().flatten();
    fields.filter_map(|(key, _)| Some((key.clone(), text(&object[name], key)?))).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_may_be_texts_and_nulls_are_absent() {
        let odd = without_nulls(json!({
            "a": "75", "b": 75.9, "c": null, "d": "x", "e": -1, "f": {"g": [null, {"h": null}]}, "i": "",
        }));
        assert_eq!(number(&odd, "a").unwrap(), Some(75.0));
        assert_eq!(whole(&odd, "b").unwrap(), Some(75));
        assert_eq!(whole(&odd, "c").unwrap(), None);
        assert_eq!(number(&odd, "i").unwrap(), None);
        assert!(number(&odd, "d").is_err() && whole(&odd, "e").is_err());
        let refused = number(&odd, "thresholds.d").unwrap_err().to_string();
        assert!(refused.contains("thresholds.d: expected a number, got \"x\""), "{refused}");
        assert_eq!(odd["f"], json!({"g": [null, {}]}));
    }
}
