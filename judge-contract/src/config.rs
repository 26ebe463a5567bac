//! Configs.

use judge_core::config::{
    CanaryConfig, Direction, EffectMeasure, EffectSize, MetricConfig, NanStrategy, OutlierFactor,
    Outliers, Thresholds,
};
use judge_core::{JudgeError, Problem, kayenta};

use crate::reading::Reading;
use crate::{Problems, evidence, proto};

/// The config, or `None` if one of the problems is an error.
pub(crate) fn read(config: proto::CanaryConfig, reading: &mut Reading<'_>) -> Option<CanaryConfig> {
    let before = reading.problems();
    let metrics = config
        .metrics
        .into_iter()
        .enumerate()
        .map(|(index, metric)| read_metric(metric, &mut reading.element("metrics", index)))
        .collect();
    let thresholds = config
        .thresholds
        .and_then(|thresholds| read_thresholds(thresholds, &mut reading.within("thresholds")));
    let evidence =
        config.evidence.map(|evidence| evidence::read(&evidence, &mut reading.within("evidence")));
    let config = CanaryConfig {
        name: config.name,
        judge: config.judge,
        metrics,
        group_weights: config.group_weights,
        thresholds,
        noticed: Vec::new(),
        evidence: evidence.unwrap_or_default(),
    };
    (reading.problems() == before).then_some(config)
}

/// The config of Kayenta's document, or `None` if one of the problems is an error.
pub(crate) fn read_kayenta(
    json: &str,
    path: &str,
    problems: &mut Problems,
) -> Option<CanaryConfig> {
    let before = problems.count();
    let read = kayenta::read_config(json.as_bytes());
    let refused = read.as_ref().err().into_iter().flat_map(JudgeError::problems).cloned();
    let nameless = read.as_ref().ok().into_iter().flat_map(nameless);
    for problem in refused.chain(nameless) {
        problems.push(|| problem.within(path));
    }
    read.ok().filter(|_| problems.count() == before)
}

/// The metrics that no pair of our messages can name; Kayenta's requests can.
pub(crate) fn nameless(config: &CanaryConfig) -> impl Iterator<Item = Problem> {
    let nameless = config.metrics.iter().enumerate().filter(|(_, metric)| metric.name.is_empty());
    nameless.map(|(index, _)| {
        Problem::error(format!("metrics[{index}].name"), "\"\"", "the metric's name")
    })
}

/// Both thresholds, or the errors in `reading`.
pub(crate) fn read_thresholds(
    thresholds: proto::Thresholds,
    reading: &mut Reading<'_>,
) -> Option<Thresholds> {
    for (field, value) in [("pass", thresholds.pass), ("marginal", thresholds.marginal)] {
        if value.is_none() {
            reading.error(field, "missing", "a score from 0 to 100");
        }
    }
    match Thresholds::new(thresholds.pass?, thresholds.marginal?) {
        Ok(thresholds) => Some(thresholds),
        Err(problem) => {
            reading.error(&problem.path, problem.value, "a score from 0 to 100");
            None
        }
    }
}

fn read_metric(metric: proto::MetricConfig, reading: &mut Reading<'_>) -> MetricConfig {
    if metric.name.is_empty() {
        reading.error("name", "missing", "the metric's name");
    }
    let outliers = read_outliers(metric.outlier_strategy, metric.outlier_factor, reading);
    let effect_size = metric
        .effect_size
        .map(|effect| read_effect_size(&effect, &mut reading.within("effectSize")));
    let evidence = metric
        .evidence
        .map(|evidence| evidence::read_metric(evidence, &mut reading.within("evidence")));
    MetricConfig {
        name: metric.name,
        groups: metric.groups,
        direction: read_direction(metric.direction, reading),
        nan_strategy: read_nan_strategy(metric.nan_strategy, reading),
        outliers,
        critical: metric.critical,
        muted: metric.muted,
        must_have_data: metric.must_have_data,
        effect_size: effect_size.unwrap_or_default(),
        evidence: evidence.unwrap_or_default(),
    }
}

fn read_direction(number: i32, reading: &mut Reading<'_>) -> Direction {
    use proto::Direction as Word;
    match Word::try_from(number) {
        Ok(Word::Increase) => Direction::Increase,
        Ok(Word::Decrease) => Direction::Decrease,
        Ok(Word::Either | Word::Unspecified) => Direction::Either,
        Err(_) => {
            let allowed = "one of DIRECTION_INCREASE, DIRECTION_DECREASE, DIRECTION_EITHER";
            reading.error("direction", number, allowed);
            Direction::default()
        }
    }
}

fn read_nan_strategy(number: i32, reading: &mut Reading<'_>) -> NanStrategy {
    use proto::NanStrategy as Word;
    match Word::try_from(number) {
        Ok(Word::Replace) => NanStrategy::Replace,
        Ok(Word::Remove | Word::Unspecified) => NanStrategy::Remove,
        Err(_) => {
            let allowed = "one of NAN_STRATEGY_REMOVE, NAN_STRATEGY_REPLACE";
            reading.error("nanStrategy", number, allowed);
            NanStrategy::default()
        }
    }
}

fn read_outliers(number: i32, factor: Option<f64>, reading: &mut Reading<'_>) -> Outliers {
    use proto::OutlierStrategy as Word;
    match Word::try_from(number) {
        Ok(Word::Keep | Word::Unspecified) => Outliers::Keep,
        Ok(Word::Remove) => match factor.map_or(Ok(OutlierFactor::DEFAULT), OutlierFactor::new) {
            Ok(factor) => Outliers::Remove(factor),
            Err(problem) => {
                reading.push(problem);
                Outliers::Keep
            }
        },
        Err(_) => {
            let allowed = "one of OUTLIER_STRATEGY_KEEP, OUTLIER_STRATEGY_REMOVE";
            reading.error("outlierStrategy", number, allowed);
            Outliers::default()
        }
    }
}

type WithEffect = fn(EffectSize, f64) -> Result<EffectSize, Problem>;

fn read_effect_size(effect: &proto::EffectSize, reading: &mut Reading<'_>) -> EffectSize {
    use proto::EffectMeasure as Word;
    let measure = match Word::try_from(effect.measure) {
        Ok(Word::Cles) => EffectMeasure::Cles,
        Ok(Word::MeanRatio | Word::Unspecified) => EffectMeasure::MeanRatio,
        Err(_) => {
            let allowed = "one of EFFECT_MEASURE_MEAN_RATIO, EFFECT_MEASURE_CLES";
            reading.error("measure", effect.measure, allowed);
            EffectMeasure::default()
        }
    };
    let mut size = EffectSize::neutral(measure);
    let set: [(Option<f64>, WithEffect); 4] = [
        (effect.allowed_increase, EffectSize::with_allowed_increase),
        (effect.allowed_decrease, EffectSize::with_allowed_decrease),
        (effect.critical_increase, EffectSize::with_critical_increase),
        (effect.critical_decrease, EffectSize::with_critical_decrease),
    ];
    for (effect, with) in set {
        let Some(effect) = effect else { continue };
        match with(size, effect) {
            Ok(changed) => size = changed,
            Err(problem) => reading.error(&problem.path, problem.value, &problem.allowed),
        }
    }
    size
}
