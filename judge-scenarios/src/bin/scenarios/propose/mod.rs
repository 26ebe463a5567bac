//! `scenarios propose --folder DIR`: estimates allowances on the first half of each concurrent series, and
//! judges the second half with them.

mod proposal;
mod report;
mod rows;
mod text;

use std::path::Path;

use anyhow::{Result, bail};
use judge_core::config::EffectSize;
use judge_core::{MetricPair, Verdict};
use judge_scenarios::real_series::{
    CAP, RealSeries, Seeds, SeriesAllowance, SeriesPoints, log_ratio, read_series, windows,
};
use judge_scenarios::single_metric_request;

use crate::bench::Bench;
use crate::options::Options;
use crate::progress::say;
use crate::real::{SIZES, WINDOWS, in_parallel};
use proposal::{JUDGES, JudgeAnswer, JudgeAnswers, SeriesProposal, WindowQuestion};
use report::ProposalReport;

/// Judges should detect a shift of this many allowances.
const SHIFT: f64 = 2.0;

/// Reads the folder, proposes and tries allowances, then prints tables or one JSON document.
pub(crate) fn measure(folder: &Path, options: &Options, bench: &mut Bench) -> Result<()> {
    let series = read_series(folder)?;
    let is_concurrent = |s: &&RealSeries| matches!(s.points(), SeriesPoints::Concurrent { .. });
    let concurrent: Vec<&RealSeries> = series.iter().filter(is_concurrent).collect();
    if concurrent.is_empty() {
        bail!("{}: expected a series of kind conc, got {} solo", folder.display(), series.len());
    }
    say(&format!("{} concurrent series in {}", concurrent.len(), folder.display()));
    let points = options.sizes(&SIZES);
    let seeds = Seeds(options.seeds());
    let mut work = Vec::new();
    for series in concurrent {
        work.extend(points.iter().map(|points| (series, *points)));
    }
    let proposals = in_parallel("allowances", &work, bench, |(series, points), bench| {
        vec![propose(series, *points, seeds, options, bench)]
    });
    let report = ProposalReport {
        seeds: options.seeds(),
        direction: options.direction,
        cap: CAP,
        rows: rows::rows(&proposals, &points, seeds),
        proposals,
        refused: bench.refused(),
    };
    if options.json {
        println!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        text::print(&report, &points);
    }
    Ok(())
}

fn propose(
    series: &RealSeries,
    points: usize,
    seeds: Seeds,
    options: &Options,
    bench: &mut Bench,
) -> SeriesProposal {
    let mut proposal = SeriesProposal {
        source: series.source().to_owned(),
        entity: series.entity().to_owned(),
        metric: series.metric().to_owned(),
        points,
        allowance: None,
        why: None,
        windows: Vec::new(),
    };
    let SeriesPoints::Concurrent { a, b } = series.points() else { return proposal };
    let name = format!("propose|{}|{}|{points}", series.source(), series.metric());
    let mut random = seeds.random(&name);
    let half = series.len() / 2;
    let (first, second) = series.healthy().split_at(half);
    let ratios: Vec<f64> = windows(first, points, usize::MAX, &mut random)
        .into_iter()
        .filter_map(|at| log_ratio(&a[at..at + points], &b[at..at + points]))
        .collect();
    let allowance = match SeriesAllowance::from_log_ratios(&ratios) {
        Ok(allowance) => allowance,
        Err(none) => {
            proposal.why = Some(none.to_string());
            return proposal;
        }
    };
    proposal.why = allowance.why_useless();
    for at in windows(second, points, WINDOWS, &mut random) {
        let (a, b) = if random.chance(0.5) { (b, a) } else { (a, b) };
        let window = half + at..half + at + points;
        let (baseline, canary) = (&a[window.clone()], &b[window]);
        let wanted = judge_window(baseline, canary, allowance.wanted, options, bench);
        let proposed = if allowance.is_capped() {
            judge_window(baseline, canary, allowance.proposed, options, bench)
        } else {
            wanted
        };
        proposal.windows.push((wanted, proposed));
    }
    proposal.allowance = Some(allowance);
    proposal
}

/// Tries every question about a window on every judge.
fn judge_window(
    baseline: &[f64],
    canary: &[f64],
    allowance: f64,
    options: &Options,
    bench: &mut Bench,
) -> JudgeAnswers {
    let shift = 1.0 + SHIFT * allowance;
    let level = log_ratio(baseline, canary).map(|ratio| (-ratio).exp());
    JUDGES.map(|judge| {
        WindowQuestion::ALL.map(|question| {
            let (allowance, factor) = match question {
                WindowQuestion::AlarmWithout => (0.0, Some(1.0)),
                WindowQuestion::AlarmWith => (allowance, Some(1.0)),
                WindowQuestion::FoundLevelled => (allowance, level.map(|level| shift * level)),
                WindowQuestion::FoundAsIs => (allowance, level.map(|_| shift)),
            };
            let Some(factor) = factor else { return JudgeAnswer::NotAsked };
            let scaled: Vec<f64> = canary.iter().map(|value| value * factor).collect();
            if !allowance.is_finite() || scaled.iter().any(|value| value.is_infinite()) {
                return JudgeAnswer::NotAsked;
            }
            let pair = MetricPair::new("m", baseline.to_vec(), scaled);
            let mut request = single_metric_request(pair, options.direction);
            request.config.evidence = options.evidence.clone();
            for metric in &mut request.config.metrics {
                let allowed = EffectSize::default()
                    .with_allowed_increase(1.0 + allowance)
                    .and_then(|size| size.with_allowed_decrease(1.0 / (1.0 + allowance)));
                let Ok(allowed) = allowed else { return JudgeAnswer::NotAsked };
                metric.effect_size = allowed;
            }
            match bench.judge(judge, &request).map(|judgement| judgement.verdict) {
                None => JudgeAnswer::Refused,
                Some(Verdict::Pass) => JudgeAnswer::Passed,
                Some(_) => JudgeAnswer::Stopped,
            }
        })
    })
}

#[cfg(test)]
mod tests {
    use judge_scenarios::real_series::MeasuredRate;

    use super::rows::{AllowanceKind, row};
    use super::*;

    /// Two instances whose windows of 10 points differ by `ratio`, in alternating directions.
    fn series(ratio: f64, n: usize) -> RealSeries {
        let noise = |index: usize| (index * 7 % 11) as f64 / 50.0;
        let a: Vec<String> = (0..n).map(|i| (100.0 + noise(i)).to_string()).collect();
        let side = |i: usize| if (i / 10).is_multiple_of(2) { ratio } else { 1.0 / ratio };
        let b = (0..n).map(|i| ((100.0 + noise(i + 3)) * side(i)).to_string());
        let b: Vec<String> = b.collect();
        let names = r#""kind":"conc","source":"S","entity":"e","metric":"m""#;
        let line = format!("{{{names},\"a\":[{}],\"b\":[{}]}}", a.join(","), b.join(","));
        RealSeries::parse(line.as_bytes()).unwrap()
    }

    fn proposed(ratio: f64, n: usize) -> SeriesProposal {
        let options = Options::parse(["propose".to_owned()].into_iter()).unwrap();
        let mut bench = Bench::default();
        let proposal = propose(&series(ratio, n), 10, Seeds("test"), &options, &mut bench);
        bench.finish().unwrap();
        proposal
    }

    #[test]
    fn an_allowance_comes_from_the_first_half_and_is_tried_on_the_second() {
        let proposal = proposed(1.05, 120);
        let allowance = proposal.allowance.as_ref().unwrap();
        // Six windows: ln 1.05 · t(0.99; 6) · √(7/6) = 0.0488 · 3.143 · 1.080.
        assert_eq!(allowance.windows, 6);
        assert!((allowance.proposed - 0.180).abs() < 0.005, "{allowance:?}");
        assert_eq!((proposal.windows.len(), &proposal.why), (6, &None));
        let row = row(&[&proposal], 10, 0, AllowanceKind::WithinCap, Seeds("test"));
        assert_eq!((row.allowances, row.capped, row.none, row.windows), (1, 0, 0, 6));
        let mean = |rate: Option<MeasuredRate>| rate.unwrap().mean;
        // In half of the windows the canary is 5 % higher; with the allowance none of them fails.
        assert!((0.1..=0.9).contains(&mean(row.alarms_without)), "{row:?}");
        assert_eq!((mean(row.alarms_with), mean(row.found_levelled)), (0.0, 1.0));
        assert_eq!(text::proposal_cell(&proposal), "+18 %");
    }

    #[test]
    fn useless_and_missing_allowances_say_why() {
        let capped = proposed(2.0, 120);
        assert_eq!(capped.allowance.as_ref().unwrap().proposed, CAP);
        let cell = text::proposal_cell(&capped);
        let expected = "useless, +952 % wanted: the instances differ by 100 % (root mean square)";
        assert_eq!(cell, expected);
        let none = proposed(1.0, 30);
        let expected = "none: expected 2 healthy windows with positive means or more, got 1";
        assert_eq!(text::proposal_cell(&none), expected);

        let counts = |which| {
            let row = row(&[&capped, &none], 10, 0, which, Seeds("test"));
            (row.allowances, row.capped, row.none, row.windows)
        };
        assert_eq!(counts(AllowanceKind::Wanted), (1, 1, 1, 6));
        assert_eq!(counts(AllowanceKind::Capped), (1, 1, 1, 6));
        assert_eq!(counts(AllowanceKind::WithinCap), (0, 0, 1, 0));
        // A canary of twice the baseline is within the formula's result; at the cap the outcome could be either.
        let wanted = row(&[&capped], 10, 0, AllowanceKind::Wanted, Seeds("test"));
        assert_eq!(wanted.alarms_with.unwrap().mean, 0.0);
        assert!(wanted.alarms_without.unwrap().mean > 0.0);
    }

    #[test]
    fn means_that_are_not_positive_are_left_out() {
        let options = Options::parse(["propose".to_owned()].into_iter()).unwrap();
        let mut bench = Bench::default();
        let zero = [0.0; 10];
        let answers = judge_window(&zero, &zero, 0.5, &options, &mut bench);
        assert_eq!(answers[0][..2], [JudgeAnswer::Passed; 2]);
        assert_eq!(answers[0][2..], [JudgeAnswer::NotAsked; 2]);
        let huge = judge_window(&[1.0; 10], &[2.0; 10], f64::INFINITY, &options, &mut bench);
        assert_eq!(huge[1][1..], [JudgeAnswer::NotAsked; 3]);
    }
}
