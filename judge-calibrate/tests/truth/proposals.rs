//! Proposals on synthetic history, judged on instances and times to which they were not fitted.

use judge_calibrate::{
    Allowance, Calibrator, HealthyHistory, HeldOut, Instance, Proposal, ProposalKind,
    ProposalTarget, Recording,
};
use judge_core::config::{Direction, EffectMeasure};
use judge_core::{CanaryConfig, Thresholds};

use super::*;

const LEVEL: f64 = 100.0;

/// A metric whose instances always differ, by these factors of their level, with noise of 5 %.
fn instances(factors: &[f64], points: usize, random: &mut Random) -> HealthyHistory {
    let instance = |factor: &f64| {
        let noise = noise(0.0, points, random);
        let values = noise.iter().map(|noise| LEVEL * factor * (0.05 * noise).exp());
        Instance::from([(METRIC.to_owned(), values.collect())])
    };
    let recording = Recording::new("r", factors.iter().map(instance).collect()).unwrap();
    HealthyHistory::new(60_000, vec![recording]).unwrap()
}

fn metric(direction: Direction) -> MetricConfig {
    MetricConfig { direction, ..MetricConfig::new(METRIC, "g") }
}

fn propose(history: &HealthyHistory, config: &CanaryConfig, judge: &dyn Judge) -> Proposal {
    let options = options(&[WINDOW as f64], 400, 1);
    let thresholds = Thresholds::DEFAULT;
    let calibrator = Calibrator { history, config, thresholds, judge, options };
    calibrator.propose(ProposalTarget::default(), &|_| {}).unwrap()
}

fn increase(proposal: &Proposal) -> Option<f64> {
    match proposal.metrics[0].allowance {
        Some(Allowance::Relative { allowed_increase, .. }) => allowed_increase,
        _ => None,
    }
}

#[test]
fn instances_that_differ_get_the_allowance_they_need() {
    let factors = [0.97, 1.0, 1.02, 1.05, 0.98, 1.01];
    let mut random = Random::new(3);
    let history = instances(&factors, 120 * WINDOW, &mut random);
    for judge in [&EvidenceJudge as &dyn Judge, &NetflixAcaJudge] {
        let plain = config(metric(Direction::Increase));
        let proposal = propose(&history, &plain, judge);
        assert!(proposal.shows_enough, "{proposal:#?}");
        assert_eq!(proposal.held_out, HeldOut::TimesAndInstances);
        let effect = proposal.effect;
        let (before, after) =
            (effect.false_alarms_before.unwrap(), effect.false_alarms_after.unwrap());
        assert!(before.lower > 0.1, "{}: {before:?}", judge.name());
        assert!(after.share < 0.02, "{}: {after:?}", judge.name());
        // The largest difference is 8 %.
        let ratio = increase(&proposal).unwrap();
        assert!((1.03..1.15).contains(&ratio), "{}: {ratio}", judge.name());
        let shift = |shift: Option<SmallestChange>| shift.unwrap().change.unwrap();
        assert!(shift(effect.shift_after) > shift(effect.shift_before), "{effect:?}");

        // Fresh windows of the same instances.
        let mut allowed = plain.clone();
        allowed.metrics[0].effect_size =
            allowed.metrics[0].effect_size.with_allowed_increase(ratio).unwrap();
        let fresh = instances(&factors, 120 * WINDOW, &mut random);
        let figures = calibrate(&fresh, &allowed, judge, options(&[WINDOW as f64], 400, 9));
        let alarms = figures.config.blocks[0].unwrap();
        assert!(alarms.share < 0.03, "{}: {alarms:?}", judge.name());
    }
}

#[test]
fn a_metric_without_false_alarms_is_unchanged() {
    let mut random = Random::new(4);
    let history = instances(&[1.0; 4], 120 * WINDOW, &mut random);
    let proposal = propose(&history, &config(metric(Direction::Increase)), &NetflixAcaJudge);
    assert_eq!(proposal.metrics[0].kind, ProposalKind::NotNeeded);
    assert_eq!(proposal.metrics[0].allowance, None);
    assert_eq!(proposal.reaches_target(), Some(true));
    assert_eq!(proposal.muted, None);
}

#[test]
fn short_history_gives_the_limit_of_what_windows_differ_by() {
    let mut random = Random::new(5);
    let history = instances(&[1.0; 2], 12 * WINDOW, &mut random);
    let proposal = propose(&history, &config(metric(Direction::Either)), &EvidenceJudge);
    assert!(!proposal.shows_enough);
    assert_eq!(proposal.held_out, HeldOut::Times);
    let metric = &proposal.metrics[0];
    let spread = metric.spread.unwrap();
    assert_eq!((spread.windows, spread.instances, spread.relative), (12, 2, true));
    // Noise of 5 % in 30 points a side has a standard error of 5 % √(2 / 30).
    assert!((0.006..0.025).contains(&spread.difference), "{spread:?}");
    let Some(Allowance::Relative { allowed_increase: Some(up), allowed_decrease: Some(down) }) =
        metric.allowance
    else {
        panic!("expected both allowances, got {:?}", metric.allowance);
    };
    assert!(up >= 1.0 + spread.limit && up < 1.0 + 1.2 * spread.limit, "{up} {spread:?}");
    assert!((up * down - 1.0).abs() < 0.01, "{up} {down}");
}

#[test]
fn a_larger_allowance_is_kept_and_a_useless_one_is_not_proposed() {
    let mut random = Random::new(6);
    let history = instances(&[1.0, 1.02], 12 * WINDOW, &mut random);
    let mut allowing = config(metric(Direction::Increase));
    allowing.metrics[0].effect_size =
        allowing.metrics[0].effect_size.with_allowed_increase(1.5).unwrap();
    let kept = propose(&history, &allowing, &EvidenceJudge);
    assert_eq!((kept.metrics[0].kind, kept.metrics[0].allowance), (ProposalKind::Kept, None));

    let history = instances(&[1.0, 3.0], 12 * WINDOW, &mut random);
    let proposal = propose(&history, &config(metric(Direction::Increase)), &EvidenceJudge);
    let metric = &proposal.metrics[0];
    assert_eq!((metric.kind, metric.allowance), (ProposalKind::TooLarge, None));
    let note = metric.note.as_deref().unwrap();
    assert!(note.contains("instances differ all the time, by 200%"), "{note}");
    assert_eq!(proposal.reaches_target(), Some(false));
    // Without this metric nothing is left to judge.
    assert_eq!(proposal.muted, None);
}

#[test]
fn a_metric_that_crosses_zero_gets_an_allowance_in_its_unit() {
    let mut random = Random::new(7);
    // A balance around 0 that differs by 0.1 between the instances.
    let mut balance = |offset: f64| {
        let noise = noise(0.0, 12 * WINDOW, &mut random);
        let values = noise.iter().map(|noise| offset + 0.3 * noise);
        Instance::from([(METRIC.to_owned(), values.collect())])
    };
    let recording = Recording::new("r", vec![balance(-0.05), balance(0.05)]).unwrap();
    let history = HealthyHistory::new(60_000, vec![recording]).unwrap();
    let config = config(metric(Direction::Increase));
    let proposal = propose(&history, &config, &EvidenceJudge);
    let metric = &proposal.metrics[0];
    let Some(Allowance::Absolute { minimum_absolute }) = metric.allowance else {
        panic!("expected an allowance in the metric's unit, got {metric:?}");
    };
    assert!((0.1..1.0).contains(&minimum_absolute), "{minimum_absolute}");
    let parity = propose(&history, &config, &NetflixAcaJudge);
    assert_eq!(parity.metrics[0].kind, ProposalKind::NotAboveZero);
    assert!(parity.metrics[0].note.as_deref().unwrap().contains("minimumAbsolute"));
}

#[test]
fn a_metric_without_allowance_has_a_reason() {
    let mut random = Random::new(8);
    let history = instances(&[1.0; 2], 12 * WINDOW, &mut random);
    let mut cles = metric(Direction::Increase);
    cles.effect_size = judge_core::config::EffectSize::neutral(EffectMeasure::Cles);
    let muted = MetricConfig { muted: true, ..metric(Direction::Increase) };
    for (metric, kind) in [(cles, ProposalKind::Cles), (muted, ProposalKind::Muted)] {
        let proposal = propose(&history, &config(metric), &EvidenceJudge);
        assert_eq!(proposal.metrics[0].kind, kind);
    }
    let mut two = config(metric(Direction::Increase));
    two.metrics.push(MetricConfig::new("gone", "g"));
    let proposal = propose(&history, &two, &NetflixAcaJudge);
    assert_eq!(proposal.metrics[1].kind, ProposalKind::NotInHistory);
    let flat = [(METRIC.to_owned(), vec![3.0; 12 * WINDOW])];
    let flat = Recording::new("r", vec![flat.clone().into(), flat.into()]).unwrap();
    let flat = HealthyHistory::new(60_000, vec![flat]).unwrap();
    let proposal = propose(&flat, &config(metric(Direction::Increase)), &EvidenceJudge);
    assert_eq!(proposal.metrics[0].kind, ProposalKind::Constant);
}

#[test]
fn one_window_cannot_be_held_out_and_several_lengths_are_refused() {
    let mut random = Random::new(9);
    let history = instances(&[1.0; 2], WINDOW, &mut random);
    let config = config(metric(Direction::Increase));
    let proposal = propose(&history, &config, &EvidenceJudge);
    assert_eq!(proposal.reaches_target(), None);
    assert_eq!(proposal.metrics[0].kind, ProposalKind::FewWindows);
    let options = options(&[10.0, 20.0], 100, 1);
    let thresholds = Thresholds::DEFAULT;
    let judge = &EvidenceJudge;
    let calibrator = Calibrator { history: &history, config: &config, thresholds, judge, options };
    let error = calibrator.propose(ProposalTarget::default(), &|_| {}).unwrap_err().to_string();
    assert_eq!(error, "expected one length of window for a proposal, got 2");
}
