//! Metrics as services export them, healthy and with harm.

use judge_core::Verdict;
use judge_core::config::Direction;
use judge_core::judges::{EvidenceJudge, Judge, NetflixAcaJudge};
use judge_scenarios::random::Random;
use judge_scenarios::real_series::mann_whitney_p;
use judge_scenarios::{PRACTICAL_METRICS, PracticalMetric, single_metric_request};

use crate::bench::Bench;
use crate::options::Options;
use crate::rates::FailureCount;

const SIZES: [usize; 4] = [15, 30, 60, 120];
/// Mann and Whitney's test stops a canary at a p-value below this.
const LEVEL: f64 = 0.01;

/// Prints the share of canaries that do not pass, in percent. An increase is harmful.
pub(crate) fn measure(options: &Options, bench: &mut Bench) {
    println!("| metric | canary | ours % | parity % | MW % |");
    println!("| --- | --- | --- | --- | --- |");
    for (index, metric) in PRACTICAL_METRICS.iter().enumerate() {
        for harmful in [false, true] {
            let mut columns = [const { Vec::new() }; 3];
            for n in options.sizes(&SIZES) {
                let seed = options.base + 1_000_000 * index as u64 + n as u64;
                let stopped = stopped_shares(metric, harmful, n, seed, options, bench);
                for (column, share) in columns.iter_mut().zip(stopped) {
                    column.push(format!("{:.1}", 100.0 * share));
                }
            }
            let canary = if harmful { metric.change } else { "healthy" };
            let [ours, parity, mann_whitney] = columns.map(|column| column.join(" / "));
            println!("| {} | {canary} | {ours} | {parity} | {mann_whitney} |", metric.name);
        }
    }
}

/// Shares of the canaries that each judge and the test stop.
fn stopped_shares(
    metric: &PracticalMetric,
    harmful: bool,
    n: usize,
    seed: u64,
    options: &Options,
    bench: &mut Bench,
) -> [f64; 3] {
    let judges: [&dyn Judge; 2] = [&EvidenceJudge, &NetflixAcaJudge];
    let mut counts = [FailureCount::default(); 3];
    for repeat in 0..options.repeats {
        let mut random = Random::new(seed + 7_919 * repeat);
        let pair = metric.pair(harmful, n, &mut random);
        let p = mann_whitney_p(&pair.baseline.values, &pair.canary.values, Direction::Increase);
        let mut request = single_metric_request(pair, Direction::Increase);
        request.config.evidence = options.evidence.clone();
        let verdicts = judges.map(|judge| bench.judge(judge, &request));
        let stops = verdicts.map(|judgement| judgement.map(|found| found.verdict != Verdict::Pass));
        let [ours, parity] = stops;
        for (count, stops) in counts.iter_mut().zip([ours, parity, Some(p < LEVEL)]) {
            if let Some(stops) = stops {
                count.count(stops);
            }
        }
    }
    counts.map(FailureCount::share)
}
