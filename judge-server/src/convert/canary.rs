//! Canaries and configs that are kept, as the contract's messages.

use std::time::Duration;

use judge_canary::{
    AuditEntry, Canary, CanaryError, CanaryLook, CanaryState, CanarySummary, ConfigHead,
    ConfigVersion, KeepError, LookResult, PairWindows, SideWindow, UnusableConfig,
};
use pbjson_types::{Duration as ProtoDuration, Timestamp};
use serde_json::{Value, json};

use super::proto_json;
use super::refusal::{Refusal, quoted};
use crate::proto;

pub(super) fn time(millis: i64) -> Timestamp {
    let nanos = i32::try_from(millis.rem_euclid(1000) * 1_000_000).unwrap_or_default();
    Timestamp { seconds: millis.div_euclid(1000), nanos }
}

pub(super) fn millis_of(time: &Timestamp) -> i64 {
    time.seconds.saturating_mul(1000).saturating_add(i64::from(time.nanos) / 1_000_000)
}

fn duration(millis: u64) -> ProtoDuration {
    let time = Duration::from_millis(millis);
    let seconds = i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
    ProtoDuration { seconds, nanos: i32::try_from(time.subsec_nanos()).unwrap_or_default() }
}

fn count(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

fn state(state: CanaryState) -> proto::CanaryState {
    match state {
        CanaryState::Running => proto::CanaryState::Running,
        CanaryState::Finished => proto::CanaryState::Finished,
        CanaryState::Failed => proto::CanaryState::Failed,
        CanaryState::Cancelled => proto::CanaryState::Cancelled,
        _ => proto::CanaryState::Unspecified,
    }
}

impl From<CanarySummary> for proto::Canary {
    fn from(canary: CanarySummary) -> Self {
        let next_look = (!canary.is_over()).then(|| time(canary.next_millis));
        Self {
            state: state(canary.state).into(),
            verdict: canary.verdict.map_or(0, |verdict| proto::Verdict::from(verdict).into()),
            score: canary.score,
            planned_looks: count(canary.planned),
            looks: count(canary.looks),
            created: Some(time(canary.created_millis)),
            ended: canary.ended_millis.map(time),
            next_look,
            id: canary.id,
            application: canary.application,
            origin: canary.origin,
            config_id: canary.config_id,
            config_version: canary.config_version,
            config_name: canary.config_name,
            caller: canary.caller,
            reason: canary.reason,
        }
    }
}

fn window(window: SideWindow) -> proto::CanaryWindow {
    proto::CanaryWindow {
        start: Some(time(window.start_millis)),
        end: Some(time(window.end_millis)),
        step: Some(duration(window.step_millis)),
    }
}

impl From<CanaryLook> for proto::CanaryLook {
    fn from(look: CanaryLook) -> Self {
        use proto::canary_look::Result as Word;
        let windows = |PairWindows { baseline, canary }| proto::CanaryWindows {
            baseline: Some(window(baseline)),
            canary: Some(window(canary)),
        };
        let scopes = look.window.scopes.into_iter();
        let (result, warnings, metric_set_id) = match look.result {
            LookResult::Judged(judged) => {
                (Some(Word::Judgement(judged.judgement.into())), judged.warnings, judged.metric_set)
            }
            LookResult::Failed(failure) => {
                let failure = proto::CanaryLookFailure { reasons: failure.reasons };
                (Some(Word::Failure(failure)), Vec::new(), String::new())
            }
            _ => (None, Vec::new(), String::new()),
        };
        Self {
            number: count(look.window.number),
            began: Some(time(look.began_millis)),
            ended: Some(time(look.ended_millis)),
            windows: scopes.map(|(name, pair)| (name, windows(pair))).collect(),
            result,
            warnings,
            metric_set_id,
        }
    }
}

/// A canary that ended, as the data of a webhook.
pub(crate) fn ended_event(canary: Canary) -> Value {
    let message = proto::Canary::from(canary.summary);
    // Our own JSON is valid.
    let written = proto_json::write(&message).unwrap_or_default();
    let shown: Value = serde_json::from_slice(&written).unwrap_or_default();
    json!({"canary": shown, "metadata": canary.request.metadata, "warnings": canary.warnings})
}

impl From<ConfigHead> for proto::StoredConfig {
    fn from(head: ConfigHead) -> Self {
        Self {
            created: Some(time(head.created_millis)),
            updated: Some(time(head.updated_millis)),
            id: head.id,
            version: head.version,
            name: head.name,
            applications: head.applications,
        }
    }
}

impl From<ConfigVersion> for proto::StoredConfigVersion {
    fn from(version: ConfigVersion) -> Self {
        let ConfigVersion { id, version, author, at_millis, .. } = version;
        Self { id, version, author, stored: Some(time(at_millis)) }
    }
}

impl From<AuditEntry> for proto::AuditEntry {
    fn from(entry: AuditEntry) -> Self {
        let AuditEntry { id, at_millis, actor, action, subject, detail } = entry;
        Self { id, time: Some(time(at_millis)), actor, action, subject, detail }
    }
}

impl From<CanaryError> for Refusal {
    fn from(error: CanaryError) -> Self {
        match error {
            CanaryError::Config(UnusableConfig::Refused(refused)) => refused.into(),
            CanaryError::Keep(error) => error.into(),
            error @ CanaryError::ReadOnly { .. } => Self::ReadOnly(error.to_string()),
            error => Self::Unusable(error.to_string()),
        }
    }
}

impl From<KeepError> for Refusal {
    fn from(error: KeepError) -> Self {
        let said = error.to_string();
        match error {
            KeepError::NotFound { what, id } => {
                Self::Absent(format!("{what} '{}' does not exist", quoted(&id)))
            }
            KeepError::Exists(_) | KeepError::SameName { .. } => Self::Exists(said),
            KeepError::Full(_) | KeepError::Away(_) | KeepError::LeaseLost(_) => {
                tracing::warn!("{said}");
                Self::StoreAway(said)
            }
            _ => {
                tracing::error!("{said}");
                Self::Internal
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_whole_milliseconds() {
        for millis in [0, 1, 999, 1_795_184_200_123, -1] {
            assert_eq!(millis_of(&time(millis)), millis);
        }
    }
}
