//! Classifies one metric from its cleaned sides.

use crate::config::{Direction, EffectMeasure, MetricConfig};
use crate::interval::Shift;
use crate::judgement::{Classification, Decision, Effect, Evidence, SideSummary};
use crate::judges::pairs::{ratio, without_data};

use super::buffers::NetflixBuffers;
use super::parameters::TOLERANCE;
use super::{constant_sides, interval};

/// The class of a metric, and what goes with it.
pub(super) struct Class {
    pub(super) classification: Classification,
    pub(super) reason: Option<String>,
    pub(super) critical: bool,
    pub(super) mean_ratio: Option<f64>,
    pub(super) decision: Decision,
}

impl Class {
    fn pass(mean_ratio: f64, decision: Decision) -> Self {
        Self {
            classification: Classification::Pass,
            reason: None,
            critical: false,
            mean_ratio: Some(mean_ratio),
            decision,
        }
    }
}

pub(super) fn classify(
    config: &MetricConfig,
    buffers: &mut NetflixBuffers,
    baseline: &SideSummary,
    canary: &SideSummary,
) -> Class {
    let NetflixBuffers { baseline: y, canary: x, ranks } = buffers;
    if x.sorted.is_empty() || y.sorted.is_empty() {
        return missing(config);
    }
    if x.sorted == y.sorted {
        let reason = Some("The Canary and Baseline data are identical".to_owned());
        return Class { reason, ..Class::pass(1.0, Decision::Identical) };
    }
    let constants = x.constant().zip(y.constant());
    if constants.is_some_and(|(x, y)| x == y) {
        return Class::pass(1.0, Decision::OneValue);
    }
    let mean_ratio = ratio(canary.mean, baseline.mean);
    if constants.is_some() {
        constant_sides::spread(&mut x.sorted);
        constant_sides::spread(&mut y.sorted);
    }
    let Ok(shift) = interval::shift(&x.sorted, &y.sorted, ranks) else {
        return Class {
            classification: Classification::Error,
            reason: Some("Metric Classification Failed".to_owned()),
            critical: false,
            mean_ratio: None,
            decision: Decision::Untestable,
        };
    };
    let effect = match config.effect_size.measure() {
        EffectMeasure::MeanRatio => mean_ratio,
        EffectMeasure::Cles => interval::superiority(&x.sorted, &y.sorted, ranks),
    };
    let evidence = evidence(config, shift, effect);
    let classification = direction_of_change(&evidence);
    let critical = config.critical && is_critical(classification, &evidence.effect);
    Class {
        classification,
        reason: reason(&config.name, classification, critical),
        critical,
        mean_ratio: Some(mean_ratio),
        decision: match constants {
            Some(_) => Decision::Constants(evidence),
            None => Decision::Tested(evidence),
        },
    }
}

fn missing(config: &MetricConfig) -> Class {
    let pass = Class::pass(1.0, Decision::MissingData);
    match without_data(config) {
        None => pass,
        Some((classification, reason)) => {
            Class { classification, reason: Some(reason), critical: config.critical, ..pass }
        }
    }
}

fn evidence(config: &MetricConfig, shift: Shift, effect: f64) -> Evidence {
    let tolerance = TOLERANCE * shift.estimate.abs();
    Evidence::new(shift, tolerance, Effect::new(effect, config.effect_size), config.direction)
}

fn direction_of_change(evidence: &Evidence) -> Classification {
    let Evidence { interval, tolerance, effect, direction, .. } = evidence;
    let high = *direction != Direction::Decrease
        && interval.lower > *tolerance
        && (effect.value.is_nan() || effect.value >= effect.allowed_increase);
    let low = *direction != Direction::Increase
        && interval.upper < -tolerance
        && (effect.value.is_nan() || effect.value <= effect.allowed_decrease);
    match (high, low) {
        (true, _) => Classification::High,
        (false, true) => Classification::Low,
        (false, false) => Classification::Pass,
    }
}

fn is_critical(classification: Classification, effect: &Effect) -> bool {
    match classification {
        Classification::High => effect.value.is_nan() || effect.value >= effect.critical_increase,
        Classification::Low => effect.value.is_nan() || effect.value <= effect.critical_decrease,
        _ => false,
    }
}

/// Kayenta's reason, word for word.
fn reason(name: &str, classification: Classification, critical: bool) -> Option<String> {
    let word = match classification {
        Classification::High => "High",
        Classification::Low => "Low",
        _ => return None,
    };
    Some(if critical {
        format!("The metric {name} was classified as {word} (Critical)")
    } else {
        format!("{name} was classified as {word}")
    })
}
