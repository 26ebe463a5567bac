//! Is each point the mean over a rolling window?
//!
//! `rate(x[5m])` at a step of one minute shows each event in five points. No autoregression is like that: points forget
//! each other from one to the next, but those five steps apart share nothing at all, and every fifth point has all that
//! there is to know. Differences of neighbouring points tell: of windows of k points the one at a time
//! is what came in less what fell out, which came in k steps before. So they are white but k steps apart, where their
//! correlation is −½.

use crate::judges::evidence::parameters as p;
use crate::order;

/// How many points the rolling windows of both sides, in time order, span; 1 where points are none.
pub(crate) fn window(x: &[f64], y: &[f64]) -> usize {
    let longest = (x.len().min(y.len()) / p::FEWEST).min(p::ROLLING_LONGEST);
    if longest < 2 {
        return 1;
    }
    let sides = [Differences::new(x), Differences::new(y)];
    if opposition(&sides, 1).share > p::ROLLING_NEIGHBOURS {
        return 1;
    }
    let (mut window, mut most) = (1, p::ROLLING_SHARE);
    for steps in 2..=longest {
        let Opposition { share, deviations } = opposition(&sides, steps);
        if share > most && deviations > p::ROLLING_CLEAR {
            (window, most) = (steps, share);
        }
    }
    window
}

/// Differences of the neighbours of a side, clipped: one burst must not look like a habit.
struct Differences {
    values: Vec<f64>,
    /// Mean of their squares.
    square: f64,
}

impl Differences {
    fn new(values: &[f64]) -> Self {
        let mut values: Vec<f64> = values.windows(2).map(|pair| pair[1] - pair[0]).collect();
        if values.is_empty() {
            return Self { values, square: 0.0 };
        }
        let mut sizes: Vec<f64> = values.iter().map(|difference| difference.abs()).collect();
        let middle = sizes.len() / 2;
        let reach = p::ROLLING_CLIP * order::select(&mut sizes, middle);
        for difference in &mut values {
            *difference = difference.clamp(-reach, reach);
        }
        let square = dot(&values, &values) / values.len() as f64;
        Self { values, square }
    }
}

/// How far differences that are so many steps apart have opposite signs.
struct Opposition {
    /// Their correlation, turned round.
    share: f64,
    /// In standard deviations of white noise.
    deviations: f64,
}

fn opposition(sides: &[Differences; 2], steps: usize) -> Opposition {
    let (mut products, mut pairs) = (0.0, 0.0);
    for Differences { values, square } in sides.iter().filter(|side| side.square > 0.0) {
        if let Some(later) = values.get(steps..).filter(|later| !later.is_empty()) {
            products += dot(values, later) / square;
            pairs += later.len() as f64;
        }
    }
    let share = if pairs > 0.0 { -products / pairs } else { 0.0 };
    Opposition { share, deviations: share * pairs.sqrt() }
}

/// Sum of the products of as many values as the shorter has. In four sums, since each addition waits for the one before.
fn dot(a: &[f64], b: &[f64]) -> f64 {
    let n = a.len().min(b.len());
    let (a, b) = (a[..n].chunks_exact(4), b[..n].chunks_exact(4));
    let rest = a.remainder().iter().zip(b.remainder()).map(|(a, b)| a * b).sum::<f64>();
    let mut sums = [0.0; 4];
    for (a, b) in a.zip(b) {
        for (sum, (a, b)) in sums.iter_mut().zip(a.iter().zip(b)) {
            *sum += a * b;
        }
    }
    sums.iter().sum::<f64>() + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judges::evidence::tests::noise;

    fn rolled(n: usize, window: usize, seed: u64) -> Vec<f64> {
        noise(n + window - 1, seed).windows(window).map(|points| points.iter().sum()).collect()
    }

    fn found(series: impl Fn(u64) -> Vec<f64>) -> Vec<usize> {
        (0..200).map(|seed| window(&series(2 * seed + 1), &series(2 * seed + 2))).collect()
    }

    fn share(windows: &[usize], wanted: impl Fn(usize) -> bool) -> f64 {
        windows.iter().filter(|window| wanted(**window)).count() as f64 / windows.len() as f64
    }

    #[test]
    fn rolling_windows_are_found_with_their_length() {
        for length in [2, 3, 5, 10] {
            let windows = found(|seed| rolled(60, length, seed));
            assert!(share(&windows, |found| found == length) > 0.9, "{length}: {windows:?}");
        }
    }

    #[test]
    fn other_noise_hardly_ever_is_one() {
        let autoregression = |phi: f64, seed| {
            let mut last = 0.0;
            noise(60, seed)
                .into_iter()
                .map(|new| {
                    last = phi * last + new;
                    last
                })
                .collect::<Vec<f64>>()
        };
        for phi in [0.0, 0.5, 0.8, 0.95] {
            let windows = found(|seed| autoregression(phi, seed));
            assert!(share(&windows, |found| found > 1) < 0.1, "{phi}: {windows:?}");
        }
    }

    #[test]
    fn one_burst_is_none() {
        let burst = |seed| {
            let mut values = noise(60, seed);
            values[20..25].fill(40.0);
            values
        };
        assert!(share(&found(burst), |found| found > 1) < 0.03);
    }

    #[test]
    fn constant_and_short_series_are_none() {
        assert_eq!(window(&[1.0; 60], &[1.0; 60]), 1);
        assert_eq!(window(&[1.0, 2.0, 3.0], &[]), 1);
        assert_eq!(window(&rolled(60, 5, 1), &[2.0; 60]), 5);
    }
}
