//! Turns outcomes into rows of tables.

use std::collections::BTreeSet;

use judge_scenarios::real_series::{
    EightHarm, HARMS, MeasuredRate, Observation, PairClass, Seeds, rate,
};
use rayon::prelude::*;
use serde::Serialize;

use super::judging::{CaseOutcome, JUDGES};

/// The table of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Table {
    FalseAlarms,
    Found,
    /// Only shifts that add at least 5 % of the absolute median.
    FoundPractical,
    EightMetrics,
    Faults,
}

/// A row of a table.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RealRow {
    pub(super) table: Table,
    pub(super) pairs: &'static str,
    /// `None` for all sources.
    pub(super) source: Option<String>,
    pub(super) harm: &'static str,
    pub(super) size: f64,
    /// `None` for all sizes.
    pub(super) points: Option<usize>,
    pub(super) series: usize,
    pub(super) cases: usize,
    pub(super) judges: Vec<JudgeRate>,
}

/// How often one judge stopped the canaries of a row.
#[derive(Debug, Clone, Serialize)]
pub(super) struct JudgeRate {
    pub(super) judge: &'static str,
    /// Number of cases that it refused. They are in no rate.
    pub(super) refused: usize,
    pub(super) rate: Option<MeasuredRate>,
}

/// The name, in tables, of concurrent pairs that are alike.
pub(super) const ALIKE: &str = "conc alike";

/// The cases of a row, and their outcomes.
struct Selection<'a> {
    table: Table,
    pairs: &'static str,
    source: Option<&'a str>,
    harm: (&'static str, f64),
    points: Option<usize>,
    outcomes: Vec<&'a CaseOutcome>,
}

impl Selection<'_> {
    fn row(&self, seeds: Seeds) -> RealRow {
        let case =
            |outcome: &&CaseOutcome| (outcome.case.entity.clone(), outcome.case.series.clone());
        let series: BTreeSet<_> = self.outcomes.iter().map(case).collect();
        let judges = JUDGES.iter().enumerate().map(|(index, judge)| {
            let observation = |outcome: &&'_ CaseOutcome| outcome.stopped[index].is_some();
            let judged: Vec<&&CaseOutcome> =
                self.outcomes.iter().filter(|o| observation(o)).collect();
            let observations = judged.iter().map(|outcome| Observation {
                entity: &outcome.case.entity,
                series: &outcome.case.series,
                happened: outcome.stopped[index] == Some(true),
            });
            let refused = self.outcomes.len() - judged.len();
            JudgeRate { judge, refused, rate: rate(observations, seeds) }
        });
        RealRow {
            table: self.table,
            pairs: self.pairs,
            source: self.source.map(str::to_owned),
            harm: self.harm.0,
            size: self.harm.1,
            points: self.points,
            series: series.len(),
            cases: self.outcomes.len(),
            judges: judges.collect(),
        }
    }
}

/// The rows of all selections that have an outcome, in order.
fn rows(selections: &[Selection], seeds: Seeds) -> Vec<RealRow> {
    let full = selections.par_iter().filter(|selection| !selection.outcomes.is_empty());
    full.map(|selection| selection.row(seeds)).collect()
}

/// Each size, then all sizes.
fn sizes(points: &[usize]) -> impl Iterator<Item = Option<usize>> {
    points.iter().map(|points| Some(*points)).chain([None])
}

fn has_size(outcome: &CaseOutcome, points: Option<usize>) -> bool {
    points.is_none_or(|points| outcome.case.points == points)
}

/// False alarms by class of pairs and size, then by class and source.
pub(super) fn alarms(outcomes: &[CaseOutcome], seeds: Seeds, points: &[usize]) -> Vec<RealRow> {
    let sources: BTreeSet<&str> = outcomes.iter().map(|outcome| &*outcome.source).collect();
    let kinds: Vec<(&'static str, Vec<&CaseOutcome>)> = PairClass::ALL
        .map(PairClass::name)
        .into_iter()
        .chain([ALIKE])
        .map(|name| {
            let of_kind = |outcome: &&CaseOutcome| {
                outcome.case.pairs == name || name == ALIKE && outcome.case.alike
            };
            (name, outcomes.iter().filter(of_kind).collect())
        })
        .collect();
    let mut selections = Vec::new();
    for (name, cases) in &kinds {
        selections.extend(sizes(points).map(|points| healthy(name, cases, None, points)));
    }
    for (name, cases) in &kinds {
        selections.extend(sources.iter().map(|source| healthy(name, cases, Some(source), None)));
    }
    rows(&selections, seeds)
}

fn healthy<'a>(
    pairs: &'static str,
    cases: &[&'a CaseOutcome],
    source: Option<&'a str>,
    points: Option<usize>,
) -> Selection<'a> {
    let belongs = |outcome: &&CaseOutcome| {
        has_size(outcome, points) && source.is_none_or(|source| *outcome.source == *source)
    };
    let outcomes = cases.iter().copied().filter(belongs).collect();
    Selection { table: Table::FalseAlarms, pairs, source, harm: ("none", 0.0), points, outcomes }
}

/// Shares of detected harm by class, harm and size, then for practical harm only.
pub(super) fn found(outcomes: &[CaseOutcome], seeds: Seeds, points: &[usize]) -> Vec<RealRow> {
    let harms: Vec<_> = HARMS.iter().map(|harm| (harm.name, harm.size)).collect();
    let mut rows = by_harm(Table::Found, outcomes, &harms, seeds, points);
    rows.extend(by_harm(Table::FoundPractical, outcomes, &harms, seeds, points));
    rows
}

/// Canaries of several metrics.
pub(super) fn eight(outcomes: &[CaseOutcome], seeds: Seeds, points: &[usize]) -> Vec<RealRow> {
    let harms: Vec<_> = EightHarm::ALL.iter().map(|harm| (harm.name, harm.size)).collect();
    by_harm(Table::EightMetrics, outcomes, &harms, seeds, points)
}

/// Labelled faults.
pub(super) fn faults(outcomes: &[CaseOutcome], seeds: Seeds, points: &[usize]) -> Vec<RealRow> {
    by_harm(Table::Faults, outcomes, &[("fault", 0.0)], seeds, points)
}

fn by_harm(
    table: Table,
    outcomes: &[CaseOutcome],
    harms: &[(&'static str, f64)],
    seeds: Seeds,
    points: &[usize],
) -> Vec<RealRow> {
    let pairs: BTreeSet<&'static str> = outcomes.iter().map(|outcome| outcome.case.pairs).collect();
    let mut selections = Vec::new();
    for pairs in pairs {
        for &harm in harms {
            let with_harm = |outcome: &&CaseOutcome| {
                let case = &outcome.case;
                (case.pairs, case.harm, case.size) == (pairs, harm.0, harm.1)
                    && (table != Table::FoundPractical || case.practical)
            };
            let cases: Vec<&CaseOutcome> = outcomes.iter().filter(with_harm).collect();
            selections.extend(sizes(points).map(|points| Selection {
                table,
                pairs,
                source: None,
                harm,
                points,
                outcomes: cases.iter().copied().filter(|o| has_size(o, points)).collect(),
            }));
        }
    }
    rows(&selections, seeds)
}

#[cfg(test)]
mod tests {
    use judge_scenarios::real_series::RealPair;

    use super::super::judging::Case;
    use super::*;

    fn outcome(points: usize, series: &str, alike: bool, stopped: Option<bool>) -> CaseOutcome {
        let pair = RealPair {
            class: PairClass::Conc,
            start: 0,
            baseline: Vec::new(),
            canary: Vec::new(),
            alike,
        };
        let case = Case::new(&pair, points, series, series);
        CaseOutcome { case, source: "S".into(), stopped: [stopped, Some(true), Some(false), None] }
    }

    #[test]
    fn rows_of_alarms_by_hand() {
        let outcomes = [
            outcome(15, "a", true, Some(true)),
            outcome(15, "a", true, Some(false)),
            outcome(15, "b", false, Some(false)),
            outcome(15, "b", false, None),
            outcome(30, "b", false, Some(true)),
        ];
        let rows = alarms(&outcomes, Seeds("test"), &[15, 30]);
        let find = |pairs, source: Option<&str>, points| {
            let row = |row: &&RealRow| {
                (row.pairs, row.source.as_deref(), row.points) == (pairs, source, points)
            };
            rows.iter().find(row).unwrap()
        };
        // Means over series: for 15 points (1/2 + 0) / 2, for all (1/2 + 1/2) / 2.
        // (pairs, source, points, series, cases, refused, mean)
        let cases = [
            ("conc", None, Some(15), 2, 4, 1, 0.25),
            ("conc", None, Some(30), 1, 1, 0, 1.0),
            ("conc", None, None, 2, 5, 1, 0.5),
            ("conc alike", None, Some(15), 1, 2, 0, 0.5),
            ("conc", Some("S"), None, 2, 5, 1, 0.5),
        ];
        for (pairs, source, points, series, cases, refused, mean) in cases {
            let row = find(pairs, source, points);
            let evidence = &row.judges[0];
            let found = (row.series, row.cases, evidence.refused, evidence.rate.unwrap().mean);
            assert_eq!(found, (series, cases, refused, mean), "{pairs} {source:?} {points:?}");
        }
        let all = find("conc", None, None);
        let means: Vec<Option<f64>> = all.judges.iter().map(|j| j.rate.map(|r| r.mean)).collect();
        assert_eq!(means, [Some(0.5), Some(1.0), Some(0.0), None]);
        assert!(rows.iter().all(|row| row.pairs.starts_with("conc")));
    }

    #[test]
    fn practical_rows_hold_practical_harm_only() {
        let harmed = |points, practical, stopped| {
            let outcome = outcome(points, "a", true, Some(stopped));
            CaseOutcome { case: outcome.case.with_harm("add", 2.0, practical), ..outcome }
        };
        let outcomes = [harmed(15, true, true), harmed(15, false, false), harmed(30, true, true)];
        let rows = found(&outcomes, Seeds("test"), &[15, 30]);
        let rows: Vec<(Table, Option<usize>, usize, f64)> = rows
            .iter()
            .map(|row| (row.table, row.points, row.cases, row.judges[0].rate.unwrap().mean))
            .collect();
        let expected = [
            (Table::Found, Some(15), 2, 0.5),
            (Table::Found, Some(30), 1, 1.0),
            (Table::Found, None, 3, 2.0 / 3.0),
            (Table::FoundPractical, Some(15), 1, 1.0),
            (Table::FoundPractical, Some(30), 1, 1.0),
            (Table::FoundPractical, None, 2, 1.0),
        ];
        assert_eq!(rows, expected);
    }
}
