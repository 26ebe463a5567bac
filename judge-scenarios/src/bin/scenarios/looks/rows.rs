//! The tables of `scenarios looks`.

use judge_scenarios::real_series::{Observation, Seeds, rate};

use super::cases::{PHIS, Pairs};
use super::{Fate, STEPS, Step, Watched};
use crate::markdown::{cell, head, line};
use crate::options::Options;

const COLUMNS: [&str; 11] = [
    "pairs",
    "points",
    "looks",
    "step",
    "canaries",
    "one look at the end",
    "any look, uncorrected",
    "any look, planned",
    "median time, uncorrected",
    "median time, planned",
    "90 % time, planned",
];

/// Prints one row per kind of pairs, number of points, number of looks and step.
pub(super) fn print(watched: &[Watched], options: &Options) {
    let early = options.evidence.early_pass.is_some();
    let mut columns = COLUMNS.map(str::to_owned).to_vec();
    if early {
        columns.push("passed early".to_owned());
        columns.push("median time of an early pass".to_owned());
    }
    head(&columns);
    let mut kinds: Vec<Pairs> = PHIS.map(|phi| Pairs::Drawn { phi }).to_vec();
    kinds.push(Pairs::Coin);
    let mut sizes: Vec<(usize, u32)> =
        watched.iter().map(|watched| (watched.points, watched.looks)).collect();
    sizes.sort_unstable();
    sizes.dedup();
    for kind in kinds {
        for &(points, looks) in &sizes {
            for step in STEPS {
                let cases: Vec<&Watched> = watched
                    .iter()
                    .filter(|one| {
                        (one.pairs, one.points, one.looks, one.step) == (kind, points, looks, step)
                    })
                    .collect();
                if !cases.is_empty() {
                    row(&cases, early, options);
                }
            }
        }
    }
}

fn row(cases: &[&Watched], early: bool, options: &Options) {
    let first = cases[0];
    let share = |happened: &dyn Fn(&Watched) -> bool| {
        let observations = cases.iter().map(|one| Observation {
            entity: &one.entity,
            series: &one.series,
            happened: happened(one),
        });
        cell(rate(observations, Seeds(options.seeds())))
    };
    let stopped = |fate: Fate| stop(fate).is_some();
    let times = |fate: fn(&Watched) -> Option<u32>| -> Vec<f64> {
        let found = cases.iter().map(|one| {
            fate(one).map_or(f64::INFINITY, |look| f64::from(look) / f64::from(one.looks))
        });
        let mut found: Vec<f64> = found.collect();
        found.sort_by(f64::total_cmp);
        found
    };
    let uncorrected = times(|one| stop(one.uncorrected));
    let planned = times(|one| stop(one.planned));
    let mut cells = vec![
        pairs_name(first.pairs),
        first.points.to_string(),
        first.looks.to_string(),
        step_name(first.step),
        cases.len().to_string(),
        share(&|one| stopped(one.once)),
        share(&|one| stopped(one.uncorrected)),
        share(&|one| stopped(one.planned)),
        time(&uncorrected, 0.5),
        time(&planned, 0.5),
        time(&planned, 0.9),
    ];
    if early {
        cells.push(share(&|one| matches!(one.planned, Fate::PassedEarly(_))));
        let mut passed: Vec<f64> = cases
            .iter()
            .filter_map(|one| match one.planned {
                Fate::PassedEarly(look) => Some(f64::from(look) / f64::from(one.looks)),
                _ => None,
            })
            .collect();
        passed.sort_by(f64::total_cmp);
        cells.push(if passed.is_empty() { "-".to_owned() } else { time(&passed, 0.5) });
    }
    line(&cells);
}

/// The name of `pairs` in tables.
pub(super) fn pairs_name(pairs: Pairs) -> String {
    match pairs {
        Pairs::Drawn { phi } => format!("φ {phi}"),
        Pairs::Coin => "coin".to_owned(),
    }
}

fn stop(fate: Fate) -> Option<u32> {
    match fate {
        Fate::Stopped(look) => Some(look),
        Fate::PassedEarly(_) | Fate::Passed => None,
    }
}

pub(super) fn step_name(step: Step) -> String {
    if step.deviations <= 0.0 {
        return "none".to_owned();
    }
    format!("+{} SD from {:.0} %", step.deviations, 100.0 * step.from)
}

/// The time by which a share of all canaries is stopped, in percent of their lifetime; "never" if fewer are stopped.
pub(super) fn time(sorted: &[f64], share: f64) -> String {
    let at = sorted.get(nth(sorted.len(), share)).copied().unwrap_or(f64::INFINITY);
    if at.is_finite() { format!("{:.0} %", 100.0 * at) } else { "never".to_owned() }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a length")]
fn nth(length: usize, share: f64) -> usize {
    ((share * length as f64).ceil() as usize).saturating_sub(1)
}
