//! Reads the settings that only `EvidenceJudge-v1` has.
//!
//! Kayenta keeps `judge.judgeConfigurations` and unknown keys of `analysisConfigurations.canary` as they are, so
//! configs with these keys stay valid there. A wrong value is an error, because nothing else gives these keys a
//! meaning.

use serde_json::Value;

use crate::config::evidence::{
    EvidenceConfig, EvidenceSettings, JointSettings, MetricEvidence, MetricEvidenceSettings,
    SettingWord,
};
use crate::judges::{EvidenceJudge, Judge, REMOTE};
use crate::problem::Problem;
use crate::test_kind::TestKind;

use super::document::{Node, ProblemList, elements, too_many};

/// Keys of `analysisConfigurations.canary`.
pub(super) const METRIC_KEYS: &[&str] = &[
    "confidence",
    "minimumChange",
    "minimumNoise",
    "minimumAbsolute",
    "tests",
    "kind",
    "of",
    "warmUpPoints",
    "traffic",
];

/// Keys of `judge.judgeConfigurations`; the first is for remote judges.
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
    "spending",
    "earlyPass",
    "traffic",
];

/// Reads `judge.judgeConfigurations`, unless the config names a judge that does not read it.
pub(super) fn read_judge(judge: &Node<'_>, problems: &mut ProblemList) -> EvidenceConfig {
    let name = judge.field("name");
    let name = name.value.and_then(Value::as_str);
    let node = judge.field("judgeConfigurations");
    let is_other = name.is_some_and(|name| name != EvidenceJudge.name() && name != REMOTE);
    if node.is_absent() || is_other || node.object(problems).is_none() {
        return EvidenceConfig::default();
    }
    node.notice_unknown(JUDGE_KEYS, problems);
    let settings = EvidenceSettings {
        confidence: number(&node, "confidence", problems),
        minimum_change: number(&node, "minimumChange", problems),
        minimum_noise: number(&node, "minimumNoise", problems),
        minimum_absolute: number(&node, "minimumAbsolute", problems),
        tests: test_kinds(&node.field("tests"), problems),
        inconclusive: word(&node, "inconclusive", problems),
        joint: joint(&node.field("joint"), problems),
        across_metrics: word(&node, "acrossMetrics", problems),
        warm_up: points(&node, "warmUpPoints", problems),
        spending: word(&node, "spending", problems),
        early_pass: number(&node, "earlyPass", problems),
        traffic: text(&node, "traffic", problems),
    };
    checked(&node, problems, |found| settings.check(found))
}

/// Reads the settings of a metric.
pub(super) fn read_metric(canary: &Node<'_>, problems: &mut ProblemList) -> MetricEvidence {
    let settings = MetricEvidenceSettings {
        confidence: number(canary, "confidence", problems),
        minimum_change: number(canary, "minimumChange", problems),
        minimum_noise: number(canary, "minimumNoise", problems),
        minimum_absolute: number(canary, "minimumAbsolute", problems),
        tests: test_kinds(&canary.field("tests"), problems),
        kind: word(canary, "kind", problems),
        of: text(canary, "of", problems),
        warm_up: points(canary, "warmUpPoints", problems),
        traffic: text(canary, "traffic", problems),
    };
    checked(canary, problems, |found| settings.check(found))
}

/// What `check` returns; the problems that it finds get the path of `node`.
fn checked<T>(
    node: &Node<'_>,
    problems: &mut ProblemList,
    check: impl FnOnce(&mut Vec<Problem>) -> T,
) -> T {
    let mut found = Vec::new();
    let config = check(&mut found);
    let path = node.path.to_string();
    problems.extend(found.into_iter().map(|problem| problem.within(&path)));
    config
}

fn number(parent: &Node<'_>, key: &str, problems: &mut ProblemList) -> Option<f64> {
    let node = parent.field(key);
    if node.is_absent() {
        return None;
    }
    let number = node.number();
    if number.is_none() {
        problems.push(node.error("a number"));
    }
    number
}

fn text(parent: &Node<'_>, key: &str, problems: &mut ProblemList) -> Option<String> {
    let node = parent.field(key);
    if node.is_absent() { None } else { node.string(problems).map(str::to_owned) }
}

fn points(parent: &Node<'_>, key: &str, problems: &mut ProblemList) -> Option<usize> {
    let node = parent.field(key);
    if node.is_absent() {
        return None;
    }
    let points = node.value.and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok());
    if points.is_none() {
        problems.push(node.error("a whole number of points"));
    }
    points
}

fn word<T: SettingWord>(parent: &Node<'_>, key: &str, problems: &mut ProblemList) -> Option<T> {
    let node = parent.field(key);
    if node.is_absent() {
        return None;
    }
    let word = node.value.and_then(Value::as_str).and_then(T::from_word);
    if word.is_none() {
        problems.push(node.error(&T::expected()));
    }
    word
}

fn test_kinds(node: &Node<'_>, problems: &mut ProblemList) -> Option<Vec<TestKind>> {
    if node.is_absent() {
        return None;
    }
    let list = node.list(problems)?;
    let mut tests = Vec::new();
    for element in elements(&node.path, list) {
        if too_many(problems) {
            break;
        }
        match element.value.and_then(Value::as_str).and_then(TestKind::from_word) {
            Some(test) => tests.push(test),
            None => problems.push(element.error(&TestKind::expected())),
        }
    }
    // A list of unknown tests is not empty as well.
    (list.is_empty() || !tests.is_empty()).then_some(tests)
}

fn joint(node: &Node<'_>, problems: &mut ProblemList) -> JointSettings {
    match node.value {
        None | Some(Value::Null) => JointSettings::default(),
        Some(Value::Bool(enabled)) => {
            JointSettings { enabled: Some(*enabled), ..JointSettings::default() }
        }
        Some(Value::Object(_)) => {
            node.notice_unknown(&["enabled", "size", "outcome"], problems);
            let enabled = node.field("enabled");
            JointSettings {
                enabled: (!enabled.is_absent()).then(|| enabled.flag(problems)),
                size: number(node, "size", problems),
                outcome: word(node, "outcome", problems),
            }
        }
        Some(_) => {
            problems.push(node.error("true, false, or an object with enabled, size and outcome"));
            JointSettings::default()
        }
    }
}

#[cfg(test)]
mod tests;
