//! `judge watch --every-point`: a monitor instead of a judge.

use std::fmt::Write;

use anyhow::{anyhow, bail};
use judge_core::judges::{EvidenceJudge, Judge};
use judge_core::monitor::{
    ArrivedPoints, Monitor, MonitorReport, MonitoredMetric, PointTimes, StepTimes, TimedMonitor,
};
use judge_core::stage::{StageRule, TimeSpan, Window, show_length};
use judge_core::{MetricPair, Side, Verdict};
use serde::Serialize;

use super::end::{end_without_verdict, exit};
use super::look::WatchEnd;
use super::looks::Watch;
use super::shown::Shown;
use crate::args::OnSourceError;
use crate::commands::exit::Exit;
use crate::commands::stop::stop_signal;
use crate::input::{FetchFailed, listed, millis};
use crate::output::{Destination, MonitorLine, verdict_word};

/// A canary and its monitor.
struct MonitoredCanary<'a> {
    watch: &'a Watch<'a>,
    monitor: TimedMonitor,
    /// Up to which time points were fetched.
    fetched_to: i64,
    looks: Vec<MonitorLook>,
    /// Why the last look was none.
    failed: Option<FetchFailed>,
}

/// A look for programs.
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
    /// None where the source failed.
    verdict: Option<Verdict>,
    ended: WatchEnd,
    because_of: Vec<&'a str>,
    reason: &'a str,
    monitor: &'a MonitorReport,
    looks: &'a [MonitorLook],
}

/// Monitors until the rule stops the canary or its last point is in.
pub(super) fn run(watch: &Watch<'_>, start: i64, shown: &mut Shown<'_>) -> anyhow::Result<Exit> {
    let judging = watch.judging;
    if judging.judge.name() != EvidenceJudge.name() {
        bail!("--every-point: expected {}, got {}", EvidenceJudge.name(), judging.judge.name());
    }
    let monitor = Monitor::new(judging.config.clone(), judging.thresholds)
        .map_err(|refused| judging.error(refused))?;
    let Some(first) = watch.windows.first() else { bail!("the lifetime is shorter than a step") };
    let fetched_to = first.canary.start_millis;
    let of = &watch.args.of;
    let times = StepTimes::new(fetched_to, millis(watch.args.interval()))
        .map_err(|problem| anyhow!("--{problem}"))?
        .with_baseline_offset(millis(of.baseline_offset));
    let monitor = TimedMonitor::new(monitor, times);
    let mut canary =
        MonitoredCanary { watch, monitor, fetched_to, looks: Vec::new(), failed: None };
    let ended = watch.fetcher.block_on(async {
        let stopped = stop_signal()?;
        let looking = async {
            watch.check(start, shown).await?;
            shown.begin(start, watch.windows, MonitorLine::HEADER)?;
            canary.look_at_all(shown).await
        };
        tokio::select! {
            ended = looking => ended,
            () = stopped => Ok(WatchEnd::Interrupted),
        }
    })?;
    canary.end(ended, start, shown)
}

impl MonitoredCanary<'_> {
    async fn look_at_all(&mut self, shown: &mut Shown<'_>) -> anyhow::Result<WatchEnd> {
        let args = self.watch.args;
        let interval = i64::try_from(millis(args.interval())).unwrap_or(i64::MAX);
        let settle = i64::try_from(millis(args.settle)).unwrap_or(i64::MAX);
        for &window in self.watch.windows {
            let due = window.canary.end_millis.saturating_add(settle);
            shown.wait(due, &window).await;
            let missing = self.missing(window);
            let until = due.saturating_add(interval);
            match self.watch.fetched(missing, until, shown).await? {
                Ok((pairs, warnings)) => {
                    for warning in warnings {
                        shown.warn(warning);
                    }
                    self.failed = None;
                    if self.look(window, &pairs, shown)? {
                        return Ok(WatchEnd::Stopped);
                    }
                }
                Err(failed) => {
                    self.note_failure(window, failed, shown)?;
                    if args.on_source_error == OnSourceError::Fail {
                        return Ok(WatchEnd::SourceFailed);
                    }
                }
            }
        }
        Ok(if self.failed.is_some() { WatchEnd::SourceFailed } else { WatchEnd::Lifetime })
    }

    /// The points that were not fetched yet, up to the end of `window`.
    fn missing(&self, window: Window) -> Window {
        let canary = TimeSpan { start_millis: self.fetched_to, ..window.canary };
        Window { canary, ..window }
    }

    /// Adds the points and says whether the canary is stopped.
    fn look(
        &mut self,
        window: Window,
        pairs: &[MetricPair],
        shown: &Shown<'_>,
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
        shown.line(&MonitorLine { window, count: shown.count(), seen: Ok(&report) }.show())?;
        self.looks.push(MonitorLook {
            point: window.interval,
            end_millis: window.canary.end_millis,
            verdict: Some(report.verdict),
            score: Some(report.score),
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
        shown: &Shown<'_>,
    ) -> anyhow::Result<()> {
        let said = failed.first_line();
        shown.line(&MonitorLine { window, count: shown.count(), seen: Err(&said) }.show())?;
        self.looks.push(MonitorLook {
            point: window.interval,
            end_millis: window.canary.end_millis,
            verdict: None,
            score: None,
            error: Some(said),
        });
        self.failed = Some(failed);
        Ok(())
    }

    fn end(self, ended: WatchEnd, start: i64, shown: &Shown<'_>) -> anyhow::Result<Exit> {
        let args = self.watch.args;
        let report = match ended {
            WatchEnd::Lifetime => self.monitor.report_at_end(),
            _ => self.monitor.report(),
        };
        if report.complete_through.is_none() {
            return end_without_verdict(ended, self.failed, "look", args, shown);
        }
        let verdict = if self.stops(&report) { Verdict::Fail } else { report.verdict };
        let known = (ended != WatchEnd::SourceFailed).then_some(verdict);
        let after = self.fetched_to.saturating_sub(start).unsigned_abs();
        let reason = self.reason(ended, verdict, &report, after, shown.count());
        let because_of = alarmed(&report).map(|metric| metric.name.as_str()).collect();
        let document = MonitorDocument {
            verdict: known,
            ended,
            because_of,
            reason: &reason,
            monitor: &report,
            looks: &self.looks,
        };
        if args.format == crate::args::ListFormat::Json {
            shown.console().json(&document, &Destination::Stdout)?;
        }
        if let Some(output) = &args.output {
            shown.console().json(&document, &Destination::from(output.clone()))?;
        }
        shown.reason(&reason, &args.termination_log)?;
        Ok(exit(known, args))
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
        let mut line = match self.failed.as_ref().filter(|_| ended == WatchEnd::SourceFailed) {
            Some(failed) => format!("NO VERDICT  {}; before: ", failed.first_line()),
            None => String::new(),
        };
        let (verdict, score) = (verdict_word(verdict), report.score);
        let after = show_length(after);
        // Writing to a String cannot fail.
        let _ = write!(line, "{verdict}  score {score} at point {point} of {count}, after {after}");
        let mut metrics = alarmed(report);
        if let Some(first) = metrics.next() {
            let (name, class, why) = (&first.name, first.classification, first.explanation());
            let _ = write!(line, ": {name} {class:?}, {why}");
            let others: Vec<&str> = metrics.map(|metric| metric.name.as_str()).collect();
            if !others.is_empty() {
                let _ = write!(line, "; also {}", listed(others.into_iter()));
            }
        } else if let Some(why) = &report.reason {
            let _ = write!(line, ": {why}");
        }
        if ended == WatchEnd::Interrupted {
            line.push_str("; stopped before the end");
        }
        line
    }
}

fn alarmed(report: &MonitorReport) -> impl Iterator<Item = &MonitoredMetric> {
    report.metrics.iter().filter(|metric| metric.alarm.is_some())
}
