//! The answer of `GET /canary/{id}`.

use judge_canary::{
    Canary, CanaryLook, CanaryState, FailureKind, LookFailure, LookResult, LookWindow, PairWindows,
    Plan, SideWindow,
};
use judge_core::{Judgement, kayenta};
use serde_json::{Map, Value, json};

use super::configs::with_service_types;
use super::times::{duration, iso};

/// Orca's status of a cancelled run.
const CANCELLED: &str = "Canary execution was canceled.";

/// Id of a config that came with the request.
pub(super) const INLINE: &str = "ad-hoc";

/// The execution of one look.
pub(super) struct Execution<'a> {
    pub(super) id: &'a str,
    pub(super) canary: &'a Canary,
    /// Its windows.
    pub(super) window: Option<LookWindow>,
    /// Time of its beginning: the start of a run, or the end of the window for a look of an analysis.
    pub(super) built_millis: i64,
    /// The look, after it was made.
    pub(super) look: Option<&'a CanaryLook>,
}

impl Execution<'_> {
    pub(super) fn state(&self) -> CanaryState {
        match self.look {
            Some(look) => look_state(look),
            // It ended before this look.
            None if self.canary.summary.is_over() => CanaryState::Cancelled,
            None => CanaryState::Running,
        }
    }

    /// The whole `CanaryExecutionStatusResponse`.
    pub(super) fn document(&self) -> Value {
        let (canary, api) = (&self.canary.summary, &self.canary.request.api);
        let state = self.state();
        let mut answer = json!({
            "application": canary.application, "pipelineId": self.id,
            "stageStatus": self.stages(),
            "complete": state != CanaryState::Running, "status": status(state),
            "config": with_service_types(self.canary.config.clone()),
            "canaryConfigId": api.get("configId").cloned().unwrap_or_else(|| json!(INLINE)),
            "canaryExecutionRequest": self.request(),
        });
        repeat_asked(
            &mut answer,
            api,
            &[
                ("parentPipelineExecutionId", "parent"),
                ("storageAccountName", "storage"),
                ("metricsAccountName", "metrics"),
                ("configurationAccountName", "configuration"),
            ],
        );
        stamp(&mut answer, "buildTime", Some(self.built_millis));
        let began = self.look.map(|look| look.began_millis);
        stamp(&mut answer, "startTime", began.or(Some(self.built_millis)));
        let ended = self.look.map(|look| look.ended_millis);
        stamp(&mut answer, "endTime", ended.or(canary.ended_millis));
        if let Some(look) = self.look {
            outcome(look, &self.canary.config, &mut answer);
        }
        answer
    }

    /// The status of each part of the work, in lower case, by the names of Kayenta's stages.
    fn stages(&self) -> Map<String, Value> {
        let metrics =
            self.canary.config.get("metrics").and_then(Value::as_array).map_or(0, Vec::len);
        let kind = match self.look.map(|look| &look.result) {
            Some(LookResult::Failed(failure)) => Some(failure.kind),
            _ => None,
        };
        let (fetch, mix, judge) = match (self.state(), kind) {
            (CanaryState::Finished, _) => ("succeeded", "succeeded", "succeeded"),
            (CanaryState::Failed, Some(FailureKind::Judge)) => {
                ("succeeded", "succeeded", "terminal")
            }
            (CanaryState::Failed, _) => ("terminal", "not_started", "not_started"),
            (CanaryState::Cancelled, _) => ("canceled", "canceled", "canceled"),
            _ => ("running", "not_started", "not_started"),
        };
        let mut stages = Map::from_iter([("setupContext".to_owned(), json!("succeeded"))]);
        for side in ["fetchControl", "fetchExperiment"] {
            stages.extend((0..metrics).map(|number| (format!("{side}{number}"), json!(fetch))));
        }
        stages.insert("mixMetrics".to_owned(), json!(mix));
        stages.insert("judge".to_owned(), json!(judge));
        stages
    }

    /// The request as Kayenta returns it: numbers are numbers, times are in UTC. For a look of an analysis, the request that
    /// Kayenta would have made.
    fn request(&self) -> Value {
        let spec = &self.canary.request.plan;
        let window = self.window.as_ref();
        let scopes = spec.scopes.iter().filter_map(|(name, pair)| {
            let windows = window?.scopes.get(name)?;
            let side = |target: &judge_canary::Target, window: SideWindow| {
                json!({
                    "scope": target.scope, "location": target.location,
                    "start": iso(window.start_millis), "end": iso(window.end_millis),
                    "step": window.step_millis / 1000, "extendedScopeParams": target.params,
                })
            };
            let sides = json!({
                "controlScope": side(&pair.baseline, windows.baseline),
                "experimentScope": side(&pair.canary, windows.canary),
            });
            Some((name.clone(), sides))
        });
        let mut made = json!({"scopes": scopes.collect::<Map<_, _>>()});
        if let Some(thresholds) = &self.canary.request.thresholds {
            made["thresholds"] =
                json!({"pass": thresholds.pass(), "marginal": thresholds.marginal()});
        }
        for name in ["metadata", "siteLocal"] {
            if let Some(given) = self.canary.request.api["request"].get(name) {
                made[name] = given.clone();
            }
        }
        made
    }
}

/// End of the execution of a look.
pub(super) fn look_state(look: &CanaryLook) -> CanaryState {
    match &look.result {
        LookResult::Judged(_) => CanaryState::Finished,
        LookResult::Failed(failure) if failure.kind == FailureKind::Cancelled => {
            CanaryState::Cancelled
        }
        _ => CanaryState::Failed,
    }
}

/// The look in progress, or in progress when its analysis was cancelled.
pub(super) fn under_way(canary: &Canary, now: i64) -> Option<LookWindow> {
    let Canary { summary, request, .. } = canary;
    if !matches!(summary.state, CanaryState::Running | CanaryState::Cancelled) {
        return None;
    }
    let plan = Plan::new(request.plan.clone(), summary.created_millis).ok()?;
    let next = plan.window(summary.looks + 1)?;
    (summary.ended_millis.unwrap_or(now) >= next.due_millis).then_some(next)
}

/// Result of a look.
fn outcome(look: &CanaryLook, config: &Value, answer: &mut Value) {
    match &look.result {
        LookResult::Judged(judged) => {
            answer["result"] = result(&judged.judgement, look);
            answer["metricSetPairListId"] = json!(judged.metric_set);
        }
        // A cancelled run has no exception, as in Kayenta.
        LookResult::Failed(failure) if failure.kind != FailureKind::Cancelled => {
            answer["exception"] = exception(failure, config, look.ended_millis);
        }
        _ => {}
    }
}

/// A judgement in Kayenta's form.
pub(super) fn judge_result(judgement: &Judgement) -> Value {
    let mut judged = serde_json::to_value(kayenta::result(judgement)).unwrap_or_default();
    for metric in judged.get_mut("results").and_then(Value::as_array_mut).into_iter().flatten() {
        // A fetched series has tags, possibly empty.
        if metric.get("tags").is_none() {
            metric["tags"] = json!({});
        }
    }
    judged
}

/// The judgement, and the length of the windows if it is the same for all scopes.
pub(super) fn result(judgement: &Judgement, look: &CanaryLook) -> Value {
    let mut result = json!({"judgeResult": judge_result(judgement)});
    let length = |window: SideWindow| window.end_millis.abs_diff(window.start_millis);
    let sides = |pair: &PairWindows| [length(pair.baseline), length(pair.canary)];
    let mut lengths = look.window.scopes.values().flat_map(sides);
    if let Some(first) = lengths.next()
        && lengths.all(|length| length == first)
    {
        result["canaryDuration"] = json!(duration(first));
    }
    result
}

/// The exception of a stage in Orca's form.
pub(super) fn exception(failure: &LookFailure, config: &Value, at_millis: i64) -> Value {
    let store = config.pointer("/metrics/0/query/type").and_then(Value::as_str);
    let fetch = || format!("{}Fetch", store.unwrap_or("prometheus"));
    let cancelled = || vec![CANCELLED.to_owned()];
    let (kind, operation, errors) = match failure.kind {
        FailureKind::Source => ("RetrofitError", fetch(), failure.reasons.clone()),
        FailureKind::Query => ("IllegalArgumentException", fetch(), failure.reasons.clone()),
        FailureKind::Cancelled => ("IllegalStateException", "monitorCanary".into(), cancelled()),
        _ => ("IllegalArgumentException", "canaryJudge".into(), failure.reasons.clone()),
    };
    json!({
        "exceptionType": kind, "operation": operation, "timestamp": at_millis, "shouldRetry": false,
        "details": {"error": "Unexpected Task Failure", "errors": errors},
    })
}

/// A state in Orca's words.
fn status(state: CanaryState) -> &'static str {
    match state {
        CanaryState::Finished => "succeeded",
        CanaryState::Failed => "terminal",
        CanaryState::Cancelled => "canceled",
        _ => "running",
    }
}

/// Repeats parameters of the request in the answer; `names` pairs the answer's name with the stored one. Parameters that were not
/// sent are left out.
pub(super) fn repeat_asked(answer: &mut Value, api: &Value, names: &[(&str, &str)]) {
    for (name, key) in names {
        if let Some(value) = api.get(key) {
            answer[name] = value.clone();
        }
    }
}

/// A time, in milliseconds and as text, once it is known.
pub(super) fn stamp(answer: &mut Value, name: &str, millis: Option<i64>) {
    if let Some(millis) = millis {
        answer[format!("{name}Millis")] = json!(millis);
        answer[format!("{name}Iso")] = json!(iso(millis));
    }
}
