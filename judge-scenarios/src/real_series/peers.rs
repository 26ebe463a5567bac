//! Plain tests with which we compare judges: p-values in the direction of harm.

use judge_core::config::Direction;
use judge_core::stats::{Alternative, Method, Sample, mann_whitney};
use statrs::distribution::{ContinuousCDF, StudentsT};

use super::values::finite;

fn alternative(direction: Direction) -> Alternative {
    match direction {
        Direction::Increase => Alternative::Greater,
        Direction::Decrease => Alternative::Less,
        Direction::Either => Alternative::TwoSided,
    }
}

/// The p-value of the Mann–Whitney test, asymptotic, corrected for ties and continuity.
///
/// It assumes independent points, and counts any difference as harm, however small. The p-value is 1 if a side has
/// fewer than two points. If both sides are constant, it is 0 if they differ in `direction`, else 1.
pub fn mann_whitney_p(baseline: &[f64], canary: &[f64], direction: Direction) -> f64 {
    p_value(baseline, canary, direction, |y, x| {
        let samples = Sample::new(x.to_vec()).ok().zip(Sample::new(y.to_vec()).ok());
        let test = samples.and_then(|(x, y)| mann_whitney(&x, &y, Method::Asymptotic).ok());
        test.map_or(1.0, |test| test.p.for_alternative(alternative(direction)))
    })
}

/// The p-value of Welch's (1947) t test, degrees of freedom by Satterthwaite (1946).
///
/// Assumptions and special cases are those of [`mann_whitney_p`].
pub fn welch_p(baseline: &[f64], canary: &[f64], direction: Direction) -> f64 {
    p_value(baseline, canary, direction, |y, x| {
        let (y, x) = (MeanWithError::new(y), MeanWithError::new(x));
        let squared = y.squared_error + x.squared_error;
        let t = (x.mean - y.mean) / squared.sqrt();
        let df = squared * squared
            / (y.squared_error * y.squared_error / y.df + x.squared_error * x.squared_error / x.df);
        let Ok(student) = StudentsT::new(0.0, 1.0, df) else { return 1.0 };
        match direction {
            _ if t.is_nan() => 1.0,
            Direction::Increase => student.sf(t),
            Direction::Decrease => student.sf(-t),
            Direction::Either => (2.0 * student.sf(t.abs())).min(1.0),
        }
    })
}

struct MeanWithError {
    mean: f64,
    /// Square of the mean's standard error.
    squared_error: f64,
    df: f64,
}

impl MeanWithError {
    fn new(values: &[f64]) -> Self {
        let (n, df) = (values.len() as f64, values.len() as f64 - 1.0);
        let mean = values.iter().sum::<f64>() / n;
        let squares: f64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
        Self { mean, squared_error: squares / df / n, df }
    }
}

fn p_value(
    baseline: &[f64],
    canary: &[f64],
    direction: Direction,
    test: impl Fn(&[f64], &[f64]) -> f64,
) -> f64 {
    let (y, x) = (finite(baseline), finite(canary));
    let constant = |values: &[f64]| values.iter().all(|value| *value == values[0]);
    if y.len() < 2 || x.len() < 2 {
        1.0
    } else if constant(&y) && constant(&x) {
        let differs = match direction {
            Direction::Increase => x[0] > y[0],
            Direction::Decrease => x[0] < y[0],
            Direction::Either => x[0] != y[0],
        };
        f64::from(u8::from(!differs))
    } else {
        test(&y, &x)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASELINE: [f64; 6] = [1.0, 2.0, 3.0, 4.0, 5.0, f64::NAN];
    const CANARY: [f64; 5] = [3.0, 5.0, 7.0, 9.0, 11.0];

    /// t = 4 / √(10/5 + 2.5/5) with 2.5² / (2²/4 + 0.5²/4) degrees of freedom.
    #[test]
    fn welch_by_hand() {
        let two_sided = welch_p(&BASELINE, &CANARY, Direction::Either);
        let t = 4.0 / 2.5_f64.sqrt();
        let student = StudentsT::new(0.0, 1.0, 6.25 / (0.25 / 4.0 + 4.0 / 4.0)).unwrap();
        assert!((two_sided - 2.0 * student.sf(t)).abs() < 1e-12, "{two_sided}");
        assert!((0.044..0.047).contains(&two_sided), "{two_sided}");
        let greater = welch_p(&BASELINE, &CANARY, Direction::Increase);
        assert!((2.0 * greater - two_sided).abs() < 1e-12);
        assert!((greater + welch_p(&BASELINE, &CANARY, Direction::Decrease) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn mann_whitney_by_hand() {
        // U = 2.5 + 4.5 + 3 · 5 = 22 of 25; with two ties of two the variance is 25/12 · (11 − 12/90).
        // z = (22 − 12.5 − 0.5) / 4.7580 = 1.8916.
        let greater = mann_whitney_p(&BASELINE, &CANARY, Direction::Increase);
        assert!((greater - 0.029276).abs() < 2e-5, "{greater}");
        let two_sided = mann_whitney_p(&BASELINE, &CANARY, Direction::Either);
        assert!((two_sided - 2.0 * greater).abs() < 1e-12);
    }

    #[test]
    fn too_few_points_and_constant_sides() {
        for test in [mann_whitney_p, welch_p] {
            assert_eq!(test(&[1.0, f64::NAN], &CANARY, Direction::Either), 1.0);
            let flat = |direction| test(&[1.0; 5], &[2.0; 5], direction);
            let p = [Direction::Increase, Direction::Decrease, Direction::Either].map(flat);
            assert_eq!(p, [0.0, 1.0, 0.0]);
            assert_eq!(test(&[2.0; 5], &[2.0; 5], Direction::Either), 1.0);
            let huge = test(&[f64::MAX, -f64::MAX], &[f64::MAX, 0.0], Direction::Increase);
            assert!((0.0..=1.0).contains(&huge), "{huge}");
        }
    }
}
