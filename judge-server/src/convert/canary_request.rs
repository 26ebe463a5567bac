//! Requests for canaries that are kept, from the contract's messages.

use std::collections::BTreeMap;

use judge_canary::{
    CanaryFilter, CanaryRequest, CanaryState, ConfigChoice, DEFAULT_SCOPE, PlanSpec, PlanTimes,
    ScopePair, SourceFailure, StageEnd, StageTimes, Target,
};
use judge_contract::proto;
use judge_contract::times::{length, millis_of};
use judge_core::{Problem, Thresholds, Verdict};
use serde_json::Value;

use super::canary::state;
use super::refusal::Refusal;

/// Origin of canaries that are started by the contract.
const ORIGIN: &str = "canary";

fn missing(path: &'static str, allowed: &'static str) -> Refusal {
    Problem::error(path, "nothing", allowed).into()
}

/// The size of a page; 0 for the default.
pub(crate) fn size(size: i32) -> Result<usize, Refusal> {
    let wrong = |_| Problem::error("pageSize", size.to_string(), "a number from 0");
    Ok(usize::try_from(size).map_err(wrong)?)
}

/// A text that is set.
pub(crate) fn set(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}

/// A config, from JSON text.
pub(crate) fn read_config_text(text: &str) -> Result<Value, Refusal> {
    let unread = |error: serde_json::Error| {
        let found = format!("text that is not JSON: {error}");
        Refusal::from(Problem::error("kayentaConfigJson", found, "one JSON document"))
    };
    serde_json::from_str(text).map_err(unread)
}

fn target(given: Option<proto::CanaryTarget>) -> Target {
    let proto::CanaryTarget { scope, location, params } = given.unwrap_or_default();
    Target { scope, location, params }
}

fn scopes(
    given: BTreeMap<String, proto::CanaryScope>,
) -> Result<BTreeMap<String, ScopePair>, Refusal> {
    let pair = |(name, scope): (String, proto::CanaryScope)| {
        let offset = length("scopes.baselineOffset", scope.baseline_offset)?;
        let pair = ScopePair {
            baseline: target(scope.baseline),
            canary: target(scope.canary),
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

/// The canary that shall start.
pub(crate) fn read_start(request: proto::StartCanaryRequest) -> Result<CanaryRequest, Refusal> {
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
    let stage = request.stage.ok_or_else(|| {
        missing(
            "stage",
            r#"the times of its looks, such as {"lifetime": "1800s", "interval": "300s"}"#,
        )
    })?;
    Ok(CanaryRequest {
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

/// The canaries that are asked for.
pub(crate) fn read_list(request: proto::ListCanariesRequest) -> Result<CanaryFilter, Refusal> {
    let asked = CanaryState::ALL.into_iter().find(|one| state(*one) as i32 == request.state);
    if asked.is_none() && request.state != 0 {
        return Err(missing("state", "a state of canaries"));
    }
    let verdicts = [Verdict::Pass, Verdict::Marginal, Verdict::Fail];
    let verdict =
        verdicts.into_iter().find(|one| proto::Verdict::from(*one) as i32 == request.verdict);
    if verdict.is_none() && request.verdict != 0 {
        return Err(missing("verdict", "a verdict"));
    }
    Ok(CanaryFilter {
        application: set(request.application),
        config_name: set(request.config_name),
        config_id: set(request.config_id),
        states: asked.into_iter().collect(),
        verdict,
        before: set(request.page_token),
        limit: size(request.page_size)?,
        ..CanaryFilter::default()
    })
}

/// The size of a page of the audit log.
pub(crate) fn page_size(given: i32) -> Result<usize, Refusal> {
    Ok(match size(given)? {
        0 => judge_canary::PAGE,
        some => some.min(judge_canary::MOST_OF_A_PAGE),
    })
}
