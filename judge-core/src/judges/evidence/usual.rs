//! What the baseline does as well.
//!
//! A metric that has incidents now and then has them in the canary, too, some longer than any of the
//! baseline's. Where the baseline has stretches of its own that noise does not explain, a stretch of
//! the canary is c times as far out as the farthest of them with probability 1/(1 + c³) at least: both
//! are the largest of as many, and far out they fall off like a power with exponent 3 (as in
//! [`super::tail`]).

use crate::stats::distribution::student;

use super::case::Case;
use super::stretch::{self, Stretches};

/// Stretches are no shorter: fewer points are no state;
pub(super) const SHORTEST: usize = 4;
/// and each length that is looked at is so many times the one before.
const LONGER: f64 = 1.25;
/// What is likelier than this is not asked whether it is usual.
const REMARKABLE: f64 = 0.2;
/// A baseline with a stretch less likely than this has excursions of its own.
const UNUSUAL: f64 = 0.1;

/// The stretch of a series that stands out most.
#[derive(Debug, Clone, Copy)]
pub(super) struct Farthest {
    /// In standard errors.
    pub(super) t: f64,
    pub(super) sum: f64,
    pub(super) length: usize,
}

/// Of stretches of up to half of the series that `sums` are of.
pub(super) fn farthest(sums: &[f64], stretches: &Stretches) -> Option<Farthest> {
    let longest = (sums.len() - 1) / 2;
    let mut best: Option<Farthest> = None;
    let mut length = SHORTEST;
    while length <= longest {
        let sum = largest_sum(sums, length);
        if sum > 0.0 {
            let error = stretches.error(length);
            let t = if error > 0.0 { sum / length as f64 / error } else { f64::INFINITY };
            if best.is_none_or(|best| t > best.t) {
                best = Some(Farthest { t, sum, length });
            }
        }
        length = next_length(length);
    }
    best
}

/// The `p` of a stretch `t` standard errors out, given what the baseline does.
pub(super) fn bounded(
    p: f64,
    t: f64,
    case: &Case,
    stretches: &Stretches,
    sums: &mut Vec<f64>,
) -> f64 {
    if p > REMARKABLE {
        return p;
    }
    let n = add_up_baseline(case, stretches, sums);
    let Some(usual) = farthest(sums, stretches).filter(|usual| usual.t.is_finite()) else {
        return p;
    };
    let z = student::normal_score(usual.t, case.freedom_of_noise());
    if stretch::p_of_any(z, n, SHORTEST, n / 2) > UNUSUAL {
        return p;
    }
    p.max(1.0 / (1.0 + (t / usual.t).powf(case.points.exponent)))
}

/// The largest sum of as many consecutive points of the baseline.
pub(super) fn largest_of_baseline(
    case: &Case,
    stretches: &Stretches,
    length: usize,
    sums: &mut Vec<f64>,
) -> f64 {
    add_up_baseline(case, stretches, sums);
    if sums.len() > length { largest_sum(sums, length).max(0.0) } else { 0.0 }
}

/// Sums of the baseline's first points above its own level, or above the canary where differences of
/// the same time are used; of how many.
fn add_up_baseline(case: &Case, stretches: &Stretches, sums: &mut Vec<f64>) -> usize {
    if case.paired {
        let below = case.above.iter().map(|above| stretches.clipped(-above - case.offset));
        add_up(below, sums);
    } else {
        add_up(case.y.iter().map(|y| stretches.clipped(y - case.of_y.mean)), sums);
    }
    sums.len() - 1
}

/// Sums of the first 0, 1, 2, … values.
pub(super) fn add_up(values: impl Iterator<Item = f64>, sums: &mut Vec<f64>) {
    sums.clear();
    sums.push(0.0);
    let mut total = 0.0;
    sums.extend(values.map(|value| {
        total += value;
        total
    }));
}

/// The largest sum of `length` consecutive points, given the sums up to each; many at a time.
fn largest_sum(sums: &[f64], length: usize) -> f64 {
    const LANES: usize = 8;
    let (from, to) = (&sums[..sums.len() - length], &sums[length..]);
    let larger = |a: f64, b: f64| if b > a { b } else { a };
    let mut lanes = [f64::NEG_INFINITY; LANES];
    let (mut from, mut to) = (from.chunks_exact(LANES), to.chunks_exact(LANES));
    for (from, to) in (&mut from).zip(&mut to) {
        for ((lane, from), to) in lanes.iter_mut().zip(from).zip(to) {
            *lane = larger(*lane, to - from);
        }
    }
    let rest = from.remainder().iter().zip(to.remainder()).map(|(from, to)| to - from);
    lanes.into_iter().chain(rest).fold(f64::NEG_INFINITY, larger)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most the points")]
fn next_length(length: usize) -> usize {
    (LONGER * length as f64).ceil() as usize
}

#[cfg(test)]
mod tests {
    use super::largest_sum;

    #[test]
    fn the_largest_sum_is_found_wherever_it_is() {
        for n in [5, 8, 9, 17, 40] {
            for peak in 0..n {
                let points = (0..n).map(|index| if index == peak { 5.0 } else { -1.0 });
                let sums = points.scan(0.0, |sum, point| {
                    *sum += point;
                    Some(*sum)
                });
                let sums: Vec<f64> = std::iter::once(0.0).chain(sums).collect();
                assert_eq!(largest_sum(&sums, 4), 2.0, "peak {peak} of {n}");
            }
        }
    }
}
