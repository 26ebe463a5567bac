//! `judge watch`.

mod display;
mod end;
mod every_point;
mod look;
mod looks;
mod page;

use judge_core::Looks;
use judge_core::judges::lack_of_points;
use judge_core::stage::{Stage, TimeSpan, Windows};

use super::exit::Exit;
use super::stop::stop_signal;
use crate::args::WatchArgs;
use crate::input::{
    Fetcher, InputError, fetched_judging, millis, now, refuse_overwriting, refuse_same_output,
};
use crate::output::{Console, Destination, LookLine};

use self::display::WatchDisplay;
use self::end::{WatchOutcome, end_without_verdict, exit};
use self::look::{Look, WatchEnd};
use self::looks::Watch;

/// Judges a canary look by look until its stage ends.
pub(crate) fn run(args: &WatchArgs, console: &Console) -> anyhow::Result<Exit> {
    refuse_outputs(args)?;
    let (judging, queries) = fetched_judging(&args.queried.config, &args.overrides)?;
    let windows = Windows::try_from(args.windows())?;
    let fetcher = Fetcher::new(&args.from, queries)?;
    let step = i64::try_from(millis(args.scopes.step)).unwrap_or(i64::MAX).max(1);
    // A multiple of the step, at which stores have their points cached.
    let start =
        args.windows.start.unwrap_or_else(|| now().div_euclid(step).saturating_add(1) * step);
    let end_millis = start.saturating_add_unsigned(millis(args.windows.total_time()));
    let life = TimeSpan { start_millis: start, end_millis };
    let all = windows.cut(life)?;
    let planned: Vec<Option<Looks>> = all
        .iter()
        .map(|window| windows.looks(*window, life).filter(|_| judging.judge.reads_looks()))
        .collect();
    let mut display = WatchDisplay::new(args, all.len(), console);
    for warning in &judging.warnings {
        display.warn(warning.clone());
    }
    if let Some(points) = windows.most_points(life).filter(|_| !args.every_point)
        && let Some(lack) = lack_of_points(judging.judge, points)
    {
        display.warn(lack);
    }
    let watch =
        Watch { args, fetcher: &fetcher, judging: &judging, windows: &all, looks: &planned };
    if args.every_point {
        return every_point::run(&watch, start, &mut display);
    }
    let mut looks: Vec<Look> = Vec::new();
    let ended = fetcher.block_on(async {
        let stopped = stop_signal()?;
        let looking = async {
            watch.check(start, &mut display).await?;
            display.begin(start, &all, LookLine::HEADER)?;
            watch.look_at_all(&mut looks, &mut display).await
        };
        tokio::select! {
            ended = looking => ended,
            () = stopped => Ok(WatchEnd::Interrupted),
        }
    })?;
    let judgements =
        looks.iter().filter_map(|look| look.judged.as_ref().ok()).map(|judged| &judged.judgement);
    let Some(stage) = Stage::from_judgements(args.stage_rule.into(), judgements) else {
        let unjudged = looks.pop().and_then(|look| look.judged.err());
        return end_without_verdict(ended, unjudged, "look was judged", args, &display);
    };
    let outcome = WatchOutcome::new(stage, ended, looks, all.len(), start);
    outcome.write(args, &mut display)?;
    if let Some(report) = &args.report {
        let page = page::html(&outcome, args, &judging, &windows);
        Destination::File(report.clone()).write_as_it_is(page.as_bytes())?;
    }
    display.reason(&outcome.reason, &args.end.termination_log)?;
    Ok(exit(outcome.verdict(), ended, args))
}

/// Refuses outputs that would replace an input or each other.
fn refuse_outputs(args: &WatchArgs) -> Result<(), InputError> {
    let inputs = || args.queried.config.path().into_iter().chain(args.from.sources.as_deref());
    if let Some(output) = &args.output {
        refuse_overwriting("--output", output, inputs())?;
    }
    if let Some(report) = &args.report {
        refuse_overwriting("--report", report, inputs())?;
    }
    refuse_overwriting("--termination-log", &args.end.termination_log, inputs())?;
    match (&args.output, &args.report) {
        (Some(output), Some(report)) => refuse_same_output(output, report),
        _ => Ok(()),
    }
}
