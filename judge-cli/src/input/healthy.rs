//! History of healthy instances, from the files that `judge run` reads.

use std::collections::{BTreeMap, BTreeSet};

use judge_calibrate::{Instance, Recording};
use judge_core::judges::Judge;
use judge_core::{CanaryConfig, Series, Thresholds};
use serde_json::Value;

use crate::args::Overrides;

use super::error::{InputError, InputProblem};
use super::request::{Judging, judging};
use super::side;
use super::source::Source;

/// What a calibration needs.
pub(crate) struct CalibrateParts {
    /// Metrics, groups and weights.
    pub(crate) config: CanaryConfig,
    /// The config as it was written.
    pub(crate) document: Value,
    /// The scores that give the verdict.
    pub(crate) thresholds: Thresholds,
    /// Who judges.
    pub(crate) judge: &'static dyn Judge,
    /// Healthy instances.
    pub(crate) recordings: Vec<Recording>,
    /// Time between two of their points.
    pub(crate) step_millis: u64,
    /// Messages for people.
    pub(crate) warnings: Vec<String>,
}

/// An instance, and when its points were taken.
pub(super) struct Timed {
    pub(super) name: String,
    pub(super) start_millis: i64,
    pub(super) step_millis: u64,
    pub(super) points: usize,
    pub(super) by_metric: BTreeMap<String, Series>,
}

/// Where healthy instances are recorded.
pub(crate) enum HealthyHistory {
    /// An instance each. Those whose times overlap by half of the shorter or more ran side by side, and
    /// are taken for the time that all of them have.
    Instances(Vec<Source>),
    /// Releases.
    #[cfg(feature = "retro")]
    Releases(Box<super::releases::Releases>),
}

/// Reads config and history.
pub(crate) fn calibrate_parts(
    source: &Source,
    history: &HealthyHistory,
    overrides: &Overrides,
) -> Result<CalibrateParts, InputError> {
    let sources = match history {
        HealthyHistory::Instances(sources) => sources.as_slice(),
        #[cfg(feature = "retro")]
        HealthyHistory::Releases(_) => &[],
    };
    let stdin = sources.iter().chain([source]).filter(|source| **source == Source::Stdin);
    if stdin.count() > 1 {
        return Err(Source::Stdin.error(InputProblem::StdinTwice));
    }
    let judging = judging(source, overrides)?;
    let Healthy { recordings, step_millis, warnings: of_history } = match history {
        HealthyHistory::Instances(sources) => instances(source, sources, &judging.config)?,
        #[cfg(feature = "retro")]
        HealthyHistory::Releases(releases) => releases.read(&judging)?,
    };
    let Judging { config, document, thresholds, judge, mut warnings, .. } = judging;
    warnings.extend(of_history);
    Ok(CalibrateParts { config, document, thresholds, judge, recordings, step_millis, warnings })
}

/// Healthy instances as they were recorded.
pub(super) struct Healthy {
    pub(super) recordings: Vec<Recording>,
    pub(super) step_millis: u64,
    pub(super) warnings: Vec<String>,
}

fn instances(
    origin: &Source,
    sources: &[Source],
    config: &CanaryConfig,
) -> Result<Healthy, InputError> {
    let mut warnings = Vec::new();
    let mut seen = BTreeSet::new();
    let mut instances: Vec<(&Source, Timed)> = Vec::new();
    for source in sources {
        if !seen.insert(source.place()) {
            warnings.push(format!("{source}: given twice, which is one instance"));
            continue;
        }
        let mut side = side::read(source, config)?;
        warnings.append(&mut side.warnings);
        // One without a series has been warned of, and has no step.
        if !side.by_metric.is_empty() {
            instances.push((source, timed(source, side.by_metric)?));
        }
    }
    let step_millis = common_step(&instances)?;
    let instances = instances.into_iter().map(|(_, instance)| instance).collect();
    let found = recordings(instances, step_millis);
    let Recordings { recordings, cut } =
        found.map_err(|error| origin.error(InputProblem::Calibrate(error)))?;
    warnings.extend(cut);
    Ok(Healthy { recordings, step_millis, warnings })
}

fn timed(source: &Source, by_metric: BTreeMap<String, Series>) -> Result<Timed, InputError> {
    let mut clocks = Vec::with_capacity(by_metric.len());
    for (metric, series) in &by_metric {
        let clock =
            series.clock.ok_or_else(|| source.error(InputProblem::Untimed(metric.clone())))?;
        clocks.push(clock);
    }
    let start_millis = clocks.iter().map(|clock| clock.start_millis).min().unwrap_or_default();
    let step_millis = clocks.iter().map(|clock| clock.step_millis).min().unwrap_or(1).max(1);
    if let Some(other) = clocks.iter().find(|clock| clock.step_millis != step_millis) {
        return Err(source.error(InputProblem::Steps(step_millis, other.step_millis)));
    }
    let points = by_metric.values().map(|series| series.values.len()).max().unwrap_or_default();
    Ok(Timed { name: source.to_string(), start_millis, step_millis, points, by_metric })
}

fn common_step(instances: &[(&Source, Timed)]) -> Result<u64, InputError> {
    let first = instances.first().map_or(1, |(_, instance)| instance.step_millis);
    match instances.iter().find(|(_, instance)| instance.step_millis != first) {
        Some((source, other)) => Err(source.error(InputProblem::Steps(first, other.step_millis))),
        None => Ok(first),
    }
}

/// Instances of one time, and the steps from the first one's start that all of them have.
struct Together {
    instances: Vec<(i64, Timed)>,
    from: i64,
    to: i64,
}

/// Recordings, and what of them was left out.
pub(super) struct Recordings {
    pub(super) recordings: Vec<Recording>,
    /// For people, one a recording that is shorter than an instance of it.
    pub(super) cut: Vec<String>,
}

/// Instances that ran side by side, together.
pub(super) fn recordings(
    mut instances: Vec<Timed>,
    step_millis: u64,
) -> Result<Recordings, judge_calibrate::CalibrateError> {
    instances.sort_by_key(|instance| instance.start_millis);
    let mut groups: Vec<Together> = Vec::new();
    for instance in instances {
        let length = i64::try_from(instance.points).unwrap_or(i64::MAX);
        let joined = groups.iter_mut().find_map(|group| {
            let (_, first) = group.instances.first()?;
            let late = instance.start_millis.saturating_sub(first.start_millis);
            let offset = late / i64::try_from(step_millis).unwrap_or(i64::MAX).max(1);
            let (from, to) = (group.from.max(offset), group.to.min(offset.saturating_add(length)));
            let shorter = length.min(group.to - group.from);
            (2 * (to - from) >= shorter && to > from).then_some((group, offset, from, to))
        });
        match joined {
            Some((group, offset, from, to)) => {
                (group.from, group.to) = (from, to);
                group.instances.push((offset, instance));
            }
            None => groups.push(Together { instances: vec![(0, instance)], from: 0, to: length }),
        }
    }
    let cut = groups.iter().filter_map(Together::cut).collect();
    let recordings = groups.into_iter().map(recording).collect::<Result<_, _>>()?;
    Ok(Recordings { recordings, cut })
}

impl Together {
    fn name(&self) -> String {
        let names: Vec<&str> = self.instances.iter().map(|(_, one)| one.name.as_str()).collect();
        names.join(" and ")
    }

    /// Says what is left out of the longest instance, if anything is.
    fn cut(&self) -> Option<String> {
        let common = usize::try_from(self.to - self.from).unwrap_or_default();
        let (_, longest) = self.instances.iter().max_by_key(|(_, one)| one.points)?;
        (longest.points > common).then(|| {
            format!(
                "{}: cut to the {common} steps that all have; {} has {}",
                self.name(),
                longest.name,
                longest.points
            )
        })
    }
}

/// The common time of instances, missing points as gaps.
fn recording(group: Together) -> Result<Recording, judge_calibrate::CalibrateError> {
    let name = group.name();
    let Together { instances, from, to } = group;
    let cut = |offset: i64, series: &Series| -> Vec<f64> {
        let at = |step: i64| usize::try_from(step - offset).ok();
        (from..to)
            .map(|step| at(step).and_then(|at| series.values.get(at)).copied().unwrap_or(f64::NAN))
            .collect()
    };
    let cut_all = |(offset, instance): &(i64, Timed)| -> Instance {
        let series = instance.by_metric.iter();
        series.map(|(metric, series)| (metric.clone(), cut(*offset, series))).collect()
    };
    let cut: Vec<Instance> = instances.iter().map(cut_all).collect();
    Recording::new(name, cut)
}

#[cfg(test)]
mod tests {
    use judge_core::Clock;

    use super::*;

    fn instance(name: &str, start_millis: i64, values: &[f64]) -> Timed {
        let clock = Some(Clock { start_millis, step_millis: 1000 });
        let series = Series { values: values.to_vec(), clock };
        Timed {
            name: name.to_owned(),
            start_millis,
            step_millis: 1000,
            points: values.len(),
            by_metric: [("m".to_owned(), series)].into(),
        }
    }

    #[test]
    fn instances_of_one_time_are_cut_to_what_all_have() {
        let early = instance("a", 0, &[0.0, 1.0, 2.0, 3.0]);
        let late = instance("b", 1400, &[11.0, 12.0, 13.0, 14.0]);
        let apart = instance("c", 60_000, &[5.0]);
        let Recordings { recordings, cut } = recordings(vec![apart, late, early], 1000).unwrap();
        assert_eq!(cut, ["a and b: cut to the 3 steps that all have; b has 4"]);
        let names: Vec<&str> = recordings.iter().map(Recording::name).collect();
        assert_eq!(names, ["a and b", "c"]);
        let series: Vec<&[f64]> =
            recordings[0].instances().iter().map(|instance| &*instance["m"]).collect();
        assert_eq!(series, [[1.0, 2.0, 3.0], [11.0, 12.0, 13.0]]);
    }
}
