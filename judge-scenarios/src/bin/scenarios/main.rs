//! Measures judges on labelled canaries: `scenarios families|alarms|habits|practical|power|traffic|ablation|looks`,
//! and on recorded series: `scenarios real --file FILE`, `scenarios real --folder DIR`, `scenarios propose --folder
//! DIR`.
#![allow(clippy::print_stdout, reason = "its output is the measurement")]

mod bench;
mod looks;
mod markdown;
mod options;
mod practical;
mod progress;
mod propose;
mod rates;
mod real;

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};
use judge_core::config::evidence::Tests;
use judge_core::judgement::TestKind;
use judge_core::judges::{EvidenceJudge, Judge, NetflixAcaJudge};
use judge_core::{Classification, Judgement, Verdict};
use judge_scenarios::random::Random;
use judge_scenarios::{FAMILIES, Scenario, ScoreCard, systemic};

use bench::Bench;
use options::Options;

const SIZES: [usize; 6] = [15, 31, 60, 120, 360, 1440];

fn main() -> Result<()> {
    let options = Options::parse(std::env::args().skip(1))?;
    let mut bench = Bench::default();
    match options.what.as_str() {
        "families" => families(&options, &mut bench),
        "alarms" => rates::alarms(&options, &mut bench),
        "habits" => rates::habits(&options, &mut bench),
        "practical" => practical::measure(&options, &mut bench),
        "power" => rates::power(&options, &mut bench),
        "traffic" => rates::traffic(&options, &mut bench),
        "ablation" => ablation(&options, &mut bench),
        "real" => match (&options.file, &options.folder) {
            (Some(file), None) => rates::recorded(file, &options, &mut bench)?,
            (None, Some(folder)) => real::measure(folder, &options, &mut bench)?,
            _ => bail!("real: expected either --file FILE or --folder DIR"),
        },
        "looks" => looks::measure(&options, &mut bench)?,
        "propose" => {
            let folder = options.folder.as_ref().context("propose: expected --folder DIR")?;
            propose::measure(folder, &options, &mut bench)?;
        }
        other => bail!(
            "expected families, alarms, habits, practical, power, traffic, ablation, looks, real or propose, \
             got {other:?}"
        ),
    }
    bench.finish()
}

/// Draws canaries of every family, and systemic regressions.
fn each_scenario(options: &Options, mut visit: impl FnMut(&'static str, usize, u64, Scenario)) {
    for (index, family) in FAMILIES.iter().enumerate() {
        for repeat in 0..options.repeats {
            let seed = options.base + 1_000_000 * index as u64 + repeat;
            let mut random = Random::new(seed);
            let n = options.size(&SIZES, &mut random);
            visit(family.name, n, seed, family.draw(n, &mut random));
        }
    }
    for repeat in 0..options.repeats {
        let seed = options.base + 90_000_000 + repeat;
        let mut random = Random::new(seed);
        let n = options.size(&SIZES, &mut random);
        let share = random.between(0.7, 0.9);
        visit("systemic", n, seed, systemic(n, share, &mut random));
    }
}

fn families(options: &Options, bench: &mut Bench) {
    let judges: [&dyn Judge; 2] = [&EvidenceJudge, &NetflixAcaJudge];
    let mut cards = [ScoreCard::default(), ScoreCard::default()];
    let mut alarms: BTreeMap<String, usize> = BTreeMap::new();
    each_scenario(options, |family, n, seed, mut scenario| {
        scenario.request.config.evidence = options.evidence.clone();
        for (judge, card) in judges.iter().zip(&mut cards) {
            let Some(judgement) = bench.judge(*judge, &scenario.request) else { continue };
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
                    *alarms.entry("joint".to_owned()).or_default() += 1;
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

/// Prints the accuracy with each test switched off.
fn ablation(options: &Options, bench: &mut Bench) {
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
            if let Some(judgement) = bench.judge(&EvidenceJudge, &scenario.request) {
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
