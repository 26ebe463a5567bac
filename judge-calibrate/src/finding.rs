//! What a person should know about a metric, and do.

mod weakness;

use judge_core::config::{Direction, EffectMeasure, MetricConfig};
use judge_core::{Verdict, figure, stats};
use serde::Serialize;

use crate::calibration::MetricFigures;
use crate::setting::Setting;
use crate::traits::Traits;

/// What is the matter with a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum FindingKind {
    /// The history has no point of it.
    NotInHistory,
    /// It has one value throughout, which says nothing about chance.
    Constant,
    /// It is nearly always one value.
    NearlyConstant,
    /// Too many points are missing.
    Sparse,
    /// Two healthy sides differ more often than not.
    AlwaysDifferent,
    /// It fails healthy canaries too often.
    FalseAlarms,
    /// The change asked for is not found in the longest window.
    TooNoisy,
    /// The config allows the change asked for.
    Allowed,
    /// Its effect size is a ratio of means, which is the wrong way round for values below 0.
    BelowZero,
    /// Its failure alone holds nothing back.
    HoldsNothingBack,
}

/// Something to know about a metric.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// What it is.
    pub kind: FindingKind,
    /// A sentence that says it and what to do about it.
    pub sentence: String,
}

/// What findings are made from, beside the figures.
pub(crate) struct Seen {
    pub(crate) known: bool,
    pub(crate) traits: Traits,
    /// Share of the longest windows' pairs in which it had no class for want of data.
    pub(crate) untold: f64,
    /// Share of them in which the baseline's mean was below 0.
    pub(crate) below_zero: f64,
    /// Its mean ratios in the longest windows' healthy pairs, ascending.
    pub(crate) mean_ratios: Vec<f64>,
    /// The longest window that the history has.
    pub(crate) longest: usize,
}

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
const NOTABLE_MEMORY: f64 = 1.5;

/// Everything to know about a metric, the gravest first.
pub(crate) fn findings(
    config: &MetricConfig,
    figures: &MetricFigures,
    seen: &Seen,
    setting: &Setting,
) -> Vec<Finding> {
    if !seen.known {
        return vec![Finding {
            kind: FindingKind::NotInHistory,
            sentence: "the history has no point of it; check its name and its query".to_owned(),
        }];
    }
    let mut found = Vec::new();
    found.extend(values(seen));
    if found.iter().any(|finding| finding.kind == FindingKind::Constant) {
        return found;
    }
    found.extend(sparse(seen));
    found.extend(alarms(config, figures, seen, setting));
    found.extend(weakness::weakness(config, figures, seen, setting));
    found.extend(toothless(config, figures));
    found
}

fn values(seen: &Seen) -> Option<Finding> {
    let Traits { usual, usual_share, .. } = seen.traits;
    let value = figure::value(usual);
    if usual_share >= 1.0 {
        let sentence = format!(
            "it is {value} throughout, so the history says nothing about chance, and figures are of a \
             metric without noise; keep it as a tripwire, or add history in which it moves"
        );
        return Some(Finding { kind: FindingKind::Constant, sentence });
    }
    (usual_share >= NEARLY_ALWAYS).then(|| Finding {
        kind: FindingKind::NearlyConstant,
        sentence: format!(
            "{} of its points are {value}, so it tells little between rare events; query it over a \
             longer range, or judge its counts with EvidenceJudge-v1 (kind count)",
            percent(usual_share)
        ),
    })
}

fn sparse(seen: &Seen) -> Option<Finding> {
    let gaps = seen.traits.gaps;
    if gaps < MANY_GAPS && seen.untold < MANY_UNTOLD {
        return None;
    }
    let untold = if seen.untold > 0.0 {
        format!(", and {} of healthy pairs have too few to judge", percent(seen.untold))
    } else {
        String::new()
    };
    Some(Finding {
        kind: FindingKind::Sparse,
        sentence: format!(
            "{} of its points are missing{untold}; query it over a longer range, or set nanStrategy to \
             replace if no point means 0",
            percent(gaps)
        ),
    })
}

fn alarms(
    config: &MetricConfig,
    figures: &MetricFigures,
    seen: &Seen,
    setting: &Setting,
) -> Option<Finding> {
    let alarms = figures.false_alarms.get(seen.longest).copied().flatten()?;
    if alarms.lower <= MOST_FALSE_ALARMS {
        return None;
    }
    let quieter = quieter(config, seen);
    if alarms.lower > ALWAYS {
        return Some(Finding {
            kind: FindingKind::AlwaysDifferent,
            sentence: format!(
                "it fails {} of healthy canaries: healthy instances differ whatever is deployed; make \
                 them alike (age, load, hardware){quieter}, or mute it",
                percent(alarms.share)
            ),
        });
    }
    let memory = figures.memory;
    let why = if memory >= NOTABLE_MEMORY && setting.judge.name() != EVIDENCE {
        format!(
            ": its points follow each other, {} of them knowing as much as one, which EvidenceJudge-v1 \
             allows for and {} does not",
            figure::value(memory.round()),
            setting.judge.name()
        )
    } else {
        String::new()
    };
    Some(Finding {
        kind: FindingKind::FalseAlarms,
        sentence: format!(
            "it fails {} of healthy canaries{why}; judge it less strictly{quieter}",
            percent(alarms.share)
        ),
    })
}

/// The judge that allows for memory.
const EVIDENCE: &str = "EvidenceJudge-v1";
/// The share of healthy pairs that a suggested allowance covers.
const COVERED: f64 = 0.95;

/// The allowance that covers most healthy pairs, if one is known.
fn quieter(config: &MetricConfig, seen: &Seen) -> String {
    let ratios = &seen.mean_ratios;
    if config.effect_size.measure != EffectMeasure::MeanRatio || ratios.is_empty() {
        return String::new();
    }
    // Rounded away from 1, so that it still covers.
    let increase = (stats::percentile(ratios, COVERED) * 100.0).ceil() / 100.0;
    let decrease = (stats::percentile(ratios, 1.0 - COVERED) * 100.0).floor() / 100.0;
    let mut allowed = Vec::new();
    if config.direction != Direction::Decrease && increase > config.effect_size.allowed_increase {
        allowed.push(format!("allowedIncrease {increase}"));
    }
    if config.direction != Direction::Increase && decrease < config.effect_size.allowed_decrease {
        allowed.push(format!("allowedDecrease {decrease}"));
    }
    if allowed.is_empty() {
        return String::new();
    }
    format!(" ({} covers 95% of them)", allowed.join(" with "))
}

fn toothless(config: &MetricConfig, figures: &MetricFigures) -> Option<Finding> {
    let alone = figures.alone.filter(|alone| alone.verdict == Verdict::Pass)?;
    (!config.muted).then(|| Finding {
        kind: FindingKind::HoldsNothingBack,
        sentence: format!(
            "when it alone fails the score is {} and the canary passes; make it critical, weigh its \
             group more, or raise the pass threshold if that is not meant",
            figure::value(alone.score)
        ),
    })
}

fn percent(share: f64) -> String {
    format!("{}%", figure::value((share * 1000.0).round() / 10.0))
}
