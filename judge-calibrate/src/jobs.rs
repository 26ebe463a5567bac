//! The figures that need injected changes, as independent jobs on all threads.

use judge_core::{JudgeError, Scratch};
use rayon::prelude::*;

use crate::calibration::{LoneFailure, SmallestChange};
use crate::change::{ChangeKind, Injection};
use crate::healthy_pairs::HealthyOutcomes;
use crate::inputs::{CalibratedMetric, Inputs};
use crate::lone_failure;
use crate::pairs::PairPlan;
use crate::search::{self, Injected};
use crate::share::Share;
use crate::trial::Trial;

/// The subject of a figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Subject {
    /// The metric at an index.
    Metric(usize),
    Config,
}

/// One figure.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Job<'a> {
    /// The smallest change that is detected.
    Smallest { subject: Subject, kind: ChangeKind, plan: &'a PairPlan },
    /// How often the requested change is detected.
    Power { subject: Subject, plan: &'a PairPlan },
    /// The result for a canary in which only the metric at `index` fails.
    LoneFailure { index: usize, plan: &'a PairPlan, healthy: &'a HealthyOutcomes },
}

/// The result of a job.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Figure {
    Smallest(SmallestChange),
    Power(Share),
    LoneFailure(Option<LoneFailure>),
}

/// Runs all jobs. The figures are in the order of the jobs, whatever the number of threads.
pub(crate) fn run(
    jobs: &[Job],
    inputs: &Inputs,
    one_done: &(dyn Fn() + Sync),
) -> Result<Vec<Figure>, JudgeError> {
    let run = |scratch: &mut Scratch, job: &Job| {
        let figure = figure(*job, inputs, scratch);
        one_done();
        figure
    };
    jobs.par_iter().with_max_len(1).map_init(Scratch::default, run).collect()
}

fn figure(job: Job, inputs: &Inputs, scratch: &mut Scratch) -> Result<Figure, JudgeError> {
    let options = &inputs.options;
    Ok(match job {
        Job::Smallest { subject, kind, plan } => {
            let mut trial = trial(subject, inputs);
            let injected = injected(subject, kind, inputs);
            let wanted = options.power;
            Figure::Smallest(search::smallest(&mut trial, plan, &injected, wanted, scratch)?)
        }
        Job::Power { subject, plan } => {
            let mut trial = trial(subject, inputs);
            let injected = injected(subject, ChangeKind::Shift, inputs);
            Figure::Power(search::power(&mut trial, plan, &injected, options.change, scratch)?)
        }
        Job::LoneFailure { index, plan, healthy } => {
            let mut trial = trial(Subject::Config, inputs);
            let Some(metric) = inputs.metrics.get(index) else {
                return Ok(Figure::LoneFailure(None));
            };
            let injection = metric.injection(ChangeKind::Shift);
            let alone = lone_failure::find(&mut trial, plan, healthy, index, injection, scratch)?;
            Figure::LoneFailure(alone)
        }
    })
}

fn trial<'a>(subject: Subject, inputs: &Inputs<'a>) -> Trial<'a> {
    let Inputs { history, judge, config, thresholds, .. } = *inputs;
    match subject {
        Subject::Config => Trial::for_config(history, judge, config, thresholds),
        Subject::Metric(index) => {
            let name = inputs.metrics.get(index).map_or("", |metric| metric.name);
            Trial::for_metric(history, judge, config, name)
        }
    }
}

fn injected(subject: Subject, kind: ChangeKind, inputs: &Inputs) -> Injected {
    let injection = |metric: &CalibratedMetric| metric.injection(kind);
    match subject {
        Subject::Metric(index) => {
            let metric = inputs.metrics.get(index);
            metric.map_or_else(
                || Injected::Config(Vec::new()),
                |metric| Injected::Metric(injection(metric)),
            )
        }
        Subject::Config => {
            let changed = |metric: &CalibratedMetric| -> Option<Injection> {
                (metric.has_size() && !metric.config.muted).then(|| injection(metric))
            };
            Injected::Config(inputs.metrics.iter().map(changed).collect())
        }
    }
}
