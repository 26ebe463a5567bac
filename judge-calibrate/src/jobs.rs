//! The work after the healthy pairs: independent jobs, run on all threads.

use judge_core::{JudgeError, Scratch};
use rayon::prelude::*;

use crate::calibration::{Alone, Smallest};
use crate::change::{ChangeKind, Injection};
use crate::healthy::{self, Healthy};
use crate::pairs::Plan;
use crate::search::{self, Target};
use crate::setting::{Metric, Setting};
use crate::share::Share;
use crate::trial::Trial;

/// Whose figure it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Subject {
    /// The metric at an index.
    Metric(usize),
    Config,
}

/// One figure.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Job<'a> {
    /// The smallest change that is found.
    Smallest { subject: Subject, kind: ChangeKind, plan: &'a Plan },
    /// How often the change asked for is found.
    Power { subject: Subject, plan: &'a Plan },
    /// What the metric at `index` does alone.
    Alone { index: usize, plan: &'a Plan, healthy: &'a Healthy },
}

/// What a job found.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Figure {
    Smallest(Smallest),
    Power(Share),
    Alone(Option<Alone>),
}

/// Runs all jobs; the figures are in their order, whatever the number of threads.
pub(crate) fn run(
    jobs: &[Job],
    setting: &Setting,
    one_done: &(dyn Fn() + Sync),
) -> Result<Vec<Figure>, JudgeError> {
    let run = |scratch: &mut Scratch, job: &Job| {
        let figure = figure(*job, setting, scratch);
        one_done();
        figure
    };
    jobs.par_iter().with_max_len(1).map_init(Scratch::default, run).collect()
}

fn figure(job: Job, setting: &Setting, scratch: &mut Scratch) -> Result<Figure, JudgeError> {
    let options = &setting.options;
    Ok(match job {
        Job::Smallest { subject, kind, plan } => {
            let mut trial = trial(subject, setting);
            let target = target(subject, kind, setting);
            let wanted = options.power;
            Figure::Smallest(search::smallest(&mut trial, plan, &target, wanted, scratch)?)
        }
        Job::Power { subject, plan } => {
            let mut trial = trial(subject, setting);
            let target = target(subject, ChangeKind::Shift, setting);
            Figure::Power(search::power(&mut trial, plan, &target, options.change, scratch)?)
        }
        Job::Alone { index, plan, healthy } => {
            let mut trial = trial(Subject::Config, setting);
            let Some(metric) = setting.metrics.get(index) else { return Ok(Figure::Alone(None)) };
            let injection = metric.injection(ChangeKind::Shift);
            let alone = healthy::alone(&mut trial, plan, healthy, index, injection, scratch)?;
            Figure::Alone(alone)
        }
    })
}

fn trial<'a>(subject: Subject, setting: &Setting<'a>) -> Trial<'a> {
    let Setting { history, judge, config, thresholds, .. } = *setting;
    match subject {
        Subject::Config => Trial::of_config(history, judge, config, thresholds),
        Subject::Metric(index) => {
            let name = setting.metrics.get(index).map_or("", |metric| metric.name);
            Trial::of_metric(history, judge, config, name)
        }
    }
}

fn target(subject: Subject, kind: ChangeKind, setting: &Setting) -> Target {
    let injection = |metric: &Metric| metric.injection(kind);
    match subject {
        Subject::Metric(index) => {
            let metric = setting.metrics.get(index);
            metric.map_or_else(
                || Target::Config(Vec::new()),
                |metric| Target::Metric(injection(metric)),
            )
        }
        Subject::Config => {
            let changed = |metric: &Metric| -> Option<Injection> {
                (metric.has_level() && !metric.config.muted).then(|| injection(metric))
            };
            Target::Config(setting.metrics.iter().map(changed).collect())
        }
    }
}
