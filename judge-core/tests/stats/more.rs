//! Spread, distribution, events and many p-values against golden rows.

use judge_core::stats::{
    Method, PValues, Proportion, Rate, benjamini_hochberg, brown_forsythe, brunner_munzel,
    cohens_d, fisher_combination, fligner_killeen, holm, kolmogorov_smirnov, mann_whitney,
    stouffer, two_proportions, two_rates,
};

use super::golden::{Row, rows};

fn of_kind(kind: &str) -> Vec<Row> {
    let rows: Vec<Row> =
        rows("more.ndjson.gz").into_iter().filter(|row| row.text("kind") == kind).collect();
    assert!(!rows.is_empty());
    rows
}

#[test]
fn brunner_munzel_is_that_of_scipy() {
    let mut compared = 0;
    for row in rows("cases.ndjson.gz").iter().filter(|row| row.has("scipy_brunnermunzel")) {
        let test = brunner_munzel(&row.sample("x"), &row.sample("y")).unwrap();
        row.check("/scipy_brunnermunzel/W_yx", -test.statistic, 1e-12);
        row.check("/scipy_brunnermunzel/p", test.p.two_sided, 1e-12);
        compared += 1;
    }
    for row in of_kind("samples").iter().filter(|row| row.has("brunner_munzel")) {
        let test = brunner_munzel(&row.sample("x"), &row.sample("y")).unwrap();
        row.check("/brunner_munzel/W_yx", -test.statistic, 1e-12);
        row.check("/brunner_munzel/p", test.p.two_sided, 1e-12);
        compared += 1;
    }
    assert!(compared > 250, "{compared}");
}

#[test]
fn spread_tests_are_those_of_scipy() {
    for row in rows("cases.ndjson.gz").iter().filter(|row| row.has("scipy_brown_forsythe")) {
        let test = brown_forsythe(&row.sample("x"), &row.sample("y")).unwrap();
        row.check("/scipy_brown_forsythe/F", test.statistic.powi(2), 1e-12);
        row.check("/scipy_brown_forsythe/p", test.p.two_sided, 1e-12);
    }
    for row in of_kind("samples") {
        let (x, y) = (row.sample("x"), row.sample("y"));
        if row.has("brown_forsythe") {
            let test = brown_forsythe(&x, &y).unwrap();
            row.check("/brown_forsythe/F", test.statistic.powi(2), 1e-12);
            row.check("/brown_forsythe/p", test.p.two_sided, 1e-12);
        }
        if row.has("fligner_killeen") {
            let test = fligner_killeen(&x, &y).unwrap();
            row.check("/fligner_killeen/chi2", test.statistic.powi(2), 1e-12);
            row.check("/fligner_killeen/p", test.p.two_sided, 1e-12);
        }
    }
}

#[test]
fn kolmogorov_smirnov_is_that_of_scipy() {
    for row in rows("cases.ndjson.gz").iter().filter(|row| row.has("scipy_ks")) {
        let test = kolmogorov_smirnov(&row.sample("x"), &row.sample("y"), Method::Exact).unwrap();
        row.check("/scipy_ks/D", test.distance, 1e-14);
        row.check("/scipy_ks/p", test.p, 1e-12);
    }
    for row in of_kind("samples") {
        let (x, y) = (row.sample("x"), row.sample("y"));
        let exact = kolmogorov_smirnov(&x, &y, Method::Exact).unwrap();
        row.check("/ks_exact/D", exact.distance, 1e-14);
        row.check("/ks_exact/p", exact.p, 1e-12);
        let limit = kolmogorov_smirnov(&x, &y, Method::Asymptotic).unwrap();
        assert!(!limit.exact);
        row.check("/kolmogorov_limit", limit.p, 1e-12);
    }
}

#[test]
fn larger_samples_agree_too() {
    for row in of_kind("samples") {
        let (x, y) = (row.sample("x"), row.sample("y"));
        let test = mann_whitney(&x, &y, Method::Asymptotic).unwrap();
        row.check("/mann_whitney/U", test.u, 0.0);
        row.check("/mann_whitney/p", test.p.two_sided, 1e-12);
        let effect = cohens_d(&x, &y, super::level(0.95)).unwrap();
        row.check("/cohens_d", effect.d, 1e-11);
    }
}

fn check_p(row: &Row, p: PValues) {
    row.check("/p_two_sided", p.two_sided, 1e-12);
    row.check("/p_less", p.less, 1e-12);
    row.check("/p_greater", p.greater, 1e-12);
}

fn check_limits(row: &Row, interval: judge_core::stats::Interval) {
    row.check("/lower", interval.lower, 1e-11);
    if row.number("/upper").is_some() {
        row.check("/upper", interval.upper, 1e-11);
    } else {
        assert_eq!(interval.upper, f64::INFINITY, "{}", row.id());
    }
}

#[test]
fn proportions_are_those_of_exact_arithmetic() {
    for row in of_kind("proportions") {
        let side = |key: &str| {
            let counts = row.counts(key);
            Proportion::new(counts[0], counts[1]).unwrap()
        };
        let test = two_proportions(side("x"), side("y"), super::level(0.95));
        check_p(&row, test.p);
        check_limits(&row, test.odds_ratio_interval);
    }
}

#[test]
fn rates_are_those_of_scipy() {
    for row in of_kind("rates") {
        let side = |key: &str| {
            let [events, exposure] = row.values(key)[..] else { unreachable!() };
            Rate::new(format!("{events}").parse().unwrap(), exposure).unwrap()
        };
        let test = two_rates(side("x"), side("y"), super::level(0.98));
        if row.has("lower") {
            check_p(&row, test.p);
            check_limits(&row, test.interval);
        } else {
            assert_eq!((test.p.two_sided, test.ratio), (1.0, None));
        }
    }
}

#[test]
fn many_p_values_are_those_of_scipy() {
    for row in of_kind("multiplicity") {
        let p = row.values("p");
        for (key, got) in
            [("holm", holm(&p).unwrap()), ("benjamini_hochberg", benjamini_hochberg(&p).unwrap())]
        {
            for (k, got) in got.iter().enumerate() {
                row.check(&format!("/{key}/{k}"), *got, 1e-14);
            }
        }
        row.check("/stouffer", stouffer(&p, &row.values("weights")).unwrap(), 1e-12);
        row.check("/fisher", fisher_combination(&p).unwrap(), 1e-12);
    }
}
