//! Reads Kayenta's canary config.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::config::{
    CanaryConfig, Direction, EffectMeasure, EffectSize, MetricConfig, NanStrategy, OutlierFactor,
    Outliers, Thresholds,
};
use crate::judges;
use crate::problem::{Problem, Severity};

use super::document::{Node, ProblemList, elements, too_many};
use super::evidence;

/// The config, or the problems if one of them is an error. Other problems are kept in the config.
pub(super) fn read(document: &Value) -> (Option<CanaryConfig>, ProblemList) {
    let mut problems = ProblemList::new();
    let root = Node::root(document);
    if root.object(&mut problems).is_none() {
        return (None, problems);
    }
    let name = root.field("name");
    let name = if name.is_absent() { None } else { name.string(&mut problems) };
    root.notice_unknown(CONFIG_KEYS, &mut problems);
    let judge = read_judge(&root.field("judge"), &mut problems);
    let evidence = evidence::read_judge(&root.field("judge"), &mut problems);
    let metrics = read_metrics(&root.field("metrics"), &mut problems);
    let classifier = root.field("classifier");
    let mut config = CanaryConfig {
        name: name.unwrap_or_default().to_owned(),
        judge,
        metrics,
        evidence,
        ..CanaryConfig::default()
    };
    if classifier.object(&mut problems).is_some() {
        classifier.notice_unknown(&["groupWeights", "scoreThresholds"], &mut problems);
        config.group_weights = read_weights(&classifier.field("groupWeights"), &mut problems);
        let thresholds = classifier.field("scoreThresholds");
        if !thresholds.is_absent() {
            config.thresholds = read_own_thresholds(&thresholds, &mut problems);
        }
    }
    if problems.iter().any(|problem| problem.severity == Severity::Error) {
        return (None, problems);
    }
    config.noticed = problems;
    (Some(config), ProblemList::new())
}

/// Keys of Kayenta's schema.
const CONFIG_KEYS: &[&str] = &[
    "name",
    "id",
    "description",
    "configVersion",
    "applications",
    "judge",
    "metrics",
    "templates",
    "classifier",
    "createdTimestamp",
    "createdTimestampIso",
    "updatedTimestamp",
    "updatedTimestampIso",
];

/// Keys of a metric in Kayenta's schema.
const METRIC_KEYS: &[&str] =
    &["name", "id", "query", "groups", "analysisConfigurations", "scopeName"];

/// The name of the judge, of which `RemoteJudge-v1.0` has another one inside.
pub(super) fn read_judge(judge: &Node<'_>, problems: &mut ProblemList) -> Option<String> {
    if judge.is_absent() {
        return None;
    }
    let name = judge.field("name");
    if judge.object(problems).is_some() {
        judge.notice_unknown(&["name", "judgeConfigurations"], problems);
        if name.is_absent() {
            return None;
        }
    }
    match name.string(problems)? {
        judges::REMOTE => {
            let configurations = judge.field("judgeConfigurations");
            let inner = configurations.field("judge");
            if inner.is_absent() { None } else { inner.string(problems).map(str::to_owned) }
        }
        name => Some(name.to_owned()),
    }
}

/// The thresholds of a request. A missing one is 0, as in Kayenta.
pub(super) fn read_thresholds(node: &Node<'_>, problems: &mut ProblemList) -> Option<Thresholds> {
    node.object(problems)?;
    node.notice_unknown(THRESHOLD_KEYS, problems);
    let mut read = |key| {
        let field = node.field(key);
        if field.is_absent() { Some(0.0) } else { read_threshold(&field, problems) }
    };
    let (pass, marginal) = (read("pass"), read("marginal"));
    thresholds(node, pass?, marginal?, problems)
}

/// The thresholds of a config. A missing one has its default, or the value of the other one if that would be beyond it.
fn read_own_thresholds(node: &Node<'_>, problems: &mut ProblemList) -> Option<Thresholds> {
    node.object(problems)?;
    node.notice_unknown(THRESHOLD_KEYS, problems);
    let mut read = |key| {
        let field = node.field(key);
        field.value.map(|_| read_threshold(&field, problems))
    };
    let default = Thresholds::DEFAULT;
    let (pass, marginal) = match (read("pass"), read("marginal")) {
        (Some(pass), Some(marginal)) => (pass?, marginal?),
        (Some(pass), None) => (pass?, default.marginal().min(pass?)),
        (None, Some(marginal)) => (default.pass().max(marginal?), marginal?),
        (None, None) => (default.pass(), default.marginal()),
    };
    thresholds(node, pass, marginal, problems)
}

const THRESHOLD_KEYS: &[&str] = &["pass", "marginal"];

const A_SCORE: &str = "a score from 0 to 100";

fn read_threshold(field: &Node<'_>, problems: &mut ProblemList) -> Option<f64> {
    let number = field.number();
    if number.is_none() {
        problems.push(field.error(A_SCORE));
    }
    number
}

fn thresholds(
    node: &Node<'_>,
    pass: f64,
    marginal: f64,
    problems: &mut ProblemList,
) -> Option<Thresholds> {
    match Thresholds::new(pass, marginal) {
        Ok(thresholds) => Some(thresholds),
        Err(problem) => {
            problems.push(node.field(&problem.path).error(A_SCORE));
            None
        }
    }
}

fn read_weights(weights: &Node<'_>, problems: &mut ProblemList) -> BTreeMap<String, f64> {
    let mut read = BTreeMap::new();
    if weights.is_absent() {
        return read;
    }
    for group in weights.object(problems).into_iter().flat_map(Map::keys) {
        if too_many(problems) {
            break;
        }
        let weight = weights.field(group);
        let number = if weight.is_absent() {
            problems.push(weight.suspect("a weight from 0 to 100", "it counts as 0"));
            Some(0.0)
        } else {
            weight.number()
        };
        match number {
            Some(number) => {
                read.insert(group.clone(), number);
            }
            None => problems.push(weight.error("a weight from 0 to 100")),
        }
    }
    read
}

fn read_metrics(metrics: &Node<'_>, problems: &mut ProblemList) -> Vec<MetricConfig> {
    let list = metrics.list(problems).map(Vec::as_slice).unwrap_or_default();
    let mut read = Vec::new();
    for metric in elements(&metrics.path, list) {
        if too_many(problems) {
            break;
        }
        read.extend(read_metric(&metric, problems));
    }
    read
}

fn read_metric(metric: &Node<'_>, problems: &mut ProblemList) -> Option<MetricConfig> {
    metric.object(problems)?;
    metric.notice_unknown(METRIC_KEYS, problems);
    let name = metric.field("name").string(problems);
    let groups = metric.field("groups");
    let list = groups.list(problems).map(Vec::as_slice).unwrap_or_default();
    let mut named = Vec::new();
    for group in elements(&groups.path, list) {
        if too_many(problems) {
            break;
        }
        named.extend(group.string(problems).map(str::to_owned));
    }
    let config = MetricConfig {
        name: name.unwrap_or_default().to_owned(),
        groups: named,
        ..MetricConfig::default()
    };
    let configurations = metric.field("analysisConfigurations");
    if configurations.is_absent() {
        return Some(config);
    }
    configurations.object(problems)?;
    configurations.notice_unknown(&["canary", "retro"], problems);
    // `judge retro` reads the expression and checks whether it can be computed.
    configurations.field("retro").notice_unknown(&["expression"], problems);
    let canary = configurations.field("canary");
    if canary.is_absent() {
        return Some(config);
    }
    canary.object(problems)?;
    let known: Vec<&str> = CANARY_KEYS.iter().chain(evidence::METRIC_KEYS).copied().collect();
    canary.notice_unknown(&known, problems);
    Some(MetricConfig {
        direction: word(&canary.field("direction"), DIRECTIONS, problems),
        nan_strategy: word(&canary.field("nanStrategy"), NAN_STRATEGIES, problems),
        outliers: read_outliers(&canary.field("outliers"), problems),
        critical: canary.field("critical").flag(problems),
        muted: canary.field("muted").flag(problems),
        must_have_data: canary.field("mustHaveData").flag(problems),
        effect_size: read_effect_size(&canary.field("effectSize"), problems),
        evidence: evidence::read_metric(&canary, problems),
        ..config
    })
}

const CANARY_KEYS: &[&str] =
    &["direction", "nanStrategy", "outliers", "critical", "muted", "mustHaveData", "effectSize"];

const DIRECTIONS: &[(&str, Direction)] = &[
    ("either", Direction::Either),
    ("increase", Direction::Increase),
    ("decrease", Direction::Decrease),
];

const NAN_STRATEGIES: &[(&str, NanStrategy)] =
    &[("remove", NanStrategy::Remove), ("replace", NanStrategy::Replace)];

const MEASURES: &[(&str, EffectMeasure)] =
    &[("meanRatio", EffectMeasure::MeanRatio), ("cles", EffectMeasure::Cles)];

/// Whether outliers are removed. The factor is read separately.
const OUTLIER_STRATEGIES: &[(&str, bool)] = &[("keep", false), ("remove", true)];

/// The meaning of a word. A missing or unknown word means the first of `words`, Kayenta's default. `null` is
/// an error, because Kayenta cannot read it.
fn word<T: Copy + Default>(node: &Node<'_>, words: &[(&str, T)], problems: &mut ProblemList) -> T {
    let allowed = || {
        let words: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        format!("one of {}", words.join(", "))
    };
    let default = words.first().map(|(_, meaning)| *meaning).unwrap_or_default();
    let known = |text| words.iter().find(|(word, _)| *word == text);
    match node.value {
        None => default,
        Some(Value::Null | Value::Array(_) | Value::Object(_)) => {
            problems.push(node.error(&allowed()));
            default
        }
        Some(value) => {
            if let Some((_, meaning)) = value.as_str().and_then(known) {
                return *meaning;
            }
            let first = words.first().map_or("", |(word, _)| *word);
            problems.push(node.suspect(&allowed(), &format!("it is read as {first}")));
            default
        }
    }
}

/// Whether a section of the metric's configuration is there. Kayenta reads a number, string or flag in its
/// place as an empty section.
fn has_section(node: &Node<'_>, problems: &mut ProblemList) -> bool {
    match node.value {
        None | Some(Value::Null) => false,
        Some(Value::Object(_)) => true,
        Some(Value::Array(_)) => {
            problems.push(node.error("an object"));
            false
        }
        Some(_) => {
            problems.push(node.suspect("an object", "it is ignored and the defaults hold"));
            false
        }
    }
}

fn read_outliers(node: &Node<'_>, problems: &mut ProblemList) -> Outliers {
    if !has_section(node, problems) {
        return Outliers::Keep;
    }
    node.notice_unknown(&["strategy", "outlierFactor"], problems);
    let remove = word(&node.field("strategy"), OUTLIER_STRATEGIES, problems);
    let field = node.field("outlierFactor");
    let factor = boxed_double(&field, OutlierFactor::DEFAULT.get(), problems);
    if !remove {
        return Outliers::Keep;
    }
    match OutlierFactor::new(factor) {
        Ok(factor) => Outliers::Remove(factor),
        Err(problem) => {
            problems.push(Problem { path: field.path.to_string(), ..problem });
            Outliers::Keep
        }
    }
}

fn read_effect_size(node: &Node<'_>, problems: &mut ProblemList) -> EffectSize {
    if !has_section(node, problems) {
        return EffectSize::default();
    }
    node.notice_unknown(EFFECT_KEYS, problems);
    let measure = word(&node.field("measure"), MEASURES, problems);
    let mut allowance = |key| {
        let field = node.field(key);
        let value = boxed_double(&field, measure.neutral(), problems);
        problems.extend(suspicious_allowance(measure, key, value, &field));
        value
    };
    let neutral = EffectSize::neutral(measure);
    let read = neutral
        .with_allowed_increase(allowance("allowedIncrease"))
        .and_then(|size| size.with_allowed_decrease(allowance("allowedDecrease")))
        .and_then(|size| size.with_critical_increase(allowance("criticalIncrease")))
        .and_then(|size| size.with_critical_decrease(allowance("criticalDecrease")));
    // A JSON number is finite.
    read.unwrap_or(neutral)
}

/// A notice about an allowance that allows nothing or everything: 0.1 often means 10 %.
fn suspicious_allowance(
    measure: EffectMeasure,
    key: &str,
    value: f64,
    field: &Node<'_>,
) -> Option<Problem> {
    let increase = key.ends_with("Increase");
    let (plausible, allowed) = match (measure, increase) {
        (EffectMeasure::MeanRatio, true) => {
            (value >= 1.0, "a ratio of at least 1, such as 1.1 for 10 % more")
        }
        (EffectMeasure::MeanRatio, false) => {
            ((0.0..=1.0).contains(&value), "a ratio from 0 to 1, such as 0.9 for 10 % less")
        }
        (EffectMeasure::Cles, true) => {
            ((0.5..=1.0).contains(&value), "a probability from 0.5 to 1")
        }
        (EffectMeasure::Cles, false) => {
            ((0.0..=0.5).contains(&value), "a probability from 0 to 0.5")
        }
    };
    (!plausible && value.is_finite()).then(|| Problem {
        consequence: "it allows nothing or everything".to_owned(),
        ..field.notice(allowed)
    })
}

const EFFECT_KEYS: &[&str] =
    &["measure", "allowedIncrease", "allowedDecrease", "criticalIncrease", "criticalDecrease"];

/// A number that Kayenta casts to `java.lang.Double`: integers up to Java's `int` only, no strings, and 0 for
/// `null`.
fn boxed_double(node: &Node<'_>, default: f64, problems: &mut ProblemList) -> f64 {
    const ALLOWED: &str =
        "a number, with a decimal point if it is a whole number beyond 2147483647";
    match node.value {
        None => default,
        Some(Value::Null) => {
            problems.push(node.suspect("a number", "it counts as 0"));
            0.0
        }
        Some(Value::Number(number)) if fits_int(number) => number.as_f64().unwrap_or(default),
        Some(_) => {
            problems.push(node.error(ALLOWED));
            default
        }
    }
}

/// Whether a number is a fraction or a 32-bit integer.
fn fits_int(number: &serde_json::Number) -> bool {
    match number.as_i64() {
        Some(integer) => i32::try_from(integer).is_ok(),
        None => number.is_f64(),
    }
}
