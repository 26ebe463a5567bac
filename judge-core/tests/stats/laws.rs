//! Laws that hold for any two samples, and brute force on awkward ones.

use judge_core::stats::{
    Method, Sample, Superiority, TwoSample, TwoSampleScratch, brunner_munzel, kolmogorov_smirnov,
    mann_whitney, two_sample,
};
use proptest::collection::vec;
use proptest::prelude::*;

use super::level;

/// Values as metrics have them, and as they should not: each sample is of one kind.
fn values() -> impl Strategy<Value = Vec<f64>> {
    let sized = |value: BoxedStrategy<f64>| vec(value, 1..60);
    prop_oneof![
        sized((-1e3..1e3_f64).boxed()),
        sized((0..6_i32).prop_map(f64::from).boxed()),
        sized((0..400_i32).prop_map(|k| f64::from(k) / 100.0).boxed()),
        // Half zeros.
        sized(prop_oneof![Just(0.0), 0.0..1.0_f64].boxed()),
        // Two clusters a billion apart.
        sized(prop_oneof![0.0..1.0_f64, 1e9..1e9 + 1.0].boxed()),
        // Denormals.
        sized((0..50_u64).prop_map(f64::from_bits).boxed()),
        // Differences that overflow.
        sized(prop_oneof![-f64::MAX..-1e307, 1e307..f64::MAX].boxed()),
        sized((0..400_i32).prop_map(|k| 2.0_f64.powf(f64::from(k) / 20.0)).boxed()),
        sized(prop_oneof![Just(-0.0), Just(0.0)].boxed()),
        sized(Just(7.5).boxed()),
    ]
}

fn compare(x: &[f64], y: &[f64], method: Method) -> TwoSample {
    let (x, y) = (Sample::try_from(x).unwrap(), Sample::try_from(y).unwrap());
    two_sample(&x, &y, level(0.9), method, &mut TwoSampleScratch::default()).unwrap()
}

fn is_probability(p: f64) -> bool {
    (0.0..=1.0).contains(&p)
}

/// All differences, ascending, as the shift is documented to take them.
fn differences(x: &[f64], y: &[f64]) -> Vec<f64> {
    let mut all: Vec<f64> = x
        .iter()
        .flat_map(|x| y.iter().map(move |y| (x - y + 0.0).clamp(-f64::MAX, f64::MAX)))
        .collect();
    all.sort_unstable_by(f64::total_cmp);
    all
}

fn twice_u(x: &[f64], y: &[f64]) -> usize {
    let score = |x: f64, y: f64| usize::from(x > y) + usize::from(x >= y);
    x.iter().map(|&x| y.iter().map(|&y| score(x, y)).sum::<usize>()).sum()
}

fn assert_is_brute_force(x: &[f64], y: &[f64]) {
    let found = compare(x, y, Method::Asymptotic);
    let all = differences(x, y);
    let (middle, count) = (all.len() / 2, all.len());
    let median = all[(count - 1) / 2].midpoint(all[middle]);
    assert_eq!(found.shift.estimate.to_bits(), median.to_bits());
    let interval = found.shift.interval;
    let rank = all.iter().position(|d| *d == interval.lower).unwrap();
    // The rank itself is checked against R's rows; here, that the ends mirror each other.
    let last = all.iter().rposition(|d| *d == interval.lower).unwrap();
    assert!((rank..=last).any(|rank| all[count - 1 - rank] == interval.upper));
    assert_eq!(found.test.u * 2.0, twice_u(x, y) as f64);
    let probability = twice_u(x, y) as f64 / (2.0 * count as f64);
    assert_eq!(found.superiority.probability.to_bits(), probability.to_bits());
}

proptest! {
    #[test]
    fn everything_is_that_of_brute_force(x in values(), y in values()) {
        assert_is_brute_force(&x, &y);
    }

    #[test]
    fn answers_are_answers(x in values(), y in values()) {
        for method in [Method::Auto, Method::Asymptotic] {
            let found = compare(&x, &y, method);
            let p = found.test.p;
            prop_assert!(is_probability(p.two_sided) && is_probability(p.less) && is_probability(p.greater));
            prop_assert!(p.two_sided <= (2.0 * p.less.min(p.greater)).min(1.0));
            prop_assert!(found.shift.interval.contains(found.shift.estimate));
            prop_assert!(is_probability(found.shift.interval.level));
            let Superiority { probability, interval, .. } = found.superiority;
            prop_assert!(interval.contains(probability), "{:?}", found.superiority);
            prop_assert!(is_probability(interval.lower) && is_probability(interval.upper));
        }
    }

    #[test]
    fn swapping_mirrors(x in values(), y in values()) {
        for method in [Method::Auto, Method::Asymptotic] {
            let (there, back) = (compare(&x, &y, method), compare(&y, &x, method));
            prop_assert_eq!(there.test.u + back.test.u, (x.len() * y.len()) as f64);
            prop_assert_eq!(there.test.p.less.to_bits(), back.test.p.greater.to_bits());
            prop_assert_eq!(there.test.p.two_sided.to_bits(), back.test.p.two_sided.to_bits());
            prop_assert_eq!(there.shift.estimate, -back.shift.estimate);
            prop_assert_eq!(there.shift.interval.lower, -back.shift.interval.upper);
            prop_assert_eq!(there.shift.interval.level, back.shift.interval.level);
            let sum = there.superiority.interval.lower + back.superiority.interval.upper;
            prop_assert!((sum - 1.0).abs() < 1e-12);
        }
    }

    #[test]
    fn order_does_not_matter(x in values(), y in values(), turn in 0..60_usize) {
        let mut turned = x.clone();
        turned.rotate_left(turn % x.len());
        turned.reverse();
        prop_assert_eq!(compare(&x, &y, Method::Auto), compare(&turned, &y, Method::Auto));
    }

    #[test]
    fn scaling_by_powers_of_two_scales(
        x in vec(-1e3..1e3_f64, 1..60),
        y in vec(-1e3..1e3_f64, 1..60),
        power in -900..900_i32,
    ) {
        let factor = 2.0_f64.powi(power);
        let scaled = |values: &[f64]| values.iter().map(|v| v * factor).collect::<Vec<f64>>();
        let (plain, large) =
            (compare(&x, &y, Method::Auto), compare(&scaled(&x), &scaled(&y), Method::Auto));
        prop_assert_eq!(plain.test, large.test);
        prop_assert_eq!(plain.superiority, large.superiority);
        prop_assert_eq!(plain.shift.estimate * factor, large.shift.estimate);
        prop_assert_eq!(plain.shift.interval.lower * factor, large.shift.interval.lower);
        prop_assert_eq!(plain.shift.interval.upper * factor, large.shift.interval.upper);
    }

    #[test]
    fn translating_x_translates_the_shift(
        x in vec(-1000..1000_i32, 1..60),
        y in vec(-1000..1000_i32, 1..60),
        by in -1000..1000_i32,
    ) {
        let floats = |values: &[i32], by: i32| {
            values.iter().map(|v| f64::from(v + by)).collect::<Vec<f64>>()
        };
        let plain = compare(&floats(&x, 0), &floats(&y, 0), Method::Asymptotic).shift;
        let moved = compare(&floats(&x, by), &floats(&y, 0), Method::Asymptotic).shift;
        prop_assert_eq!(plain.estimate + f64::from(by), moved.estimate);
        prop_assert_eq!(plain.interval.lower + f64::from(by), moved.interval.lower);
        let both = compare(&floats(&x, by), &floats(&y, by), Method::Asymptotic);
        prop_assert_eq!(both.shift, plain);
    }

    #[test]
    fn moving_x_up_never_raises_the_evidence_for_less(
        x in vec(0..50_i32, 2..30), y in vec(0..50_i32, 2..30), by in 0..20_i32,
    ) {
        let floats = |values: &[i32], by: i32| {
            Sample::new(values.iter().map(|v| f64::from(v + by)).collect()).unwrap()
        };
        let (low, high, y) = (floats(&x, 0), floats(&x, by), floats(&y, 0));
        let u = |x: &Sample| mann_whitney(x, &y, Method::Asymptotic).unwrap().u;
        prop_assert!(u(&low) <= u(&high));
        // Ties change the null distribution, so p is monotone only where there are none.
        let apart = |x: &Sample| {
            let doubled: Vec<f64> = x.sorted().iter().zip(0..).map(|(v, k)| 2.0 * v + 1e-3 * f64::from(k)).collect();
            Sample::new(doubled).unwrap()
        };
        let odd = Sample::new(y.sorted().iter().zip(0..).map(|(v, k)| 2.0 * v + 1.0 + 1e-3 * f64::from(k)).collect()).unwrap();
        for method in [Method::Exact, Method::Asymptotic] {
            let p = |x: &Sample| mann_whitney(&apart(x), &odd, method).unwrap().p;
            prop_assert!(p(&high).less >= p(&low).less);
            prop_assert!(p(&high).greater <= p(&low).greater);
        }
    }

    #[test]
    fn other_tests_answer_or_decline(x in values(), y in values()) {
        let (x, y) = (Sample::new(x).unwrap(), Sample::new(y).unwrap());
        if let Some(test) = brunner_munzel(&x, &y) {
            prop_assert!(is_probability(test.p.two_sided) && test.df >= 1.0, "{test:?}");
        }
        for method in [Method::Exact, Method::Asymptotic] {
            let ks = kolmogorov_smirnov(&x, &y, method).unwrap();
            prop_assert!(is_probability(ks.p) && is_probability(ks.distance));
        }
        super::others::check_finite_or_none(&x, &y);
    }
}

/// Larger than proptest takes them, where the walk, its thinned levels and its fallbacks all run.
#[test]
fn large_awkward_samples_are_those_of_brute_force() {
    let shapes: [fn(u32) -> f64; 8] = [
        // Evenly spaced.
        f64::from,
        // Alternating clusters.
        |k| f64::from(k % 2) * 1e9 + f64::from(k * 7919 % 1009),
        // Half zeros.
        |k| if k % 2 == 0 { 0.0 } else { f64::from(k * 7919 % 1009) },
        // Powers.
        |k| 2.0_f64.powf(f64::from(k % 400) / 20.0),
        // All powers.
        |k| 2.0_f64.powf(f64::from(k) / 20.0),
        // Few values.
        |k| f64::from(k * k % 11),
        // Overflow.
        |k| (f64::from(k * 7919 % 1009) - 504.0) * 3e305,
        // Denormals.
        |k| f64::from_bits(u64::from(k * k % 3001)),
    ];
    for x_shape in shapes {
        for y_shape in shapes {
            for (m, n) in [(300, 300), (700, 40), (9, 900)] {
                let x: Vec<f64> = (0..m).map(x_shape).collect();
                let y: Vec<f64> = (0..n).map(|k| y_shape(k + 3)).collect();
                assert_is_brute_force(&x, &y);
            }
        }
    }
}
