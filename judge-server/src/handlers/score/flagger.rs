//! Flagger's hooks: it waits, goes on or rolls back by the status, and shows its user the body.

use std::collections::BTreeMap;

use axum::response::IntoResponse;
use http::StatusCode;
use judge_canary::Canaries;
use serde_json::Value;

use super::super::params::Params;
use super::super::{Answered, Handlers};
use super::look::{LookAnswer, Seen};
use super::look_query::LookQuery;
use super::selector;
use crate::convert::refusal::quoted;

/// Status that holds Flagger. Its client drops the body of 429 and of 5xx.
const NOT_NOW: StatusCode = StatusCode::PRECONDITION_FAILED;

/// Hooks that a verdict answers.
const HOOKS: [&str; 4] = ["rollout", "confirm-traffic-increase", "confirm-promotion", "rollback"];

/// Action of Flagger's events in the audit log; their subject is `NAMESPACE/NAME`.
const EVENT: &str = "flagger.event";

/// Most fields of an event that are kept, and most characters of each.
const FIELDS: usize = 24;
const CHARACTERS: usize = 500;

/// Content of an event: release, phase and metadata.
fn event(hook: &Value) -> BTreeMap<String, String> {
    let of_release = ["checksum", "phase"].map(|name| (name, hook.get(name)));
    let metadata = hook.get("metadata").and_then(Value::as_object).into_iter().flatten();
    let metadata = metadata.map(|(name, value)| (name.as_str(), Some(value)));
    let fields = of_release.into_iter().chain(metadata).filter_map(|(name, value)| {
        let cut = |text: &str| text.chars().take(CHARACTERS).collect::<String>();
        Some((cut(name), cut(value?.as_str()?)))
    });
    fields.take(FIELDS).collect()
}

impl Handlers {
    /// `POST /flagger/{hook}`.
    pub(super) async fn flagger(
        &self,
        canaries: &Canaries,
        params: &Params,
        body: &[u8],
        actor: &str,
    ) -> Answered {
        let read = serde_json::from_slice::<Value>(body).ok().filter(Value::is_object);
        let Some(hook) = read else {
            return line(StatusCode::BAD_REQUEST, "expected the JSON of a webhook of Flagger");
        };
        let text = |name: &str| hook.get(name).and_then(Value::as_str).unwrap_or_default();
        let kind = params.id();
        if kind == "event" {
            let subject = format!("{}/{}", quoted(text("namespace")), quoted(text("name")));
            let noted = canaries.note(actor, EVENT, &subject, event(&hook)).await;
            return match noted {
                Ok(()) => line(StatusCode::OK, "noted"),
                Err(error) => line(StatusCode::SERVICE_UNAVAILABLE, &error.to_string()),
            };
        }
        if !HOOKS.contains(&kind) {
            let known = "expected rollout, confirm-traffic-increase, confirm-promotion, rollback or event as the hook";
            return line(StatusCode::NOT_FOUND, known);
        }
        let answer = match query(params, &text, canaries.now_millis()) {
            Ok(query) => self.looks.ask(canaries, query).await,
            Err(why) => LookAnswer::Refused(why),
        };
        let (passes, why) = passes(&answer, canaries.now_millis());
        let goes = match kind {
            "rollback" => passes == Some(false),
            _ => passes == Some(true),
        };
        line(if goes { StatusCode::OK } else { NOT_NOW }, &why)
    }
}

/// The look of a hook. Parameters that the URL lacks follow from the names that Flagger sends.
fn query<'a>(
    params: &Params,
    text: &impl Fn(&str) -> &'a str,
    now: i64,
) -> Result<LookQuery, String> {
    let mut labels: Vec<(String, String)> =
        params.pairs().filter(|(name, _)| name != "time").cloned().collect();
    let name = text("name");
    for (label, value) in [
        ("canary", name.to_owned()),
        ("baseline", format!("{name}-primary")),
        ("location", text("namespace").to_owned()),
        ("namespace", text("namespace").to_owned()),
    ] {
        if params.get(label).is_none() && !name.is_empty() {
            labels.push((label.to_owned(), value));
        }
    }
    let query = LookQuery::from_labels(&labels, selector::time(params.get("time"), now)?)?;
    Ok(query.of_release(text("checksum")))
}

/// The text as one line.
fn line(status: StatusCode, text: &str) -> Answered {
    let parts = text.split(|letter: char| letter < ' ' || ('\u{7f}'..='\u{9f}').contains(&letter));
    let words: Vec<&str> = parts.filter(|part| !part.is_empty()).collect();
    // Plain text, as axum answers text.
    (status, format!("{}\n", words.join(" "))).into_response().into()
}

/// The verdict of a look as yes or no.
fn passes(answer: &LookAnswer, now: i64) -> (Option<bool>, String) {
    match answer {
        LookAnswer::Refused(why) | LookAnswer::Failed(why) => (None, why.clone()),
        LookAnswer::NotYet => (None, "no data yet: a look is under way".to_owned()),
        LookAnswer::Seen(seen) => (Seen::is_pass(seen), seen.line(now)),
    }
}
