//! Measures what a config can detect, on healthy instances.

use std::sync::atomic::Ordering;

use judge_calibrate::{
    CalibrateError, Calibrator, HealthyHistory, Options, Progress, ProposalTarget, Recordings,
    TimedInstance, recordings,
};
use pyo3::prelude::*;

use crate::exception::Exception;
use crate::judgement::text;
use crate::judging::PyJudging;
use crate::side::{self, SideInput};
use crate::work::{WorkHandle, interruptible, threads};

/// Options from Python.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct AskedOptions {
    minutes: Vec<f64>,
    change: f64,
    power: f64,
    pairs: usize,
    seed: u64,
    threads: Option<usize>,
}

impl AskedOptions {
    fn options(&self) -> Options {
        let Self { minutes, change, power, pairs, seed, .. } = self;
        Options {
            minutes: minutes.clone(),
            change: *change,
            power: *power,
            pairs: *pairs,
            seed: *seed,
        }
    }
}

/// Refuses options that are out of range, as [`calibrate`] does.
#[pyfunction]
pub(crate) fn check_options(options: AskedOptions) -> PyResult<()> {
    Ok(options.options().check().map_err(|error| refusal(&error))?)
}

/// Returns the document of `judge calibrate --format json`, and warnings.
#[pyfunction]
pub(crate) fn calibrate(
    py: Python<'_>,
    judging: &PyJudging,
    instances: Vec<(String, SideInput<'_>)>,
    options: AskedOptions,
    progress: Option<Bound<'_, PyAny>>,
) -> PyResult<(String, Vec<String>)> {
    judging.without_expressions()?;
    let (history, warnings) = history(judging, instances)?;
    let judging = judging.clone();
    let count = threads(options.threads);
    let found = interruptible(py, progress.as_ref(), move |worker| {
        on_threads(count, worker, |tell| {
            calibrator(&judging, &history, options.options()).run(tell)
        })
    })??;
    Ok((text(&found.map_err(|error| refusal(&error))?)?, warnings))
}

/// Returns the proposal of `judge calibrate --propose --format json` without the config, and warnings.
#[pyfunction]
pub(crate) fn propose(
    py: Python<'_>,
    judging: &PyJudging,
    instances: Vec<(String, SideInput<'_>)>,
    options: AskedOptions,
    false_alarms: f64,
    largest: f64,
    progress: Option<Bound<'_, PyAny>>,
) -> PyResult<(String, Vec<String>)> {
    judging.without_expressions()?;
    let (history, warnings) = history(judging, instances)?;
    let judging = judging.clone();
    let count = threads(options.threads);
    let target = ProposalTarget::new(false_alarms, largest).map_err(|error| refusal(&error))?;
    let found = interruptible(py, progress.as_ref(), move |worker| {
        on_threads(count, worker, |tell| {
            calibrator(&judging, &history, options.options()).propose(target, tell)
        })
    })??;
    Ok((text(&found.map_err(|error| refusal(&error))?)?, warnings))
}

fn calibrator<'a>(
    judging: &'a PyJudging,
    history: &'a HealthyHistory,
    options: Options,
) -> Calibrator<'a> {
    let PyJudging { config, thresholds, judge, .. } = judging;
    Calibrator { history, config, thresholds: *thresholds, judge: *judge, options }
}

/// Runs `work` on its own thread pool.
fn on_threads<T: Send>(
    count: usize,
    worker: &WorkHandle,
    work: impl FnOnce(&(dyn Fn(Progress) + Sync)) -> T + Send,
) -> Result<T, Exception> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(count).build();
    let pool =
        pool.map_err(|error| Exception::option("threads", error, "threads that can start"))?;
    let tell = |done: Progress| worker.progress(done.done, done.total);
    let result = pool.install(|| work(&tell));
    if worker.stop.load(Ordering::Relaxed) { Err(Exception::Stopped) } else { Ok(result) }
}

fn history(
    judging: &PyJudging,
    instances: Vec<(String, SideInput<'_>)>,
) -> Result<(HealthyHistory, Vec<String>), Exception> {
    let metrics = judging.metrics();
    let mut warnings = Vec::new();
    let mut timed: Vec<TimedInstance> = Vec::new();
    let mut zoned = None;
    for (name, input) in instances {
        let mut side = side::read(input, &name, &metrics)?;
        warnings.append(&mut side.warnings);
        if let Some(is_zoned) = side.zoned
            && is_zoned != *zoned.get_or_insert(is_zoned)
        {
            let got = if is_zoned { "times with a zone" } else { "times without a zone" };
            let got = format!("{got}, unlike the instances before it");
            return Err(Exception::data(name, got, side::ONE_KIND_OF_TIMES));
        }
        let clocks = side.by_metric.iter().map(|(metric, series)| {
            let path = crate::rows::column_path(&name, metric);
            series
                .clock
                .ok_or_else(|| Exception::data(path, "no times", "times a regular step apart"))
        });
        let clocks = clocks.collect::<Result<Vec<_>, _>>()?;
        let Some(start_millis) = clocks.iter().map(|clock| clock.start_millis()).min() else {
            continue;
        };
        let step_millis = clocks[0].step_millis();
        let first = timed.first().map_or(step_millis, |first| first.step_millis);
        if let Some(other) = clocks.iter().find(|clock| clock.step_millis() != first) {
            let got = format!("steps of {first} ms and {} ms", other.step_millis());
            return Err(Exception::data(name, got, "one step for all instances"));
        }
        let points = side.by_metric.values().map(|series| series.values.len()).max();
        let points = points.unwrap_or_default();
        timed.push(TimedInstance {
            name,
            start_millis,
            step_millis,
            points,
            by_metric: side.by_metric,
        });
    }
    let step_millis = timed.first().map_or(1, |first| first.step_millis);
    let Recordings { recordings, cut } =
        recordings(timed, step_millis).map_err(|error| refusal(&error))?;
    warnings.extend(cut);
    let history = HealthyHistory::new(step_millis, recordings).map_err(|error| refusal(&error))?;
    Ok((history, warnings))
}

fn refusal(error: &CalibrateError) -> Exception {
    match error {
        CalibrateError::Option { name, value, expected } => {
            Exception::option(name, value, *expected)
        }
        CalibrateError::Refused(refused) => Exception::from_config(refused),
        other => Exception::data("instances", other, "history that can be calibrated on"),
    }
}
