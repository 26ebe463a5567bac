//! What each test of the panel sees, and what it leaves to the others.

use crate::judgement::{Classification, Decision, Finding, TestKind};

use super::{around_100, metric};

fn with(mut values: Vec<f64>, places: &[usize], size: f64) -> Vec<f64> {
    for &place in places {
        values[place] += size;
    }
    values
}

/// Signs of seven differences alone have p of 1/128 at best.
#[test]
fn a_late_step_under_common_load_is_seen_in_seven_points() {
    let load = |index: usize| 30.0 * (index as f64 / 5.0).sin();
    let side = |seed: u64| -> Vec<f64> {
        let values = around_100(31, seed);
        values.iter().enumerate().map(|(index, value)| value + load(index)).collect()
    };
    for seed in 0..10 {
        let canary = with(side(seed + 100), &[24, 25, 26, 27, 28, 29, 30], 30.0);
        let judged = metric(&side(seed), &canary);
        let end = judged.findings.iter().find(|finding| finding.test == TestKind::EndState);
        assert!(end.is_some_and(Finding::is_harm), "{seed}: {:?}", judged.findings);
    }
}

#[test]
fn a_level_shift_is_the_locations_to_find() {
    for seed in 0..10 {
        let canary: Vec<f64> = around_100(31, seed + 100).iter().map(|v| v + 40.0).collect();
        let judged = metric(&around_100(31, seed), &canary);
        assert_eq!(judged.classification, Classification::High, "{seed}");
        assert!(judged.findings.iter().any(|f| f.test == TestKind::Location && f.is_harm()));
        assert!(judged.findings.iter().all(|f| f.test != TestKind::Tail), "{seed}");
    }
}

/// The same eight minutes, on end in the canary: at its start, too, they are no transient.
#[test]
fn bad_minutes_on_end_are_no_start_where_the_baseline_has_as_many() {
    let scattered = with(around_100(31, 1), &[2, 6, 9, 13, 17, 20, 24, 28], 40.0);
    let on_end = with(around_100(31, 2), &[0, 1, 2, 3, 4, 5, 6, 7], 40.0);
    let judged = metric(&scattered, &on_end);
    assert_eq!(judged.classification, Classification::High, "{:?}", judged.findings);
    assert!(matches!(judged.decision, Decision::Panel(panel) if panel.left_out == 0));
    // A baseline without any: then it is a start that healed.
    let judged = metric(&around_100(31, 1), &on_end);
    assert_eq!(judged.classification, Classification::Pass);
    assert!(matches!(judged.decision, Decision::Panel(panel) if panel.left_out >= 8));
}

/// Both sides had ten bad minutes, at different times.
#[test]
fn bad_minutes_that_the_baseline_had_as_well_are_no_harm() {
    for seed in 0..10 {
        let during = |minutes: std::ops::Range<usize>, seed: u64| {
            with(around_100(120, seed), &minutes.collect::<Vec<_>>(), 40.0)
        };
        let canary = during(70..80, seed + 100);
        let judged = metric(&during(30..40, seed), &canary);
        assert_eq!(judged.classification, Classification::Pass, "{seed}: {:?}", judged.findings);
        let judged = metric(&around_100(120, seed), &canary);
        assert_eq!(judged.classification, Classification::High, "{seed}: {:?}", judged.findings);
    }
}
