//! What only `EvidenceJudge-v1` reads of Kayenta's canary config.
//!
//! Kayenta keeps `judge.judgeConfigurations` and unknown keys of `analysisConfigurations.canary` as they are, so configs with these keys stay valid there. A wrong value here is an error: nothing else
//! gives these keys a meaning.

use serde_json::Value;

use crate::config::evidence::{
    AcrossMetrics, Confidence, EvidenceConfig, InconclusivePolicy, Joint, JointOutcome,
    MetricEvidence, MetricKind, MinimumChange, Tests,
};
use crate::judgement::TestKind;
use crate::judges::{EvidenceJudge, Judge, REMOTE};

use super::document::{Node, Problems, elements, too_many};

/// The keys of `analysisConfigurations.canary`.
pub(super) const METRIC_KEYS: &[&str] = &[
    "confidence",
    "minimumChange",
    "minimumNoise",
    "minimumAbsolute",
    "tests",
    "kind",
    "of",
    "warmUpPoints",
];

/// The keys of `judge.judgeConfigurations`; the first is for remote judges.
const JUDGE_KEYS: &[&str] = &[
    "judge",
    "confidence",
    "minimumChange",
    "minimumNoise",
    "minimumAbsolute",
    "tests",
    "inconclusive",
    "joint",
    "acrossMetrics",
    "warmUpPoints",
];

const POLICIES: &[(&str, InconclusivePolicy)] = &[
    ("passThreshold", InconclusivePolicy::PassThreshold),
    ("pass", InconclusivePolicy::Pass),
    ("marginal", InconclusivePolicy::Marginal),
    ("fail", InconclusivePolicy::Fail),
];

const OUTCOMES: &[(&str, JointOutcome)] = &[
    ("fail", JointOutcome::Fail),
    ("marginal", JointOutcome::Marginal),
    ("warn", JointOutcome::Warn),
];

const ACROSS: &[(&str, AcrossMetrics)] = &[
    ("balanced", AcrossMetrics::Balanced),
    ("each", AcrossMetrics::Each),
    ("holm", AcrossMetrics::Holm),
    ("benjaminiHochberg", AcrossMetrics::BenjaminiHochberg),
];

/// Reads `judge.judgeConfigurations`, unless the config names a judge that reads none of it.
pub(super) fn read_judge(judge: &Node<'_>, problems: &mut Problems) -> EvidenceConfig {
    let default = EvidenceConfig::default();
    let name = judge.field("name");
    let name = name.value.and_then(Value::as_str);
    let node = judge.field("judgeConfigurations");
    if node.is_absent() || name.is_some_and(|name| name != EvidenceJudge.name() && name != REMOTE) {
        return default;
    }
    if node.object(problems).is_none() {
        return default;
    }
    node.notice_unknown(JUDGE_KEYS, problems);
    let minimum = default.minimum_change;
    EvidenceConfig {
        confidence: confidence(&node.field("confidence"), problems).unwrap_or_default(),
        minimum_change: MinimumChange {
            relative: size(&node.field("minimumChange"), problems).unwrap_or(minimum.relative),
            noise: size(&node.field("minimumNoise"), problems).unwrap_or(minimum.noise),
            absolute: size(&node.field("minimumAbsolute"), problems).unwrap_or(minimum.absolute),
        },
        tests: tests(&node.field("tests"), problems).unwrap_or_default(),
        inconclusive: word(&node.field("inconclusive"), POLICIES, problems),
        joint: joint(&node.field("joint"), problems),
        across_metrics: word(&node.field("acrossMetrics"), ACROSS, problems),
        warm_up: points(&node.field("warmUpPoints"), problems).unwrap_or_default(),
    }
}

/// Reads what a metric says otherwise.
pub(super) fn read_metric(canary: &Node<'_>, problems: &mut Problems) -> MetricEvidence {
    MetricEvidence {
        confidence: confidence(&canary.field("confidence"), problems),
        minimum_relative: size(&canary.field("minimumChange"), problems),
        minimum_noise: size(&canary.field("minimumNoise"), problems),
        minimum_absolute: size(&canary.field("minimumAbsolute"), problems),
        tests: tests(&canary.field("tests"), problems),
        kind: kind(canary, problems),
        warm_up: points(&canary.field("warmUpPoints"), problems),
    }
}

fn confidence(node: &Node<'_>, problems: &mut Problems) -> Option<Confidence> {
    if node.is_absent() {
        return None;
    }
    let confidence = node.number().and_then(|number| Confidence::new(number).ok());
    if confidence.is_none() {
        problems.push(node.error("from 0.5 up to, not including, 1"));
    }
    confidence
}

/// A size: a finite number, 0 or above.
fn size(node: &Node<'_>, problems: &mut Problems) -> Option<f64> {
    if node.is_absent() {
        return None;
    }
    let number = node.number().filter(|number| number.is_finite() && *number >= 0.0);
    if number.is_none() {
        problems.push(node.error("a number, 0 or above"));
    }
    number
}

fn points(node: &Node<'_>, problems: &mut Problems) -> Option<usize> {
    if node.is_absent() {
        return None;
    }
    let points = node.value.and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok());
    if points.is_none() {
        problems.push(node.error("a whole number of points, 0 or above"));
    }
    points
}

fn word<T: Copy + Default>(node: &Node<'_>, words: &[(&str, T)], problems: &mut Problems) -> T {
    if node.is_absent() {
        return T::default();
    }
    let text = node.value.and_then(Value::as_str);
    let known = words.iter().find(|(word, _)| Some(*word) == text);
    if known.is_none() {
        let words: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        problems.push(node.error(&words.join(", ")));
    }
    known.map(|(_, meaning)| *meaning).unwrap_or_default()
}

fn tests(node: &Node<'_>, problems: &mut Problems) -> Option<Tests> {
    if node.is_absent() {
        return None;
    }
    let list = node.list(problems)?;
    let mut tests = Vec::new();
    for element in elements(&node.path, list) {
        if too_many(problems) {
            break;
        }
        let name = element.value.and_then(Value::as_str);
        match TestKind::ALL.into_iter().find(|test| Some(test.name()) == name) {
            Some(test) => tests.push(test),
            None => problems.push(element.error(&TestKind::ALL.map(TestKind::name).join(", "))),
        }
    }
    if list.is_empty() {
        let names = TestKind::ALL.map(TestKind::name).join(", ");
        problems.push(node.error(&format!("one or more of {names}")));
    }
    Some(Tests::only(tests))
}

fn joint(node: &Node<'_>, problems: &mut Problems) -> Joint {
    let default = Joint::default();
    match node.value {
        None | Some(Value::Null) => default,
        Some(Value::Bool(enabled)) => Joint { enabled: *enabled, ..default },
        Some(Value::Object(_)) => {
            node.notice_unknown(&["enabled", "size", "outcome"], problems);
            let enabled = node.field("enabled");
            let size = node.field("size");
            let share = if size.is_absent() {
                Some(default.size)
            } else {
                size.number().filter(|share| *share > 0.0 && *share <= 1.0)
            };
            if share.is_none() {
                problems.push(size.error("above 0, at most 1"));
            }
            Joint {
                enabled: enabled.is_absent() || enabled.flag(problems),
                size: share.unwrap_or(default.size),
                outcome: word(&node.field("outcome"), OUTCOMES, problems),
            }
        }
        Some(_) => {
            problems.push(node.error("true, false, or an object with enabled, size, outcome"));
            default
        }
    }
}

fn kind(canary: &Node<'_>, problems: &mut Problems) -> MetricKind {
    let node = canary.field("kind");
    let of = canary.field("of");
    let name = if of.is_absent() { None } else { of.string(problems).map(str::to_owned) };
    if node.is_absent() {
        if !of.is_absent() {
            problems.push(of.notice("there only beside a kind: count, proportion"));
        }
        return MetricKind::Auto;
    }
    match (node.value.and_then(Value::as_str), name) {
        (Some("auto"), _) => MetricKind::Auto,
        (Some("gauge"), _) => MetricKind::Gauge,
        (Some("count"), exposure) => MetricKind::Count { exposure },
        (Some("proportion"), Some(of)) => MetricKind::Proportion { of },
        (Some("proportion"), None) => {
            problems.push(of.error("the name of the metric that holds all events"));
            MetricKind::Auto
        }
        _ => {
            problems.push(node.error("auto, gauge, count, proportion"));
            MetricKind::Auto
        }
    }
}

#[cfg(test)]
mod tests;
