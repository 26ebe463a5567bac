//! One of several looks at a canary.

use crate::config::Direction;
use crate::judgement::{Judgement, TestKind};
use crate::{JudgeRequest, Looks, MetricConfig, MetricPair, Verdict};

use super::around_100;
use crate::judges::{EvidenceJudge, Judge};

fn judged(points: usize, shift: f64, looks: Option<Looks>, early_pass: Option<f64>) -> Judgement {
    let canary: Vec<f64> = around_100(points, 1).into_iter().map(|value| value + shift).collect();
    let config =
        MetricConfig { direction: Direction::Increase, ..MetricConfig::new("latency", "Latency") };
    let pairs = vec![MetricPair::new("latency", around_100(points, 2), canary)];
    let mut request = super::request(vec![config], pairs);
    request.looks = looks;
    request.config.evidence.early_pass =
        early_pass.map(|share| crate::config::evidence::Fraction::new(share).unwrap());
    EvidenceJudge.judge(&request).unwrap()
}

fn look(number: u32, planned: u32) -> Option<Looks> {
    Looks::new(number, planned).ok()
}

fn level(judgement: &Judgement, test: TestKind) -> f64 {
    let findings = &judgement.metrics[0].findings;
    findings.iter().find(|finding| finding.test == test).unwrap().level
}

#[test]
fn an_early_look_is_stricter_and_the_last_hardly_so() {
    let whole = level(&judged(60, 0.0, None, None), TestKind::Location);
    let levels = [1, 3, 6]
        .map(|number| level(&judged(60, 0.0, look(number, 6), None), TestKind::Location) / whole);
    assert!(levels[0] < 1e-6 && levels[1] < 0.1 && (0.8..1.0).contains(&levels[2]), "{levels:?}");
    // Where windows slide, nothing is known of how looks depend on each other.
    let sliding = look(6, 6).map(Looks::sliding);
    let sliding = level(&judged(60, 0.0, sliding, None), TestKind::Location) / whole;
    assert!(sliding < levels[2], "{sliding}");
}

#[test]
fn one_look_of_one_is_no_other_than_a_judgement() {
    let alone = judged(60, 4.0, None, None);
    let one = judged(60, 4.0, look(1, 1), None);
    assert_eq!(one.metrics, alone.metrics);
    assert_eq!((one.score.to_bits(), one.verdict), (alone.score.to_bits(), alone.verdict));
}

#[test]
fn harm_that_fails_the_last_look_need_not_fail_an_early_one() {
    assert_eq!(judged(60, 4.0, None, None).verdict, Verdict::Fail);
    assert_eq!(judged(60, 4.0, look(1, 6), None).verdict, Verdict::Pass);
    assert_eq!(judged(60, 4.0, look(6, 6), None).verdict, Verdict::Fail);
}

#[test]
fn a_look_with_too_few_points_leaves_it_to_the_next() {
    let early = judged(3, 0.0, look(1, 6), None);
    assert_eq!(early.verdict, Verdict::Pass);
    assert_eq!(judged(3, 0.0, look(6, 6), None).verdict, Verdict::Fail);
    assert_eq!(judged(3, 0.0, None, None).verdict, Verdict::Fail);
}

#[test]
fn a_critical_metric_with_too_few_points_leaves_it_to_the_next_look() {
    let critical = MetricConfig { critical: true, ..MetricConfig::new("latency", "Latency") };
    let latency = MetricPair::new("latency", around_100(3, 2), around_100(3, 1));
    let load = MetricPair::new("load", around_100(60, 2), around_100(60, 1));
    let alone = super::request(vec![critical.clone()], vec![latency.clone()]);
    let with_load =
        super::request(vec![critical, MetricConfig::new("load", "Load")], vec![latency, load]);
    for mut request in [alone, with_load] {
        request.looks = look(1, 6);
        let early = EvidenceJudge.judge(&request).unwrap();
        assert_eq!((early.verdict, early.reason), (Verdict::Pass, None));
        let reason = early.metrics[0].reason.as_deref().unwrap();
        assert!(reason.ends_with("are needed; the next look decides"), "{reason}");
        for looks in [look(6, 6), None] {
            request.looks = looks;
            let last = EvidenceJudge.judge(&request).unwrap();
            assert_eq!(last.verdict, Verdict::Fail);
            let reason = last.metrics[0].reason.as_deref().unwrap();
            assert!(reason.ends_with("5 a side are needed"), "{reason}");
        }
    }
}

#[test]
fn a_look_at_which_a_metric_has_no_point_yet_leaves_it_to_the_next() {
    let configs = ["latency", "errors"].map(|name| MetricConfig::new(name, "All"));
    let verdict = |errors: MetricPair| {
        let latency = MetricPair::new("latency", around_100(3, 2), around_100(3, 1));
        let mut request = super::request(configs.to_vec(), vec![latency, errors]);
        request.looks = look(1, 6);
        EvidenceJudge.judge(&request).unwrap().verdict
    };
    let nothing = vec![f64::NAN; 3];
    let errors = |baseline| MetricPair::new("errors", baseline, nothing.clone());
    assert_eq!(verdict(errors(nothing.clone())), Verdict::Pass);
    // A baseline that has points shows that the canary should have some.
    assert_eq!(verdict(errors(around_100(60, 3))), Verdict::Fail);
}

#[test]
fn a_look_whose_points_are_all_warm_up_leaves_it_to_the_next() {
    let mut metric = MetricConfig { critical: true, ..MetricConfig::new("latency", "Latency") };
    metric.evidence.warm_up = Some(3);
    let points = |points| MetricPair::new("latency", around_100(points, 2), around_100(points, 1));
    let verdict = |pair, looks| {
        let mut request = super::request(vec![metric.clone()], vec![pair]);
        request.looks = looks;
        EvidenceJudge.judge(&request).unwrap().verdict
    };
    assert_eq!(verdict(points(3), look(1, 6)), Verdict::Pass);
    assert_eq!(verdict(points(3), look(6, 6)), Verdict::Fail);
    assert_eq!(verdict(points(0), look(1, 6)), Verdict::Fail);
}

#[test]
fn the_last_look_at_a_canary_that_ended_early_is_not_left_to_a_next_one() {
    assert_eq!(judged(3, 0.0, look(2, 6).map(Looks::ended), None).verdict, Verdict::Fail);
}

#[test]
fn an_early_look_does_not_stop_a_stage_whose_thresholds_are_one() {
    use crate::stage::StageRule;

    let points = MetricPair::new("latency", around_100(3, 2), around_100(3, 1));
    let mut request = super::request(vec![MetricConfig::new("latency", "Latency")], vec![points]);
    request.looks = look(1, 6);
    request.thresholds = crate::Thresholds::new(80.0, 80.0).unwrap();
    let early = EvidenceJudge.judge(&request).unwrap();
    assert_eq!((early.score, early.verdict), (80.01, Verdict::Pass));
    assert!(!StageRule::Spinnaker.stops(&early) && !StageRule::Judge.stops(&early));
    assert!(early.warnings.is_empty(), "{:?}", early.warnings);
    let why = early.metrics[0].explanation();
    assert!(why.contains("5 a side are needed; the next look decides"), "{why}");
}

#[test]
fn a_canary_passes_early_only_where_it_is_asked_for_and_harm_is_ruled_out() {
    let early =
        |shift, number, share| judged(240, shift, look(number, 6), share).look.unwrap().early_pass;
    assert!(early(0.0, 3, Some(0.05)));
    assert!(!early(0.0, 3, None), "nobody asked");
    assert!(!early(0.0, 6, Some(0.05)), "the last look needs none");
    assert!(!early(2.0, 3, Some(0.05)), "2 % may be harm");
}

#[test]
fn a_judge_that_reads_no_looks_says_so() {
    let pairs = vec![MetricPair::new("latency", around_100(30, 1), around_100(30, 2))];
    let request = super::request(vec![MetricConfig::new("latency", "Latency")], pairs);
    let request = JudgeRequest { looks: look(2, 6), ..request };
    let judgement = crate::NetflixAcaJudge.judge(&request).unwrap();
    assert_eq!(judgement.look, None);
    assert!(judgement.warnings.iter().any(|warning| warning.to_string().contains("look 2 of 6")));
}
