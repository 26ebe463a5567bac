//! U, its p-values, the shift and its interval against golden rows.

use judge_core::stats::{
    Method, PValues, TwoSampleScratch, hodges_lehmann, mann_whitney, superiority, two_sample,
};

use super::golden::{Row, rows};

fn check_p(row: &Row, key: &str, p: PValues) {
    row.check(&format!("/{key}/p_two_sided"), p.two_sided, 1e-12);
    row.check(&format!("/{key}/p_less"), p.less, 1e-12);
    row.check(&format!("/{key}/p_greater"), p.greater, 1e-12);
}

#[test]
fn asymptotic_p_values_are_those_of_scipy() {
    for row in rows("cases.ndjson.gz") {
        let test = mann_whitney(&row.sample("x"), &row.sample("y"), Method::Asymptotic).unwrap();
        row.check("/scipy_asymptotic/U", test.u, 0.0);
        assert!(!test.exact);
        check_p(&row, "scipy_asymptotic", test.p);
    }
}

#[test]
fn exact_p_values_are_those_of_scipy() {
    let (mut untied, mut tied) = (0, 0);
    for row in rows("cases.ndjson.gz") {
        if !row.has("scipy_exact") && !row.has("scipy_permutation_exact") {
            continue;
        }
        let test = mann_whitney(&row.sample("x"), &row.sample("y"), Method::Exact).unwrap();
        assert!(test.exact);
        if row.has("scipy_exact") {
            check_p(&row, "scipy_exact", test.p);
            row.check("/r_exact/p", test.p.two_sided, 1e-12);
            untied += 1;
        } else {
            check_p(&row, "scipy_permutation_exact", test.p);
            tied += 1;
        }
    }
    assert_eq!((untied, tied), (108, 31));
}

#[test]
fn exact_intervals_are_those_of_r() {
    for row in rows("cases.ndjson.gz").iter().filter(|row| row.has("r_exact")) {
        let (x, y) = (row.sample("x"), row.sample("y"));
        let shift = hodges_lehmann(&x, &y, row.level(), Method::Exact).unwrap();
        row.check("/r_exact/estimate", shift.estimate, 0.0);
        row.check("/r_exact/lower", shift.interval.lower, 0.0);
        row.check("/r_exact/upper", shift.interval.upper, 0.0);
        // R names the level it reaches only where that misses by more than half of what is left.
        let level = row.level().value();
        if row.number("/r_exact/achieved_conf") == Some(level) {
            assert!(shift.interval.level >= 1.0 - 1.5 * (1.0 - level) - 1e-12, "{}", row.id());
        } else {
            row.check("/r_exact/achieved_conf", shift.interval.level, 1e-12);
        }
    }
}

#[test]
fn estimates_are_exact() {
    for row in rows("cases.ndjson.gz") {
        let (x, y) = (row.sample("x"), row.sample("y"));
        let shift = hodges_lehmann(&x, &y, row.level(), Method::Auto).unwrap();
        row.check("/hodges_lehmann", shift.estimate, 0.0);
        row.check("/cles", superiority(&x, &y, row.level()).probability, 1e-15);
    }
}

#[test]
fn asymptotic_intervals_are_those_of_r_with_a_fine_root() {
    let mut compared = 0;
    for row in rows("cases.ndjson.gz").iter().filter(|row| row.has("r_asymptotic_fine_root")) {
        let (x, y) = (row.sample("x"), row.sample("y"));
        let shift = hodges_lehmann(&x, &y, row.level(), Method::Asymptotic).unwrap();
        for (end, got) in [("lower", shift.interval.lower), ("upper", shift.interval.upper)] {
            let wanted = row.number(&format!("/r_asymptotic_fine_root/{end}")).unwrap();
            // R's root finder stops at 1e-15 of the data's scale.
            let scale = x.sorted().iter().chain(y.sorted()).fold(0.0_f64, |a, v| a.max(v.abs()));
            let error = (got - wanted).abs() / scale;
            assert!(error <= 1e-14, "{} {end}: {got:e} instead of {wanted:e}", row.id());
            compared += 1;
        }
    }
    assert_eq!(compared, 486);
}

#[test]
fn one_call_gives_the_same_as_three() {
    let mut scratch = TwoSampleScratch::default();
    for row in rows("cases.ndjson.gz") {
        let (x, y, level) = (row.sample("x"), row.sample("y"), row.level());
        for method in [Method::Auto, Method::Asymptotic] {
            let all = two_sample(&x, &y, level, method, &mut scratch).unwrap();
            assert_eq!(all.test, mann_whitney(&x, &y, method).unwrap());
            assert_eq!(all.shift, hodges_lehmann(&x, &y, level, method).unwrap());
            assert_eq!(all.superiority, superiority(&x, &y, level));
        }
    }
}
