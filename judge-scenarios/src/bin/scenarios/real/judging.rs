//! Judges one canary with all judges and peers, and many canaries on all cores.

use std::sync::Arc;

use judge_core::config::Direction;
use judge_core::judges::{EvidenceJudge, Judge, NetflixAcaJudge};
use judge_core::{CanaryConfig, JudgeRequest, MetricConfig, MetricPair, Verdict};
use judge_scenarios::real_series::{PairClass, RealPair, mann_whitney_p, welch_p};
use rayon::prelude::*;

use crate::bench::Bench;
use crate::options::Options;
use crate::progress::Progress;

/// The columns of tables: the two judges, the Mann–Whitney test and Welch's t test.
pub(crate) const JUDGES: [&str; 4] = ["Evidence", "Netflix", "MW", "t"];
/// Significance level of the two tests, before division by the number of metrics.
const LEVEL: f64 = 0.01;

/// Describes a canary.
#[derive(Debug, Clone)]
pub(super) struct Case {
    /// Name of the pairs in tables.
    pub(super) pairs: &'static str,
    /// Whether the two instances have the same mean outside of the window.
    pub(super) alike: bool,
    pub(super) points: usize,
    pub(super) harm: &'static str,
    pub(super) size: f64,
    /// Whether the added shift is at least 5 % of the absolute median.
    pub(super) practical: bool,
    pub(super) entity: Arc<str>,
    pub(super) series: Arc<str>,
}

impl Case {
    pub(super) fn new(pair: &RealPair, points: usize, entity: &str, series: &str) -> Self {
        Self {
            pairs: pair.class.name(),
            alike: pair.alike && pair.class == PairClass::Conc,
            points,
            harm: "none",
            size: 0.0,
            practical: false,
            entity: entity.into(),
            series: series.into(),
        }
    }

    pub(super) fn fault(pairs: &'static str, points: usize, entity: &str, series: &str) -> Self {
        Self {
            pairs,
            alike: false,
            points,
            harm: "fault",
            size: 0.0,
            practical: false,
            entity: entity.into(),
            series: series.into(),
        }
    }

    pub(super) fn with_harm(self, harm: &'static str, size: f64, practical: bool) -> Self {
        Self { harm, size, practical, ..self }
    }
}

/// The outcomes of a case in all columns.
#[derive(Debug, Clone)]
pub(super) struct CaseOutcome {
    pub(super) case: Case,
    pub(super) source: Arc<str>,
    /// Whether each of [`JUDGES`] stops the canary; `None` if it refuses the canary.
    pub(super) stopped: [Option<bool>; 4],
}

/// Builds the request for `pairs`, which all have one direction.
pub(super) fn request(
    pairs: Vec<MetricPair>,
    direction: Direction,
    options: &Options,
) -> JudgeRequest {
    let metric = |pair: &MetricPair| MetricConfig {
        direction,
        ..MetricConfig::new(pair.name.as_str(), "All")
    };
    let metrics = pairs.iter().map(metric).collect();
    let config =
        CanaryConfig { metrics, evidence: options.evidence.clone(), ..CanaryConfig::default() };
    JudgeRequest { config, pairs, ..JudgeRequest::default() }
}

/// Whether each of [`JUDGES`] stops the canary: a judge by a verdict other than Pass, a test by a p-value below the
/// significance level divided by the number of metrics (Bonferroni).
pub(super) fn stops(request: &JudgeRequest, bench: &mut Bench) -> [Option<bool>; 4] {
    let mut verdict = |judge: &dyn Judge| {
        bench.judge(judge, request).map(|judgement| judgement.verdict != Verdict::Pass)
    };
    let (evidence, netflix) = (verdict(&EvidenceJudge), verdict(&NetflixAcaJudge));
    let level = LEVEL / request.pairs.len() as f64;
    let test = |p_value: fn(&[f64], &[f64], Direction) -> f64| {
        let metrics = request.pairs.iter().zip(&request.config.metrics);
        Some(metrics.into_iter().any(|(pair, config)| {
            p_value(&pair.baseline.values, &pair.canary.values, config.direction) < level
        }))
    };
    [evidence, netflix, test(mann_whitney_p), test(welch_p)]
}

/// Calls `judge` for each item of `work` on all cores. Returns results in the order of the work, reports progress on
/// stderr, and adds refusals to `bench`.
pub(crate) fn in_parallel<T: Sync, R: Send>(
    what: &'static str,
    work: &[T],
    bench: &mut Bench,
    judge: impl Fn(&T, &mut Bench) -> Vec<R> + Sync,
) -> Vec<R> {
    let progress = Progress::new(what, work.len());
    let done: Vec<(Vec<R>, Bench)> = work
        .par_iter()
        .map(|item| {
            let mut thread_bench = Bench::default();
            let results = judge(item, &mut thread_bench);
            progress.step();
            (results, thread_bench)
        })
        .collect();
    let mut all = Vec::new();
    for (results, thread_bench) in done {
        all.extend(results);
        bench.add(thread_bench);
    }
    all
}

#[cfg(test)]
mod tests {
    use judge_core::Thresholds;

    use super::*;

    fn options(line: &str) -> Options {
        Options::parse(line.split_whitespace().map(str::to_owned)).unwrap()
    }

    fn pair(name: &str, shift: f64) -> MetricPair {
        let side = |shift: f64| -> Vec<f64> {
            (0..30).map(|index| 100.0 + f64::from(index * 7 % 11) + shift).collect()
        };
        MetricPair::new(name, side(0.0), side(shift))
    }

    #[test]
    fn all_judges_stop_a_clear_shift_and_pass_a_healthy_pair() {
        let mut bench = Bench::default();
        let cases = [
            (0.0, Direction::Increase, false),
            (30.0, Direction::Increase, true),
            (-30.0, Direction::Increase, false),
            (-30.0, Direction::Either, true),
        ];
        for (shift, direction, expected) in cases {
            let pairs = vec![pair("a", 0.0), pair("b", shift)];
            let request = request(pairs, direction, &options("real"));
            let all = stops(&request, &mut bench);
            assert_eq!(all, [Some(expected); 4], "{shift} {direction:?}");
        }
        bench.finish().unwrap();
    }

    #[test]
    fn refusals_are_counted_from_every_thread() {
        let mut refused = request(vec![pair("a", 0.0)], Direction::Increase, &options("real"));
        // The other judge accepts thresholds that every canary reaches.
        refused.thresholds = Thresholds::new(0.0, 0.0).unwrap();
        let mut bench = Bench::default();
        let all =
            in_parallel("test", &[(); 7], &mut bench, |(), bench| vec![stops(&refused, bench)]);
        assert_eq!(all, [[None, Some(false), Some(false), Some(false)]; 7]);
        assert_eq!(bench.refused()["EvidenceJudge-v1"].count, 7);
        let end = bench.finish().unwrap_err().to_string();
        assert!(end.starts_with("EvidenceJudge-v1 refused 7 judgements"), "{end}");
    }
}
