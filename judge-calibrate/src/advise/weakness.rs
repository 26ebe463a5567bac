//! Why the requested change is not found.

use judge_core::config::{EffectMeasure, MetricConfig};
use judge_core::format;

use super::observations::{EVIDENCE, Observations};
use crate::advice::{Advice, AdviceKind};
use crate::calibration::MetricFigures;
use crate::change::{ChangeKind, Injection};
use crate::inputs::Inputs;

/// Explains why the requested change is not found in the longest window; `None` if it is found.
pub(super) fn weakness(
    config: &MetricConfig,
    figures: &MetricFigures,
    seen: &Observations,
    inputs: &Inputs,
) -> Option<Advice> {
    let smallest = figures.shift.get(seen.longest).copied().flatten()?;
    let change = Injection::new(ChangeKind::Shift, config.direction, &seen.profile);
    let size = change.signed(inputs.options.change);
    // We advise only if the metric is shown to be too weak, not only estimated.
    if smallest.from.abs() < size.abs() {
        return None;
    }
    let requested = format::share(inputs.options.change);
    let minutes = format::value(inputs.windows().get(seen.longest).copied()?);
    let least = smallest.change.map_or_else(
        || "not even a change of eleven times its mean size is found".to_owned(),
        |change| format!("the smallest that is found is {}", format::percent(change)),
    );
    let kind = reason(config, seen, inputs, change, size);
    let sentence = match kind {
        AdviceKind::BelowZero => format!(
            "a change of {requested} is not found in {minutes} min; {least}; the baseline's mean is below 0 in {} \
             of healthy pairs, and a ratio of such means falls as values rise; set effectSize.measure to cles, or \
             use {EVIDENCE}",
            format::share(seen.below_zero)
        ),
        AdviceKind::Allowed => format!(
            "a change of {requested} is not found in {minutes} min, because the config allows it; {least}; allow \
             less if it matters"
        ),
        _ => format!(
            "a change of {requested} is not found in {minutes} min, because of noise; {least}; judge longer \
             windows, send more traffic to the canary, or use a steadier statistic"
        ),
    };
    Some(Advice { kind, sentence })
}

/// The reason why a change of `size`, a signed share of the level, is not found: the config if it allows the change,
/// else noise.
fn reason(
    config: &MetricConfig,
    seen: &Observations,
    inputs: &Inputs,
    change: Injection,
    size: f64,
) -> AdviceKind {
    let effect = config.effect_size;
    if effect.measure() != EffectMeasure::MeanRatio {
        return AdviceKind::TooNoisy;
    }
    // This judge reads allowances as shares of the size of each point, like changes.
    let by_size = inputs.judge.name() == EVIDENCE;
    if !by_size && seen.below_zero > 1.0 - inputs.options.power {
        return AdviceKind::BelowZero;
    }
    let profile = seen.profile;
    let part = if by_size { 1.0 } else { profile.mean.abs() / profile.mean_size };
    let ratio = 1.0 + size / part;
    let allowed = if change.is_decrease() {
        effect.allowed_decrease() <= ratio
    } else {
        effect.allowed_increase() >= ratio
    };
    if allowed { AdviceKind::Allowed } else { AdviceKind::TooNoisy }
}
