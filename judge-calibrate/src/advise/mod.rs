//! What a person should know about a metric, and do.

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

/// From here on one value is nearly always it.
const NEARLY_ALWAYS: f64 = 0.9;
/// From here on too many points are missing.
const MANY_GAPS: f64 = 0.5;
/// From here on too many windows say nothing.
const MANY_UNTOLD: f64 = 0.2;
/// A metric that is shown to fail more healthy canaries than this fails too many.
const MOST_FALSE_ALARMS: f64 = 0.05;
/// A metric that is shown to fail more than this differs whatever is deployed.
const ALWAYS: f64 = 0.5;
/// From here on the points of a metric follow each other notably.
const NOTABLE_INFLATION: f64 = 1.5;

/// Everything to know about a metric, the gravest first.
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
    found.extend(toothless(config, figures));
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
    if gaps < MANY_GAPS && seen.untold < MANY_UNTOLD {
        return None;
    }
    let untold = if seen.untold > 0.0 {
        format!(
            ", and {} of healthy pairs have too few points to judge",
            format::share(seen.untold)
        )
    } else {
        String::new()
    };
    Some(Advice {
        kind: AdviceKind::Sparse,
        sentence: format!(
            "{} of its points are missing{untold}; query it over a longer range, or set nanStrategy to \
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
    let quieter = quieter(config, seen);
    if alarms.lower > ALWAYS {
        return Some(Advice {
            kind: AdviceKind::AlwaysDifferent,
            sentence: format!(
                "it fails {} of healthy canaries: healthy instances always differ; make them alike (age, load, \
                 hardware), allow more{quieter}, or mute the metric",
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
            "it fails {} of healthy canaries{why}; allow more{quieter}",
            format::share(alarms.share)
        ),
    })
}

/// The share of healthy pairs that a suggested allowance covers.
const COVERED: f64 = 0.95;

/// The allowance that covers most healthy pairs, if one is known.
fn quieter(config: &MetricConfig, seen: &Observations) -> String {
    let ratios = &seen.mean_ratios;
    if config.effect_size.measure() != EffectMeasure::MeanRatio || ratios.is_empty() {
        return String::new();
    }
    // Rounded away from 1, so that it still covers.
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

fn toothless(config: &MetricConfig, figures: &MetricFigures) -> Option<Advice> {
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
