//! Effect sizes, spread, ratios and effective size on any samples.

use judge_core::stats::{
    Interval, Method, Sample, brown_forsythe, cohens_d, effective_size, fligner_killeen,
    hodges_lehmann, mean_ratio, median_ratio, relative_shift, spread_ratio,
};

use super::level;

fn check(name: &str, estimate: f64, interval: Interval) {
    assert!(!estimate.is_nan(), "{name}");
    assert!(interval.lower <= interval.upper, "{name}: {interval:?}");
}

/// No NaN comes out of any of them, and every interval is in order.
pub(crate) fn check_finite_or_none(x: &Sample, y: &Sample) {
    let level = level(0.95);
    for test in [brown_forsythe(x, y), fligner_killeen(x, y)].into_iter().flatten() {
        assert!((0.0..=1.0).contains(&test.p.two_sided), "{test:?}");
    }
    if let Some(spread) = spread_ratio(x, y, level) {
        check("spread", spread.ratio, spread.interval);
    }
    if let Some(ratio) = mean_ratio(x, y, level) {
        check("means", ratio.estimate, ratio.interval);
    }
    if let Some(ratio) = median_ratio(x, y, level) {
        check("medians", ratio.estimate, ratio.interval);
    }
    if let Some(effect) = cohens_d(x, y, level) {
        check("d", effect.d, effect.interval);
        assert!(effect.interval.contains(effect.d));
    }
    let shift = hodges_lehmann(x, y, level, Method::Asymptotic).unwrap();
    if let Some(percent) = relative_shift(shift, y, level) {
        check("percent", percent.estimate, percent.interval);
        assert!(percent.interval.contains(percent.estimate), "{percent:?}");
    }
    let effective = effective_size(x.sorted()).unwrap();
    assert!(effective.size >= 1.0 && effective.size <= x.sorted().len() as f64);
    assert!(effective.variance_inflation >= 1.0);
}

#[test]
fn a_baseline_at_zero_has_no_percentage() {
    let x = Sample::new(vec![1.0, 2.0, 3.0, 4.0]).unwrap();
    let zero = Sample::new(vec![-1.0, 0.0, 0.0, 1.0]).unwrap();
    let around = Sample::new(vec![-1.0, 0.5, 1.0, 2.0]).unwrap();
    let shift = |y: &Sample| hodges_lehmann(&x, y, level(0.8), Method::Auto).unwrap();
    assert_eq!(relative_shift(shift(&zero), &zero, level(0.8)), None);
    let percent = relative_shift(shift(&around), &around, level(0.8)).unwrap();
    assert!(percent.estimate > 0.0);
    assert_eq!(percent.interval.lower, f64::NEG_INFINITY);
    assert_eq!(percent.interval.upper, f64::INFINITY);
}

#[test]
fn a_negative_baseline_keeps_up_positive() {
    let y = Sample::new((1..=40).map(|k| -200.0 - f64::from(k)).collect()).unwrap();
    let x = Sample::new((1..=40).map(|k| -100.0 - f64::from(k)).collect()).unwrap();
    let shift = hodges_lehmann(&x, &y, level(0.95), Method::Auto).unwrap();
    let percent = relative_shift(shift, &y, level(0.95)).unwrap();
    assert!((percent.estimate - 10_000.0 / 220.5).abs() < 1e-13);
    assert!(percent.interval.lower > 0.0 && percent.interval.contains(percent.estimate));
}

#[test]
fn cliffs_delta_is_twice_the_distance_from_one_half() {
    let x = Sample::new(vec![2.0, 3.0, 4.0]).unwrap();
    let y = Sample::new(vec![1.0, 2.0, 3.0]).unwrap();
    let superiority = judge_core::stats::superiority(&x, &y, level(0.95));
    // 6 wins, 2 draws, 1 loss of 9: (6 − 1)/9.
    assert!((superiority.cliffs_delta() - 5.0 / 9.0).abs() < 1e-15);
    assert!(superiority.cliffs_delta_interval().contains(5.0 / 9.0));
}

#[test]
fn complete_separation_has_newcombes_interval() {
    // Newcombe's method 5 with U/mn = 1 solves (1 − θ)² = z² V(θ): checked by substitution.
    let x = Sample::new((10..20).map(f64::from).collect()).unwrap();
    let y = Sample::new((0..8).map(f64::from).collect()).unwrap();
    let interval = judge_core::stats::superiority(&x, &y, level(0.95)).interval;
    assert_eq!(interval.upper, 1.0);
    let theta = interval.lower;
    let shape = (1.0 - theta) / (2.0 - theta) + theta / (1.0 + theta);
    let variance = theta * (1.0 - theta) / 80.0 * (1.0 + 8.0 * shape);
    let z = (1.0 - theta) / variance.sqrt();
    assert!((z - 1.959_963_984_540_054).abs() < 1e-9, "{theta} {z}");
}
