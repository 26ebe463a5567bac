//! Canaries and configs that are kept, as the contract's messages.

use judge_canary::{
    AuditEntry, Canary, CanaryError, CanaryLook, CanaryState, CanarySummary, ConfigHead,
    ConfigVersion, KeepError, LookResult, PairWindows, SideWindow, UnusableConfig,
};
use judge_contract::times::{duration, time, writable_time};
use judge_contract::{proto, proto_json};
use serde_json::{Value, json};

use super::refusal::{Refusal, quoted};

fn count(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

pub(super) fn state(state: CanaryState) -> proto::CanaryState {
    match state {
        CanaryState::Running => proto::CanaryState::Running,
        CanaryState::Finished => proto::CanaryState::Finished,
        CanaryState::Failed => proto::CanaryState::Failed,
        CanaryState::Cancelled => proto::CanaryState::Cancelled,
        _ => proto::CanaryState::Unspecified,
    }
}

/// A canary without its looks.
pub(crate) fn canary_message(canary: CanarySummary) -> proto::Canary {
    // Older versions stored looks after the year 9999.
    let next_look = writable_time(canary.next_millis).filter(|_| !canary.is_over());
    proto::Canary {
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

fn window(window: SideWindow) -> proto::CanaryWindow {
    proto::CanaryWindow {
        start: Some(time(window.start_millis)),
        end: Some(time(window.end_millis)),
        step: Some(duration(window.step_millis)),
    }
}

/// A look at a canary.
pub(crate) fn look_message(look: CanaryLook) -> proto::CanaryLook {
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
    proto::CanaryLook {
        number: count(look.window.number),
        began: Some(time(look.began_millis)),
        ended: Some(time(look.ended_millis)),
        windows: scopes.map(|(name, pair)| (name, windows(pair))).collect(),
        result,
        warnings,
        metric_set_id,
    }
}

/// A canary that ended, as the data of a webhook.
pub(crate) fn ended_event(canary: Canary) -> Value {
    let message = canary_message(canary.summary);
    // Our own JSON is valid.
    let written = proto_json::write(&message).unwrap_or_default();
    let shown: Value = serde_json::from_slice(&written).unwrap_or_default();
    json!({"canary": shown, "metadata": canary.request.metadata, "warnings": canary.warnings})
}

/// A config, without its document.
pub(crate) fn stored_config(head: ConfigHead) -> proto::StoredConfig {
    proto::StoredConfig {
        created: Some(time(head.created_millis)),
        updated: Some(time(head.updated_millis)),
        id: head.id,
        version: head.version,
        name: head.name,
        applications: head.applications,
    }
}

/// A version of a config, without its document.
pub(crate) fn stored_version(version: ConfigVersion) -> proto::StoredConfigVersion {
    let ConfigVersion { id, version, author, at_millis, .. } = version;
    proto::StoredConfigVersion { id, version, author, stored: Some(time(at_millis)) }
}

/// An entry of the audit log.
pub(crate) fn audit_entry(entry: AuditEntry) -> proto::AuditEntry {
    let AuditEntry { id, at_millis, actor, action, subject, detail } = entry;
    proto::AuditEntry { id, time: Some(time(at_millis)), actor, action, subject, detail }
}

impl From<CanaryError> for Refusal {
    fn from(error: CanaryError) -> Self {
        match error {
            CanaryError::Config(UnusableConfig::Refused(refused)) => refused.into(),
            CanaryError::Keep(error) => error.into(),
            error @ CanaryError::ReadOnly { .. } => Self::ReadOnly(error.to_string()),
            CanaryError::BrokenOff(_) => Self::Internal,
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
                Self::StoreFailed
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_of_the_store_is_none_of_the_judge() {
        let failed = Refusal::from(CanaryError::from(KeepError::Failed("no table".to_owned())));
        assert_eq!(failed.reason(), "STORE_FAILED");
        assert_eq!(failed.to_string(), "the store failed on this call; the server's log says why");
        let broken = CanaryError::BrokenOff("it panicked".to_owned());
        assert_eq!(Refusal::from(broken).reason(), "INTERNAL");
    }

    #[test]
    fn a_look_that_json_cannot_date_is_left_out() {
        let canary = |next_millis| CanarySummary {
            origin: "canary".to_owned(),
            application: "shop".to_owned(),
            config_name: "shop".to_owned(),
            planned: 2,
            next_millis,
            ..CanarySummary::default()
        };
        assert_eq!(canary_message(canary(15_000)).next_look, Some(time(15_000)));
        let late = canary_message(canary(315_576_000_000_000));
        assert_eq!(late.next_look, None);
        assert!(proto_json::write(&late).is_ok());
    }
}
