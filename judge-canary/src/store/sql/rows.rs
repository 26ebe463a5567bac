//! Converts rows to values.

use judge_core::Verdict;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::Row;
use sqlx::any::AnyRow;

use super::super::KeepError;
use super::super::document::unpack;
use crate::record::{Canary, CanaryRequest, CanaryState, CanarySummary};

/// The columns of a summary, in the order that [`summary`] reads.
pub(super) const SUMMARY: &str = "id, origin, application, config_id, config_version, config_name, caller, state, \
     verdict, score, reason, planned, looks, created_millis, ended_millis, next_millis";

/// The content of a canary's document.
#[derive(Serialize, Deserialize)]
pub(super) struct CanaryDocument {
    pub(super) request: CanaryRequest,
    pub(super) config: Value,
    #[serde(default)]
    pub(super) warnings: Vec<String>,
}

pub(super) fn verdict_name(verdict: Option<Verdict>) -> &'static str {
    match verdict {
        Some(Verdict::Pass) => "pass",
        Some(Verdict::Marginal) => "marginal",
        Some(Verdict::Fail) => "fail",
        None => "",
    }
}

fn verdict(name: &str) -> Result<Option<Verdict>, KeepError> {
    match name {
        "pass" => Ok(Some(Verdict::Pass)),
        "marginal" => Ok(Some(Verdict::Marginal)),
        "fail" => Ok(Some(Verdict::Fail)),
        "" => Ok(None),
        other => Err(KeepError::Unreadable { what: "verdict", why: other.to_owned() }),
    }
}

/// A score as databases store it: they may not support NaN.
pub(super) fn score_column(score: Option<f64>) -> Option<f64> {
    score.filter(|score| score.is_finite())
}

pub(super) fn count(row: &AnyRow, column: &str) -> Result<usize, KeepError> {
    Ok(usize::try_from(row.try_get::<i64, _>(column)?).unwrap_or_default())
}

pub(super) fn summary(row: &AnyRow) -> Result<CanarySummary, KeepError> {
    let state: String = row.try_get("state")?;
    let state =
        CanaryState::by_name(&state).ok_or(KeepError::Unreadable { what: "state", why: state })?;
    let named: String = row.try_get("verdict")?;
    Ok(CanarySummary {
        id: row.try_get("id")?,
        origin: row.try_get("origin")?,
        application: row.try_get("application")?,
        config_id: row.try_get("config_id")?,
        config_version: row.try_get("config_version")?,
        config_name: row.try_get("config_name")?,
        caller: row.try_get("caller")?,
        state,
        verdict: verdict(&named)?,
        score: row.try_get("score")?,
        reason: row.try_get("reason")?,
        planned: count(row, "planned")?,
        looks: count(row, "looks")?,
        created_millis: row.try_get("created_millis")?,
        ended_millis: row.try_get("ended_millis")?,
        next_millis: row.try_get("next_millis")?,
    })
}

pub(super) fn canary(row: &AnyRow) -> Result<Canary, KeepError> {
    let document: Vec<u8> = row.try_get("document")?;
    let CanaryDocument { request, config, warnings } = unpack("canary", &document)?;
    Ok(Canary { summary: summary(row)?, request, config, warnings })
}
