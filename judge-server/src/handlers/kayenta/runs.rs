//! `/canary`: one judgement over given windows.

use std::collections::BTreeSet;

use judge_canary::{
    CanaryRequest, ConfigChoice, DEFAULT_SCOPE, PairWindows, PlanSpec, PlanTimes, ScopePair,
    SideWindow, Target,
};
use judge_core::Thresholds;
use serde_json::{Map, Value, json};

use super::accounts::{Accounts, with_source};
use super::configs::{readable, stored};
use super::execution::INLINE;
use super::fields::{number, text, texts, whole};
use super::request::{KayentaRequest, refused, wrong};
use super::times::instant;
use crate::convert::refusal::Refusal;

/// Origin of canaries that were started by `/canary`.
pub(super) const ORIGIN: &str = "kayenta";

/// Default application.
pub(super) const AD_HOC: &str = "ad-hoc";

/// Default time between two points, also for 0, which kayentactl sends.
const STEP_SECONDS: u64 = 60;

/// How long an unavailable source is retried. Argo Rollouts starts a new run after a failed one, and a run without an end
/// would block it.
pub(super) const PATIENCE_MILLIS: u64 = 10_000;

/// The config of a run.
pub(super) struct RunConfig {
    /// Its id; `None` if it came with the request.
    pub(super) id: Option<String>,
    pub(super) document: Value,
}

impl RunConfig {
    /// The stored config in the path, and the execution request in the body.
    pub(super) async fn stored(asked: &KayentaRequest<'_>) -> Result<(Self, Value), Refusal> {
        // An unknown account is reported before an unknown config.
        Accounts::read(asked)?;
        let found = stored(asked, asked.params.id()).await?;
        Ok((Self { id: Some(found.id), document: found.document }, asked.body.clone()))
    }

    /// The config and the execution request in a body with both.
    pub(super) fn inline(asked: &KayentaRequest<'_>) -> Result<(Self, Value), Refusal> {
        let part = |name: &str| {
            let found = asked.body.get(name).filter(|part| part.is_object());
            found.cloned().ok_or_else(|| wrong(format!("expected an object as {name}")))
        };
        let document = readable(part("canaryConfig")?);
        Ok((Self { id: None, document }, part("executionRequest")?))
    }

    /// The config: the stored one, unless its queries have to be sent to one of several sources.
    fn choice(&self, asked: &KayentaRequest<'_>, accounts: &Accounts) -> ConfigChoice {
        match (&self.id, with_source(asked.canaries, &accounts.metrics, &self.document)) {
            (_, Some(document)) => ConfigChoice::Inline(document),
            (Some(id), None) => ConfigChoice::Stored { id: id.clone(), version: None },
            (None, None) => ConfigChoice::Inline(self.document.clone()),
        }
    }

    /// The scopes that its metrics name: Kayenta requires one for each metric.
    fn check_scopes(&self, scopes: &BTreeSet<&str>) -> Result<(), Refusal> {
        let metrics = self.document.get("metrics").and_then(Value::as_array);
        let Some(metrics) = metrics.filter(|metrics| !metrics.is_empty()) else {
            return Err(wrong("The canary config must specify at least one metric."));
        };
        let named = metrics.iter().filter_map(|metric| text(metric, "scopeName"));
        let missing: BTreeSet<_> = named.filter(|name| !scopes.contains(name.as_str())).collect();
        if !missing.is_empty() {
            let missing = Vec::from_iter(missing).join(", ");
            return Err(wrong(format!(
                "Canary metrics require scopes which were not provided in the execution request: [{missing}]"
            )));
        }
        let unnamed = metrics.iter().find(|metric| text(metric, "scopeName").is_none());
        unnamed.map_or(Ok(()), |metric| {
            let name = text(metric, "name").unwrap_or_default();
            Err(wrong(format!("Canary scope for metric named '{name}' is null.")))
        })
    }
}

/// Everything is checked in Kayenta's order, because its clients show the first message.
pub(super) async fn start(
    asked: &KayentaRequest<'_>,
    (config, request): (RunConfig, Value),
) -> Result<Value, Refusal> {
    let given = match request.get("scopes") {
        None => Map::new(),
        Some(Value::Object(given)) => given.clone(),
        Some(found) => return Err(wrong(format!("scopes: expected an object, got {found}"))),
    };
    config.check_scopes(&given.keys().map(|name| named(name)).collect())?;
    let sides = sides(&given)?;
    required_thresholds(&request)?;
    let scopes = sides.iter().map(|(name, [baseline, canary])| {
        let (baseline, canary) = (target(baseline), target(canary));
        (named(name).to_owned(), ScopePair { baseline, canary, baseline_offset_millis: 0 })
    });
    let windows = sides.iter().map(|(name, [baseline, canary])| {
        let baseline = window(&format!("scopes.{name}.controlScope"), baseline)?;
        let canary = window(&format!("scopes.{name}.experimentScope"), canary)?;
        Ok((named(name).to_owned(), PairWindows { baseline, canary }))
    });
    let plan = PlanSpec {
        // The caller chose the windows: it waits as long as it wants to.
        settle_millis: 0,
        patience_millis: Some(PATIENCE_MILLIS),
        // As in Kayenta, a run is judged at once: its client may have a clock that is ahead.
        not_after_millis: Some(asked.canaries.now_millis()),
        ..PlanSpec::new(scopes.collect(), PlanTimes::Once(windows.collect::<Result<_, Refusal>>()?))
    };
    let wanted = wanted(asked, &config, ORIGIN, &request, plan)?;
    let started = asked.canaries.start(wanted, &asked.context.actor()).await.map_err(refused)?;
    Ok(json!({"canaryExecutionId": started.canary.summary.id}))
}

/// The canary for an execution request, with what its answers repeat.
pub(super) fn wanted(
    asked: &KayentaRequest<'_>,
    config: &RunConfig,
    origin: &str,
    request: &Value,
    plan: PlanSpec,
) -> Result<CanaryRequest, Refusal> {
    let accounts = Accounts::read(asked)?;
    config.check_scopes(&plan.scopes.keys().map(String::as_str).collect())?;
    let thresholds = required_thresholds(request)?;
    let metadata = texts(request, "siteLocal");
    let mut api = json!({
        "request": request, "configId": config.id.as_deref().unwrap_or(INLINE),
        "storage": accounts.storage, "metrics": accounts.metrics,
    });
    if config.id.is_some() {
        api["configuration"] = json!(accounts.configuration);
    }
    if let Some(parent) = asked.params.get("parentPipelineExecutionId") {
        api["parent"] = json!(parent);
    }
    Ok(CanaryRequest {
        key: None,
        origin: origin.to_owned(),
        application: asked.params.get("application").unwrap_or(AD_HOC).to_owned(),
        config: config.choice(asked, &accounts),
        thresholds: Some(thresholds),
        plan,
        metadata,
        api,
    })
}

fn required_thresholds(request: &Value) -> Result<Thresholds, Refusal> {
    let missing = || wrong("Execution request must contain thresholds");
    let given = request.get("thresholds").ok_or_else(missing)?;
    match (number(given, "thresholds.pass")?, number(given, "thresholds.marginal")?) {
        (Some(pass), Some(marginal)) => Thresholds::new(pass, marginal)
            .map_err(|problem| wrong(problem.within("thresholds").to_string())),
        (None, None) => Err(missing()),
        _ => Err(wrong("thresholds: expected both pass and marginal")),
    }
}

/// Argo Rollouts may leave the name of a scope empty.
fn named(name: &str) -> &str {
    if name.is_empty() { DEFAULT_SCOPE } else { name }
}

/// Name, baseline and canary of each scope.
fn sides(given: &Map<String, Value>) -> Result<Vec<(&str, [&Value; 2])>, Refusal> {
    if given.is_empty() {
        return Err(wrong("Execution request must contain scopes"));
    }
    let sides = given.iter().map(|(name, pair)| {
        let side = |key| {
            let side = pair.get(key).filter(|side| side.is_object());
            side.ok_or_else(|| wrong(format!("scopes.{name}: {key} is missing")))
        };
        Ok((name.as_str(), [side("controlScope")?, side("experimentScope")?]))
    });
    sides.collect()
}

fn target(side: &Value) -> Target {
    Target {
        scope: text(side, "scope").unwrap_or_default(),
        location: text(side, "location").unwrap_or_default(),
        params: texts(side, "extendedScopeParams"),
    }
}

fn window(path: &str, side: &Value) -> Result<SideWindow, Refusal> {
    let (start, end) = (format!("{path}.start"), format!("{path}.end"));
    let start_millis = instant(side, &start)?.ok_or_else(|| wrong("Start time is required."))?;
    let end_millis = instant(side, &end)?.ok_or_else(|| wrong("End time is required."))?;
    Ok(SideWindow { start_millis, end_millis, step_millis: step_millis(path, side)? })
}

pub(super) fn step_millis(path: &str, scope: &Value) -> Result<u64, Refusal> {
    let seconds = whole(scope, &format!("{path}.step"))?.filter(|step| *step > 0);
    Ok(seconds.unwrap_or(STEP_SECONDS).saturating_mul(1000))
}
