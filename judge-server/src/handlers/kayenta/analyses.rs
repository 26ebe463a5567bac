//! `/standalone_canary_analysis`: a judgement at the end of each interval of a lifetime, as kayentactl asks for it.

use std::collections::BTreeMap;

use judge_canary::{
    DEFAULT_SCOPE, PlanSpec, PlanTimes, SETTLE_MILLIS, ScopePair, StageEnd, StageTimes, Target,
};
use serde_json::{Value, json};

use super::analysis::Analysis;
use super::fields::{number, text, texts, whole};
use super::request::{KayentaRequest, refused, wrong};
use super::runs::{self, PATIENCE_MILLIS, RunConfig, step_millis};
use super::times::instant;
use crate::convert::refusal::Refusal;

/// Origin of canaries that were started by this API.
pub(super) const ORIGIN: &str = "kayenta-analysis";

const MINUTE: u64 = 60_000;

/// How long an unavailable source is retried during an analysis in real time, unless the interval is shorter.
const LIVE_PATIENCE_MILLIS: u64 = 120_000;

pub(super) async fn start(
    asked: &KayentaRequest<'_>,
    (config, request): (RunConfig, Value),
) -> Result<Value, Refusal> {
    let (plan, warnings) = plan(&request, asked.canaries.now_millis())?;
    let mut wanted = runs::wanted(asked, &config, ORIGIN, &request, plan)?;
    wanted.api["user"] = json!(asked.params.get("user").unwrap_or("anonymous"));
    wanted.api["warnings"] = json!(warnings);
    let started = asked.canaries.start(wanted, &asked.context.actor()).await.map_err(refused)?;
    let mut answer = json!({"canaryAnalysisExecutionId": started.canary.summary.id});
    if !warnings.is_empty() {
        answer["warnings"] = json!(warnings);
    }
    Ok(answer)
}

/// The times of an analysis, and the parts of its request that are done differently. Times and step are those of the first
/// scope; each scope has its own other values.
fn plan(request: &Value, now: i64) -> Result<(PlanSpec, Vec<String>), Refusal> {
    let scopes = request.get("scopes").and_then(Value::as_array).filter(|all| !all.is_empty());
    let scopes = scopes.ok_or_else(|| {
        wrong("Canary StageExecution configuration must contain at least one scope.")
    })?;
    let start = instant(&scopes[0], "scopes[0].startTimeIso")?;
    let start = start.unwrap_or(now - now.rem_euclid(1000));
    let end = instant(&scopes[0], "scopes[0].endTimeIso")?;
    let lifetime = lifetime(request, start, end)?;
    let (interval, mut warnings) = interval(request, lifetime)?;
    let minutes =
        |name| Ok::<_, Refusal>(whole(request, name)?.unwrap_or(0).saturating_mul(MINUTE));
    let (begin_after, lookback) = (minutes("beginAfterMins")?, minutes("lookbackMins")?);
    let has_end = end.is_some();
    let given = number(request, "lifetimeDurationMins")?.unwrap_or_default();
    if end.map_or(given.fract() > 0.0, |end| end.saturating_sub(start) % 60_000 != 0) {
        warnings.push(format!("the lifetime is cut to {lifetime} whole minutes, as in Kayenta"));
    }
    // Kayenta judges windows of the future at once, on the points that there are. A verdict on points that do not exist helps
    // nobody, and the clients of an analysis wait for its end anyway.
    let is_live = end.is_none_or(|end| end > now);
    if has_end && is_live {
        let text = "endTimeIso: it is in the future, so each interval is judged after its end";
        warnings.push(text.to_owned());
    }
    let times = StageTimes {
        start_millis: Some(start),
        // With an end, the warm-up is waited for and judged.
        warm_up_millis: if has_end { 0 } else { begin_after },
        lifetime_millis: lifetime.saturating_mul(MINUTE),
        interval_millis: Some(interval.saturating_mul(MINUTE)),
        lookback_millis: Some(lookback).filter(|lookback| *lookback > 0),
        step_millis: step_millis("scopes[0]", &scopes[0])?,
    };
    let patience = if is_live { LIVE_PATIENCE_MILLIS } else { PATIENCE_MILLIS };
    let pairs = scopes.iter().enumerate().map(pair).collect::<Result<BTreeMap<_, _>, _>>()?;
    let plan = PlanSpec {
        rule: StageEnd::Spinnaker,
        settle_millis: if is_live { SETTLE_MILLIS } else { 0 },
        patience_millis: Some(patience.min(interval.saturating_mul(MINUTE))),
        not_before_millis: (has_end && begin_after > 0)
            .then(|| now.saturating_add_unsigned(begin_after)),
        ..PlanSpec::new(pairs, PlanTimes::Stage(times))
    };
    Ok((plan, warnings))
}

/// Whole minutes.
fn lifetime(request: &Value, start: i64, end: Option<i64>) -> Result<u64, Refusal> {
    let given = whole(request, "lifetimeDurationMins")?;
    let lifetime = match (end, given) {
        (Some(end), _) => end.saturating_sub(start).max(0).unsigned_abs() / MINUTE,
        (None, Some(given)) => given,
        (None, None) => {
            let text = "Canary StageExecution configuration must include either `endTime` or `lifetimeDuration`.";
            return Err(wrong(text));
        }
    };
    if lifetime == 0 {
        return Err(wrong("The lifetime of a canary analysis must be a minute at least."));
    }
    Ok(lifetime)
}

/// Whole minutes, within the lifetime.
fn interval(request: &Value, lifetime: u64) -> Result<(u64, Vec<String>), Refusal> {
    let given = whole(request, "analysisIntervalMins")?.filter(|given| *given > 0);
    let interval = given.unwrap_or(lifetime).min(lifetime);
    let mut warnings = Vec::new();
    if let Some(given) = given.filter(|given| *given > lifetime) {
        warnings.push(format!(
            "analysisIntervalMins: {given} is longer than the lifetime of {lifetime}, which is the interval then"
        ));
    }
    if !lifetime.is_multiple_of(interval) {
        let rest = lifetime % interval;
        warnings.push(format!(
            "the last {rest} min of the lifetime are not judged: they are shorter than an interval of {interval} min"
        ));
    }
    Ok((interval, warnings))
}

fn pair((number, scope): (usize, &Value)) -> Result<(String, ScopePair), Refusal> {
    if !scope.is_object() {
        return Err(wrong(format!("scopes[{number}]: expected an object, got {scope}")));
    }
    let name = text(scope, "scopeName").filter(|name| !name.is_empty());
    let target = |side: &str| Target {
        scope: text(scope, &format!("{side}Scope")).unwrap_or_default(),
        location: text(scope, &format!("{side}Location")).unwrap_or_default(),
        params: texts(scope, "extendedScopeParams"),
    };
    let offset = whole(scope, &format!("scopes[{number}].controlOffsetInMinutes"))?.unwrap_or(0);
    let pair = ScopePair {
        baseline: target("control"),
        canary: target("experiment"),
        baseline_offset_millis: offset.saturating_mul(MINUTE),
    };
    Ok((name.unwrap_or_else(|| DEFAULT_SCOPE.to_owned()), pair))
}

pub(super) async fn get(asked: &KayentaRequest<'_>) -> Result<Value, Refusal> {
    let id = asked.params.id();
    let canary = asked.canaries.get(id).await.map_err(refused)?;
    if canary.summary.origin != ORIGIN {
        return Err(wrong(format!(
            "Only named pipelines of 'Standalone Canary Analysis Pipeline' can be viewed here, and {id} is none."
        )));
    }
    let looks = asked.context.looks(asked.canaries, id, 0, usize::MAX, 1).await?;
    // A look that was made after the canary was read belongs to the next answer.
    let made = looks.len().min(canary.summary.looks);
    let now = asked.canaries.now_millis();
    Ok(Analysis { canary: &canary, looks: &looks[..made], now }.document())
}

#[cfg(test)]
mod tests {
    use judge_canary::{Plan, SideWindow};

    use super::*;

    /// 2026-01-01T10:00:00.250Z
    const NOW: i64 = 1_767_261_600_250;

    /// The windows of all looks in minutes from the start: baseline and canary.
    fn windows(request: &Value) -> Vec<[i64; 4]> {
        let (spec, _) = plan(request, NOW).unwrap();
        let plan = Plan::new(spec, NOW).unwrap();
        let minutes = |window: SideWindow| {
            [window.start_millis, window.end_millis].map(|time| (time - NOW).div_euclid(60_000) + 1)
        };
        let look = |number| {
            let pair = plan.window(number).unwrap().scopes["default"];
            let ([a, b], [c, d]) = (minutes(pair.baseline), minutes(pair.canary));
            [a, b, c, d]
        };
        (1..=plan.looks()).map(look).collect()
    }

    #[test]
    fn windows_are_those_of_kayentas_own_tests() {
        let request = |scope: Value, more: Value| {
            let mut request =
                json!({"scopes": [scope], "thresholds": {"pass": "95", "marginal": "75"}});
            request.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            request
        };
        let past =
            json!({"startTimeIso": "2026-01-01T08:00:00Z", "endTimeIso": "2026-01-01T08:09:30Z"});
        for (scope, more, expected) in [
            (
                json!({}),
                json!({"lifetimeDurationMins": "9", "analysisIntervalMins": 3}),
                vec![[0, 3, 0, 3], [0, 6, 0, 6], [0, 9, 0, 9]],
            ),
            (
                json!({}),
                json!({"lifetimeDurationMins": 6, "analysisIntervalMins": 3, "beginAfterMins": 4}),
                vec![[4, 7, 4, 7], [4, 10, 4, 10]],
            ),
            (
                json!({}),
                json!({"lifetimeDurationMins": 10, "analysisIntervalMins": 5, "lookbackMins": 5}),
                vec![[0, 5, 0, 5], [5, 10, 5, 10]],
            ),
            (
                json!({}),
                json!({"lifetimeDurationMins": 5, "lookbackMins": 60}),
                vec![[-55, 5, -55, 5]],
            ),
            (
                json!({"controlOffsetInMinutes": 60}),
                json!({"lifetimeDurationMins": 8, "analysisIntervalMins": 5}),
                vec![[-60, -55, 0, 5]],
            ),
            (
                json!({}),
                json!({"lifetimeDurationMins": 5, "analysisIntervalMins": 0}),
                vec![[0, 5, 0, 5]],
            ),
            (
                json!({}),
                json!({"lifetimeDurationMins": 5, "analysisIntervalMins": 50}),
                vec![[0, 5, 0, 5]],
            ),
            // An end: the warm-up is not left out, and the rest of a minute is.
            (
                past,
                json!({"lifetimeDurationMins": 99, "beginAfterMins": 4, "analysisIntervalMins": 9}),
                vec![[-120, -111, -120, -111]],
            ),
        ] {
            assert_eq!(windows(&request(scope.clone(), more.clone())), expected, "{scope} {more}");
        }
    }

    #[test]
    fn windows_of_the_future_are_waited_for() {
        // Seconds from now to each look.
        for (start, end, expected) in [
            ("09:50:00", "10:00:00", vec![240, 240]),
            // The warm-up ends later than the first window.
            ("09:58:00", "10:08:00", vec![240, 494]),
        ] {
            let [start, end] = [start, end].map(|time| format!("2026-01-01T{time}Z"));
            let scopes = json!([{"startTimeIso": start, "endTimeIso": end}]);
            let request = json!({"scopes": scopes, "analysisIntervalMins": 5, "beginAfterMins": 4});
            let (spec, warnings) = plan(&request, NOW).unwrap();
            let plan = Plan::new(spec, NOW).unwrap();
            let waits =
                (1..=plan.looks()).map(|look| (plan.due_millis(look).unwrap() - NOW) / 1000);
            assert_eq!(waits.collect::<Vec<_>>(), expected, "{end}");
            let is_said = warnings.join("; ").contains("endTimeIso: it is in the future");
            assert_eq!(is_said, expected[1] > 240, "{end}: {warnings:?}");
        }
    }

    #[test]
    fn ignored_fields_are_reported_and_impossible_ones_refused() {
        let scopes = json!([{}]);
        let warned = |lifetime: u64, interval: u64| {
            let request = json!({"scopes": scopes, "lifetimeDurationMins": lifetime, "analysisIntervalMins": interval});
            plan(&request, NOW).unwrap().1.join("; ")
        };
        assert_eq!(warned(10, 5), "");
        let [start, end] = ["00:00", "05:59"].map(|time| format!("2026-01-01T08:{time}Z"));
        for request in [
            json!({"scopes": scopes, "lifetimeDurationMins": 5.9}),
            json!({"scopes": [{"startTimeIso": start, "endTimeIso": end}]}),
        ] {
            let warnings = plan(&request, NOW).unwrap().1;
            assert_eq!(warnings, ["the lifetime is cut to 5 whole minutes, as in Kayenta"]);
        }
        assert!(warned(12, 5).contains("the last 2 min"));
        assert!(warned(5, 6).contains("6 is longer than the lifetime of 5"));
        for (request, said) in [
            (json!({"scopes": [], "lifetimeDurationMins": 5}), "at least one scope"),
            (json!({"scopes": scopes}), "either `endTime` or `lifetimeDuration`"),
            (json!({"scopes": scopes, "lifetimeDurationMins": 0}), "a minute at least"),
            (json!({"scopes": scopes, "lifetimeDurationMins": "x"}), "expected a number"),
        ] {
            let refusal = plan(&request, NOW).unwrap_err().to_string();
            assert!(refusal.contains(said), "{refusal}");
        }
        for (scopes, said) in [
            (json!([{}, 1]), "scopes[1]: expected an object, got 1"),
            (json!([{"step": "x"}]), "scopes[0].step: expected a number"),
            (json!([{"startTimeIso": "x"}]), "scopes[0].startTimeIso: expected a time"),
            (json!([{}, {"controlOffsetInMinutes": -1}]), "scopes[1].controlOffsetInMinutes: "),
        ] {
            let request = json!({"scopes": scopes, "lifetimeDurationMins": 5});
            let refusal = plan(&request, NOW).unwrap_err().to_string();
            assert!(refusal.contains(said), "{refusal}");
        }
    }
}
