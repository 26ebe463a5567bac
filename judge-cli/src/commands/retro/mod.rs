//! `judge retro`.

mod error;
mod frame;
mod pages;
mod progress;
mod settings;

use std::num::NonZero;
use std::panic;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, bail};
use judge_core::stage::Windows;
use judge_core::{JudgeError, Problem, Verdict, kayenta};
use judge_retro::{
    Bulk, BulkOutcome, Fate, MetricPlan, NamedRelease, ReleaseHistory, ReleaseLine, Replay,
    Replayer, Store, Survey,
};
use signal_hook::consts::{SIGINT, SIGTERM};

use self::error::NoRelease;
pub(crate) use self::error::is_bad_input;
use self::frame::{Encoded, OutputChoice, Sink};
use self::pages::Pages;
use self::progress::{Reader, ReplayProgress};
use super::exit::Exit;
use crate::args::RetroArgs;
use crate::input::{ignored_warning, judging, refuse_overwriting};
use crate::output::{Console, ReleaseCounts, ReleaseLines};

/// Judges every release of a history again.
pub(crate) fn run(args: &RetroArgs, console: &Console) -> anyhow::Result<Exit> {
    let wanted = OutputChoice::new(args.format, args.output.as_deref())?;
    let judging = judging(&args.judged.config, &args.overrides)?;
    for warning in &judging.warnings {
        console.warning(warning);
    }
    let windows = Windows::try_from(args.windows.options())?;
    let plan = Arc::new(
        MetricPlan::new(&judging.config, &judging.document)
            .map_err(|refused| judging.error(refused))?,
    );
    let open =
        || ReleaseHistory::open(&args.history, &args.reading.options(&args.zone), plan.series());
    let history = ReplayProgress::while_looking(open)?;
    for warning in history.warnings() {
        console.warning(warning);
    }
    for error in history.damaged() {
        console.warning(format_args!("left out: {error}"));
    }
    let replay = Arc::new(Replay {
        config: judging.config.clone(),
        thresholds: judging.thresholds,
        judge: judging.judge,
        windows,
        rule: args.stage_rule.into(),
        after_stop: args.after_stop(),
    });
    let store = match &args.output {
        Some(output) => {
            let read = history.files().map(|(path, _)| path);
            let read = read.chain(args.judged.config.path());
            refuse_overwriting("--output", output, read)?;
            let settings = settings::settings(args, &judging, &replay, &history, wanted);
            Some(Store::open(output, settings, args.resume)?)
        }
        None => None,
    };
    let stop = stop_on_signals().context("cannot listen for Ctrl-C")?;
    let survey = ReplayProgress::while_looking(|| history.survey())?;
    if survey.releases() == 0 {
        bail!(NoRelease);
    }
    let bulk = Bulk {
        history: &history,
        survey: &survey,
        plan,
        step_millis: windows.step_millis(),
        threads: args.threads.and_then(|threads| NonZero::new(usize::from(threads))),
        skip: store.as_ref().map_or(0, Store::done),
        stop: Arc::clone(&stop),
    };
    let pages = match &args.report {
        Some(folder) => {
            let names: Vec<&str> = survey.names().collect();
            Some(Pages::new(folder, &names, &judging.document, &replay, &args.history)?)
        }
        None => None,
    };
    judge_all(&bulk, &replay, wanted, Outputs { store, pages }, console)
}

/// The outputs beside stdout.
struct Outputs<'a> {
    store: Option<Store>,
    pages: Option<Pages<'a>>,
}

fn judge_all(
    bulk: &Bulk,
    replay: &Arc<Replay>,
    wanted: OutputChoice,
    outputs: Outputs,
    console: &Console,
) -> anyhow::Result<Exit> {
    let Outputs { store, pages } = outputs;
    let reader = match (&store, &pages) {
        (None, None) => Reader::Alone,
        _ => Reader::WithFiles,
    };
    let mut progress = ReplayProgress::start(bulk.survey.releases(), bulk.skip, reader, console);
    let lines = ReleaseLines::new(bulk.survey.names(), wanted.shows_lines());
    let mut done = store.iter().flat_map(Store::lines).cloned().collect::<Vec<_>>();
    let mut counts =
        ReleaseCounts { unread: bulk.history.damaged().len(), ..ReleaseCounts::default() };
    progress.write(lines.header().as_bytes())?;
    for line in &done {
        count(&mut counts, line);
        progress.write(lines.show(line).as_bytes())?;
    }
    let mut sink = Sink::new(wanted, store);
    progress.write(sink.header().as_bytes())?;
    let work = |replayer: &mut Replayer, one: NamedRelease| {
        let replayed = one.release.as_ref().map_err(Clone::clone);
        let replayed = replayed.and_then(|release| replayer.judge(release));
        let page = match (&pages, &one.release, &replayed) {
            (Some(pages), Ok(release), Ok(replayed)) => pages.add(release, replayed),
            _ => Ok(()),
        };
        page.map(|()| wanted.encode(&one.name, &replayed))
    };
    let take = |encoded: anyhow::Result<Encoded>| -> anyhow::Result<()> {
        let encoded = encoded?;
        let line = encoded.line.clone();
        match &line.fate {
            Fate::Broken { error } => {
                let message = format!("release {:?} cannot be judged: {error}", line.release);
                progress.warn(message)?;
            }
            Fate::Judged { no_baseline: Some(no_baseline), .. } => {
                progress.warn(format!("release {:?}: {no_baseline}", line.release))?;
            }
            Fate::Judged { .. } => {}
        }
        progress.write(&sink.add(encoded)?)?;
        progress.write(lines.show(&line).as_bytes())?;
        count(&mut counts, &line);
        progress.one_more(counts.broken);
        if pages.is_some() {
            done.push(line);
        }
        Ok(())
    };
    let BulkOutcome { stopped, ignored } = bulk.run(|| Replayer::new(replay), work, take)?;
    progress.finish()?;
    if let Some(warning) = ignored_warning(&ignored) {
        console.warning(warning);
    }
    if stopped {
        console.warning(interrupted_message(sink.kept(), pages.as_ref(), bulk.survey));
        return Ok(Exit::Interrupted);
    }
    // We write the index first, because a finished output cannot be resumed.
    if let Some(pages) = &pages {
        pages.finish(&done)?;
    }
    sink.finish()?;
    progress.conclude(lines.summary(&counts).as_bytes())?;
    Ok(if counts.broken + counts.unread > 0 { Exit::BadInput } else { Exit::Done })
}

fn interrupted_message(kept: Option<usize>, pages: Option<&Pages>, survey: &Survey) -> String {
    let all = survey.releases();
    match kept {
        Some(kept) if kept > 0 => {
            format!("stopped; {kept} of {all} releases are kept: continue with --resume")
        }
        _ => {
            let but = pages.map_or("", |_| " but pages without an index");
            format!("stopped before the end of {all} releases; nothing is kept{but}")
        }
    }
}

fn count(counts: &mut ReleaseCounts, line: &ReleaseLine) {
    match &line.fate {
        Fate::Judged { verdict, stopped_at, warnings, no_baseline, .. } => {
            *match verdict {
                Verdict::Pass => &mut counts.passed,
                Verdict::Marginal => &mut counts.marginal,
                Verdict::Fail => &mut counts.failed,
            } += 1;
            counts.stopped += usize::from(stopped_at.is_some());
            counts.warned += usize::from(*warnings > 0 || no_baseline.is_some());
        }
        Fate::Broken { .. } => counts.broken += 1,
    }
}

/// Problems of the expressions of a valid config.
pub(crate) fn refused_expressions(json: &[u8]) -> Vec<Problem> {
    let within = kayenta::config_within(json);
    let prefix = if within.is_some() { "canaryConfig" } else { "" };
    let document = within.map_or_else(|| kayenta::read_document(json), Ok);
    let Ok(document) = document else { return Vec::new() };
    let Ok(config) = kayenta::read_config(document.to_string().as_bytes()) else {
        return Vec::new();
    };
    let refused = MetricPlan::new(&config, &document).err();
    refused
        .iter()
        .flat_map(JudgeError::problems)
        .map(|problem| problem.clone().within(prefix))
        .collect()
}

/// Hides panics that become errors of files, whose message says more.
pub(crate) fn hide_caught_panics() {
    let tell = panic::take_hook();
    panic::set_hook(Box::new(move |panicked| {
        if !judge_retro::catches_panics() {
            tell(panicked);
        }
    }));
}

/// Returns a flag that the first Ctrl-C sets; the second Ctrl-C ends the process at once.
fn stop_on_signals() -> std::io::Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        signal_hook::flag::register_conditional_shutdown(signal, INTERRUPTED, Arc::clone(&stop))?;
        signal_hook::flag::register(signal, Arc::clone(&stop))?;
    }
    stop.store(false, Ordering::Relaxed);
    Ok(stop)
}

/// 128 plus the number of the signal, as in shells.
const INTERRUPTED: i32 = 130;
