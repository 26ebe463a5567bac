//! `/canaryConfig`.

use jiff::Timestamp;
use judge_canary::{CanaryError, ConfigVersion, Existing, KeepError, RunnableConfig};
use serde_json::{Value, json};

use super::fields::{text, whole};
use super::request::{KayentaRequest, refused, wrong};
use super::times::{instant, iso};
use crate::convert::refusal::Refusal;

pub(super) async fn list(asked: &KayentaRequest<'_>) -> Result<Value, Refusal> {
    // One parameter may contain several, as in Spring.
    let applications = asked.params.all("application").flat_map(|names| names.split(','));
    let applications: Vec<String> = applications.map(str::to_owned).collect();
    let found = asked.canaries.configs(&applications).await.map_err(refused)?;
    let lines = found.into_iter().map(|config| {
        json!({
            "id": config.id, "name": config.name, "applications": config.applications,
            "updatedTimestamp": config.updated_millis, "updatedTimestampIso": iso(config.updated_millis),
        })
    });
    Ok(lines.collect())
}

pub(super) async fn get(asked: &KayentaRequest<'_>) -> Result<Value, Refusal> {
    Ok(shown(stored(asked, asked.params.id()).await?))
}

/// The newest version of a config.
pub(super) async fn stored(asked: &KayentaRequest<'_>, id: &str) -> Result<ConfigVersion, Refusal> {
    asked.canaries.config(id, None).await.map_err(refused)
}

pub(super) async fn create(asked: &KayentaRequest<'_>) -> Result<Value, Refusal> {
    let mut config = readable(asked.body.clone());
    let now = asked.canaries.now_millis();
    let given = text(&config, "id").filter(|id| !id.is_empty());
    let id = given.unwrap_or_else(|| uuid::Uuid::new_v4().to_string());
    let created = time(&config, "createdTimestamp")?.unwrap_or(now);
    let updated = time(&config, "updatedTimestamp")?.unwrap_or(created);
    config["id"] = json!(id);
    stamp(&mut config, Some(created), updated);
    put(asked, &id, config, Existing::MustNot).await
}

pub(super) async fn update(asked: &KayentaRequest<'_>) -> Result<Value, Refusal> {
    let id = asked.params.id();
    // A missing config is reported before problems of the document.
    asked.canaries.config(id, None).await.map_err(|error| missing(id, error))?;
    let mut config = readable(asked.body.clone());
    let created = time(&config, "createdTimestamp")?;
    stamp(&mut config, created, asked.canaries.now_millis());
    put(asked, id, config, Existing::Must).await
}

async fn put(
    asked: &KayentaRequest<'_>,
    id: &str,
    config: Value,
    existing: Existing,
) -> Result<Value, Refusal> {
    let unusable = RunnableConfig::read(&config, None).err();
    let put = asked.canaries.put_config(Some(id), config, existing, &asked.context.actor()).await;
    let mut answer = json!({"canaryConfigId": put.map_err(|error| missing(id, error))?.id});
    if let Some(why) = unusable {
        answer["warnings"] = why.to_string().lines().collect();
    }
    Ok(answer)
}

pub(super) async fn delete(asked: &KayentaRequest<'_>) -> Result<(), Refusal> {
    let id = asked.params.id();
    let deleted = asked.canaries.delete_config(id, &asked.context.actor()).await;
    deleted.map_err(|error| missing(id, error))
}

/// A change of a missing config is a bad request.
fn missing(id: &str, error: CanaryError) -> Refusal {
    match error {
        CanaryError::Keep(KeepError::NotFound { .. }) => {
            wrong(format!("Canary config '{id}' does not exist."))
        }
        error => refused(error),
    }
}

/// A time in milliseconds; 0 means none, as kayentactl sends it.
fn time(config: &Value, name: &str) -> Result<Option<i64>, Refusal> {
    let Some(millis) = whole(config, name)?.filter(|millis| *millis > 0) else {
        return instant(config, &format!("{name}Iso"));
    };
    let time = i64::try_from(millis).ok().filter(|it| Timestamp::from_millisecond(*it).is_ok());
    let expected = "expected milliseconds since 1970, to the year 9999";
    time.map(Some).ok_or_else(|| wrong(format!("{name}: {expected}, got {millis}")))
}

fn stamp(config: &mut Value, created: Option<i64>, updated: i64) {
    if let Some(fields) = config.as_object_mut() {
        fields.retain(|name, _| !name.starts_with("createdTimestamp"));
    }
    for (name, millis) in [("createdTimestamp", created), ("updatedTimestamp", Some(updated))] {
        let Some(millis) = millis else { continue };
        config[name] = json!(millis);
        config[format!("{name}Iso")] = json!(iso(millis));
    }
}

/// The config with `${x}` where Kayenta escapes it as `$\{x}` against Spinnaker's expressions, and without what Kayenta adds
/// to queries in its answers.
pub(super) fn readable(mut config: Value) -> Value {
    if let Some(templates) = config.get_mut("templates").and_then(Value::as_object_mut) {
        templates.values_mut().for_each(unescape);
    }
    for query in queries(&mut config) {
        if let Some(fields) = query.as_object_mut() {
            fields.remove("serviceType");
        }
        if let Some(template) = query.get_mut("customInlineTemplate") {
            unescape(template);
        }
    }
    config
}

fn unescape(text: &mut Value) {
    if let Value::String(text) = text {
        *text = text.replace("$\\{", "${");
    }
}

fn queries(config: &mut Value) -> impl Iterator<Item = &mut Value> {
    let metrics = config.get_mut("metrics").and_then(Value::as_array_mut).into_iter().flatten();
    metrics.filter_map(|metric| metric.get_mut("query"))
}

/// A stored config as Kayenta returns it.
fn shown(found: ConfigVersion) -> Value {
    let ConfigVersion { id, document, at_millis, .. } = found;
    let mut config = with_service_types(document);
    if config.get("id").is_none() {
        config["id"] = json!(id);
    }
    if config.get("updatedTimestamp").is_none() {
        stamp(&mut config, None, at_millis);
    }
    config
}

/// Each query has its type twice.
pub(super) fn with_service_types(mut config: Value) -> Value {
    for query in queries(&mut config) {
        if let Some(kind) = query.get("type").cloned() {
            query["serviceType"] = kind;
        }
    }
    config
}
