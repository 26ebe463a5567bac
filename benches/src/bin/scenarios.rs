//! Measures judges on labelled canaries: `scenarios [families|alarms|habits|power|ablation|real FILE] …`.
#![allow(clippy::print_stdout, reason = "its output is the measurement")]

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};
use judge_benches::random::Random;
use judge_benches::scenarios::{
    FAMILIES, HABITS, Noise, Scenario, ScoreCard, Shape, aa_pair, real, shifted_pair, single,
    systemic,
};
use judge_core::config::evidence::{AcrossMetrics, Confidence, EvidenceConfig, Tests};
use judge_core::config::{Direction, EffectSize};
use judge_core::judgement::TestKind;
use judge_core::judges::{EvidenceJudge, Judge, NetflixAcaJudge, Scratch};
use judge_core::{Classification, JudgeRequest, Judgement, Verdict};

/// Seeds on which parameters may be chosen.
const TUNING: u64 = 1_000_000;
/// Seeds that are only reported.
const HELD_BACK: u64 = 500_000_000;

const SIZES: [usize; 6] = [15, 31, 60, 120, 360, 1440];

struct Options {
    what: String,
    base: u64,
    repeats: u64,
    points: Option<usize>,
    file: Option<String>,
    show: Option<String>,
    evidence: EvidenceConfig,
}

fn main() -> Result<()> {
    let options = options()?;
    match options.what.as_str() {
        "families" => families(&options),
        "alarms" => alarms(&options),
        "habits" => habits(&options),
        "power" => power(&options),
        "ablation" => ablation(&options),
        "real" => recorded(&options)?,
        other => bail!(
            "no measurement is called {other}: families, alarms, habits, power, ablation, real"
        ),
    }
    Ok(())
}

fn options() -> Result<Options> {
    let mut options = Options {
        what: "families".to_owned(),
        base: TUNING,
        repeats: 200,
        points: None,
        file: None,
        show: None,
        evidence: EvidenceConfig::default(),
    };
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().with_context(|| format!("{argument} needs a value"));
        match argument.as_str() {
            "--held-back" => options.base = HELD_BACK,
            "--repeats" => options.repeats = value()?.parse()?,
            "--points" => options.points = Some(value()?.parse()?),
            "--file" => options.file = Some(value()?),
            "--show" => options.show = Some(value()?),
            "--confidence" => {
                let confidence = Confidence::new(value()?.parse()?);
                options.evidence.confidence = confidence.map_err(|p| anyhow::anyhow!("{p}"))?;
            }
            "--holm" => options.evidence.across_metrics = AcrossMetrics::Holm,
            word => word.clone_into(&mut options.what),
        }
    }
    Ok(options)
}

fn stopped(judge: &dyn Judge, request: &JudgeRequest, scratch: &mut Scratch) -> Result<Judgement> {
    Ok(judge.judge_with(request, scratch)?)
}

/// Draws every family's canaries, systemic ones included.
fn each_scenario(options: &Options, mut visit: impl FnMut(&'static str, usize, u64, Scenario)) {
    for (index, family) in FAMILIES.iter().enumerate() {
        for repeat in 0..options.repeats {
            let seed = options.base + 1_000_000 * index as u64 + repeat;
            let mut random = Random::new(seed);
            let n = options.points.unwrap_or_else(|| *random.pick(&SIZES));
            visit(family.name, n, seed, family.draw(n, &mut random));
        }
    }
    for repeat in 0..options.repeats {
        let seed = options.base + 90_000_000 + repeat;
        let mut random = Random::new(seed);
        let n = options.points.unwrap_or_else(|| *random.pick(&SIZES));
        let share = random.between(0.7, 0.9);
        visit("together", n, seed, systemic(n, share, &mut random));
    }
}

fn families(options: &Options) {
    let judges: [&dyn Judge; 2] = [&EvidenceJudge, &NetflixAcaJudge];
    let mut cards = [ScoreCard::default(), ScoreCard::default()];
    let mut alarms: BTreeMap<String, usize> = BTreeMap::new();
    let mut scratch = Scratch::default();
    each_scenario(options, |family, n, seed, mut scenario| {
        scenario.request.config.evidence = options.evidence.clone();
        for (judge, card) in judges.iter().zip(&mut cards) {
            let Ok(judgement) = stopped(*judge, &scenario.request, &mut scratch) else { continue };
            let stopped = judgement.verdict != Verdict::Pass;
            card.add(family, scenario.harmful, stopped);
            if judge.name() != EvidenceJudge.name() {
                continue;
            }
            if stopped != scenario.harmful && options.show.as_deref() == Some(family) {
                show(n, seed, &judgement);
            }
            if stopped && !scenario.harmful {
                for metric in &judgement.metrics {
                    for finding in metric.findings.iter().filter(|finding| finding.is_harm()) {
                        *alarms.entry(format!("{family}: {:?}", finding.test)).or_default() += 1;
                    }
                }
                if judgement.reason.is_some() {
                    *alarms.entry("together".to_owned()).or_default() += 1;
                }
            }
        }
    });
    println!("| family | harmful | EvidenceJudge-v1 | NetflixACAJudge-v1.0 |");
    println!("| --- | --- | --- | --- |");
    for (name, ours) in &cards[0].families {
        let harmful = if ours.caught + ours.missed > 0 { "yes" } else { "no" };
        let theirs = cards[1].families.get(name).copied().unwrap_or_default();
        println!("| {name} | {harmful} | {:.3} | {:.3} |", ours.accuracy(), theirs.accuracy());
    }
    for (judge, card) in judges.iter().zip(&cards) {
        let total = card.total();
        println!(
            "{}: accuracy {:.4} precision {:.4} recall {:.4}",
            judge.name(),
            total.accuracy(),
            total.precision(),
            total.recall()
        );
    }
    println!("alarms by test: {alarms:?}");
}

fn show(n: usize, seed: u64, judgement: &Judgement) {
    println!("-- seed {seed}, {n} points, {} metrics", judgement.metrics.len());
    for metric in &judgement.metrics {
        if judgement.metrics.len() <= 3 || metric.classification != Classification::Pass {
            println!("   {} {:?} {}", metric.name, metric.classification, metric.explanation());
            for f in &metric.findings {
                println!(
                    "      {:?} {:?} stat {:.2} p {:.2e} level {:.1e} matters {} {}",
                    f.test, f.change, f.statistic, f.p, f.level, f.matters, f.sentence
                );
            }
        }
    }
}

const SHAPES: [(&str, Shape, f64); 5] = [
    ("gaussian", Shape::Gaussian, 0.05),
    ("lognormal 0.3", Shape::Lognormal, 0.3),
    ("lognormal 0.8", Shape::Lognormal, 0.8),
    ("gamma", Shape::Gamma, 0.5),
    ("poisson 20", Shape::Poisson, 0.223_606_797_749_979),
];

/// False alarms of a metric, in percent, and the tests that raised them.
fn alarms(options: &Options) {
    let mut scratch = Scratch::default();
    println!("| noise | φ | n | direction | ours % | parity % | by test |");
    println!("| --- | --- | --- | --- | --- | --- | --- |");
    for (name, shape, relative) in SHAPES {
        for phi in [0.0, 0.5, 0.8] {
            if phi > 0.0 && matches!(shape, Shape::Gamma | Shape::Poisson) {
                continue;
            }
            for n in options.points.map_or(vec![15, 31, 60, 240], |n| vec![n]) {
                for direction in [Direction::Increase, Direction::Either] {
                    let level = if shape == Shape::Poisson { 20.0 } else { 100.0 };
                    let noise = Noise { shape, level, relative, phi };
                    let (mut ours, mut parity) = (0, 0);
                    let mut tests: BTreeMap<String, usize> = BTreeMap::new();
                    for repeat in 0..options.repeats {
                        let mut random = Random::new(options.base + 7_919 * repeat + n as u64);
                        let request = single(aa_pair(noise, n, &mut random), direction);
                        if let Ok(judgement) = stopped(&EvidenceJudge, &request, &mut scratch) {
                            let metric = &judgement.metrics[0];
                            if let Some(f) = metric.findings.iter().find(|f| f.is_harm()) {
                                ours += 1;
                                *tests.entry(format!("{:?}", f.test)).or_default() += 1;
                            }
                        }
                        if let Ok(judgement) = stopped(&NetflixAcaJudge, &request, &mut scratch) {
                            parity += usize::from(judgement.verdict != Verdict::Pass);
                        }
                    }
                    let percent = |count: usize| 100.0 * count as f64 / options.repeats as f64;
                    println!(
                        "| {name} | {phi} | {n} | {direction:?} | {:.2} | {:.2} | {tests:?} |",
                        percent(ours),
                        percent(parity)
                    );
                }
            }
        }
    }
}

/// False alarms of healthy metrics that do more than make noise, in percent, either change being harm.
fn habits(options: &Options) {
    let mut scratch = Scratch::default();
    println!("| habit | n | ours % | parity % | by test |");
    println!("| --- | --- | --- | --- | --- |");
    for (index, habit) in HABITS.iter().enumerate() {
        for n in options.points.map_or(vec![15, 31, 60, 240], |n| vec![n]) {
            let (mut ours, mut parity) = (0, 0);
            let mut tests: BTreeMap<String, usize> = BTreeMap::new();
            for repeat in 0..options.repeats {
                let seed = options.base + 1_000_000 * index as u64 + 7_919 * repeat + n as u64;
                let request = single(habit.pair(n, &mut Random::new(seed)), Direction::Either);
                if let Ok(judgement) = stopped(&EvidenceJudge, &request, &mut scratch)
                    && let Some(f) = judgement.metrics[0].findings.iter().find(|f| f.is_harm())
                {
                    ours += 1;
                    *tests.entry(format!("{:?}", f.test)).or_default() += 1;
                }
                if let Ok(judgement) = stopped(&NetflixAcaJudge, &request, &mut scratch) {
                    parity += usize::from(judgement.verdict != Verdict::Pass);
                }
            }
            let percent = |count: usize| 100.0 * count as f64 / options.repeats as f64;
            println!(
                "| {} | {n} | {:.1} | {:.1} | {tests:?} |",
                habit.name,
                percent(ours),
                percent(parity)
            );
        }
    }
}

/// Power against the size of a shift, in standard deviations.
fn power(options: &Options) {
    let mut scratch = Scratch::default();
    println!("| n | φ | sds | ours | parity |");
    println!("| --- | --- | --- | --- | --- |");
    for n in [15, 31, 60] {
        for phi in [0.0, 0.5, 0.8] {
            for sds in [0.5, 1.0, 1.5, 2.0, 3.0, 5.0] {
                let noise = Noise { shape: Shape::Gaussian, level: 100.0, relative: 0.05, phi };
                let mut found = [0_usize; 2];
                for repeat in 0..options.repeats {
                    let mut random = Random::new(options.base + 104_729 * repeat + n as u64);
                    let request =
                        single(shifted_pair(noise, n, sds, &mut random), Direction::Increase);
                    let judges: [&dyn Judge; 2] = [&EvidenceJudge, &NetflixAcaJudge];
                    for (judge, found) in judges.iter().zip(&mut found) {
                        if let Ok(judgement) = stopped(*judge, &request, &mut scratch) {
                            *found += usize::from(judgement.verdict != Verdict::Pass);
                        }
                    }
                }
                let share = |count: usize| count as f64 / options.repeats as f64;
                println!(
                    "| {n} | {phi} | {sds} | {:.2} | {:.2} |",
                    share(found[0]),
                    share(found[1])
                );
            }
        }
    }
}

/// Accuracy with each test switched off.
fn ablation(options: &Options) {
    let mut scratch = Scratch::default();
    let mut cards: Vec<(String, ScoreCard)> = vec![("all tests".to_owned(), ScoreCard::default())];
    cards.extend(
        TestKind::ALL.map(|test| (format!("without {}", test.name()), ScoreCard::default())),
    );
    cards.push(("without joint".to_owned(), ScoreCard::default()));
    each_scenario(options, |family, _, _, mut scenario| {
        for (index, (_, card)) in cards.iter_mut().enumerate() {
            let evidence = &mut scenario.request.config.evidence;
            evidence.tests = match index.checked_sub(1).and_then(|test| TestKind::ALL.get(test)) {
                Some(test) => Tests::without(*test),
                None => Tests::default(),
            };
            evidence.joint.enabled = index != TestKind::ALL.len() + 1;
            if let Ok(judgement) = stopped(&EvidenceJudge, &scenario.request, &mut scratch) {
                card.add(family, scenario.harmful, judgement.verdict != Verdict::Pass);
            }
        }
    });
    println!("| panel | accuracy | precision | recall | families that lose most |");
    println!("| --- | --- | --- | --- | --- |");
    let full = cards[0].1.clone();
    for (name, card) in &cards {
        let mut losses: Vec<(f64, &str)> = card
            .families
            .iter()
            .map(|(family, counts)| (full.families[family].accuracy() - counts.accuracy(), *family))
            .filter(|(loss, _)| loss.abs() > 0.02)
            .collect();
        losses.sort_by(|a, b| b.0.total_cmp(&a.0));
        let losses: Vec<String> =
            losses.iter().take(4).map(|(loss, family)| format!("{family} {:+.2}", -loss)).collect();
        let total = card.total();
        println!(
            "| {name} | {:.4} | {:.4} | {:.4} | {} |",
            total.accuracy(),
            total.precision(),
            total.recall(),
            losses.join(", ")
        );
    }
}

/// False alarms on pairs cut from recorded series: the columns of a CSV file.
fn recorded(options: &Options) -> Result<()> {
    let file = options.file.as_ref().context("real needs --file")?;
    let mut reader = csv::Reader::from_path(file)?;
    let names: Vec<String> = reader.headers()?.iter().map(str::to_owned).collect();
    let mut columns: Vec<Vec<f64>> = vec![Vec::new(); names.len()];
    for record in reader.records() {
        for (column, cell) in columns.iter_mut().zip(record?.iter()) {
            column.push(cell.parse().unwrap_or(f64::NAN));
        }
    }
    let mut scratch = Scratch::default();
    println!("| metric | ours % | parity % | by test |");
    println!("| --- | --- | --- | --- |");
    let (mut all, mut all_ours, mut all_parity) = (0, 0, 0);
    // Columns of words name the rows.
    let numbers =
        names.iter().zip(&columns).filter(|(_, column)| !column.iter().all(|v| v.is_nan()));
    for (index, (name, column)) in numbers.enumerate() {
        let (mut tried, mut ours, mut parity) = (0, 0, 0);
        let mut tests: BTreeMap<String, usize> = BTreeMap::new();
        for repeat in 0..options.repeats {
            let mut random = Random::new(options.base + 1_000_003 * index as u64 + repeat);
            let n = options.points.unwrap_or_else(|| *random.pick(&[15, 31, 60, 120, 240]));
            let Some(pair) = real::interleaved(name, column, n, &mut random) else { continue };
            let direction =
                *random.pick(&[Direction::Increase, Direction::Decrease, Direction::Either]);
            let mut request = single(pair, direction);
            request.config.metrics[0].effect_size = EffectSize::default();
            tried += 1;
            if let Ok(judgement) = stopped(&EvidenceJudge, &request, &mut scratch)
                && judgement.verdict != Verdict::Pass
            {
                ours += 1;
                if options.show.as_deref() == Some(name) {
                    show(n, repeat, &judgement);
                    println!(
                        "{:?}\n{:?}",
                        request.pairs[0].baseline.values, request.pairs[0].canary.values
                    );
                }
                for finding in judgement.metrics[0].findings.iter().filter(|f| f.is_harm()) {
                    *tests.entry(format!("{:?}", finding.test)).or_default() += 1;
                }
            }
            if let Ok(judgement) = stopped(&NetflixAcaJudge, &request, &mut scratch) {
                parity += usize::from(judgement.verdict != Verdict::Pass);
            }
        }
        let percent = |count: usize| 100.0 * count as f64 / f64::from(tried.max(1));
        println!("| {name} | {:.2} | {:.2} | {tests:?} |", percent(ours), percent(parity));
        all += tried;
        all_ours += ours;
        all_parity += parity;
    }
    let percent = |count: usize| 100.0 * count as f64 / f64::from(all.max(1));
    println!(
        "all: ours {:.2} %, parity {:.2} % of {all} pairs",
        percent(all_ours),
        percent(all_parity)
    );
    Ok(())
}
