//! Was there a transient at the start?
//!
//! A canary that starts cold is slow at first, which says nothing about what it will be. **Null**: the
//! first points are as high above the bar as the rest. **Statistic**: of all starts of two points to
//! half of the window, the largest difference between the mean of the start and the mean of the rest,
//! in units of its standard error; p as for the end state. A start counts when most of its points are
//! elevated, so that lone spikes stay for the tail. It then runs on for as long as points are
//! elevated, and is left out: everything else is asked of the rest, and this again, since a decay
//! looks like one step after the other, until half of the window is gone. **Effect**: points left out and
//! their mean shift against the rest. **Cost**: O(n).

use crate::stats::distribution::student;

use super::case::Case;
use super::location::quantile;
use super::memory::variance_of_mean;
use super::process::Robust;
use super::stretch::{clip, p_of_nested};

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
pub(super) fn find(case: &Case, longest: usize, ordered: &mut Vec<f64>) -> Option<StartUp> {
    let values = &case.above;
    let n = values.len();
    let longest = longest.min(n / 2);
    if longest < SHORTEST || n < 8 {
        return None;
    }
    let rest = Robust::of(&values[longest..], ordered);
    let sd = case.noise;
    let sd = if sd > 0.0 { sd } else { rest.scale };
    let reach = if sd > 0.0 { clip(case.phi) * sd } else { f64::INFINITY };
    let clipped = |value: &f64| (value - rest.median).clamp(-reach, reach);
    let total: f64 = values.iter().map(clipped).sum();
    let (mut sum, mut best): (f64, Option<StartUp>) = (0.0, None);
    for (index, value) in values.iter().take(longest).enumerate() {
        sum += clipped(value);
        let (length, left) = (index + 1, n - index - 1);
        if length < SHORTEST {
            continue;
        }
        let difference = sum / length as f64 - (total - sum) / left as f64;
        let variance = variance_of_mean(length, case.phi) + variance_of_mean(left, case.phi);
        let error = sd * variance.sqrt();
        let t = if error > 0.0 { difference / error } else { 0.0 };
        if best.is_none_or(|best| t > best.t) {
            best = Some(StartUp { length, t, p: 1.0, above_rest: difference });
        }
    }
    let mut best = best?;
    let tail = student::upper_tail(best.t, case.freedom_of_noise());
    best.p = p_of_nested(quantile(tail), SHORTEST, longest);
    let beyond = |value: &f64, sds: f64| value - rest.median > sds * sd;
    let elevated = values[..best.length].iter().filter(|v| beyond(v, STANDS_OUT)).count();
    if best.p > LEVEL || (elevated as f64) < ELEVATED * best.length as f64 {
        return None;
    }
    let more = values[best.length..longest].iter().take_while(|v| beyond(v, GOES_ON)).count();
    best.length += more;
    Some(best)
}
