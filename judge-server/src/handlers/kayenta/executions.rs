//! Executions by id, in lists, cancelled: runs, and looks at analyses, each of which Kayenta has as a run of its own.

use judge_canary::{Canary, CanaryFilter, CanaryState, CanarySummary, Plan};
use serde_json::{Value, json};

use super::analyses;
use super::asked::{KayentaRequest, refused, wrong};
use super::execution::{Execution, look_id};
use super::runs::{AD_HOC, ORIGIN};
use crate::convert::refusal::Refusal;

/// Canaries that are read at once to make a list.
const PAGE: usize = 200;

/// What an id names.
struct ExecutionId<'a> {
    canary: &'a str,
    /// Which look at an analysis; nothing for a run, or for the analysis itself.
    look: Option<usize>,
}

impl<'a> ExecutionId<'a> {
    /// The id of a look is that of its analysis, a point and its number.
    fn read(id: &'a str) -> Self {
        let look =
            id.rsplit_once('.').and_then(|(canary, number)| Some((canary, number.parse().ok()?)));
        look.map_or(Self { canary: id, look: None }, |(canary, number)| Self {
            canary,
            look: Some(number),
        })
    }
}

pub(super) async fn get(asked: &KayentaRequest<'_>) -> Result<Value, Refusal> {
    let id = asked.params.id();
    let ExecutionId { canary, look } = ExecutionId::read(id);
    let canary = asked.canaries.get(canary).await.map_err(refused)?;
    let is_run = canary.summary.origin == ORIGIN;
    match look {
        None if is_run => {}
        None => {
            return Err(wrong(format!(
                "Only named pipelines of 'Standard Canary Pipeline' can be viewed here, and {id} is none."
            )));
        }
        Some(number) => {
            check_look(asked, id, &canary.summary, number)?;
        }
    }
    shown(asked, id, &canary, look.unwrap_or(1)).await
}

/// Whether a look has been made, and if not, is the one that is being made.
fn check_look(
    asked: &KayentaRequest<'_>,
    id: &str,
    canary: &CanarySummary,
    number: usize,
) -> Result<CanaryState, Refusal> {
    let is_analysis = canary.origin == analyses::ORIGIN;
    let known = looks(canary, asked.canaries.now_millis());
    let found = known.into_iter().find(|(found, _)| is_analysis && *found == number);
    found
        .map(|(_, state)| state)
        .ok_or_else(|| Refusal::Absent(format!("No canary execution '{id}'.")))
}

/// The looks at an analysis that were begun, the last first, and how each stands. An analysis goes on only while its looks
/// are judged, so all but its last were.
fn looks(canary: &CanarySummary, now: i64) -> Vec<(usize, CanaryState)> {
    let mut all: Vec<(usize, CanaryState)> =
        (1..=canary.looks).rev().map(|number| (number, CanaryState::Finished)).collect();
    if let Some(last) = all.first_mut()
        && canary.state == CanaryState::Failed
    {
        last.1 = CanaryState::Failed;
    }
    let is_due = canary.ended_millis.unwrap_or(now) >= canary.next_millis;
    let is_open = matches!(canary.state, CanaryState::Running | CanaryState::Cancelled);
    if is_open && is_due && canary.looks < canary.planned {
        all.insert(0, (canary.looks + 1, canary.state));
    }
    all
}

async fn shown(
    asked: &KayentaRequest<'_>,
    id: &str,
    canary: &Canary,
    number: usize,
) -> Result<Value, Refusal> {
    let made = asked.canaries.looks(&canary.summary.id, number - 1).await.map_err(refused)?;
    let look = made.first().filter(|look| look.window.number == number);
    let created = canary.summary.created_millis;
    let plan = Plan::new(canary.request.plan.clone(), created).ok();
    let window = plan.and_then(|plan| plan.window(number).cloned());
    let due = window.as_ref().map_or(created, |window| window.due_millis);
    let built_millis = if canary.summary.origin == ORIGIN { created } else { due.max(created) };
    Ok(Execution { id, canary, window, built_millis, look }.document())
}

/// Runs and looks of an application, the newest start first, and of one analysis the last look first.
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
            let mut executions = executions(asked, summary);
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

/// Id, look and state of what a canary counts as in a list.
fn executions(
    asked: &KayentaRequest<'_>,
    canary: &CanarySummary,
) -> Vec<(String, usize, CanaryState)> {
    if canary.origin == ORIGIN {
        return vec![(canary.id.clone(), 1, canary.state)];
    }
    let looks = looks(canary, asked.canaries.now_millis()).into_iter();
    looks.map(|(number, state)| (look_id(&canary.id, number), number, state)).collect()
}

/// The state that a status of Orca stands for; none for one that no run here is ever in.
fn state(word: &str) -> Option<CanaryState> {
    match word.to_ascii_uppercase().as_str() {
        "NOT_STARTED" | "RUNNING" => Some(CanaryState::Running),
        "SUCCEEDED" => Some(CanaryState::Finished),
        "TERMINAL" => Some(CanaryState::Failed),
        "CANCELED" => Some(CanaryState::Cancelled),
        _ => None,
    }
}

/// Ends a run, an analysis, or an analysis by the look that is being made; what has ended stays as it is.
pub(super) async fn cancel(asked: &KayentaRequest<'_>) -> Result<(), Refusal> {
    let id = asked.params.id();
    let ExecutionId { canary, look } = ExecutionId::read(id);
    if let Some(number) = look {
        let found = asked.canaries.get(canary).await.map_err(refused)?;
        if check_look(asked, id, &found.summary, number)? != CanaryState::Running {
            return Ok(());
        }
    }
    let cancelled = asked.canaries.cancel(canary, &asked.actor).await;
    cancelled.map(drop).map_err(refused)
}
