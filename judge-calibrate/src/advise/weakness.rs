//! Why the change asked for is not found.

use judge_core::config::{EffectMeasure, MetricConfig};
use judge_core::figure;

use super::observations::{EVIDENCE, Observations, percent};
use crate::advice::{Advice, AdviceKind};
use crate::calibration::MetricFigures;
use crate::change::{ChangeKind, Injection};
use crate::inputs::Inputs;

/// What keeps the change asked for from being found in the longest window, if it is not.
pub(super) fn weakness(
    config: &MetricConfig,
    figures: &MetricFigures,
    seen: &Observations,
    inputs: &Inputs,
) -> Option<Advice> {
    let smallest = figures.shift.get(seen.longest).copied().flatten()?;
    let change = Injection::new(ChangeKind::Shift, config.direction, &seen.profile);
    let size = change.signed(inputs.options.change);
    // Shown to be too weak, not only estimated.
    if smallest.from.abs() < size.abs() {
        return None;
    }
    let asked = percent(inputs.options.change);
    let minutes = figure::value(inputs.windows().get(seen.longest).copied()?);
    let least = smallest.change.map_or_else(
        || "not even eleven times its level is".to_owned(),
        |change| format!("{} is the smallest that is", figure::percent(change)),
    );
    let kind = reason(config, seen, inputs, change, size);
    let sentence = match kind {
        AdviceKind::BelowZero => format!(
            "a ratio of means falls as values below 0 rise, and the baseline's mean is below 0 in {} of \
             healthy pairs, so a change of {asked} is not found after {minutes} min, {least}; set \
             effectSize.measure to cles, or judge it with {EVIDENCE}",
            percent(seen.below_zero)
        ),
        AdviceKind::Allowed => format!(
            "the config allows a change of {asked}, so it is not found after {minutes} min, {least}; \
             allow less if it matters"
        ),
        _ => format!(
            "it is too noisy for a change of {asked}, which is not found after {minutes} min, {least}; \
             judge for longer, send more traffic to the canary, or take a steadier statistic of it"
        ),
    };
    Some(Advice { kind, sentence })
}

/// What hides a change of `size`, a share of the level with its sign: the config if it can be, else
/// noise.
fn reason(
    config: &MetricConfig,
    seen: &Observations,
    inputs: &Inputs,
    change: Injection,
    size: f64,
) -> AdviceKind {
    let effect = config.effect_size;
    if effect.measure != EffectMeasure::MeanRatio {
        return AdviceKind::TooNoisy;
    }
    // That judge takes allowances as shares of the size of each point, as changes are.
    let by_size = inputs.judge.name() == EVIDENCE;
    if !by_size && seen.below_zero > 1.0 - inputs.options.power {
        return AdviceKind::BelowZero;
    }
    let profile = seen.profile;
    let part = if by_size { 1.0 } else { profile.mean.abs() / profile.mean_size };
    let ratio = 1.0 + size / part;
    let allowed = if change.is_decrease() {
        effect.allowed_decrease <= ratio
    } else {
        effect.allowed_increase >= ratio
    };
    if allowed { AdviceKind::Allowed } else { AdviceKind::TooNoisy }
}
