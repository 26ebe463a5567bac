//! Counts too large for their outcomes to be summed.

use judge_core::stats::{Proportion, Rate, two_proportions, two_rates};

use crate::golden::{Row, rows};

/// Relative; the approximation is good to this from counts of 200,000 on.
const TOLERANCE: f64 = 1e-7;

/// The rows of one kind, of which there are so many.
fn rows_of(kind: &str, count: usize) -> Vec<Row> {
    let mut rows = rows("vast.ndjson.gz");
    rows.retain(|row| row.text("kind") == kind);
    assert_eq!(rows.len(), count);
    rows
}

#[test]
fn rates_are_those_of_scipy() {
    for row in rows_of("rates", 10) {
        let side = |key: &str| {
            let [events, exposure] = row.values(key)[..] else { unreachable!() };
            Rate::new(format!("{events}").parse().unwrap(), exposure).unwrap()
        };
        let test = two_rates(side("x"), side("y"), crate::level(0.98));
        row.check("/p_less", test.p.less, TOLERANCE);
        row.check("/p_greater", test.p.greater, TOLERANCE);
        row.check("/lower", test.interval.lower, TOLERANCE);
        row.check("/upper", test.interval.upper, TOLERANCE);
    }
}

#[test]
fn proportions_are_those_of_sums() {
    for row in rows_of("proportions", 5) {
        let side = |key: &str| {
            let counts = row.counts(key);
            Proportion::new(counts[0], counts[1]).unwrap()
        };
        let test = two_proportions(side("x"), side("y"), crate::level(0.98));
        row.check("/p_less", test.p.less, TOLERANCE);
        row.check("/p_greater", test.p.greater, TOLERANCE);
        row.check("/p_two_sided", test.p.two_sided, 1e-5);
        row.check("/lower", test.odds_ratio_interval.lower, TOLERANCE);
        row.check("/upper", test.odds_ratio_interval.upper, TOLERANCE);
    }
}

/// As large as counts may be, and however they differ: an answer, at once.
#[test]
fn the_largest_counts_are_answered() {
    let largest = 1_u64 << 53;
    let counts = [0, 1, 1000, 1_000_000, 1 << 30, largest / 2, largest - 1, largest];
    for x in counts {
        for y in counts {
            for exposure in [1e-300, 1.0, 1e12] {
                let (x, y) = (Rate::new(x, 1.0).unwrap(), Rate::new(y, exposure).unwrap());
                let test = two_rates(x, y, crate::level(0.98));
                for p in [test.p.less, test.p.greater, test.p.two_sided] {
                    assert!((0.0..=1.0).contains(&p), "{x:?} {y:?} {test:?}");
                }
                let interval = test.interval;
                assert!(interval.lower <= interval.upper, "{x:?} {y:?} {test:?}");
            }
            let of = |events: u64, trials: u64| Proportion::new(events, trials.max(1)).unwrap();
            for (x, y) in [(of(x, largest), of(y, largest)), (of(x, x), of(y, largest))] {
                let test = two_proportions(x, y, crate::level(0.98));
                for p in [test.p.less, test.p.greater, test.p.two_sided] {
                    assert!((0.0..=1.0).contains(&p), "{x:?} {y:?} {test:?}");
                }
            }
        }
    }
}
