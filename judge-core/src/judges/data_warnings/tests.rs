use crate::config::{CanaryConfig, MetricConfig, NanStrategy};
use crate::judgement::{Decision, Judgement, MetricJudgement};
use crate::judges::{EvidenceJudge, Judge, NetflixAcaJudge};
use crate::request::JudgeRequest;
use crate::series::{MetricPair, Tags};

const GAP: f64 = f64::NAN;

fn metric(name: &str, nan_strategy: NanStrategy) -> MetricConfig {
    MetricConfig { nan_strategy, must_have_data: true, ..MetricConfig::new(name, "G") }
}

fn tagged(name: &str, tags: &[(&str, &str)], baseline: &[f64], canary: &[f64]) -> MetricPair {
    let tags: Tags =
        tags.iter().map(|(tag, value)| ((*tag).to_owned(), Some((*value).to_owned()))).collect();
    let tags = (!tags.is_empty()).then_some(tags);
    MetricPair { tags, ..MetricPair::new(name, baseline.to_vec(), canary.to_vec()) }
}

fn pair(name: &str, baseline: &[f64], canary: &[f64]) -> MetricPair {
    tagged(name, &[], baseline, canary)
}

/// `values` three times.
fn thrice(values: [f64; 5]) -> Vec<f64> {
    values.repeat(3)
}

fn judged(judge: &dyn Judge, metrics: Vec<MetricConfig>, pairs: Vec<MetricPair>) -> Judgement {
    let config = CanaryConfig { metrics, ..CanaryConfig::default() };
    judge.judge(&JudgeRequest { config, pairs, ..JudgeRequest::default() }).unwrap()
}

fn warnings(metrics: Vec<MetricConfig>, pairs: Vec<MetricPair>) -> Vec<String> {
    let judgement = judged(&NetflixAcaJudge, metrics, pairs);
    judgement.warnings.iter().map(ToString::to_string).collect()
}

/// Baseline, canary, what becomes of gaps, and what each warning says.
type SilentCase<'a> = (&'a [f64], &'a [f64], NanStrategy, &'a [&'a str]);

#[test]
fn a_silent_side_that_passes_is_warned_of() {
    let some = thrice([3.0, 1.0, 4.0, 1.5, 9.0]);
    let gaps = [GAP; 15];
    let zeros = "and passes because nanStrategy replace judges each gap as 0";
    let cases: [SilentCase; 8] = [
        (
            &some,
            &gaps,
            NanStrategy::Replace,
            &["the canary has no data at all, and passes because"],
        ),
        (&some, &[], NanStrategy::Replace, &["the canary has no data at all, and passes unjudged"]),
        (
            &[],
            &some,
            NanStrategy::Replace,
            &["the baseline has no data at all, and passes unjudged"],
        ),
        (&gaps, &gaps, NanStrategy::Replace, &[zeros, zeros]),
        // A baseline of zeros: High, which no one can miss.
        (&gaps, &some, NanStrategy::Replace, &[]),
        // Both fail for want of data.
        (&some, &gaps, NanStrategy::Remove, &[]),
        (&some, &[], NanStrategy::Remove, &[]),
        (&some, &some[..14], NanStrategy::Replace, &[]),
    ];
    for (baseline, canary, strategy, expected) in cases {
        let mut config = metric("errors", strategy);
        config.direction = crate::config::Direction::Increase;
        let said = warnings(vec![config], vec![pair("errors", baseline, canary)]);
        assert_eq!(said.len(), expected.len(), "{said:?}");
        for (said, expected) in said.iter().zip(expected) {
            assert!(said.starts_with("errors: ") && said.contains(expected), "{said}");
        }
    }
}

#[test]
fn the_explanation_says_that_gaps_were_judged_as_zeros() {
    let some = thrice([3.0, 1.0, 4.0, 1.5, 9.0]);
    let pairs = vec![
        pair("a", &some, &[GAP; 15]),
        pair("a", &[GAP; 15], &some),
        pair("a", &[GAP; 3], &[GAP; 3]),
        pair("a", &some, &some[1..]),
    ];
    let judgement = judged(&NetflixAcaJudge, vec![metric("a", NanStrategy::Replace)], pairs);
    let said = judgement.metrics.iter().map(MetricJudgement::explanation);
    let starts = ["the canary has", "the baseline has", "both sides have", "shift"];
    for (said, start) in said.zip(starts) {
        assert!(said.starts_with(start), "{said}");
        assert_eq!(said.contains(" no data, judged as 0: "), start != "shift", "{said}");
    }
}

#[test]
fn replaced_gaps_are_no_points_left_where_data_is_missing() {
    let some = thrice([3.0, 1.0, 4.0, 1.5, 9.0]);
    let pairs = vec![pair("a", &some, &[GAP; 15])];
    let judgement = judged(&NetflixAcaJudge, vec![metric("a", NanStrategy::Replace)], pairs);
    let decision = Decision::MissingData;
    let metric = MetricJudgement { decision, ..judgement.metrics[0].clone() };
    let said = "no data on a side: points left are 15 of 15 baseline, 0 of 15 canary";
    assert_eq!(metric.explanation(), said);
}

#[test]
fn a_silent_side_that_counts_nowhere_is_warned_of_once() {
    let some = thrice([3.0, 1.0, 4.0, 1.5, 9.0]);
    let mut config =
        MetricConfig { must_have_data: false, ..metric("errors", NanStrategy::Remove) };
    let pairs =
        || vec![tagged("errors", &[("action", "pay")], &some, &[]), pair("errors", &[GAP; 3], &[])];
    for judge in [&NetflixAcaJudge as &dyn Judge, &EvidenceJudge] {
        let judgement = judged(judge, vec![config.clone()], pairs());
        let said: Vec<String> = judgement.warnings.iter().map(ToString::to_string).collect();
        assert_eq!(said.len(), 1, "{said:?}");
        let expected =
            "errors {action=pay}: the canary has no data at all, so the metric counts in";
        assert!(said[0].starts_with(expected), "{said:?}");
    }
    config.muted = true;
    assert_eq!(warnings(vec![config], pairs()), [""; 0], "a muted metric changes no score");
}

#[test]
fn sides_that_are_the_same_data_are_warned_of() {
    let some = thrice([3.0, 1.0, 4.0, 1.5, 9.0]);
    let with_gap = [&some[..], &[GAP]].concat();
    let other = thrice([3.5, 1.5, 4.5, 1.0, 9.5]);
    let reversed: Vec<f64> = some.iter().rev().copied().collect();
    let cases: [(Vec<MetricPair>, bool); 8] = [
        (vec![pair("a", &some, &some)], true),
        (vec![pair("a", &some, &some), pair("b", &with_gap, &with_gap)], true),
        (vec![pair("a", &some, &some), pair("b", &[0.0; 9], &[0.0; 9])], true),
        (vec![pair("a", &some, &some), pair("b", &[GAP; 9], &[])], true),
        // One metric may be of something that both sides share.
        (vec![pair("a", &some, &some), pair("b", &some, &other)], false),
        // Nothing happens on either side.
        (vec![pair("a", &[0.0; 9], &[0.0; 9]), pair("b", &[7.0; 9], &[7.0; 9])], false),
        (vec![pair("a", &some, &some[1..])], false),
        (vec![pair("a", &some, &reversed)], false),
    ];
    for (pairs, same) in cases {
        let metrics = pairs.iter().map(|pair| metric(&pair.name, NanStrategy::Remove));
        let said = warnings(metrics.collect(), pairs.clone());
        let expected = "both sides are the same data, bit for bit, in every metric, so nothing";
        assert_eq!(
            said.iter().filter(|said| said.starts_with(expected)).count(),
            usize::from(same)
        );
        assert_eq!(said.len(), usize::from(same), "{said:?}");
    }
}

#[test]
fn a_metric_that_fell_into_half_empty_pairs_is_warned_of() {
    let some = thrice([3.0, 1.0, 4.0, 1.5, 9.0]);
    let old = |tags: &[(&str, &str)]| tagged("errors", tags, &some, &[GAP; 15]);
    let new = |tags: &[(&str, &str)]| tagged("errors", tags, &[], &some);
    let west_old = old(&[("colo", "west"), ("controller", "old")]);
    let west_new = new(&[("colo", "west"), ("controller", "new")]);
    let east_old = old(&[("colo", "east"), ("controller", "old")]);
    let east_new = new(&[("colo", "east"), ("controller", "new")]);
    let whole = tagged("errors", &[("colo", "north")], &some, &some[..14]);
    let cases = [
        (
            vec![west_old.clone(), west_new.clone()],
            "one pair has only baseline points, another only",
        ),
        (vec![west_old.clone(), whole, west_new.clone()], "differ in `controller`, so"),
        (vec![west_old.clone(), east_old, east_new, west_new], "differ in `controller`, so"),
        (vec![old(&[]), new(&[("pod", "x")])], "differ in `pod`, so"),
        (vec![old(&[]), new(&[])], "another only canary points, so they were not"),
    ];
    for (pairs, expected) in cases {
        for strategy in [NanStrategy::Remove, NanStrategy::Replace] {
            let said = warnings(vec![metric("errors", strategy)], pairs.clone());
            assert_eq!(said.len(), 1, "{said:?}");
            assert!(said[0].starts_with("errors: ") && said[0].contains(expected), "{said:?}");
        }
    }
    let said = warnings(vec![metric("errors", NanStrategy::Remove)], vec![west_old]);
    assert!(!said.iter().any(|said| said.contains("differ")), "only one half: {said:?}");
}
