//! Healthy instances from a history of releases.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use judge_calibrate::{Recording, TimedInstance, recordings};
use judge_core::{Clock, Series};
use judge_retro::{
    HistoryError, HistoryOptions, MetricPlan, NamedRelease, RecordedSeries, Release, ReleaseGrid,
    ReleaseHistory,
};

use super::error::{InputError, InputProblem};
use super::healthy_instances::HealthyInstances;
use super::request::Judging;
use super::side::join_names;
use super::source::InputSource;

/// A history of releases.
pub(crate) struct Releases {
    /// Files, folders, patterns.
    pub(crate) sources: Vec<PathBuf>,
    /// How to read them.
    pub(crate) options: HistoryOptions,
    /// The step of the grid; `None` for each release's own.
    pub(crate) step_millis: Option<u64>,
    /// Whether the canaries were healthy too.
    pub(crate) with_canaries: bool,
}

/// Why a release or the history was not read.
enum Stopped {
    ReleaseHistory(HistoryError),
    Input(InputError),
}

impl From<HistoryError> for Stopped {
    fn from(error: HistoryError) -> Self {
        Self::ReleaseHistory(error)
    }
}

impl Releases {
    /// Reads the whole history into memory: 8 bytes a point.
    pub(super) fn read(&self, judging: &Judging) -> Result<HealthyInstances, InputError> {
        let plan = MetricPlan::new(&judging.config, &judging.document);
        let plan = Arc::new(plan.map_err(|refused| judging.error(refused))?);
        let of_history = |error| InputError {
            origin: "--releases".to_owned(),
            problem: InputProblem::History(Box::new(error)),
        };
        let history = ReleaseHistory::open(&self.sources, &self.options, plan.series());
        let history = history.map_err(of_history)?;
        let mut warnings = history.warnings().to_vec();
        let damaged = history.damaged().iter();
        warnings.extend(damaged.map(|error| format!("left out: {error}")));
        let mut all: Vec<Recording> = Vec::new();
        let mut cut: Vec<String> = Vec::new();
        let mut step_millis = None;
        let each = |one: NamedRelease| -> Result<(), Stopped> {
            match one.release {
                Ok(release) => {
                    let step = release.baseline.step_millis.max(1);
                    let first = *step_millis.get_or_insert(step);
                    let of_release =
                        InputSource::Path(PathBuf::from(format!("release {}", release.name)));
                    if first != step {
                        let steps = InputProblem::Steps(first, step);
                        return Err(Stopped::Input(of_release.error(steps)));
                    }
                    let found = recordings(instances(&release, self.with_canaries), step);
                    let refuse = |error| of_release.error(InputProblem::Calibrate(error));
                    let found = found.map_err(refuse).map_err(Stopped::Input)?;
                    all.extend(found.recordings);
                    cut.extend(found.cut);
                }
                Err(broken) => {
                    warnings.push(format!("release {:?} is left out: {broken}", one.name));
                }
            }
            Ok(())
        };
        let ignored = match history.each_release(&plan, self.step_millis, each) {
            Ok(ignored) => ignored,
            Err(Stopped::ReleaseHistory(error)) => return Err(of_history(error)),
            Err(Stopped::Input(error)) => return Err(error),
        };
        warnings.extend(ignored_warning(&ignored));
        let others = cut.len().saturating_sub(1);
        if let Some(first) = cut.into_iter().next() {
            let others = if others > 0 { format!("; so are {others} more") } else { String::new() };
            warnings.push(format!("{first}{others}"));
        }
        Ok(HealthyInstances { recordings: all, step_millis: step_millis.unwrap_or(1), warnings })
    }
}

/// A warning about ignored metrics, if there are any.
pub(crate) fn ignored_warning(names: &[String]) -> Option<String> {
    let some = join_names(names.iter().map(String::as_str));
    (!names.is_empty()).then(|| format!("ignored, not in the config: {some}"))
}

/// The healthy instances of a release.
fn instances(release: &Release, with_canaries: bool) -> Vec<TimedInstance> {
    let side = |role: &str,
                grid: ReleaseGrid,
                series_of: fn(&judge_retro::ReleaseMetric) -> &RecordedSeries| {
        let metrics = || release.metrics.iter();
        let names: BTreeSet<&str> = metrics()
            .flat_map(|metric| &series_of(metric).instances)
            .map(|instance| instance.name.as_str())
            .collect();
        let timed = |name: Option<&str>| {
            let series = |metric: &judge_retro::ReleaseMetric| {
                let recorded = series_of(metric);
                let values = match name {
                    Some(name) => {
                        let instance =
                            recorded.instances.iter().find(|instance| instance.name == name)?;
                        &instance.values
                    }
                    None => &recorded.values,
                };
                let ReleaseGrid { start_millis, step_millis, .. } = grid;
                let clock = Clock::new(start_millis, step_millis).ok();
                (!values.is_empty())
                    .then(|| (metric.name.clone(), Series { values: values.clone(), clock }))
            };
            let by_metric: BTreeMap<String, Series> = metrics().filter_map(series).collect();
            TimedInstance {
                name: format!("{}, {role} {}", release.name, name.unwrap_or_default()),
                start_millis: grid.start_millis,
                step_millis: grid.step_millis,
                points: grid.points,
                by_metric,
            }
        };
        match names.len() {
            0 => vec![timed(None)],
            _ => names.into_iter().map(|name| timed(Some(name))).collect(),
        }
    };
    let mut all = side("baseline", release.baseline, |metric| &metric.baseline);
    if with_canaries {
        all.extend(side("canary", release.canary, |metric| &metric.canary));
    }
    all.retain(|instance| !instance.by_metric.is_empty());
    all
}
