//! `judge calibrate`.

mod progress;
mod write_allowances;

use std::path::PathBuf;

use anyhow::Context;
use judge_calibrate::{
    CalibrateError, Calibration, Calibrator, HealthyHistory, LooksFigures, Options, Proposal,
    ProposalTarget, WindowFigures,
};

use self::progress::CalibrationProgress;
use super::exit::Exit;
use crate::args::{CalibrateArgs, ConfigArgs};
use crate::input::{
    CalibrateParts, HistorySource, InputError, InputProblem, InputSource, calibrate_parts,
    refuse_overwriting,
};
use crate::output::{Console, Destination, Proposed};

/// Measures what a config can detect and shows the result, or proposes allowances.
pub(crate) fn run(args: CalibrateArgs, console: &Console) -> anyhow::Result<Exit> {
    let inputs = args.history.iter().filter_map(InputSource::path);
    let inputs = inputs.chain(args.releases.iter().map(PathBuf::as_path));
    // A proposal may replace its config.
    let config = args.judged.config.path().filter(|_| !args.propose);
    refuse_overwriting("--output", &args.output, inputs.chain(config))?;
    let history = history(&args)?;
    let CalibrateArgs { judged: ConfigArgs { config }, overrides, format, output, .. } = args;
    let parts = calibrate_parts(&config, &history, &overrides)?;
    for warning in &parts.warnings {
        console.warning(warning);
    }
    let options = Options {
        minutes: args.minutes,
        change: args.change,
        power: args.power,
        pairs: args.pairs,
        seed: args.seed,
    };
    let destination = Destination::from(output);
    if args.propose {
        let target = ProposalTarget::new(args.false_alarms, args.largest)
            .map_err(|error| problem(&config, error))?;
        let proposal = on_threads(args.threads, || propose(&config, &parts, options, target))??;
        let WindowFigures { minutes, pairs, independent, .. } = proposal.window;
        warn_of_little_history(minutes, pairs, independent, console);
        let mut proposed = Proposed { proposal, config: parts.document };
        write_allowances::write(&mut proposed.config, &proposed.proposal.metrics);
        console.proposal(&proposed, format, &destination)?;
        return Ok(Exit::Done);
    }
    if let Some(looks) = args.looks {
        let figures =
            on_threads(args.threads, || figures_of_looks(&config, &parts, options, looks))??;
        warn_of_little_history(figures.minutes, figures.pairs, figures.independent, console);
        if !parts.judge.reads_looks() {
            console
                .warning(format_args!("{} reads no looks; none are planned", parts.judge.name()));
        }
        console.looks(&figures, format, &destination)?;
        return Ok(Exit::Done);
    }
    let calibration = on_threads(args.threads, || calibrate(&config, &parts, options))??;
    for window in &calibration.windows {
        warn_of_little_history(window.minutes, window.pairs, window.independent, console);
    }
    console.calibration(&calibration, format, &destination)?;
    Ok(Exit::Done)
}

#[cfg(feature = "retro")]
fn history(args: &CalibrateArgs) -> anyhow::Result<HistorySource> {
    use judge_core::stage::{WindowOptions, Windows};
    if args.releases.is_empty() {
        return Ok(HistorySource::Instances(args.history.clone(), args.zone.time_zone.clone()));
    }
    let windows = Windows::try_from(WindowOptions { step: args.step, ..WindowOptions::default() })?;
    Ok(HistorySource::Releases(Box::new(crate::input::Releases {
        sources: args.releases.clone(),
        options: args.reading.options(&args.zone),
        step_millis: windows.step_millis(),
        with_canaries: args.with_canaries,
    })))
}

#[cfg(not(feature = "retro"))]
#[expect(clippy::unnecessary_wraps, reason = "releases may be asked for what cannot be")]
fn history(args: &CalibrateArgs) -> anyhow::Result<HistorySource> {
    Ok(HistorySource::Instances(args.history.clone(), args.zone.time_zone.clone()))
}

/// With fewer independent pairs, no interval of a power of 0.8 has both ends.
const FEWEST_INDEPENDENT: f64 = 17.0;

fn warn_of_little_history(minutes: f64, pairs: usize, independent: f64, console: &Console) {
    if pairs == 0 {
        console.warning(format_args!(
            "the history has no windows of {minutes} min to compare; give longer recordings"
        ));
    } else if independent < FEWEST_INDEPENDENT {
        console.warning(format_args!(
            "windows of {minutes} min: the history has the information of only {independent:.0} independent \
             pairs; give more history for more precise figures"
        ));
    }
}

fn calibrate(
    source: &InputSource,
    parts: &CalibrateParts,
    options: Options,
) -> Result<Calibration, InputError> {
    let history = recorded(source, parts)?;
    let progress = CalibrationProgress::start();
    let found = calibrator(parts, &history, options).run(&|done| progress.show(done));
    found.map_err(|error| problem(source, error))
}

fn figures_of_looks(
    source: &InputSource,
    parts: &CalibrateParts,
    options: Options,
    looks: u32,
) -> Result<LooksFigures, InputError> {
    let history = recorded(source, parts)?;
    calibrator(parts, &history, options).looks(looks).map_err(|error| problem(source, error))
}

fn propose(
    source: &InputSource,
    parts: &CalibrateParts,
    options: Options,
    target: ProposalTarget,
) -> Result<Proposal, InputError> {
    let history = recorded(source, parts)?;
    let progress = CalibrationProgress::start();
    let found = calibrator(parts, &history, options).propose(target, &|done| progress.show(done));
    found.map_err(|error| problem(source, error))
}

fn recorded(source: &InputSource, parts: &CalibrateParts) -> Result<HealthyHistory, InputError> {
    HealthyHistory::new(parts.step_millis, parts.recordings.clone())
        .map_err(|error| problem(source, error))
}

fn calibrator<'a>(
    parts: &'a CalibrateParts,
    history: &'a HealthyHistory,
    options: Options,
) -> Calibrator<'a> {
    let CalibrateParts { config, thresholds, judge, .. } = parts;
    Calibrator { history, config, thresholds: *thresholds, judge: *judge, options }
}

/// Names the option, the config or the history that `error` is about.
fn problem(config: &InputSource, error: CalibrateError) -> InputError {
    let (origin, problem) = match error {
        CalibrateError::Option { name, value, expected } => {
            (format!("--{name}"), InputProblem::Option { value, expected })
        }
        CalibrateError::Lengths { .. } => ("--minutes".to_owned(), InputProblem::Calibrate(error)),
        CalibrateError::Refused(refused) => (config.to_string(), InputProblem::Refused(refused)),
        of_history => ("history".to_owned(), InputProblem::Calibrate(of_history)),
    };
    InputError { origin, problem }
}

fn on_threads<T: Send>(threads: Option<u16>, work: impl FnOnce() -> T + Send) -> anyhow::Result<T> {
    let Some(threads) = threads else { return Ok(work()) };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(usize::from(threads)).build();
    Ok(pool.context("cannot start threads")?.install(work))
}
