//! History of healthy instances, from the files that `judge run` reads.

use std::collections::{BTreeMap, BTreeSet};

use judge_calibrate::{Recording, Recordings, TimedInstance, recordings};
use judge_core::judges::Judge;
use judge_core::{CanaryConfig, Series, Thresholds};
use judge_points::time::TimeZone;
use judge_sources::Found;
use serde_json::Value;

use super::error::{InputError, InputProblem};
use super::healthy_instances::HealthyInstances;
use super::request::{Judging, judging};
use super::side;
use super::source::InputSource;
use crate::args::Overrides;

/// The input of a calibration.
pub(crate) struct CalibrateParts {
    /// Metrics, groups and weights.
    pub(crate) config: CanaryConfig,
    /// The config as written.
    pub(crate) document: Value,
    /// The thresholds of the verdict.
    pub(crate) thresholds: Thresholds,
    /// The judge.
    pub(crate) judge: &'static dyn Judge,
    /// Healthy instances.
    pub(crate) recordings: Vec<Recording>,
    /// Time between two points.
    pub(crate) step_millis: u64,
    /// Messages for people.
    pub(crate) warnings: Vec<String>,
}

/// The source of healthy instances.
pub(crate) enum HistorySource {
    /// One instance per source. Instances whose times overlap by at least half of the shorter one ran at the same
    /// time, and are cut to their common time.
    Instances(Vec<InputSource>, Option<TimeZone>),
    /// Recorded releases.
    #[cfg(feature = "retro")]
    Releases(Box<super::releases::Releases>),
}

/// Reads config and history.
pub(crate) fn calibrate_parts(
    source: &InputSource,
    history: &HistorySource,
    overrides: &Overrides,
) -> Result<CalibrateParts, InputError> {
    let sources = match history {
        HistorySource::Instances(sources, _) => sources.as_slice(),
        #[cfg(feature = "retro")]
        HistorySource::Releases(_) => &[],
    };
    let stdin = sources.iter().chain([source]).filter(|source| **source == InputSource::Stdin);
    if stdin.count() > 1 {
        return Err(InputSource::Stdin.error(InputProblem::StdinTwice));
    }
    let judging = judging(source, overrides)?;
    let HealthyInstances { recordings, step_millis, warnings: of_history } = match history {
        HistorySource::Instances(sources, zone) => {
            instances(source, sources, &judging.config, zone.as_ref())?
        }
        #[cfg(feature = "retro")]
        HistorySource::Releases(releases) => releases.read(&judging)?,
    };
    let Judging { config, document, thresholds, judge, mut warnings, .. } = judging;
    warnings.extend(of_history);
    Ok(CalibrateParts { config, document, thresholds, judge, recordings, step_millis, warnings })
}

fn instances(
    origin: &InputSource,
    sources: &[InputSource],
    config: &CanaryConfig,
    zone: Option<&TimeZone>,
) -> Result<HealthyInstances, InputError> {
    let mut warnings = Vec::new();
    let mut seen = BTreeSet::new();
    let mut instances: Vec<(&InputSource, TimedInstance)> = Vec::new();
    for source in sources {
        if !seen.insert(source.canonical_path()) {
            warnings.push(format!("{source}: given twice, which is one instance"));
            continue;
        }
        let mut side = side::read(source, config, zone)?;
        warnings.append(&mut side.warnings);
        let by_metric = one_each(source, side.by_metric)?;
        // An instance without series has a different warning, and no step.
        if !by_metric.is_empty() {
            instances.push((source, timed_instance(source, by_metric)?));
        }
    }
    let step_millis = common_step(&instances)?;
    let instances = instances.into_iter().map(|(_, instance)| instance).collect();
    let found = recordings(instances, step_millis);
    let Recordings { recordings, cut } =
        found.map_err(|error| origin.error(InputProblem::Calibrate(error)))?;
    warnings.extend(cut);
    Ok(HealthyInstances { recordings, step_millis, warnings })
}

/// The only series of each metric.
fn one_each(
    source: &InputSource,
    by_metric: BTreeMap<String, Vec<Found>>,
) -> Result<BTreeMap<String, Series>, InputError> {
    let one = |(metric, mut found): (String, Vec<Found>)| match (found.pop(), found.len()) {
        (Some(only), 0) => Ok((metric, only.series)),
        (_, others) => Err(source.error(InputProblem::SeveralSeries { metric, count: others + 1 })),
    };
    by_metric.into_iter().map(one).collect()
}

fn timed_instance(
    source: &InputSource,
    by_metric: BTreeMap<String, Series>,
) -> Result<TimedInstance, InputError> {
    let mut clocks = Vec::with_capacity(by_metric.len());
    for (metric, series) in &by_metric {
        let clock = series.clock.ok_or_else(|| {
            let no_points = series.values.is_empty();
            let problem = if no_points { InputProblem::NoPoints } else { InputProblem::Untimed };
            source.error(problem(metric.clone()))
        })?;
        clocks.push(clock);
    }
    let start_millis = clocks.iter().map(|clock| clock.start_millis()).min().unwrap_or_default();
    let step_millis = clocks.iter().map(|clock| clock.step_millis()).min().unwrap_or(1).max(1);
    if let Some(other) = clocks.iter().find(|clock| clock.step_millis() != step_millis) {
        return Err(source.error(InputProblem::Steps(step_millis, other.step_millis())));
    }
    let points = by_metric.values().map(|series| series.values.len()).max().unwrap_or_default();
    Ok(TimedInstance { name: source.to_string(), start_millis, step_millis, points, by_metric })
}

fn common_step(instances: &[(&InputSource, TimedInstance)]) -> Result<u64, InputError> {
    let first = instances.first().map_or(1, |(_, instance)| instance.step_millis);
    match instances.iter().find(|(_, instance)| instance.step_millis != first) {
        Some((source, other)) => Err(source.error(InputProblem::Steps(first, other.step_millis))),
        None => Ok(first),
    }
}
