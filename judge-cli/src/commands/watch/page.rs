//! `judge watch --report`: all looks, and the deciding judgement.

use judge_core::stage::{TimeSpan, Windows, because_of};
use judge_core::{MetricPair, Series};
use judge_report::timeline::{Stop, TimelineInterval};
use judge_report::{Fact, Report, Timeline, timeline_page};

use super::end::WatchOutcome;
use super::look::{JudgedLook, Look};
use crate::args::WatchArgs;
use crate::input::Judging;

/// The page.
pub(super) fn html(
    outcome: &WatchOutcome,
    args: &WatchArgs,
    judging: &Judging,
    windows: &Windows,
) -> String {
    let Some((look, judged)) = outcome.deciding() else {
        return String::new();
    };
    let name = judging.document["name"].as_str().unwrap_or_default();
    let offset = look.window.canary.start_millis.saturating_sub(look.window.baseline.start_millis);
    let pairs: Vec<MetricPair> =
        judged.pairs.iter().map(|pair| shift_baseline(pair, offset)).collect();
    let fact = |name: &str, value: &str| Fact { name: name.to_owned(), value: value.to_owned() };
    let facts = [
        fact("Baseline", &args.scopes.baseline_scope),
        fact("Canary", &args.scopes.canary_scope),
        fact("Outcome", &outcome.reason),
    ];
    let warm_up = windows.warm_up(outcome.start).map(|warm_up| TimeSpan {
        end_millis: warm_up.end_millis.min(look.window.canary.start_millis),
        ..warm_up
    });
    let report = Report {
        name,
        pairs: &pairs,
        config: Some(&judging.document),
        facts: &facts,
        warm_up: warm_up.filter(|warm_up| warm_up.millis() > 0).map(span),
        judged: Some(span(look.window.canary)),
        warnings: &judged.warnings,
        ..Report::new(&judged.judgement)
    };
    timeline_page(&timeline(outcome, name), &report)
}

fn timeline(outcome: &WatchOutcome, name: &str) -> Timeline {
    let deciding = outcome.deciding();
    let judged: Vec<(&Look, &JudgedLook)> = outcome.judged_looks().collect();
    let last = judged.len().saturating_sub(1);
    let metrics =
        deciding.map(|(_, judged)| judged.judgement.metrics.as_slice()).unwrap_or_default();
    let interval = |(look, judged): &(&Look, &JudgedLook)| {
        let classes = metrics.iter().map(|metric| {
            let same = |other: &&judge_core::judgement::MetricJudgement| {
                other.name == metric.name && other.tags == metric.tags
            };
            judged.judgement.metrics.iter().find(same).map(|found| found.classification)
        });
        TimelineInterval::new(span(look.window.canary), &judged.judgement, classes.collect())
    };
    let stopped = deciding.filter(|_| outcome.stage.stopped_at.is_some());
    Timeline {
        release: name.to_owned(),
        verdict: outcome.stage.verdict,
        unfinished: outcome.why_no_verdict(),
        thresholds: deciding.map(|(_, judged)| judged.judgement.thresholds).unwrap_or_default(),
        start_millis: outcome.start,
        metrics: metrics.iter().map(|metric| metric.name.clone()).collect(),
        intervals: judged.iter().map(interval).collect(),
        deciding: outcome.stage.ended_at().map_or(last, |number| number - 1),
        stopped: stopped.map(|(look, judged)| Stop {
            at_millis: look.window.canary.end_millis,
            metric: because_of(&judged.judgement).first().cloned(),
        }),
    }
}

fn span(span: TimeSpan) -> judge_report::TimeRange {
    judge_report::TimeRange { from_millis: span.start_millis, to_millis: span.end_millis }
}

/// Shifts a baseline of an earlier time to its canary.
fn shift_baseline(pair: &MetricPair, offset: i64) -> MetricPair {
    let clock = pair.baseline.clock.map(|clock| clock.shifted(offset));
    let baseline = Series { clock, ..pair.baseline.clone() };
    MetricPair { baseline, ..pair.clone() }
}
