//! Computes all figures of a config on a history.

use std::sync::atomic::{AtomicUsize, Ordering};

use judge_core::{CanaryConfig, Judge, Thresholds};

use crate::calibration::{Calibration, ConfigFigures};
use crate::error::CalibrateError;
use crate::figures::{self, Figures};
use crate::healthy_pairs::HealthyOutcomes;
use crate::history::HealthyHistory;
use crate::inputs::{CalibratedMetric, Inputs};
use crate::jobs;
use crate::options::Options;
use crate::pairs::{PairPlan, Pairing};
use crate::profile::Profile;

/// Measures what a config can and cannot detect.
pub struct Calibrator<'a> {
    /// Healthy instances.
    pub history: &'a HealthyHistory,
    /// The config.
    pub config: &'a CanaryConfig,
    /// The thresholds of the verdict.
    pub thresholds: Thresholds,
    /// The judge.
    pub judge: &'a dyn Judge,
    /// The options.
    pub options: Options,
}

/// Progress of a calibration, in figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Number of finished figures.
    pub done: usize,
    /// Number of all figures.
    pub total: usize,
}

impl Calibrator<'_> {
    /// Computes all figures on rayon's thread pool. `progress` is called after each figure, from any
    /// thread.
    ///
    /// # Cost
    /// Judgements: for each metric about 9 per pair and figure, plus one per pair and window tried.
    ///
    /// # Errors
    /// If an option is out of range, the history has no metric of the config or no window that is short enough, or
    /// the judge refuses the config.
    pub fn run(&self, progress: &(dyn Fn(Progress) + Sync)) -> Result<Calibration, CalibrateError> {
        self.options.check()?;
        let inputs = self.inputs()?;
        let windows = inputs.windows();
        let plans: Vec<Option<PairPlan>> = windows.iter().map(|m| inputs.plan(*m)).collect();
        let Some(longest) = plans.iter().rposition(Option::is_some) else {
            return Err(inputs.too_short(&windows));
        };
        let curve = inputs.curve(&windows);
        let none = HealthyOutcomes::default();
        let jobs = figures::jobs(&inputs, &plans, longest, &curve, &none).len();
        let total = plans.iter().flatten().count() + jobs;
        let done = AtomicUsize::new(0);
        let one_done = || {
            let done = done.fetch_add(1, Ordering::Relaxed) + 1;
            progress(Progress { done, total });
        };
        let mut healthy = Vec::with_capacity(plans.len());
        for plan in &plans {
            healthy.push(match plan {
                Some(plan) => {
                    let judged = inputs.healthy(plan)?;
                    one_done();
                    judged
                }
                None => HealthyOutcomes::default(),
            });
        }
        let jobs = figures::jobs(&inputs, &plans, longest, &curve, &healthy[longest]);
        let figures = jobs::run(&jobs, &inputs, &one_done)?;
        let mut figures = Figures(figures.into_iter());
        let metrics = (0..inputs.metrics.len())
            .map(|index| figures.metric(index, &inputs, &plans, &curve, &healthy, longest))
            .collect();
        let config = ConfigFigures {
            fails: healthy.iter().map(HealthyOutcomes::failed).collect(),
            blocks: healthy.iter().map(HealthyOutcomes::held_back).collect(),
            shift: figures.shifts(&plans),
            time_to_detect: figures.time_to_detect(&inputs, &curve),
        };
        Ok(Calibration {
            judge: self.judge.name().to_owned(),
            options: Options { minutes: windows.clone(), ..self.options.clone() },
            history: inputs.summary(plans[longest].as_ref()),
            windows: windows
                .iter()
                .zip(&plans)
                .map(|(m, p)| inputs.window(*m, p.as_ref()))
                .collect(),
            config,
            metrics,
        })
    }

    pub(crate) fn inputs(&self) -> Result<Inputs<'_>, CalibrateError> {
        let Self { history, config, thresholds, judge, .. } = *self;
        let mut metrics: Vec<CalibratedMetric> = Vec::with_capacity(config.metrics.len());
        for metric in &config.metrics {
            if !metrics.iter().any(|other| other.name == metric.name) {
                let profile = Profile::measure(history.series(&metric.name));
                metrics.push(CalibratedMetric { name: &metric.name, config: metric, profile });
            }
        }
        if !metrics.iter().any(CalibratedMetric::is_known) {
            let found = history.metrics();
            let join = |names: &[&str]| names.join(", ");
            let wanted: Vec<&str> = metrics.iter().map(|metric| metric.name).collect();
            let empty: Vec<&str> =
                wanted.iter().copied().filter(|name| found.contains(name)).collect();
            return Err(if empty.is_empty() {
                let found = join(&found.into_iter().collect::<Vec<_>>());
                CalibrateError::NothingOfConfig { found, wanted: join(&wanted) }
            } else {
                CalibrateError::OnlyGaps { metrics: join(&empty) }
            });
        }
        let options = self.options.clone();
        let pairing = Pairing::choose(history);
        Ok(Inputs { history, config, thresholds, judge, options, metrics, pairing })
    }
}
