//! What a history of healthy windows changes, and what it never does.

use proptest::prelude::*;

use crate::config::evidence::MetricKind;
use crate::config::{Direction, EffectSize, MetricConfig};
use crate::judgement::{Classification, Decision, Judgement, TestKind};
use crate::judges::{EvidenceJudge, Judge, NetflixAcaJudge};
use crate::problem::Severity;
use crate::series::{MetricPair, Series};
use crate::warning::Warning;

use super::{around_100, increase, request};

/// Healthy windows at these percentages of [`around_100`].
fn windows(levels: &[f64]) -> Vec<Series> {
    let window = |(seed, percent): (usize, &f64)| {
        let points = around_100(30, 500 + seed as u64).into_iter();
        Series::from(points.map(|value| value * percent / 100.0).collect::<Vec<f64>>())
    };
    levels.iter().enumerate().map(window).collect()
}

/// Instances that differ by a tenth of their level, and nothing else.
const APART: [f64; 6] = [90.0, 110.0, 95.0, 105.0, 92.0, 108.0];

/// A canary whose baseline is around 100, at `percent` of it.
fn canary_at(percent: f64, history: Vec<Series>) -> MetricPair {
    let canary = around_100(30, 2).into_iter().map(|value| value * percent / 100.0);
    let pair = MetricPair::new("metric", around_100(30, 1), canary.collect::<Vec<f64>>());
    MetricPair { history, ..pair }
}

fn judge(config: MetricConfig, pair: MetricPair) -> Judgement {
    EvidenceJudge.judge(&request(vec![config], vec![pair])).unwrap()
}

fn class(config: MetricConfig, pair: MetricPair) -> Classification {
    judge(config, pair).metrics[0].classification
}

#[test]
fn a_shift_that_healthy_windows_make_normal_passes_and_one_beyond_fails() {
    let at = |percent, history| class(increase("metric"), canary_at(percent, history));
    for (percent, without, with) in [
        (100.0, Classification::Pass, Classification::Pass),
        (112.0, Classification::High, Classification::Pass),
        (150.0, Classification::High, Classification::High),
        (1000.0, Classification::High, Classification::High),
    ] {
        assert_eq!(at(percent, Vec::new()), without, "{percent}");
        assert_eq!(at(percent, windows(&APART)), with, "{percent}");
    }
    // Windows that hardly differ make nothing normal that was none before.
    assert_eq!(at(112.0, windows(&[100.0; 6])), Classification::High);
    let decrease =
        MetricConfig { direction: Direction::Decrease, ..MetricConfig::new("metric", "All") };
    assert_eq!(class(decrease.clone(), canary_at(88.0, Vec::new())), Classification::Low);
    assert_eq!(class(decrease.clone(), canary_at(88.0, windows(&APART))), Classification::Pass);
    assert_eq!(class(decrease, canary_at(50.0, windows(&APART))), Classification::Low);
}

#[test]
fn a_late_change_is_held_against_the_ends_of_healthy_windows() {
    let late = |percent: f64, history| {
        let mut pair = canary_at(100.0, history);
        pair.canary.values[18..].iter_mut().for_each(|value| *value *= percent / 100.0);
        let metric = judge(increase("metric"), pair).metrics.remove(0);
        metric.findings.iter().any(|found| found.test == TestKind::EndState && found.is_harm())
    };
    assert!(late(115.0, Vec::new()));
    assert!(!late(115.0, windows(&APART)));
    assert!(late(200.0, windows(&APART)));
}

#[test]
fn a_change_that_healed_is_held_against_the_same_part_of_healthy_windows() {
    let healed = |history| {
        let mut canary = around_100(60, 2);
        canary[15..30].iter_mut().for_each(|value| *value *= 1.3);
        let pair = MetricPair { history, ..MetricPair::new("metric", around_100(60, 1), canary) };
        let metric = judge(increase("metric"), pair).metrics.remove(0);
        metric.findings.iter().any(|found| found.test == TestKind::EndState && found.is_harm())
    };
    assert!(healed(Vec::new()));
    assert!(healed(windows(&[100.0; 6])));
    assert!(!healed(windows(&[70.0, 130.0, 80.0, 120.0, 75.0, 125.0])));
}

#[test]
fn other_tests_find_what_they_found() {
    let mut pair = canary_at(100.0, windows(&APART));
    for index in (0..30).step_by(6) {
        pair.canary.values[index] = 400.0;
    }
    let metric = judge(increase("metric"), pair).metrics.remove(0);
    assert!(metric.findings.iter().any(|found| found.test == TestKind::Tail && found.is_harm()));
    assert_eq!(metric.classification, Classification::High);
}

#[test]
fn points_of_a_level_that_is_normal_stand_out_from_it() {
    // Differences of the same time hardly vary, so each point is far above the baseline.
    let baseline = around_100(30, 1);
    let canary: Vec<f64> = baseline.iter().map(|value| value + 12.0).collect();
    let at = |history| {
        let pair = MetricPair::new("metric", baseline.clone(), canary.clone());
        class(increase("metric"), MetricPair { history, ..pair })
    };
    assert_eq!(at(Vec::new()), Classification::High);
    assert_eq!(at(windows(&APART)), Classification::Pass);
}

#[test]
fn an_allowance_stays_a_threshold_beside_the_history() {
    let allowed = |ratio| MetricConfig {
        effect_size: EffectSize::default().with_allowed_increase(ratio).unwrap(),
        ..increase("metric")
    };
    // Beyond what is normal but allowed; beyond what is allowed but normal; beyond both.
    assert_eq!(class(allowed(1.8), canary_at(150.0, windows(&APART))), Classification::Pass);
    assert_eq!(class(allowed(1.05), canary_at(115.0, windows(&APART))), Classification::Pass);
    assert_eq!(class(allowed(1.05), canary_at(115.0, Vec::new())), Classification::High);
    assert_eq!(class(allowed(1.05), canary_at(150.0, windows(&APART))), Classification::High);
}

#[test]
fn says_what_healthy_windows_make_normal() {
    let mut judged = judge(increase("metric"), canary_at(112.0, windows(&APART)));
    let metric = judged.metrics.remove(0);
    let Decision::Panel(panel) = &metric.decision else { panic!("{:?}", metric.decision) };
    let healthy = panel.healthy.unwrap();
    assert!(healthy.lower < -20.0 && healthy.upper > 20.0, "{healthy:?}");
    // One in a hundred to either side.
    assert!((healthy.level - 0.98).abs() < 1e-12, "{healthy:?}");
    assert!((panel.allowed - healthy.upper).abs() < 1e-9, "{panel:?}");
    let said = metric.explanation();
    assert!(said.contains("; healthy windows make -2"), "{said}");
    let location = &metric.findings.iter().find(|found| found.test == TestKind::Location).unwrap();
    assert!(location.sentence.contains("; 6 healthy windows make −2"), "{}", location.sentence);
    assert!(location.sentence.ends_with(" % normal"), "{}", location.sentence);
}

#[test]
fn too_short_a_history_changes_nothing_but_a_notice() {
    let without = judge(increase("metric"), canary_at(112.0, Vec::new()));
    let short = Series::from(vec![100.0; 4]);
    let two = windows(&APART[..2]);
    for history in [two.clone(), [two, vec![short, Series::default()]].concat()] {
        let series = history.len();
        let mut with = judge(increase("metric"), canary_at(112.0, history));
        let [Warning::Suspect(problem)] = &with.warnings[..] else { panic!("{:?}", with.warnings) };
        assert_eq!(problem.severity, Severity::Notice);
        let said = format!(
            "metricSetPairList[0].history: 2 of {series} series of \"metric\" can be used; the history is not used: \
             at least 3 healthy series with 5 points each are needed, of a metric that is not counted out of \
             another"
        );
        assert_eq!(problem.to_string(), said);
        with.warnings.clear();
        assert_eq!(with, without);
    }
}

#[test]
fn a_history_of_a_metric_that_is_counted_out_of_another_is_not_used() {
    let errors = MetricConfig::new("errors", "All");
    let mut errors = MetricConfig { direction: Direction::Increase, ..errors };
    errors.evidence.kind = MetricKind::Count { exposure: Some("requests".to_owned()) };
    let counts = |every: usize| -> Vec<f64> {
        (0..30).map(|index| f64::from(u8::from(index % every == 0))).collect()
    };
    let pair = MetricPair::new("errors", counts(10), counts(9));
    let pair = MetricPair { history: vec![counts(7).into(); 4], ..pair };
    let requests = MetricPair::new("requests", vec![1000.0; 30], vec![10.0; 30]);
    let configs = vec![errors, MetricConfig::new("requests", "All")];
    let judged = EvidenceJudge.judge(&request(configs, vec![pair, requests])).unwrap();
    let said: Vec<String> = judged.warnings.iter().map(ToString::to_string).collect();
    assert!(said.iter().any(|said| said.contains("0 of 4 series of \"errors\"")), "{said:?}");
}

fn sick(pair: MetricPair) -> Vec<String> {
    let warnings = judge(increase("metric"), pair).warnings.into_iter();
    warnings
        .filter(|warning| matches!(warning, Warning::SickBaseline { .. }))
        .map(|warning| warning.to_string())
        .collect()
}

#[test]
fn a_baseline_that_is_worse_than_its_history_is_sick() {
    let history = || windows(&[60.0, 61.0, 59.0, 60.5]);
    let said = sick(canary_at(100.0, history()));
    assert!(said[0].starts_with("metric: the baseline is +"), "{said:?}");
    let windows_differ = " % on average against 4 healthy windows, which differ by ±";
    assert!(said[0].contains(windows_differ), "{said:?}");
    assert!(
        said[0].contains(" %, and an unhealthy baseline makes a bad canary look good"),
        "{said:?}"
    );
    assert_eq!(sick(canary_at(100.0, windows(&APART))), [""; 0]);
    // Better than ever is not sick.
    assert_eq!(sick(canary_at(100.0, windows(&[160.0, 161.0, 159.0]))), [""; 0]);
    assert_eq!(sick(canary_at(100.0, history()[..2].to_vec())), [""; 0]);
}

#[test]
fn a_baseline_that_stops_to_report_is_sick() {
    let baseline = |change: &dyn Fn(&mut [f64])| {
        let mut pair = canary_at(100.0, windows(&[100.0; 4]));
        change(&mut pair.baseline.values);
        sick(pair)
    };
    let end = "metric: the baseline has no points at its end, where healthy windows have 8";
    assert!(baseline(&|side| side[22..].fill(f64::NAN))[0].starts_with(end));
    let gaps = "metric: the baseline has 20 points, a healthy window 30";
    assert!(baseline(&|side| side[..10].fill(f64::NAN))[0].starts_with(gaps));
    let stuck = "metric: 28 points of the baseline have one value, while healthy windows move";
    assert!(baseline(&|side| side[2..].fill(100.0))[0].starts_with(stuck));
    assert_eq!(baseline(&|side| side[3] = f64::NAN), [""; 0]);
}

#[test]
fn the_parity_judge_reads_no_history_and_says_so() {
    let judge = |history| {
        let pair = canary_at(112.0, history);
        NetflixAcaJudge.judge(&request(vec![increase("metric")], vec![pair])).unwrap()
    };
    let mut with = judge(windows(&APART));
    let notice = with.warnings.remove(0).to_string();
    let said = "metricSetPairList[0].history: 6 series of \"metric\"; NetflixACAJudge-v1.0 does not read any history";
    assert_eq!(notice, said);
    assert_eq!(with, judge(Vec::new()));
}

fn point() -> impl Strategy<Value = f64> {
    prop_oneof![
        4 => -1e3..1e3,
        1 => any::<f64>(),
        1 => Just(f64::NAN),
        1 => Just(0.0),
        1 => Just(1e300),
    ]
}

proptest! {
    #[test]
    fn any_history_is_judged_and_never_makes_a_metric_fail(
        sides in prop::collection::vec(prop::collection::vec(0.1..1e3, 12), 2),
        history in prop::collection::vec(prop::collection::vec(point(), 0..20), 0..6),
    ) {
        let [baseline, canary] = &sides[..] else { panic!("two sides") };
        let pair = MetricPair::new("metric", baseline.clone(), canary.clone());
        let either = || MetricConfig::new("metric", "All");
        let without = class(either(), pair.clone());
        let history = history.into_iter().map(Series::from).collect();
        let with = judge(either(), MetricPair { history, ..pair });
        prop_assert!(serde_json::to_string(&with).is_ok());
        if without == Classification::Pass {
            prop_assert_eq!(with.metrics[0].classification, Classification::Pass);
        }
    }
}
