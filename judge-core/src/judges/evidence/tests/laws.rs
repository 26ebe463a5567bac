//! What must not change a judgement, and what must.

use proptest::prelude::*;

use crate::config::Direction;
use crate::judgement::{Classification, Judgement, Verdict};
use crate::judges::{EvidenceJudge, Judge};
use crate::request::JudgeRequest;
use crate::series::{Clock, MetricPair, Series};

use super::{increase, noise, request, rolling};

/// Points as metrics have them: smooth, tied, sparse, spiky, with gaps.
fn series() -> impl Strategy<Value = Vec<f64>> {
    let point = prop_oneof![
        8 => 90.0..110.0_f64,
        2 => (0..4_u8).prop_map(f64::from),
        1 => 300.0..3000.0_f64,
        1 => Just(f64::NAN),
    ];
    prop::collection::vec(point, 0..60)
}

fn requests() -> impl Strategy<Value = JudgeRequest> {
    let direction =
        prop_oneof![Just(Direction::Increase), Just(Direction::Decrease), Just(Direction::Either)];
    let metric = (series(), series(), direction, prop::bool::ANY);
    prop::collection::vec(metric, 1..6).prop_map(|metrics| {
        let mut configs = Vec::new();
        let mut pairs = Vec::new();
        for (index, (baseline, canary, direction, allowed)) in metrics.into_iter().enumerate() {
            let mut config = increase(&format!("metric-{index}"));
            config.direction = direction;
            config.groups = vec![format!("group-{}", index % 2), "all".to_owned()];
            config.effect_size =
                config.effect_size.with_allowed_increase(if allowed { 1.25 } else { 1.0 }).unwrap();
            pairs.push(MetricPair::new(&*config.name, baseline, canary));
            configs.push(config);
        }
        request(configs, pairs)
    })
}

fn judge(request: &JudgeRequest) -> Judgement {
    EvidenceJudge.judge(request).unwrap()
}

fn classes(judgement: &Judgement) -> Vec<(String, Classification)> {
    let metrics = judgement.metrics.iter();
    let mut classes: Vec<_> = metrics.map(|m| (m.name.clone(), m.classification)).collect();
    classes.sort_by(|a, b| a.0.cmp(&b.0));
    classes
}

proptest! {
    #[test]
    fn scaling_by_a_power_of_two_changes_no_p_value(request in requests(), power in -40..40_i32) {
        let mut scaled = request.clone();
        let factor = f64::from(power).exp2();
        for pair in &mut scaled.pairs {
            pair.baseline.values.iter_mut().for_each(|v| *v *= factor);
            pair.canary.values.iter_mut().for_each(|v| *v *= factor);
        }
        let (before, after) = (judge(&request), judge(&scaled));
        prop_assert_eq!(classes(&before), classes(&after));
        for (a, b) in before.metrics.iter().zip(&after.metrics) {
            let p = |m: &crate::judgement::MetricJudgement| -> Vec<u64> {
                m.findings.iter().map(|f| f.p.to_bits()).collect()
            };
            prop_assert_eq!(p(a), p(b));
        }
        prop_assert_eq!(before.verdict, after.verdict);
    }

    #[test]
    fn the_time_of_day_changes_nothing(request in requests(), start in 0..1_000_000_i64) {
        let timed = |start_millis: i64| {
            let mut timed = request.clone();
            for pair in &mut timed.pairs {
                for side in [&mut pair.baseline, &mut pair.canary] {
                    let values = std::mem::take(&mut side.values);
                    let clock = Some(Clock::new(start_millis, 60_000).unwrap());
                    *side = Series { values, clock };
                }
            }
            timed
        };
        // As text: means of empty products are NaN, which equals nothing.
        let text = |start| format!("{:?}", judge(&timed(start)));
        prop_assert_eq!(text(0), text(start));
    }

    #[test]
    fn the_order_of_metrics_changes_nothing(request in requests()) {
        let mut turned = request.clone();
        turned.pairs.reverse();
        turned.config.metrics.reverse();
        // Groups are listed as they first appear; each metric may name its own in any order.
        for metric in &mut turned.config.metrics {
            metric.groups.reverse();
        }
        let (before, after) = (judge(&request), judge(&turned));
        prop_assert_eq!(classes(&before), classes(&after));
        prop_assert_eq!(before.verdict, after.verdict);
    }

    #[test]
    fn a_healthy_metric_more_never_fails_a_canary(
        request in requests(),
        seed in 0..1000_u64,
        better in prop::bool::ANY,
        across in 0..4_usize,
    ) {
        use crate::config::evidence::AcrossMetrics::{Balanced, BenjaminiHochberg, Each, Holm};
        let mut request = request;
        request.config.evidence.across_metrics = [Balanced, Each, Holm, BenjaminiHochberg][across];
        let before = judge(&request);
        prop_assume!(before.verdict == Verdict::Pass);
        let mut more = request;
        more.config.metrics.push(increase("healthy"));
        // The same as its baseline, or better.
        let healthy: Vec<f64> = noise(30, seed).iter().map(|z| 50.0 + z).collect();
        let canary = if better { healthy.iter().map(|v| v - 1.0).collect() } else { healthy.clone() };
        more.pairs.push(MetricPair::new("healthy", healthy, canary));
        prop_assert_eq!(judge(&more).verdict, Verdict::Pass);
    }

    #[test]
    fn a_healthy_metric_more_never_makes_many_worse_together(seed in 0..500_u64, share in 0.2..0.9_f64) {
        let mut configs = Vec::new();
        let mut pairs = Vec::new();
        for index in 0..6 {
            let mut config = increase(&format!("metric-{index}"));
            config.effect_size =
 config.effect_size.with_allowed_increase(1.1).unwrap();
            let points = |seed: u64, shift: f64| -> Vec<f64> {
                noise(30, seed).iter().map(|z| 100.0 + 5.0 * z + shift).collect()
            };
            pairs.push(MetricPair::new(
                &*config.name,
                points(seed + 1000 * index, 0.0),
                points(seed + 1000 * index + 500_000, 10.0 * share),
            ));
            configs.push(config);
        }
        let request = request(configs, pairs);
        prop_assume!(judge(&request).verdict == Verdict::Pass);
        let mut more = request;
        more.config.metrics.push(increase("healthy"));
        let healthy: Vec<f64> = noise(30, seed + 7).iter().map(|z| 50.0 + z).collect();
        let better: Vec<f64> = healthy.iter().map(|v| v - 0.5).collect();
        more.pairs.push(MetricPair::new("healthy", healthy, better));
        prop_assert_eq!(judge(&more).verdict, Verdict::Pass);
    }

    #[test]
    fn a_metric_that_improves_much_hides_no_joint_regression(seed in 0..500_u64, better in 5.0..1e6_f64) {
        let points = |seed: u64, shift: f64| -> Vec<f64> {
            noise(60, seed).iter().map(|z| 100.0 + 5.0 * z + shift).collect()
        };
        let verdict = |improved: f64| {
            let shifts = std::iter::repeat_n(2.0, 12).chain([-improved]);
            let pairs: Vec<MetricPair> = (0..)
                .zip(shifts)
                .map(|(index, shift)| {
                    let seed = 1000 * seed + 2 * index;
                    MetricPair::new(format!("metric-{index}"), points(seed, 0.0), points(seed + 1, shift))
                })
                .collect();
            judge(&request(pairs.iter().map(|pair| increase(&pair.name)).collect(), pairs)).verdict
        };
        // Beyond 5, an improvement is as clear as it can be.
        prop_assert_eq!(verdict(better), verdict(1.2 * better));
    }

    #[test]
    fn swapped_sides_turn_high_into_low(
        seed in 0..10_000_u64,
        sds in 4.0..20.0_f64,
        n in 20..90_usize,
        is_rolling in prop::bool::ANY,
    ) {
        let points = |seed: u64, shift: f64| -> Vec<f64> {
            let noise = if is_rolling { rolling } else { noise };
            let shift = if is_rolling { 2.0 * shift } else { shift };
            noise(n, seed).iter().map(|z| 100.0 + 5.0 * (z + shift)).collect()
        };
        let (low, high) = (points(seed, 0.0), points(seed + 77_777, sds));
        let class = |baseline: &[f64], canary: &[f64]| {
            let mut config = increase("metric");
            config.direction = Direction::Either;
            super::judge_one(config, baseline, canary).metrics[0].classification
        };
        prop_assert_eq!(class(&low, &high), Classification::High);
        prop_assert_eq!(class(&high, &low), Classification::Low);
    }

    #[test]
    fn any_numbers_get_an_answer(
        baseline in prop::collection::vec(prop::num::f64::ANY, 0..40),
        canary in prop::collection::vec(prop::num::f64::ANY, 0..40),
    ) {
        let mut config = increase("metric");
        config.direction = Direction::Either;
        let judgement = super::judge_one(config, &baseline, &canary);
        prop_assert!((0.0..=100.0).contains(&judgement.score));
        for finding in &judgement.metrics[0].findings {
            prop_assert!((0.0..=1.0).contains(&finding.p), "{:?}", finding);
        }
    }

    #[test]
    fn more_harm_of_the_same_kind_never_passes(
        seed in 0..1_000_000_u64,
        n in 15..90_usize,
        kind in 0..3_usize,
        sds in 1.0..12.0_f64,
        more in 1.05..3.0_f64,
    ) {
        let points = |seed: u64| -> Vec<f64> {
            noise(n, seed).iter().map(|z| 100.0 + 5.0 * z).collect()
        };
        let (baseline, healthy) = (points(seed), points(seed + 7_777_777));
        let class = |sds: f64| {
            let time = |index: usize| index as f64 / (n - 1) as f64;
            let shape = |index: usize| match kind {
                0 => 1.0,
                1 => f64::from(u8::from(time(index) >= 0.6)),
                _ => time(index),
            };
            let canary: Vec<f64> = healthy
                .iter()
                .enumerate()
                .map(|(index, value)| value + 5.0 * sds * shape(index))
                .collect();
            super::metric(&baseline, &canary).classification
        };
        prop_assume!(class(sds) == Classification::High);
        prop_assert_eq!(class(sds * more), Classification::High);
    }
}
