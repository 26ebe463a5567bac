//! `judge watch --every-point`: a monitor instead of a judge.

use std::collections::HashSet;
use std::fmt::Write;

use anyhow::{anyhow, bail};
use judge_core::judges::{EvidenceJudge, Judge};
use judge_core::monitor::{
    ArrivedPoints, Monitor, MonitorReport, MonitoredMetric, PointTimes, StepTimes, TimedMonitor,
};
use judge_core::stage::{StageRule, TimeSpan, Window, show_length};
use judge_core::{MetricPair, Side, Verdict};
use judge_sources::{FetchedMetric, Notice};
use serde::Serialize;

use super::display::WatchDisplay;
use super::end::{end_without_verdict, exit};
use super::look::{Unjudged, WatchEnd};
use super::looks::Watch;
use crate::args::OnSourceError;
use crate::commands::exit::Exit;
use crate::commands::stop::stop_signal;
use crate::input::{
    FetchFailed, InputError, InputProblem, fetch_warnings, fetched_pairs, join_names, millis,
    nothing_fetched,
};
use crate::output::{Destination, MonitorLine, has_points, verdict_word};

/// A canary and its monitor.
struct MonitoredCanary<'a> {
    watch: &'a Watch<'a>,
    monitor: TimedMonitor,
    /// Points before this time were fetched.
    fetched_to: i64,
    looks: Vec<MonitorLook>,
    /// Metrics and sides whose query found nothing at some point.
    absent: HashSet<(String, Side)>,
    /// The failure of the last look, if it failed.
    failed: Option<FetchFailed>,
    /// Whether a query found a point so far.
    has_found: bool,
    /// The error of the last look at which no query found a point.
    nothing_found: Option<InputError>,
}

/// A look, for programs.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct MonitorLook {
    point: usize,
    end_millis: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    verdict: Option<Verdict>,
    #[serde(skip_serializing_if = "Option::is_none")]
    score: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct MonitorDocument<'a> {
    /// `None` if the source failed, or the watch was stopped before a metric had points on both sides.
    verdict: Option<Verdict>,
    ended: WatchEnd,
    because_of: Vec<&'a str>,
    reason: &'a str,
    monitor: &'a MonitorReport,
    looks: &'a [MonitorLook],
}

/// Monitors until the rule stops the canary or its last point arrived.
pub(super) fn run(
    watch: &Watch<'_>,
    start: i64,
    display: &mut WatchDisplay<'_>,
) -> anyhow::Result<Exit> {
    let judging = watch.judging;
    if judging.judge.name() != EvidenceJudge.name() {
        let [expected, got] = [EvidenceJudge.name(), judging.judge.name()].map(str::to_owned);
        let problem = InputProblem::NoMonitor { expected, got };
        return Err(InputError { origin: "--every-point".to_owned(), problem }.into());
    }
    let monitor = Monitor::new(judging.config.clone(), judging.thresholds)
        .map_err(|refused| judging.error(refused))?;
    let Some(first) = watch.windows.first() else { bail!("the lifetime is shorter than a step") };
    let fetched_to = first.canary.start_millis;
    let scopes = &watch.args.scopes;
    let times = StepTimes::new(fetched_to, millis(watch.args.interval()))
        .map_err(|problem| anyhow!("--{problem}"))?
        .with_baseline_offset(millis(scopes.baseline_offset));
    let monitor = TimedMonitor::new(monitor, times);
    let mut canary = MonitoredCanary {
        watch,
        monitor,
        fetched_to,
        looks: Vec::new(),
        absent: HashSet::new(),
        failed: None,
        has_found: false,
        nothing_found: None,
    };
    let ended = watch.fetcher.block_on(async {
        let stopped = stop_signal()?;
        let looking = async {
            watch.check(start, display).await?;
            display.begin(start, watch.windows, MonitorLine::HEADER)?;
            canary.look_at_all(display).await
        };
        tokio::select! {
            ended = looking => ended,
            () = stopped => Ok(WatchEnd::Interrupted),
        }
    })?;
    canary.end(ended, start, display)
}

impl MonitoredCanary<'_> {
    async fn look_at_all(&mut self, display: &mut WatchDisplay<'_>) -> anyhow::Result<WatchEnd> {
        let args = self.watch.args;
        let interval = i64::try_from(millis(args.interval())).unwrap_or(i64::MAX);
        let settle = i64::try_from(millis(args.settle)).unwrap_or(i64::MAX);
        for &window in self.watch.windows {
            let due = window.canary.end_millis.saturating_add(settle);
            display.wait(due, &window).await;
            let missing = self.missing(window);
            let until = due.saturating_add(interval);
            match self.watch.fetch_window(missing, until, display).await? {
                Ok(mut fetched) => {
                    let config = &self.watch.args.queried.config;
                    // `nothing_fetched` takes the notices out, which the warnings below show.
                    let is_nothing = fetched.iter().all(FetchedMetric::is_empty);
                    let copy = is_nothing.then(|| fetched.clone());
                    self.nothing_found =
                        copy.and_then(|mut copy| nothing_fetched(config, &mut copy));
                    self.has_found |= self.nothing_found.is_none();
                    self.retain_news(&mut fetched);
                    for warning in fetch_warnings(&fetched) {
                        display.warn(warning);
                    }
                    self.failed = None;
                    if self.look(window, &fetched_pairs(fetched), display)? {
                        return Ok(WatchEnd::Stopped);
                    }
                }
                Err(failed) => {
                    self.note_failure(window, failed, display)?;
                    if args.on_source_error == OnSourceError::Fail {
                        return Ok(WatchEnd::SourceFailed);
                    }
                }
            }
        }
        Ok(if self.failed.is_some() { WatchEnd::SourceFailed } else { WatchEnd::Lifetime })
    }

    /// Removes the notice that a query finds nothing if an earlier point had it: it names the times, which differ.
    fn retain_news(&mut self, fetched: &mut [FetchedMetric]) {
        for FetchedMetric { metric, notices, .. } in fetched {
            notices.retain(|notice| match notice {
                Notice::NothingFound { side, .. } => self.absent.insert((metric.clone(), *side)),
                _ => true,
            });
        }
    }

    /// The points that were not fetched yet, up to the end of `window`.
    fn missing(&self, window: Window) -> Window {
        let canary = TimeSpan { start_millis: self.fetched_to, ..window.canary };
        Window { canary, ..window }
    }

    /// Adds the points. Returns whether the canary is stopped.
    fn look(
        &mut self,
        window: Window,
        pairs: &[MetricPair],
        display: &WatchDisplay<'_>,
    ) -> anyhow::Result<bool> {
        let sides = pairs.iter().flat_map(|pair| {
            [(pair, Side::Canary, &pair.canary), (pair, Side::Baseline, &pair.baseline)]
        });
        let arrived: Vec<_> = sides
            .filter_map(|(pair, side, series)| {
                let (metric, times) = (pair.name.as_str(), PointTimes::Clock(series.clock?));
                Some(ArrivedPoints { metric, side, times, values: &series.values })
            })
            .collect();
        self.monitor.add(&arrived, Some(window.canary.end_millis)).map_err(|refused| {
            let (pair, side) = (arrived[refused.series].metric, arrived[refused.series].side);
            anyhow!("the {} of {pair}: {}", side.name(), refused.problem)
        })?;
        self.fetched_to = window.canary.end_millis;
        let report = self.monitor.report();
        display.line(&MonitorLine { window, count: display.count(), seen: Ok(&report) }.show())?;
        self.looks.push(MonitorLook {
            point: window.interval,
            end_millis: window.canary.end_millis,
            verdict: has_points(&report).then_some(report.verdict),
            score: has_points(&report).then_some(report.score),
            error: None,
        });
        Ok(self.stops(&report))
    }

    fn stops(&self, report: &MonitorReport) -> bool {
        let marginal = self.watch.judging.thresholds.marginal();
        let goes_on = match StageRule::from(self.watch.args.stage_rule) {
            StageRule::Judge => report.score >= marginal,
            StageRule::Spinnaker => report.score > marginal,
        };
        !goes_on || report.verdict == Verdict::Fail
    }

    fn note_failure(
        &mut self,
        window: Window,
        failed: FetchFailed,
        display: &WatchDisplay<'_>,
    ) -> anyhow::Result<()> {
        let message = failed.first_line();
        display
            .line(&MonitorLine { window, count: display.count(), seen: Err(&message) }.show())?;
        self.looks.push(MonitorLook {
            point: window.interval,
            end_millis: window.canary.end_millis,
            verdict: None,
            score: None,
            error: Some(message),
        });
        self.failed = Some(failed);
        Ok(())
    }

    fn end(self, ended: WatchEnd, start: i64, display: &WatchDisplay<'_>) -> anyhow::Result<Exit> {
        let args = self.watch.args;
        let report = match ended {
            WatchEnd::Lifetime => self.monitor.report_at_end(),
            _ => self.monitor.report(),
        };
        if report.complete_through.is_none() {
            let failed = self.failed.map(Unjudged::SourceFailed);
            return end_without_verdict(ended, failed, "look", args, display);
        }
        if ended == WatchEnd::Lifetime && !self.has_found {
            let nothing = self.nothing_found.map(Unjudged::NothingFound);
            return end_without_verdict(WatchEnd::NothingFound, nothing, "verdict", args, display);
        }
        let verdict = if self.stops(&report) { Verdict::Fail } else { report.verdict };
        let is_known = ended != WatchEnd::SourceFailed && !is_stopped_without_data(ended, &report);
        let final_verdict = is_known.then_some(verdict);
        let after = self.fetched_to.saturating_sub(start).unsigned_abs();
        let reason = self.reason(ended, verdict, &report, after, display.count());
        let because_of = alarmed_metrics(&report).map(|metric| metric.name.as_str()).collect();
        let document = MonitorDocument {
            verdict: final_verdict,
            ended,
            because_of,
            reason: &reason,
            monitor: &report,
            looks: &self.looks,
        };
        if args.format == crate::args::ListFormat::Json {
            display.console().json(&document, &Destination::Stdout)?;
        }
        if let Some(output) = &args.output {
            display.console().json(&document, &Destination::from(output.clone()))?;
        }
        display.reason(&reason, &args.end.termination_log)?;
        Ok(exit(final_verdict, ended, args))
    }

    fn reason(
        &self,
        ended: WatchEnd,
        verdict: Verdict,
        report: &MonitorReport,
        after: u64,
        count: usize,
    ) -> String {
        let point = report.complete_through.map_or(0, |step| step.saturating_add(1));
        let without_data = is_stopped_without_data(ended, report);
        let mut line = match self.failed.as_ref().filter(|_| ended == WatchEnd::SourceFailed) {
            Some(failed) => format!("NO VERDICT  {}; before: ", failed.first_line()),
            None if without_data => {
                "NO VERDICT  stopped before any metric had points on both sides; before: "
                    .to_owned()
            }
            None => String::new(),
        };
        let (verdict, score) = (verdict_word(verdict), report.score);
        let after = show_length(after);
        // Writing to a String cannot fail.
        let _ = write!(line, "{verdict}  score {score} at point {point} of {count}, after {after}");
        let mut metrics = alarmed_metrics(report);
        if let Some(first) = metrics.next() {
            let (name, class, why) = (&first.name, first.classification, first.explanation());
            let _ = write!(line, ": {name} {class:?}, {why}");
            let others: Vec<&str> = metrics.map(|metric| metric.name.as_str()).collect();
            if !others.is_empty() {
                let _ = write!(line, "; also {}", join_names(others.into_iter()));
            }
        } else if let Some(why) = &report.reason {
            let _ = write!(line, ": {why}");
        }
        if ended == WatchEnd::Interrupted && !without_data {
            line.push_str("; stopped before the end");
        }
        line
    }
}

/// Whether somebody stopped the watch before any metric had points on both sides.
fn is_stopped_without_data(ended: WatchEnd, report: &MonitorReport) -> bool {
    ended == WatchEnd::Interrupted && !has_points(report)
}

fn alarmed_metrics(report: &MonitorReport) -> impl Iterator<Item = &MonitoredMetric> {
    report.metrics.iter().filter(|metric| metric.alarm.is_some())
}
