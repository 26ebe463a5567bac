//! `POST /judges/judge`: judges the series of an earlier judgement with a config and thresholds, at once.

use judge_core::{Thresholds, judges};
use serde_json::Value;

use super::super::read_series;
use super::configs::stored;
use super::execution::judge_result;
use super::request::{KayentaRequest, refused, wrong};
use crate::convert::refusal::Refusal;

pub(super) async fn judge(asked: &KayentaRequest<'_>) -> Result<Value, Refusal> {
    let needed = |name: &str| {
        let missing = || wrong(format!("Required parameter '{name}' is not present."));
        asked.params.get(name).ok_or_else(missing)
    };
    let threshold = |name: &str| {
        let text = needed(name)?;
        text.parse().map_err(|_| wrong(format!("{name}: expected a number, got {text:?}")))
    };
    let (config, set) = (needed("canaryConfigId")?, needed("metricSetPairListId")?);
    let thresholds = Thresholds::new(threshold("passThreshold")?, threshold("marginalThreshold")?);
    let thresholds = thresholds.map_err(|problem| wrong(problem.to_string()))?;
    let config = stored(asked, config).await?.document;
    let named = config.pointer("/judge/name").and_then(Value::as_str).unwrap_or_default();
    if !named.is_empty() && !judges::built_in().iter().any(|judge| judge.name() == named) {
        return Err(wrong(format!("Unable to resolve canary judge '{named}'.")));
    }
    let set = read_series(asked.canaries, set, &asked.context.held).await?;
    let judged = asked.canaries.judge_again(&config, thresholds, set).await;
    Ok(judge_result(&judged.map_err(refused)?))
}
