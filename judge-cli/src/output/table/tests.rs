use judge_core::config::{Direction, EffectMeasure, EffectSize};
use judge_core::judgement::{Counts, Decision, Effect, Evidence, SideSummary};
use judge_core::{Interval, Shift, Thresholds};

use super::*;

fn summary(median: f64) -> SideSummary {
    let counts = Counts { submitted: 60, judged: 60, ..Counts::default() };
    SideSummary { counts, median, mean: median, ..SideSummary::default() }
}

fn metric(name: &str, group: &str, classification: Classification, median: f64) -> MetricJudgement {
    let effect = Effect::new(1.5, EffectSize::neutral(EffectMeasure::MeanRatio));
    let shift = Shift::new(5.0, Interval::new(4.0, 6.25, 0.98));
    let evidence = Evidence::new(shift, 1.25, effect, Direction::Increase);
    let mut metric = MetricJudgement::new(name, classification, Decision::Tested(evidence));
    metric.groups = if group.is_empty() { Vec::new() } else { vec![group.to_owned()] };
    metric.baseline = summary(median);
    metric.canary = summary(15.0);
    metric.mean_ratio = Some(1.5);
    metric
}

fn sample() -> Judgement {
    let mut judgement = Judgement::new("NetflixACAJudge-v1.0", 75.5, Thresholds::DEFAULT);
    judgement.groups = vec![GroupScore::new("Latency", 50.0, 49.0, 24.5)];
    judgement.metrics = vec![
        metric("p50", "Latency", Classification::Pass, 10.0),
        metric("p99", "Latency", Classification::High, -10.0),
        metric("errors", "", Classification::High, 0.0),
    ];
    judgement
}

fn plain(judgement: &Judgement, width: Option<u16>) -> String {
    let shown = super::judgement(judgement, width);
    anstream::adapter::strip_str(&shown).to_string()
}

#[test]
fn verdict_first_then_groups_with_failures_first() {
    let shown = plain(&sample(), None);
    let lines: Vec<&str> = shown.lines().collect();
    assert_eq!(
        lines[0],
        "MARGINAL  score 75.5 (pass from 95, marginal from 75), by NetflixACAJudge-v1.0"
    );
    assert_eq!(lines[2], "Latency  score 50, weight 49%, costs 24.5 points");
    assert!(lines[4].starts_with("  p99"), "{shown}");
    assert!(lines[4].contains("+50% [+40%, +62.5%]"), "{shown}");
    assert!(lines[5].starts_with("  p50"), "{shown}");
    assert_eq!(lines[7], "In no group  no score");
    assert!(lines[9].contains("+5 [+4, +6.25]"), "{shown}");
}

#[test]
fn columns_line_up_over_the_groups() {
    let mut judgement = sample();
    judgement.metrics[2].name = "a name that is much longer".to_owned();
    let shown = plain(&judgement, None);
    let places: Vec<usize> = shown.lines().filter_map(|line| line.find("baseline")).collect();
    assert_eq!(places.len(), 2);
    assert_eq!(places[0], places[1], "{shown}");
}

#[test]
fn lines_fit_the_terminal() {
    let mut judgement = sample();
    judgement.metrics[0].name = "x".repeat(300);
    for width in [60, 80, 120, 200] {
        let shown = plain(&judgement, Some(width));
        for line in shown.lines().skip(1) {
            assert!(line.chars().count() <= usize::from(width), "{width}: {line}");
        }
        assert!(shown.matches('x').count() >= 300, "nothing of the name is lost");
    }
}

#[test]
fn hostile_names_are_spelled_out() {
    let mut judgement = sample();
    let hostile = "\u{1b}[2Jname\u{7}\n\u{202e}x";
    judgement.metrics[0].name = hostile.to_owned();
    judgement.groups[0].name = hostile.to_owned();
    judgement.metrics[0].groups = vec![hostile.to_owned()];
    judgement.reason = Some(hostile.to_owned());
    judgement.judge = hostile.to_owned();
    let shown = super::judgement(&judgement, None);
    for bad in ["\u{1b}[2J", "\u{7}", "\u{202e}"] {
        assert!(!shown.contains(bad), "{shown:?}");
    }
    assert!(shown.contains("\\u{1b}[2Jname\\u{7}\\n\\u{202e}x"), "{shown:?}");
}
