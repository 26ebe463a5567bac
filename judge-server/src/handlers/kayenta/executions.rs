//! Executions: by id, as lists, and their cancellation. They are runs, and looks of analyses, each of which Kayenta keeps as a
//! run of its own.

use judge_canary::{Canary, CanaryFilter, CanaryState, CanarySummary, Plan, look_id, look_of_id};
use serde_json::{Value, json};

use super::analyses;
use super::execution::{Execution, look_state, under_way};
use super::request::{KayentaRequest, refused, wrong};
use super::runs::{AD_HOC, ORIGIN};
use crate::convert::refusal::Refusal;

/// Canaries per read for a list.
const PAGE: usize = 200;

pub(super) async fn get(asked: &KayentaRequest<'_>) -> Result<Value, Refusal> {
    let id = asked.params.id();
    if let Some((canary, number)) = look_of_id(id) {
        let canary = analysis(asked, id, &canary).await?;
        check_look(asked, id, &canary, number)?;
        return shown(asked, id, &canary, number).await;
    }
    let canary = asked.canaries.get(id).await.map_err(refused)?;
    if canary.summary.origin != ORIGIN {
        return Err(wrong(format!(
            "Only named pipelines of 'Standard Canary Pipeline' can be viewed here, and {id} is none."
        )));
    }
    shown(asked, id, &canary, 1).await
}

fn absent(id: &str) -> Refusal {
    Refusal::Absent(format!("No canary execution '{id}'."))
}

/// The analysis of a look, by the look's id.
async fn analysis(asked: &KayentaRequest<'_>, id: &str, canary: &str) -> Result<Canary, Refusal> {
    match asked.canaries.get(canary).await {
        Ok(canary) if canary.summary.origin == analyses::ORIGIN => Ok(canary),
        Ok(_) => Err(absent(id)),
        Err(error) if error.is_not_found() => Err(absent(id)),
        Err(error) => Err(refused(error)),
    }
}

/// Whether a look has begun.
fn check_look(
    asked: &KayentaRequest<'_>,
    id: &str,
    canary: &Canary,
    number: usize,
) -> Result<(), Refusal> {
    let under_way = under_way(canary, asked.canaries.now_millis());
    let begun = canary.summary.looks + usize::from(under_way.is_some());
    if number <= begun { Ok(()) } else { Err(absent(id)) }
}

/// The looks of an analysis that have begun, the last first, with their states. An analysis continues only while its looks are
/// judged, so all but the last one were.
async fn looks(
    asked: &KayentaRequest<'_>,
    canary: &CanarySummary,
) -> Result<Vec<(usize, CanaryState)>, Refusal> {
    let mut all: Vec<(usize, CanaryState)> =
        (1..=canary.looks).rev().map(|number| (number, CanaryState::Finished)).collect();
    if let Some(last) = all.first_mut()
        && canary.state == CanaryState::Failed
    {
        let made = asked.canaries.look(&canary.id, last.0).await.map_err(refused)?;
        last.1 = made.as_ref().map_or(CanaryState::Failed, look_state);
    }
    if matches!(canary.state, CanaryState::Running | CanaryState::Cancelled) {
        let whole = asked.canaries.get(&canary.id).await.map_err(refused)?;
        if let Some(window) = under_way(&whole, asked.canaries.now_millis()) {
            all.retain(|(number, _)| *number < window.number);
            all.insert(0, (window.number, whole.summary.state));
        }
    }
    Ok(all)
}

async fn shown(
    asked: &KayentaRequest<'_>,
    id: &str,
    canary: &Canary,
    number: usize,
) -> Result<Value, Refusal> {
    let made = asked.canaries.look(&canary.summary.id, number).await.map_err(refused)?;
    let look = made.as_ref();
    let created = canary.summary.created_millis;
    let plan = Plan::new(canary.request.plan.clone(), created).ok();
    let window = plan.and_then(|plan| plan.window(number));
    let due = window.as_ref().map_or(created, |window| window.due_millis);
    let built_millis = if canary.summary.origin == ORIGIN { created } else { due.max(created) };
    Ok(Execution { id, canary, window, built_millis, look }.document())
}

/// Runs and looks of an application, the newest start first; within an analysis, the last look first.
pub(super) async fn list(asked: &KayentaRequest<'_>) -> Result<Value, Refusal> {
    let limit = asked.params.whole("limit", 20)?.clamp(1, 1000);
    let page = asked.params.whole("page", 1)?.max(1);
    let words: Vec<&str> =
        asked.params.all("statuses").flat_map(|words| words.split(',')).collect();
    let states: Vec<CanaryState> = words.iter().filter_map(|word| state(word.trim())).collect();
    if states.is_empty() && !words.is_empty() {
        return Ok(json!([]));
    }
    let wanted = |state: CanaryState| states.is_empty() || states.contains(&state);
    let mut skip = limit.saturating_mul(page - 1);
    let mut filter = CanaryFilter {
        application: Some(asked.params.get("application").unwrap_or(AD_HOC).to_owned()),
        origins: vec![ORIGIN.to_owned(), analyses::ORIGIN.to_owned()],
        limit: PAGE,
        ..CanaryFilter::default()
    };
    let mut all = Vec::new();
    loop {
        let found = asked.canaries.list(&filter).await.map_err(refused)?;
        for summary in &found.canaries {
            let mut executions = executions(asked, summary).await?;
            executions.retain(|(_, _, state)| wanted(*state));
            let left_out = skip.min(executions.len());
            skip -= left_out;
            let kept: Vec<_> =
                executions.into_iter().skip(left_out).take(limit - all.len()).collect();
            if kept.is_empty() {
                continue;
            }
            let canary = asked.canaries.get(&summary.id).await.map_err(refused)?;
            for (id, number, _) in kept {
                all.push(shown(asked, &id, &canary, number).await?);
            }
            if all.len() == limit {
                return Ok(Value::Array(all));
            }
        }
        match found.next {
            Some(next) => filter.before = Some(next),
            None => return Ok(Value::Array(all)),
        }
    }
}

/// Id, look and state of the entries that a canary has in a list.
async fn executions(
    asked: &KayentaRequest<'_>,
    canary: &CanarySummary,
) -> Result<Vec<(String, usize, CanaryState)>, Refusal> {
    if canary.origin == ORIGIN {
        return Ok(vec![(canary.id.clone(), 1, canary.state)]);
    }
    let looks = looks(asked, canary).await?.into_iter();
    Ok(looks.map(|(number, state)| (look_id(&canary.id, number), number, state)).collect())
}

/// The state for a status of Orca; `None` for a status that no run here ever has.
fn state(word: &str) -> Option<CanaryState> {
    match word.to_ascii_uppercase().as_str() {
        "NOT_STARTED" | "RUNNING" => Some(CanaryState::Running),
        "SUCCEEDED" => Some(CanaryState::Finished),
        "TERMINAL" => Some(CanaryState::Failed),
        "CANCELED" => Some(CanaryState::Cancelled),
        _ => None,
    }
}

/// Cancels a run, an analysis, or an analysis by its look in progress, unless it has ended.
pub(super) async fn cancel(asked: &KayentaRequest<'_>) -> Result<(), Refusal> {
    let id = asked.params.id();
    if let Some((canary, number)) = look_of_id(id) {
        let canary = analysis(asked, id, &canary).await?;
        check_look(asked, id, &canary, number)?;
        let canary = &canary.summary.id;
        let cancelled = asked.canaries.cancel_look(canary, number, &asked.context.actor()).await;
        return cancelled.map(drop).map_err(refused);
    }
    let cancelled = asked.canaries.cancel(id, &asked.context.actor()).await;
    cancelled.map(drop).map_err(refused)
}
