//! Releases judged again, and the same series judged at once.

use std::time::Duration;

use judge_core::config::evidence::InconclusivePolicy;
use judge_core::judges::{EvidenceJudge, NetflixAcaJudge};
use judge_core::{Classification, MetricConfig, Verdict};

use super::*;
use crate::release::{RecordedSeries, ReleaseGrid, ReleaseMetric};
use judge_core::stage::{Lifetime, Lookback, WindowOptions};

const MINUTE: i64 = 60_000;
/// A time that is no multiple of the step.
const START: i64 = 1_795_183_742_000;

/// Points that wobble without repeating soon.
fn wobble(level: f64, points: usize, salt: usize) -> Vec<f64> {
    (0..points).map(|i| level + ((i * 37 + salt * 11) % 23) as f64 / 10.0).collect()
}

/// `points` minutes of two metrics; the canary's latency is higher from minute `slow_from` on.
fn release(points: usize, slow_from: usize) -> Release {
    let grid = ReleaseGrid { start_millis: START, step_millis: 60_000, points };
    let mut slow = wobble(100.0, points, 2);
    for value in slow.iter_mut().skip(slow_from) {
        *value += 50.0;
    }
    let metric = |name: &str, baseline, canary| ReleaseMetric {
        name: name.to_owned(),
        baseline: RecordedSeries::from(baseline),
        canary: RecordedSeries::from(canary),
    };
    Release {
        name: "v7".to_owned(),
        baseline: grid,
        canary: grid,
        metrics: vec![
            metric("latency", wobble(100.0, points, 1), slow),
            metric("errors", wobble(3.0, points, 3), wobble(3.0, points, 4)),
        ],
    }
}

fn config() -> CanaryConfig {
    CanaryConfig {
        metrics: vec![
            MetricConfig::new("latency", "Latency"),
            MetricConfig::new("errors", "Errors"),
        ],
        group_weights: [("Latency".to_owned(), 60.0), ("Errors".to_owned(), 40.0)].into(),
        ..CanaryConfig::default()
    }
}

fn replay(judge: &'static dyn Judge, options: WindowOptions, after_stop: AfterStop) -> Arc<Replay> {
    Arc::new(Replay {
        config: config(),
        thresholds: Thresholds::DEFAULT,
        judge,
        windows: Windows::try_from(options).unwrap(),
        rule: StageRule::Judge,
        after_stop,
    })
}

fn minutes(count: u64) -> Duration {
    Duration::from_secs(60 * count)
}

#[test]
fn one_interval_over_everything_is_the_judgement_of_everything() {
    for judge in [&NetflixAcaJudge as &'static dyn Judge, &EvidenceJudge] {
        let release = release(60, 30);
        let replay = replay(judge, WindowOptions::default(), AfterStop::End);
        let replayed = Replayer::new(&replay).judge(&release).unwrap();
        let series = |recorded: &RecordedSeries| judge_core::Series {
            values: recorded.values.clone(),
            clock: judge_core::Clock::new(START, 60_000).ok(),
        };
        let pairs = release.metrics.iter().map(|metric| {
            MetricPair::new(metric.name.clone(), series(&metric.baseline), series(&metric.canary))
        });
        let request = JudgeRequest {
            config: config(),
            thresholds: Thresholds::DEFAULT,
            pairs: pairs.collect(),
            looks: None,
        };
        assert_eq!(replayed.intervals.len(), 1);
        assert_eq!(replayed.intervals[0].judgement, judge.judge(&request).unwrap());
    }
}

/// Kayenta pads the absent side of a pair with gaps, and a `nanStrategy` of `replace` judges those as zeros.
#[test]
fn a_series_that_was_not_recorded_is_judged_as_one_of_gaps() {
    let mut release = release(30, 30);
    let mut replay = replay(&NetflixAcaJudge, WindowOptions::default(), AfterStop::End);
    let strategy = judge_core::config::NanStrategy::Replace;
    Arc::get_mut(&mut replay).unwrap().config.metrics[1].nan_strategy = strategy;
    for absent in [Vec::new(), vec![f64::NAN; 30]] {
        release.metrics[1].baseline = RecordedSeries::from(absent);
        let replayed = Replayer::new(&replay).judge(&release).unwrap();
        let errors = &replayed.intervals[0].judgement.metrics[1];
        assert_eq!(errors.classification, Classification::High);
        assert_eq!(errors.baseline.counts.gaps, 30);
    }
}

#[test]
fn a_canary_that_turns_bad_is_stopped_when_it_shows() {
    let by_10 = WindowOptions {
        interval: Some(minutes(10)),
        lookback: Lookback::Sliding(minutes(10)),
        ..WindowOptions::default()
    };
    let release = release(60, 30);
    let replayed = Replayer::new(&replay(&NetflixAcaJudge, by_10, AfterStop::End)).judge(&release);
    let replayed = replayed.unwrap();
    let scores: Vec<f64> = replayed.intervals.iter().map(|one| one.judgement.score).collect();
    assert_eq!(scores, [100.0, 100.0, 100.0, 40.0]);
    assert_eq!(
        replayed.stage,
        Stage { verdict: Verdict::Fail, stopped_at: Some(4), passed_at: None }
    );
    assert_eq!(replayed.stopped_millis(), Some(START + 40 * MINUTE));
    assert_eq!(replayed.because_of, ["latency"]);

    let on =
        Replayer::new(&replay(&NetflixAcaJudge, by_10, AfterStop::GoOn)).judge(&release).unwrap();
    assert_eq!(on.intervals.len(), 6, "the rest is judged all the same");
    assert_eq!(on.intervals[..4], replayed.intervals);
    assert_eq!((on.stage, on.because_of), (replayed.stage, replayed.because_of));
}

#[test]
fn each_interval_is_judged_on_its_own_window() {
    let options = WindowOptions {
        lifetime: Lifetime::Fixed(minutes(40)),
        warm_up: minutes(5),
        interval: Some(minutes(20)),
        ..WindowOptions::default()
    };
    let replay = replay(&NetflixAcaJudge, options, AfterStop::GoOn);
    let replayed = Replayer::new(&replay).judge(&release(60, 30)).unwrap();
    let submitted = |interval: usize| {
        let metric = &replayed.intervals[interval].judgement.metrics[0];
        (metric.baseline.counts.submitted, metric.canary.counts.submitted)
    };
    assert_eq!((submitted(0), submitted(1)), ((20, 20), (40, 40)));
    // Minutes 5 to 25 and 5 to 45; the canary was slow from minute 30 on.
    let slow = |value: &f64| *value >= 150.0;
    let canary = &release(60, 30).metrics[0].canary.values;
    let mean = |range: std::ops::Range<usize>| {
        canary[range.clone()].iter().sum::<f64>() / range.len() as f64
    };
    let means: Vec<f64> =
        replayed.intervals.iter().map(|one| one.judgement.metrics[0].canary.mean).collect();
    assert!((means[0] - mean(5..25)).abs() < 1e-9 && (means[1] - mean(5..45)).abs() < 1e-9);
    assert_eq!(canary[5..45].iter().filter(|value| slow(value)).count(), 15);
}

#[test]
fn the_baseline_of_an_hour_earlier_is_compared() {
    let mut release = release(60, 60);
    // The baseline was recorded from an hour before to the end, and was slow in the hour before.
    release.baseline =
        ReleaseGrid { start_millis: START - 60 * MINUTE, points: 120, ..release.canary };
    for (metric, level) in release.metrics.iter_mut().zip([100.0, 3.0]) {
        let mut values = wobble(level, 120, 7);
        values.iter_mut().take(60).for_each(|value| *value += level);
        metric.baseline = RecordedSeries::from(values);
    }
    let judged = |offset| {
        let options =
            WindowOptions { baseline_offset: minutes(offset), ..WindowOptions::default() };
        let replay = replay(&NetflixAcaJudge, options, AfterStop::End);
        Replayer::new(&replay).judge(&release).unwrap().intervals.remove(0).judgement
    };
    let classes = |judgement: &Judgement| {
        judgement
            .metrics
            .iter()
            .map(|metric| format!("{:?}", metric.classification))
            .collect::<Vec<_>>()
    };
    assert_eq!(classes(&judged(0)), ["Pass", "Pass"]);
    assert_eq!(classes(&judged(60)), ["Low", "Low"]);
    // For half of the window nothing was recorded: gaps, not points of another time.
    assert_eq!(judged(90).metrics[0].baseline.counts.gaps, 30);
}

#[test]
fn scratch_of_one_release_leaves_no_trace_in_the_next() {
    let replay = replay(&EvidenceJudge, WindowOptions::default(), AfterStop::End);
    let mut replayer = Replayer::new(&replay);
    let (bad, good) = (release(60, 10), release(45, 45));
    replayer.judge(&bad).unwrap();
    let after = replayer.judge(&good).unwrap();
    assert_eq!(after, Replayer::new(&replay).judge(&good).unwrap());
}

#[test]
fn a_release_that_cannot_be_replayed_has_an_error() {
    let replay = replay(
        &NetflixAcaJudge,
        WindowOptions { warm_up: minutes(60), ..WindowOptions::default() },
        AfterStop::End,
    );
    let mut replayer = Replayer::new(&replay);
    let error = replayer.judge(&release(60, 0)).unwrap_err().to_string();
    assert!(error.contains("nothing is left to judge"), "{error}");
    let mut lonely = release(90, 0);
    lonely.baseline.points = 0;
    let error = replayer.judge(&lonely).unwrap_err().to_string();
    assert_eq!(error, "no row has the role baseline; record both roles");
}

#[test]
fn the_costliest_metrics_explain_a_verdict_and_missing_data_names_all() {
    let mut both = release(60, 0);
    for value in &mut both.metrics[1].canary.values {
        *value += 30.0;
    }
    let whole = replay(&NetflixAcaJudge, WindowOptions::default(), AfterStop::End);
    let judged = Replayer::new(&whole).judge(&both).unwrap();
    assert_eq!(judged.because_of, ["latency", "errors"], "60 % and 40 % of the score");

    let mut critical = (*whole).clone();
    critical.config.metrics[1].critical = true;
    let judged = Replayer::new(&Arc::new(critical)).judge(&both).unwrap();
    assert_eq!(judged.because_of, ["errors", "latency"], "the one that fails by itself");

    // A critical metric fails the canary for lack of data too.
    both.metrics[1].canary = RecordedSeries::default();
    let mut critical = (*whole).clone();
    critical.config.metrics[1].critical = true;
    let judged = Replayer::new(&Arc::new(critical.clone())).judge(&both).unwrap();
    assert_eq!(judged.because_of, ["errors", "latency"]);

    let mut few = release(8, 0);
    // So few points do not confirm the rise.
    for (minute, value) in few.metrics[0].canary.values.iter_mut().enumerate() {
        *value += 0.68 * minute as f64 - 50.0;
    }
    for value in &mut few.metrics[1].canary.values {
        *value += 30.0;
    }
    let mut strict = (*replay(&EvidenceJudge, WindowOptions::default(), AfterStop::End)).clone();
    strict.config.evidence.inconclusive = InconclusivePolicy::Fail;
    let judged = Replayer::new(&Arc::new(strict)).judge(&few).unwrap();
    let latency = &judged.intervals[0].judgement.metrics[0];
    assert_eq!(latency.classification, Classification::Inconclusive);
    assert_eq!(judged.because_of, ["latency", "errors"], "inconclusive ones that fail");

    let mut missing = release(60, 60);
    for metric in &mut missing.metrics {
        metric.canary = RecordedSeries::default();
    }
    let judged = Replayer::new(&whole).judge(&missing).unwrap();
    assert_eq!(judged.because_of, ["latency", "errors"]);
    let reason = judged.intervals[0].judgement.reason.as_deref();
    assert_eq!(reason, Some("Canary Failed: 50% or more metrics returned NODATA"));
    let passing = Replayer::new(&whole).judge(&release(60, 60)).unwrap();
    assert_eq!((passing.stage.verdict, passing.because_of.len()), (Verdict::Pass, 0));
}

/// The minutes that remain of each metric's baseline and of the canary's latency; then the interval and the metrics
/// that lack their baseline.
type Missed = ([std::ops::Range<usize>; 3], Option<(usize, &'static [&'static str])>);

#[test]
fn a_baseline_wholly_outside_of_a_window_is_reported() {
    let options = WindowOptions {
        interval: Some(minutes(10)),
        lookback: Lookback::Sliding(minutes(10)),
        ..WindowOptions::default()
    };
    let replay = replay(&NetflixAcaJudge, options, AfterStop::GoOn);
    let cases: [Missed; 7] = [
        ([0..30, 0..30, 0..30], None),
        ([0..10, 0..30, 0..30], Some((2, &["latency"]))),
        ([0..11, 0..30, 0..30], Some((3, &["latency"]))),
        ([10..30, 10..12, 0..30], Some((1, &["latency", "errors"]))),
        // In intervals 2 and 3 the canary has no points to compare.
        ([0..10, 0..30, 0..10], None),
        // A metric without any baseline is the history's fault, not the window's.
        ([0..0, 0..30, 0..30], None),
        ([0..0, 20..30, 0..30], Some((1, &["errors"]))),
    ];
    for ([latency, errors, canary], expected) in cases {
        let mut release = release(30, 30);
        let leave = |values: &mut Vec<f64>, left: &std::ops::Range<usize>| {
            let gaps = values.iter_mut().enumerate().filter(|(minute, _)| !left.contains(minute));
            gaps.for_each(|(_, value)| *value = f64::NAN);
        };
        leave(&mut release.metrics[0].baseline.values, &latency);
        leave(&mut release.metrics[1].baseline.values, &errors);
        leave(&mut release.metrics[0].canary.values, &canary);
        let replayed = Replayer::new(&replay).judge(&release).unwrap();
        let found = replayed.no_baseline.map(|found| (found.window.interval, found.metrics));
        let expected = expected.map(|(interval, metrics)| {
            (interval, metrics.iter().map(ToString::to_string).collect::<Vec<_>>())
        });
        assert_eq!(found, expected, "{latency:?} {errors:?} {canary:?}");
    }
}

#[test]
fn gaps_of_a_baseline_on_both_sides_of_a_window_are_only_gaps() {
    let options = WindowOptions {
        interval: Some(minutes(10)),
        lookback: Lookback::Sliding(minutes(10)),
        ..WindowOptions::default()
    };
    let replay = replay(&NetflixAcaJudge, options, AfterStop::GoOn);
    let mut release = release(30, 30);
    release.metrics[1].baseline.values[5..25].fill(f64::NAN);
    let replayed = Replayer::new(&replay).judge(&release).unwrap();
    assert_eq!(replayed.intervals[1].judgement.metrics[1].classification, Classification::NoData);
    assert_eq!(replayed.no_baseline, None);
}
