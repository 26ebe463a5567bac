//! Was there a transient at the start?
//!
//! A canary that starts cold is slow at first, which says nothing about what it will be. **Null**: the
//! first points are as high above the bar as the rest. **Statistic**: of all starts of two points to
//! half of the window, the largest difference between the mean of the start and the mean of the rest,
//! in units of its standard error, with the memory of the rest; p as for the end state. A start counts
//! when most of its points are elevated, so that lone spikes stay for the tail, when the baseline has
//! fewer such points, and when none comes back later. It then runs on for as long as points are
//! elevated, and is left out: everything else is asked of the rest, and this again, since a decay looks
//! like one step after the other, until half of the window is gone. **Effect**: points left out and
//! their mean shift against the rest. **Cost**: O(n).

use crate::order;
use crate::stats::distribution::student;

use super::case::Case;
use super::memory::variance_of_mean;
use super::robust::Robust;
use super::sides::{fill, freedom};
use super::stretch::{Buffers, clip, memory_outside, p_of_nested};

/// A start is a transient when it is this unlikely to be chance. To leave out a few healthy points
/// costs little, so this is no part of the metric's level.
pub(super) const LEVEL: f64 = 0.01;
/// A start has at least so many points.
const SHORTEST: usize = 2;
/// Of them this share stands out.
const ELEVATED: f64 = 0.75;
/// A point of it stands out from the rest by so many standard deviations,
const STANDS_OUT: f64 = 1.0;
/// and one that prolongs it by so many.
const GOES_ON: f64 = 2.0;
/// What is so many times as far out as the baseline ever was is no noise.
const FAR: f64 = 2.0;

/// A transient.
#[derive(Debug, Clone, Copy)]
pub(super) struct StartUp {
    /// Points of the canary that belong to it.
    pub(super) length: usize,
    pub(super) t: f64,
    pub(super) p: f64,
    /// Mean of the start less the mean of the rest.
    pub(super) above_rest: f64,
}

/// Looks among the first `longest` points.
pub(super) fn find(
    case: &Case,
    longest: usize,
    ordered: &mut Vec<f64>,
    buffers: &mut Buffers,
) -> Option<StartUp> {
    let values = &case.above;
    let n = values.len();
    let longest = longest.min(n / 2);
    if longest < SHORTEST || n < 8 {
        return None;
    }
    let rest = Robust::of(&values[longest..], ordered);
    let sd = if case.noise > 0.0 { case.noise } else { rest.scale };
    if sd <= 0.0 {
        return None;
    }
    let reach = clip(case.phi) * sd;
    fill(ordered, values.iter().map(|value| (value - rest.median).clamp(-reach, reach)));
    let p_of = |start: &Start| {
        let z = student::normal_score(start.t / sd, case.freedom_of_noise());
        p_of_nested(z, SHORTEST, longest)
    };
    // Memory only makes it less remarkable.
    let mut start =
        Start::of(ordered, longest, |length, left| (length * left * (length + left)) as f64)?;
    if p_of(&start) > LEVEL {
        return None;
    }
    let left = n - start.length;
    let phi = memory_outside(case, 0..start.length, buffers)
        .cautious(left, freedom(case.paired, left, case.y.len()));
    if phi > 0.0 {
        start = Start::of(ordered, longest, |length, left| {
            let variance = variance_of_mean(length, phi) + variance_of_mean(left, phi);
            ((length * left) as f64).powi(2) * variance
        })?;
    }
    let p = p_of(&start);
    let beyond = |value: &f64, sds: f64| value - rest.median > sds * sd;
    let elevated = values[..start.length].iter().filter(|v| beyond(v, STANDS_OUT)).count();
    if p > LEVEL || (elevated as f64) < ELEVATED * start.length as f64 {
        return None;
    }
    if !case.paired && is_usual(case, start.length) {
        return None;
    }
    let more = values[start.length..longest].iter().take_while(|v| beyond(v, GOES_ON)).count();
    let length = start.length + more;
    if comes_back(case, start.length, length) {
        return None;
    }
    Some(StartUp { length, t: start.t / sd, p, above_rest: above_rest(values, length) })
}

/// By how much the mean of the first `length` lies above that of the others.
pub(super) fn above_rest(values: &[f64], length: usize) -> f64 {
    let (first, others) = values.split_at(length);
    mean(first) - mean(others)
}

/// Whether points behind the first `length` are as high as the middle of the first `start`, more of them
/// than the baseline explains: then nothing has healed. Of a height far beyond all that the baseline
/// did, one is enough.
fn comes_back(case: &Case, start: usize, length: usize) -> bool {
    let baseline = &case.points.base_out;
    let mut first: Vec<f64> = case.above[..start].to_vec();
    let middle = order::select(&mut first, start / 2);
    let as_high = |values: &[f64]| values.iter().filter(|value| **value >= middle).count() as f64;
    let (again, left) = (as_high(&case.above[length..]), case.above.len() - length);
    let largest = baseline.iter().copied().fold(0.0, f64::max);
    if case.points.size(middle) > FAR * case.points.size(largest) {
        return again > 0.0;
    }
    let expected = (as_high(baseline) + 0.5) * left as f64 / baseline.len() as f64;
    again >= expected + 1.0 + 2.0 * expected.sqrt()
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// Whether as many points of the baseline are as high as the middle of the canary's first `length`:
/// then these are nothing that only a start would explain.
fn is_usual(case: &Case, length: usize) -> bool {
    let mut start: Vec<f64> = case.x[..length].to_vec();
    let middle = order::select(&mut start, length / 2);
    let below = case.sorted_bar.partition_point(|bar| *bar < middle);
    2 * (case.sorted_bar.len() - below) >= length
}

/// The start that stands out most.
struct Start {
    length: usize,
    /// Times the standard deviation of a point.
    t: f64,
}

impl Start {
    /// Of the first two to `longest` points. `error` is the squared standard error of the difference of
    /// the means of a start and of what is left, in units of a point's variance, times the squares of
    /// both their numbers of points.
    fn of(values: &[f64], longest: usize, error: impl Fn(usize, usize) -> f64) -> Option<Self> {
        let (n, total) = (values.len(), values.iter().sum::<f64>());
        let (mut best, mut largest, mut its_error) = (0, 0.0, 1.0);
        let mut sum = 0.0;
        for (index, value) in values[..longest].iter().enumerate() {
            sum += value;
            let length = index + 1;
            let excess = n as f64 * sum - length as f64 * total;
            if length < SHORTEST || excess <= 0.0 {
                continue;
            }
            let error = error(length, n - length);
            if excess * excess * its_error > largest * largest * error {
                (best, largest, its_error) = (length, excess, error);
            }
        }
        (best > 0).then(|| Self { length: best, t: largest / its_error.sqrt() })
    }
}
