//! Laws of the monitor.

use proptest::prelude::*;

use super::*;
use crate::config::evidence::{MetricEvidence, MetricKind};
use crate::config::{Direction, MetricConfig, NanStrategy};
use crate::judgement::{Classification, Verdict};

fn config() -> CanaryConfig {
    let errors = MetricEvidence {
        kind: MetricKind::Proportion { of: "requests".to_owned() },
        ..MetricEvidence::default()
    };
    CanaryConfig {
        metrics: vec![
            MetricConfig { direction: Direction::Increase, ..MetricConfig::new("latency", "A") },
            MetricConfig { evidence: errors, ..MetricConfig::new("errors", "B") },
            MetricConfig {
                direction: Direction::Increase,
                nan_strategy: NanStrategy::Replace,
                ..MetricConfig::new("requests", "C")
            },
        ],
        ..CanaryConfig::default()
    }
}

fn monitor() -> Monitor {
    Monitor::new(config(), Thresholds::DEFAULT).unwrap()
}

/// Metric, side, step, value.
type Point = (&'static str, Side, i64, f64);

fn points(steps: i64, shift: f64) -> Vec<Point> {
    let value = |at: i64, seed: i64| (at * seed % 17) as f64;
    let point = |at| {
        [
            ("latency", Side::Canary, at, 100.0 + shift + value(at, 5)),
            ("latency", Side::Baseline, at, 100.0 + value(at, 7)),
            ("errors", Side::Canary, at, value(at, 3) / 8.0),
            ("errors", Side::Baseline, at, value(at, 4)),
            ("requests", Side::Canary, at, 125.0),
            ("requests", Side::Baseline, at, 1000.0),
        ]
    };
    (0..steps).flat_map(point).collect()
}

fn add(monitor: &mut Monitor, points: &[Point]) {
    for &(metric, side, at, value) in points {
        monitor.add(metric, side, at, value).unwrap();
    }
}

fn after(points: &[Point], looks: &[i64]) -> MonitorReport {
    let mut monitor = monitor();
    let mut points = points.to_vec();
    for &look in looks {
        points.retain(|point| {
            let now = point.2 <= look;
            if now {
                add(&mut monitor, &[*point]);
            }
            !now
        });
        monitor.complete_through(look);
    }
    monitor.report()
}

proptest! {
    #[test]
    fn order_gaps_looks_and_restarts_change_nothing(
        keys in proptest::collection::vec(any::<u32>(), 360),
        gaps in proptest::collection::vec(0.0..1.0, 360),
        mut looks in proptest::collection::btree_set(0_i64..60, 1..20),
        restart in 0_i64..60,
        shift in 0.0..30.0,
    ) {
        looks.insert(59);
        let all = points(60, shift);
        let kept: Vec<Point> =
            all.iter().zip(&gaps).filter(|(_, gap)| **gap > 0.05).map(|(point, _)| *point).collect();
        let every_point: Vec<i64> = (0..60).collect();
        let expected = after(&kept, &every_point);
        let mut shuffled: Vec<(u32, Point)> = keys.iter().copied().zip(kept.iter().copied()).collect();
        shuffled.sort_by_key(|(key, _)| *key);
        let shuffled: Vec<Point> = shuffled.into_iter().map(|(_, point)| point).collect();
        let looks: Vec<i64> = looks.into_iter().collect();
        prop_assert_eq!(&after(&shuffled, &looks), &expected);

        let mut restarted = monitor();
        for at in 0..60 {
            let now: Vec<Point> = kept.iter().filter(|point| point.2 == at).copied().collect();
            add(&mut restarted, &now);
            restarted.complete_through(at);
            if at == restart {
                let before: Vec<Point> = kept.iter().filter(|point| point.2 <= at).copied().collect();
                add(&mut restarted, &before);
            }
        }
        let report = restarted.report();
        prop_assert!(report.late > 0 || kept.iter().all(|point| point.2 > restart));
        prop_assert_eq!(MonitorReport { late: 0, ..report }, expected);
    }
}

#[test]
fn an_alarm_stays() {
    let mut monitor = monitor();
    add(&mut monitor, &points(40, 40.0));
    monitor.complete_through(39);
    let first = monitor.report();
    assert_eq!(first.metrics[0].classification, Classification::High);
    assert_eq!((first.verdict, first.score), (Verdict::Fail, 66.67));
    for at in 40..200 {
        add(
            &mut monitor,
            &[("latency", Side::Canary, at, 10.0), ("latency", Side::Baseline, at, 100.0)],
        );
        monitor.complete_through(at);
    }
    let later = monitor.report();
    assert_eq!(later.metrics[0].alarm, first.metrics[0].alarm);
    assert!(later.metrics[0].evidence < 100.0);
    assert!(
        later.metrics[0]
            .explanation()
            .starts_with("higher than the baseline since the alarm at step")
    );
}

#[test]
fn metrics_share_the_significance_level_as_the_config_says() {
    for (across, needed) in [
        (AcrossMetrics::Each, 100.0),
        (AcrossMetrics::Balanced, 100.0 * 3.0_f64.sqrt()),
        (AcrossMetrics::Holm, 300.0),
    ] {
        let mut config = config();
        config.evidence.across_metrics = across;
        let report = Monitor::new(config, Thresholds::DEFAULT).unwrap().report();
        assert!((report.metrics[0].needed / needed - 1.0).abs() < 1e-9, "{across:?}");
    }
}

#[test]
fn missing_points_count_at_the_end_only() {
    let monitor = monitor();
    assert_eq!(monitor.report().verdict, Verdict::Pass);
    let end = monitor.report_at_end();
    assert_eq!((end.verdict, end.score), (Verdict::Fail, 0.0));
    assert_eq!(end.reason.as_deref(), Some("Canary Failed: 50% or more metrics returned NODATA"));
}

#[test]
fn refused_points_change_nothing() {
    let mut monitor = monitor();
    monitor.add("latency", Side::Canary, 5, 1.0).unwrap();
    assert_eq!(monitor.add("latency", Side::Canary, 5, 1.0), Ok(Arrival::Kept));
    let refused = monitor.add("latency", Side::Canary, 5, 2.0).unwrap_err();
    assert_eq!(refused.to_string(), "value: expected one value a step; step 5 has 1, got 2");
    let refused = monitor.add("cpu", Side::Canary, 5, 2.0).unwrap_err();
    assert_eq!(refused.path, "metric");
    monitor.complete_through(5);
    assert_eq!(monitor.add("latency", Side::Canary, 5, 2.0), Ok(Arrival::Late));
    assert!(Monitor::new(CanaryConfig::default(), Thresholds::DEFAULT).is_err());
}

#[test]
fn memory_is_bounded() {
    let mut monitor = monitor();
    for at in 0..MOST_WAITING_STEPS {
        monitor.add("latency", Side::Canary, i64::try_from(at).unwrap(), 1.0).unwrap();
    }
    let refused = monitor.add("latency", Side::Canary, -1, 1.0).unwrap_err();
    assert_eq!(refused.path, "at");
    // A waiting step has two doubles a metric; what is tested has no part that grows.
    assert_eq!(MOST_WAITING_STEPS * size_of::<Both>(), 4096);
    let state = size_of::<MetricState>() + size_of::<differences::DifferenceTest>();
    assert!(state <= 2560, "{state}");
    monitor.complete_through(i64::MAX);
    assert!(monitor.waiting.is_empty());
}
