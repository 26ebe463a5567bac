//! The answer of `GET /standalone_canary_analysis/{id}`.

use judge_canary::{
    Canary, CanaryLook, CanaryState, DEFAULT_SCOPE, FailureKind, LookResult, LookWindow, Plan,
    PlanTimes, look_id,
};
use serde_json::{Value, json};

use super::configs::with_service_types;
use super::execution::{INLINE, exception, repeat_asked, result, stamp, under_way};
use super::fields::whole;
use super::times::iso;

/// Fewest points of the baseline without a warning of Kayenta.
const FEW_POINTS: u64 = 50;

const FEW_POINTS_WARNING: &str = "One of the metrics returned fewer than 50 data points, which can reduce confidence \
    in the final canary score.";

/// An analysis and the looks that were made.
pub(super) struct Analysis<'a> {
    pub(super) canary: &'a Canary,
    pub(super) looks: &'a [CanaryLook],
    pub(super) now: i64,
}

impl Analysis<'_> {
    /// The whole `CanaryAnalysisExecutionStatusResponse`.
    pub(super) fn document(&self) -> Value {
        let (canary, api) = (&self.canary.summary, &self.canary.request.api);
        let status = self.status();
        let mut answer = json!({
            "application": canary.application, "pipelineId": canary.id, "stageStatus": self.stages(),
            "complete": canary.is_over(), "executionStatus": status, "status": status.to_ascii_lowercase(),
            "canaryAnalysisExecutionRequest": self.request(),
            "canaryConfig": with_service_types(self.canary.config.clone()),
        });
        repeat_asked(
            &mut answer,
            api,
            &[
                ("user", "user"),
                ("parentPipelineExecutionId", "parent"),
                ("storageAccountName", "storage"),
                ("metricsAccountName", "metrics"),
            ],
        );
        if let Some(id) = api.get("configId").filter(|id| *id != INLINE) {
            answer["canaryConfigId"] = id.clone();
        }
        if let Some(warnings) = api["warnings"].as_array().filter(|all| !all.is_empty()) {
            answer["warnings"] = json!(warnings);
        }
        let failed = self.looks.iter().find_map(|look| match &look.result {
            LookResult::Failed(failure) => {
                Some(exception(failure, &self.canary.config, look.ended_millis))
            }
            _ => None,
        });
        if let Some(exception) = failed {
            answer["exception"] = exception;
        }
        if canary.is_over() {
            answer["canaryAnalysisExecutionResult"] = self.result();
        }
        stamp(&mut answer, "buildTime", Some(canary.created_millis));
        stamp(&mut answer, "startTime", Some(canary.created_millis));
        stamp(&mut answer, "endTime", canary.ended_millis);
        answer
    }

    /// The request as Kayenta returns it: numbers are numbers, and defaults are filled in.
    fn request(&self) -> Value {
        let mut request = self.canary.request.api["request"].clone();
        let thresholds = self.canary.request.thresholds.unwrap_or_default();
        request["thresholds"] =
            json!({"pass": thresholds.pass(), "marginal": thresholds.marginal()});
        let minutes = ["lifetimeDurationMins", "analysisIntervalMins"];
        let defaults = [("beginAfterMins", 0), ("lookbackMins", 0)];
        read_whole(&mut request, &minutes, &defaults);
        for scope in request["scopes"].as_array_mut().into_iter().flatten() {
            read_whole(scope, &[], &[("controlOffsetInMinutes", 0), ("step", 60)]);
            for (name, default) in
                [("scopeName", json!(DEFAULT_SCOPE)), ("extendedScopeParams", json!({}))]
            {
                if scope.get(name).is_none() {
                    scope[name] = default;
                }
            }
        }
        request
    }

    fn marginal(&self) -> f64 {
        self.canary.request.thresholds.unwrap_or_default().marginal()
    }

    /// A look's stage ends the analysis at a score that is not above the marginal threshold.
    fn look_status(&self, look: &CanaryLook) -> &'static str {
        match look.judgement() {
            Some(judgement) if judgement.score > self.marginal() => "SUCCEEDED",
            _ => "TERMINAL",
        }
    }

    fn status(&self) -> &'static str {
        match self.canary.summary.state {
            CanaryState::Finished => {
                self.looks.last().map_or("TERMINAL", |look| self.look_status(look))
            }
            CanaryState::Failed => "TERMINAL",
            CanaryState::Cancelled => "CANCELED",
            _ => "RUNNING",
        }
    }

    /// Waits and judgements as Orca lists them; those that will not be made are left out.
    fn stages(&self) -> Vec<Value> {
        let (canary, request) = (&self.canary.summary, &self.canary.request);
        let mut stages = vec![json!({
            "type": "setupAndExecuteCanariesStage", "status": self.status(),
            "name": "Sets up and executes the wait, run and monitor canary task chain.",
        })];
        // Its plan was valid when it was started.
        let Ok(plan) = Plan::new(request.plan.clone(), canary.created_millis) else {
            return stages;
        };
        let until = canary.ended_millis.unwrap_or(self.now);
        let under_way = if canary.is_over() { "CANCELED" } else { "RUNNING" };
        let step = |over: bool, began: bool| match (over, began) {
            (true, _) => "SUCCEEDED",
            (false, true) => under_way,
            (false, false) => "NOT_STARTED",
        };
        let wait =
            |name: &str, status: &str| json!({"type": "wait", "name": name, "status": status});
        let mut began = true;
        if let Some(warm) = warm_end(&plan) {
            began = until >= warm || !self.looks.is_empty();
            stages.push(wait("Warmup Wait", step(began, true)));
        }
        let is_live = plan.spec().settle_millis > 0;
        for number in 1..=plan.looks() {
            let (look, due) = (self.looks.get(number - 1), plan.due_millis(number));
            began = began && number <= self.looks.len() + 1;
            if look.is_none()
                && canary.is_over()
                && (canary.state != CanaryState::Cancelled || !began)
            {
                break;
            }
            let is_due = look.is_some() || (began && due.is_some_and(|due| until >= due));
            if is_live {
                stages.push(wait(&format!("Interval Wait #{number}"), step(is_due, began)));
            }
            if look.is_none() && canary.is_over() && !is_due {
                break;
            }
            let status = look.map_or(step(false, is_due), |look| self.look_status(look));
            let mut run = json!({
                "type": "runCanary", "name": format!("Run Canary #{number}"), "status": status,
            });
            if is_due {
                run["executionId"] = json!(look_id(&canary.id, number));
            }
            stages.push(run);
        }
        if canary.is_over() {
            stages.push(json!({
                "type": "generateCanaryAnalysisResultStage", "status": "SUCCEEDED",
                "name": "Aggregates and evaluates the canary executions and generates the final results.",
            }));
        }
        stages
    }

    /// The summary of all judgements. A judgement in progress when its analysis was cancelled counts 0.
    fn result(&self) -> Value {
        let score = |look: &CanaryLook| look.judgement().map_or(0.0, |judgement| judgement.score);
        let mut scores: Vec<f64> = self.looks.iter().map(score).collect();
        let mut results: Vec<Value> =
            self.looks.iter().map(|look| self.look_result(look)).collect();
        if let Some(window) = under_way(self.canary, self.now) {
            scores.push(0.0);
            let mut one = self.begun(&window);
            one["executionStatus"] = json!("CANCELED");
            stamp(&mut one, "endTime", self.canary.summary.ended_millis);
            results.push(one);
        }
        let warned =
            |result: &Value| result["warnings"].as_array().is_some_and(|all| !all.is_empty());
        let (passed, message) = self.decision(scores.last().copied());
        json!({
            "didPassThresholds": passed, "hasWarnings": results.iter().any(warned),
            "canaryScoreMessage": message, "canaryScores": scores,
            "canaryExecutionResults": results,
        })
    }

    fn decision(&self, last: Option<f64>) -> (bool, String) {
        let Some(last) = last else {
            return (false, "There were no successful canary judgements to aggregate".to_owned());
        };
        let pass = self.canary.request.thresholds.unwrap_or_default().pass();
        // As Java writes a double.
        let score = format!("Final canary score {last:?}");
        if last <= self.marginal() {
            (false, format!("{score} is not above the marginal score threshold."))
        } else if last < pass {
            (false, format!("{score} is below the pass score threshold."))
        } else {
            (true, format!("{score} met or exceeded the pass score threshold."))
        }
    }

    fn look_result(&self, look: &CanaryLook) -> Value {
        let mut one = self.begun(&look.window);
        match &look.result {
            LookResult::Judged(judged) => {
                one["executionStatus"] = json!("SUCCEEDED");
                one["result"] = result(&judged.judgement, look);
                one["metricSetPairListId"] = json!(judged.metric_set);
                let few = |metric: &Value| {
                    let count = metric.pointer("/controlMetadata/stats/count");
                    count.and_then(Value::as_u64).is_some_and(|count| count < FEW_POINTS)
                };
                let metrics = one.pointer("/result/judgeResult/results");
                if metrics.and_then(Value::as_array).into_iter().flatten().any(few) {
                    one["warnings"] = json!([FEW_POINTS_WARNING]);
                }
            }
            LookResult::Failed(failure) => {
                let cancelled = failure.kind == FailureKind::Cancelled;
                one["executionStatus"] = json!(if cancelled { "CANCELED" } else { "TERMINAL" });
                one["exception"] = exception(failure, &self.canary.config, look.ended_millis);
            }
            _ => {}
        }
        stamp(&mut one, "buildTime", Some(look.began_millis));
        stamp(&mut one, "startTime", Some(look.began_millis));
        stamp(&mut one, "endTime", Some(look.ended_millis));
        one
    }

    /// The parts of a look that are known before it is judged.
    fn begun(&self, window: &LookWindow) -> Value {
        let api = &self.canary.request.api;
        let mut one = json!({
            "executionId": look_id(&self.canary.summary.id, window.number),
            "storageAccountName": api["storage"], "warnings": [],
        });
        if let Some(configuration) = api.get("configuration") {
            one["configurationAccountName"] = configuration.clone();
        }
        // The baseline's times in the first scope.
        let first = api["request"].pointer("/scopes/0/scopeName").and_then(Value::as_str);
        let named = first.and_then(|name| window.scopes.get(name));
        if let Some(pair) = named.or_else(|| window.scopes.values().next()) {
            for (name, millis) in [
                ("judgementStartTime", pair.baseline.start_millis),
                ("judgementEndTime", pair.baseline.end_millis),
            ] {
                one[format!("{name}Iso")] = json!(iso(millis));
                one[format!("{name}Millis")] = json!(millis);
            }
        }
        let began = window.due_millis.max(self.canary.summary.created_millis);
        stamp(&mut one, "buildTime", Some(began));
        stamp(&mut one, "startTime", Some(began));
        one
    }
}

/// Whole numbers, also if they are written as text; `defaults` if they are missing.
fn read_whole(object: &mut Value, names: &[&str], defaults: &[(&str, u64)]) {
    let names = names.iter().map(|name| (*name, None));
    for (name, default) in names.chain(defaults.iter().map(|(name, value)| (*name, Some(*value)))) {
        // It was valid when the analysis was started.
        if let Some(number) = whole(object, name).ok().flatten().or(default) {
            object[name] = json!(number);
        }
    }
}

/// End of the warm-up; `None` without one.
fn warm_end(plan: &Plan) -> Option<i64> {
    match &plan.spec().times {
        PlanTimes::Stage(times) if times.warm_up_millis > 0 => {
            Some(times.start_millis?.saturating_add_unsigned(times.warm_up_millis))
        }
        _ => plan.spec().not_before_millis,
    }
}
