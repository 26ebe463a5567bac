//! Canaries and configs that are kept, as the contract's messages and back.

use std::collections::BTreeMap;
use std::time::Duration;

use judge_canary::{
    AuditEntry, Canary, CanaryError, CanaryFilter, CanaryLook, CanaryRequest, CanaryState,
    CanarySummary, ConfigChoice, ConfigHead, ConfigVersion, DEFAULT_SCOPE, KeepError, LookResult,
    PairWindows, PlanSpec, PlanTimes, ScopePair, SideWindow, SourceFailure, StageEnd, StageTimes,
    Target, UnusableConfig,
};
use judge_core::{Problem, Thresholds, Verdict};
use pbjson_types::{Duration as ProtoDuration, Timestamp};
use serde_json::{Value, json};

use super::proto_json;
use super::refusal::{Refusal, quoted};
use crate::proto;

/// What canaries that come by the contract say of where they come from.
const ORIGIN: &str = "canary";

fn missing(path: &'static str, allowed: &'static str) -> Refusal {
    Problem::error(path, "nothing", allowed).into()
}

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

/// Whole milliseconds of a duration, if one is given.
pub(super) fn length(
    path: &'static str,
    given: Option<ProtoDuration>,
) -> Result<Option<u64>, Refusal> {
    let Some(ProtoDuration { seconds, nanos }) = given else { return Ok(None) };
    let millis = i128::from(seconds) * 1000 + i128::from(nanos) / 1_000_000;
    let whole = u64::try_from(millis).ok().filter(|_| nanos % 1_000_000 == 0);
    let found = || format!("{seconds} s and {nanos} ns");
    let whole = whole.ok_or_else(|| Problem::error(path, found(), "whole milliseconds from 0"));
    Ok(Some(whole?))
}

fn count(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

fn size(size: i32) -> usize {
    usize::try_from(size).unwrap_or_default()
}

/// A text that is set.
fn set(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}

/// A config that is text of JSON.
///
/// # Errors
/// When it is none.
pub(crate) fn read_config_text(text: &str) -> Result<Value, Refusal> {
    let unread = |error: serde_json::Error| {
        let found = format!("text that is not JSON: {error}");
        Refusal::from(Problem::error("kayentaConfigJson", found, "one JSON document"))
    };
    serde_json::from_str(text).map_err(unread)
}

impl From<proto::CanaryTarget> for Target {
    fn from(target: proto::CanaryTarget) -> Self {
        let proto::CanaryTarget { scope, location, params } = target;
        Self { scope, location, params }
    }
}

fn scopes(
    given: BTreeMap<String, proto::CanaryScope>,
) -> Result<BTreeMap<String, ScopePair>, Refusal> {
    let pair = |(name, scope): (String, proto::CanaryScope)| {
        let offset = length("scopes.baselineOffset", scope.baseline_offset)?;
        let pair = ScopePair {
            baseline: scope.baseline.unwrap_or_default().into(),
            canary: scope.canary.unwrap_or_default().into(),
            baseline_offset_millis: offset.unwrap_or_default(),
        };
        Ok((if name.is_empty() { DEFAULT_SCOPE.to_owned() } else { name }, pair))
    };
    given.into_iter().map(pair).collect()
}

fn plan(
    scopes: BTreeMap<String, ScopePair>,
    stage: proto::CanaryStage,
) -> Result<PlanSpec, Refusal> {
    let lifetime = length("stage.lifetime", stage.lifetime)?;
    let lifetime = lifetime.ok_or_else(|| missing("stage.lifetime", "how long it is judged"))?;
    let default = StageTimes::lasting(lifetime);
    let times = StageTimes {
        start_millis: stage.start.as_ref().map(millis_of),
        warm_up_millis: length("stage.warmUp", stage.warm_up)?.unwrap_or_default(),
        interval_millis: length("stage.interval", stage.interval)?,
        lookback_millis: length("stage.lookback", stage.lookback)?,
        step_millis: length("stage.step", stage.step)?.unwrap_or(default.step_millis),
        ..default
    };
    let rule = match proto::StageRule::try_from(stage.rule) {
        Ok(proto::StageRule::Spinnaker) => StageEnd::Spinnaker,
        Ok(proto::StageRule::Judge | proto::StageRule::Unspecified) => StageEnd::Judge,
        Err(_) => return Err(missing("stage.rule", "STAGE_RULE_JUDGE or STAGE_RULE_SPINNAKER")),
    };
    let source_failure = match proto::SourceFailure::try_from(stage.source_failure) {
        Ok(proto::SourceFailure::Skip) => SourceFailure::Skip,
        Ok(proto::SourceFailure::Fail | proto::SourceFailure::Unspecified) => SourceFailure::Fail,
        Err(_) => return Err(missing("stage.sourceFailure", "one of its words")),
    };
    let spec = PlanSpec::new(scopes, PlanTimes::Stage(times));
    Ok(PlanSpec {
        rule,
        source_failure,
        as_kayenta: stage.as_kayenta,
        settle_millis: length("stage.settle", stage.settle)?.unwrap_or(spec.settle_millis),
        ..spec
    })
}

impl TryFrom<proto::StartCanaryRequest> for CanaryRequest {
    type Error = Refusal;

    fn try_from(request: proto::StartCanaryRequest) -> Result<Self, Refusal> {
        use proto::start_canary_request::Config;
        let version = Some(request.config_version).filter(|version| *version != 0);
        let config = match request.config {
            Some(Config::ConfigId(id)) => ConfigChoice::Stored { id, version },
            Some(Config::KayentaConfigJson(text)) => ConfigChoice::Inline(read_config_text(&text)?),
            None => return Err(missing("config", "configId or kayentaConfigJson")),
        };
        let thresholds = match request.thresholds {
            None => None,
            Some(proto::Thresholds { pass: Some(pass), marginal: Some(marginal) }) => {
                let thresholds = Thresholds::new(pass, marginal);
                Some(thresholds.map_err(|problem| problem.within("thresholds"))?)
            }
            Some(_) => return Err(missing("thresholds", "pass and marginal")),
        };
        let stage = request.stage.ok_or_else(|| missing("stage", "when it is looked at"))?;
        Ok(Self {
            key: set(request.key),
            origin: ORIGIN.to_owned(),
            application: request.application,
            config,
            thresholds,
            plan: plan(scopes(request.scopes)?, stage)?,
            metadata: request.metadata,
            api: Value::Null,
        })
    }
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

impl TryFrom<proto::ListCanariesRequest> for CanaryFilter {
    type Error = Refusal;

    fn try_from(request: proto::ListCanariesRequest) -> Result<Self, Refusal> {
        let states = match proto::CanaryState::try_from(request.state) {
            Ok(proto::CanaryState::Unspecified) => Vec::new(),
            Ok(proto::CanaryState::Running) => vec![CanaryState::Running],
            Ok(proto::CanaryState::Finished) => vec![CanaryState::Finished],
            Ok(proto::CanaryState::Failed) => vec![CanaryState::Failed],
            Ok(proto::CanaryState::Cancelled) => vec![CanaryState::Cancelled],
            Err(_) => return Err(missing("state", "a state of canaries")),
        };
        let verdict = match proto::Verdict::try_from(request.verdict) {
            Ok(proto::Verdict::Unspecified) => None,
            Ok(proto::Verdict::Pass) => Some(Verdict::Pass),
            Ok(proto::Verdict::Marginal) => Some(Verdict::Marginal),
            Ok(proto::Verdict::Fail) => Some(Verdict::Fail),
            Err(_) => return Err(missing("verdict", "a verdict")),
        };
        Ok(Self {
            application: set(request.application),
            config_name: set(request.config_name),
            config_id: set(request.config_id),
            states,
            verdict,
            before: set(request.page_token),
            limit: size(request.page_size),
            ..Self::default()
        })
    }
}

/// A canary that ended, for whoever is told so.
pub(crate) fn ended_event(canary: Canary) -> Value {
    let message = proto::Canary::from(canary.summary);
    // What was written as JSON is JSON.
    let written = proto_json::write(&message).unwrap_or_default();
    let shown: Value = serde_json::from_slice(&written).unwrap_or_default();
    json!({"canary": shown, "metadata": canary.request.metadata, "warnings": canary.warnings})
}

/// The size of a page of the audit log.
pub(crate) fn page_size(given: i32) -> usize {
    match size(given) {
        0 => judge_canary::PAGE,
        some => some.min(judge_canary::MOST_OF_A_PAGE),
    }
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
    fn times_and_lengths_are_whole_milliseconds() {
        for millis in [0, 1, 999, 1_795_184_200_123, -1] {
            assert_eq!(millis_of(&time(millis)), millis);
        }
        let given = |seconds, nanos| length("x", Some(ProtoDuration { seconds, nanos }));
        assert_eq!(given(1, 500_000_000).unwrap(), Some(1500));
        assert_eq!(length("x", None).unwrap(), None);
        assert!(
            given(-1, 0).is_err() && given(0, 1).is_err() && given(i64::MIN, i32::MIN).is_err()
        );
    }
}
