//! Advises a person about a metric.

mod observations;
mod weakness;

use judge_core::config::{Direction, EffectMeasure, MetricConfig};
use judge_core::{Verdict, format, stats};

use observations::EVIDENCE;
pub(crate) use observations::Observations;

use crate::advice::{Advice, AdviceKind};
use crate::calibration::MetricFigures;
use crate::inputs::Inputs;
use crate::profile::Profile;

/// From this share of points on, a metric has nearly always one value.
const NEARLY_ALWAYS: f64 = 0.9;
/// From this share of gaps on, too many points are missing.
const MANY_GAPS: f64 = 0.5;
/// From this share of windows without a class on, too few windows can be judged.
const MANY_WITHOUT_DATA: f64 = 0.2;
/// A metric fails too many healthy canaries if its share is shown to be above this.
const MOST_FALSE_ALARMS: f64 = 0.05;
/// A metric always differs, whatever is deployed, if its share is shown to be above this.
const ALWAYS: f64 = 0.5;
/// From this variance inflation on, the autocorrelation of a metric matters.
const NOTABLE_INFLATION: f64 = 1.5;

/// All advice about a metric, the most severe first.
pub(crate) fn advise(
    config: &MetricConfig,
    figures: &MetricFigures,
    seen: &Observations,
    inputs: &Inputs,
) -> Vec<Advice> {
    if !seen.known {
        return vec![Advice {
            kind: AdviceKind::NotInHistory,
            sentence: "the history has no points of it; check its name and its query".to_owned(),
        }];
    }
    let mut found = Vec::new();
    found.extend(values(seen));
    if found.iter().any(|finding| finding.kind == AdviceKind::Constant) {
        return found;
    }
    found.extend(sparse(seen));
    found.extend(alarms(config, figures, seen, inputs));
    found.extend(weakness::weakness(config, figures, seen, inputs));
    found.extend(no_consequence(config, figures));
    found
}

fn values(seen: &Observations) -> Option<Advice> {
    let Profile { mode, mode_share, .. } = seen.profile;
    let value = format::value(mode);
    if mode_share >= 1.0 {
        let sentence = format!(
            "every point is {value}, so the history shows no noise, and the figures are too good; keep the \
             metric as a tripwire, or add history in which it changes"
        );
        return Some(Advice { kind: AdviceKind::Constant, sentence });
    }
    (mode_share >= NEARLY_ALWAYS).then(|| Advice {
        kind: AdviceKind::NearlyConstant,
        sentence: format!(
            "{} of its points are {value}, so only rare events carry information; query it over a longer \
             range, or judge its counts with EvidenceJudge-v1 (kind count)",
            format::share(mode_share)
        ),
    })
}

fn sparse(seen: &Observations) -> Option<Advice> {
    let gaps = seen.profile.gaps;
    if gaps < MANY_GAPS && seen.without_data < MANY_WITHOUT_DATA {
        return None;
    }
    let without_data = if seen.without_data > 0.0 {
        format!(
            ", and {} of healthy pairs have too few points to judge",
            format::share(seen.without_data)
        )
    } else {
        String::new()
    };
    Some(Advice {
        kind: AdviceKind::Sparse,
        sentence: format!(
            "{} of its points are missing{without_data}; query it over a longer range, or set nanStrategy to \
             replace if a missing point means 0",
            format::share(gaps)
        ),
    })
}

fn alarms(
    config: &MetricConfig,
    figures: &MetricFigures,
    seen: &Observations,
    inputs: &Inputs,
) -> Option<Advice> {
    let alarms = figures.false_alarms.get(seen.longest).copied().flatten()?;
    if alarms.lower <= MOST_FALSE_ALARMS {
        return None;
    }
    let covering_allowance = covering_allowance(config, seen);
    if alarms.lower > ALWAYS {
        return Some(Advice {
            kind: AdviceKind::AlwaysDifferent,
            sentence: format!(
                "it fails {} of healthy canaries: healthy instances always differ; make them alike (age, load, \
                 hardware), allow more{covering_allowance}, or mute the metric",
                format::share(alarms.share)
            ),
        });
    }
    let inflation = figures.variance_inflation;
    let why = if inflation >= NOTABLE_INFLATION && inputs.judge.name() != EVIDENCE {
        format!(
            ": its points are autocorrelated, so {} of them have the information of one; EvidenceJudge-v1 \
             corrects for that, {} does not",
            format::value(inflation.round()),
            inputs.judge.name()
        )
    } else {
        String::new()
    };
    Some(Advice {
        kind: AdviceKind::FalseAlarms,
        sentence: format!(
            "it fails {} of healthy canaries{why}; allow more{covering_allowance}",
            format::share(alarms.share)
        ),
    })
}

/// Share of healthy pairs that a suggested allowance covers.
const COVERED: f64 = 0.95;

/// The allowance that covers most healthy pairs, if it can be computed.
fn covering_allowance(config: &MetricConfig, seen: &Observations) -> String {
    let ratios = &seen.mean_ratios;
    if config.effect_size.measure() != EffectMeasure::MeanRatio || ratios.is_empty() {
        return String::new();
    }
    // Rounded away from 1, so that it still covers the pairs.
    let increase = (stats::percentile(ratios, COVERED) * 100.0).ceil() / 100.0;
    let decrease = (stats::percentile(ratios, 1.0 - COVERED) * 100.0).floor() / 100.0;
    let mut allowed = Vec::new();
    if config.direction != Direction::Decrease && increase > config.effect_size.allowed_increase() {
        allowed.push(format!("allowedIncrease {increase}"));
    }
    if config.direction != Direction::Increase && decrease < config.effect_size.allowed_decrease() {
        allowed.push(format!("allowedDecrease {decrease}"));
    }
    if allowed.is_empty() {
        return String::new();
    }
    format!(" ({} covers 95% of them)", allowed.join(" with "))
}

fn no_consequence(config: &MetricConfig, figures: &MetricFigures) -> Option<Advice> {
    let alone = figures.lone_failure.filter(|alone| alone.verdict == Verdict::Pass)?;
    (!config.muted).then(|| Advice {
        kind: AdviceKind::HoldsNothingBack,
        sentence: format!(
            "if only this metric fails, the score is {} and the canary passes; if that is not intended, make \
             it critical, increase the weight of its group, or raise the pass threshold",
            format::value(alone.score)
        ),
    })
}
