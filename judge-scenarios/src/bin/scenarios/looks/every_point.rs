//! Monitors canaries: a look after each point, without a plan.

use anyhow::Result;
use judge_core::judges::EvidenceJudge;
use judge_core::monitor::Monitor;
use judge_core::{CanaryConfig, JudgeRequest, MetricPair, Side, Thresholds, Verdict};
use judge_scenarios::real_series::{Observation, Seeds, rate};
use judge_scenarios::single_metric_request;

use super::cases::{self, Pairs};
use super::rows::{pairs_name, step_name, time};
use super::{SIZES, STEPS, Step, counts};
use crate::bench::Bench;
use crate::markdown::{cell, head, line};
use crate::options::Options;
use crate::real::in_parallel;

/// Autocorrelation of drawn noise. A monitor assumes at most 0.85.
const PHIS: [f64; 5] = [0.0, 0.5, 0.8, 0.9, 0.95];
const COLUMNS: [&str; 8] = [
    "pairs",
    "points",
    "step",
    "canaries",
    "one look at the end",
    "at any point",
    "median time",
    "90 % time",
];

/// The result of one canary.
pub(super) struct Monitored {
    /// The kind of pairs, the number of points, and the added change.
    pub(super) row: (String, usize, String),
    pub(super) entity: String,
    pub(super) series: String,
    pub(super) once: bool,
    /// The share of its points after which the monitor first alarmed.
    pub(super) alarm: Option<f64>,
}

/// Judges and monitors all canaries, and prints the tables.
pub(super) fn measure(options: &Options, bench: &mut Bench) -> Result<()> {
    let sizes = options.sizes(&SIZES);
    let subjects = cases::subjects(options, &sizes, &PHIS)?;
    let monitored = in_parallel("every point", &subjects, bench, |subject, bench| {
        let steps = STEPS.into_iter().filter(|step| subject.can_have(*step));
        steps.filter_map(|step| monitor(subject, step, options, bench)).collect()
    });
    print(&monitored, options);
    if options.folder.is_none() {
        println!();
        print(&counts::monitor_all(options, &sizes, bench), options);
    }
    Ok(())
}

fn monitor(
    subject: &cases::Subject,
    step: Step,
    options: &Options,
    bench: &mut Bench,
) -> Option<Monitored> {
    let mut request = single_metric_request(subject.with(step), options.direction);
    request.config.evidence = options.evidence.clone();
    let (once, alarm) = once_and_at_any_point(&request, bench)?;
    let pairs = match subject.pairs {
        pairs @ Pairs::Drawn { .. } => pairs_name(pairs),
        Pairs::Coin => "coin".to_owned(),
    };
    Some(Monitored {
        row: (pairs, subject.points(), step_name(step)),
        entity: subject.entity.clone(),
        series: subject.series.clone(),
        once,
        alarm,
    })
}

/// Whether one look at the end alarms, and when a monitor first alarms; `None` if the judge refuses the request.
pub(super) fn once_and_at_any_point(
    request: &JudgeRequest,
    bench: &mut Bench,
) -> Option<(bool, Option<f64>)> {
    let judgement = bench.judge(&EvidenceJudge, request)?;
    let alarm = first_alarm(&request.config, &request.pairs)?;
    Some((judgement.verdict != Verdict::Pass, alarm))
}

/// When a monitor first fails the canary, as a share of its points.
#[expect(clippy::option_option, reason = "refused, and never")]
fn first_alarm(config: &CanaryConfig, pairs: &[MetricPair]) -> Option<Option<f64>> {
    let mut monitor = Monitor::new(config.clone(), Thresholds::DEFAULT).ok()?;
    let points = pairs.iter().map(|pair| pair.canary.values.len()).max().unwrap_or(0);
    for (index, at) in (0..points).zip(0..) {
        for pair in pairs {
            for (side, series) in [(Side::Canary, &pair.canary), (Side::Baseline, &pair.baseline)] {
                let value = series.values.get(index).copied().unwrap_or(f64::NAN);
                monitor.add(&pair.name, side, at, value).ok()?;
            }
        }
        monitor.complete_through(at);
        if monitor.report().verdict != Verdict::Pass {
            return Some(Some((index + 1) as f64 / points as f64));
        }
    }
    Some(None)
}

/// Prints one row per kind of pairs, number of points and step, in order of their first appearance.
fn print(monitored: &[Monitored], options: &Options) {
    head(&COLUMNS.map(str::to_owned));
    let mut rows: Vec<&(String, usize, String)> = Vec::new();
    for one in monitored {
        if !rows.contains(&&one.row) {
            rows.push(&one.row);
        }
    }
    rows.sort_by_key(|(pairs, points, _)| (pairs, *points));
    for row in rows {
        let cases: Vec<&Monitored> = monitored.iter().filter(|one| one.row == *row).collect();
        let share = |happened: &dyn Fn(&Monitored) -> bool| {
            let observations = cases.iter().map(|one| Observation {
                entity: &one.entity,
                series: &one.series,
                happened: happened(one),
            });
            cell(rate(observations, Seeds(options.seeds())))
        };
        let mut times: Vec<f64> =
            cases.iter().map(|one| one.alarm.unwrap_or(f64::INFINITY)).collect();
        times.sort_by(f64::total_cmp);
        line(&[
            row.0.clone(),
            row.1.to_string(),
            row.2.clone(),
            cases.len().to_string(),
            share(&|one| one.once),
            share(&|one| one.alarm.is_some()),
            time(&times, 0.5),
            time(&times, 0.9),
        ]);
    }
}
