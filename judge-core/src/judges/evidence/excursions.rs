//! Are bad points of the canary minutes on end?
//!
//! An excursion may have the same values as the baseline, but on end instead of one now and then:
//! location, spread and tail are then equal. Two statistics share the level. **The stretch**: of all
//! stretches of four points to half of the window the largest mean in units of its standard error,
//! under the **null** that no stretch is above the bar; p is the tail of the maximum over all of them
//! ([`super::stretch`]), lengths growing by a quarter, memory being that of the points outside.
//! **Runs**: bad points of the canary that are followed by another one, under the **null** that they
//! are as often as the noise's memory makes it, and as often as on the baseline: p is the exact
//! probability of so few runs among so many bad points, averaged over what memory may be, times the
//! probability of as many bad points as have a pattern at all; where most bad points are alone it is
//! not asked. Several short runs count like one long one. **Effect**: how far the stretch is above, or
//! the share of bad points that are followed. **Cost**: O(n log n).

use super::case::Case;
use super::stretch::{self, Buffers, Chosen, Stretches};
use super::usual::{self, Farthest, SHORTEST, add_up, largest_of_baseline};

/// A point is bad from so many standard deviations above the baseline's middle on: one in 44 of
/// normal noise.
const BAD: f64 = 2.0;
/// Fewer bad points have no pattern.
const FEWEST: usize = 4;
/// Points before it.
const FEWEST_BEFORE: usize = 2;
/// A stretch matters when it is above the bar by so many standard deviations of a point: smaller ones
/// are waves, of which every metric has some;
const IN_PLAIN_SIGHT: f64 = 1.0;
/// and so many times as far as the baseline's own largest of that length: what the baseline does as
/// well is no harm.
const CLEAR: f64 = 1.5;
/// Stretches take one part in ten of the level, runs the rest: their p is a bound that is seldom
/// reached.
const PARTS: f64 = 10.0;

/// A stretch of points above the bar.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stretch {
    pub(super) start: usize,
    pub(super) length: usize,
    pub(super) z: f64,
    /// Mean above the bar.
    pub(super) above: f64,
    /// Of the test as a whole.
    pub(super) p: f64,
    pub(super) matters: bool,
}

/// The stretch that stands out most.
pub(super) fn find_stretch(
    case: &Case,
    stretches: &Stretches,
    sums: &mut Vec<f64>,
    buffers: &mut Buffers,
) -> Option<Stretch> {
    let n = case.above.len();
    let longest = n / 2;
    if longest < SHORTEST {
        return None;
    }
    add_up(case.above.iter().map(|above| stretches.clipped(*above)), sums);
    let Farthest { t, sum, length } = usual::farthest(sums, stretches)?;
    let mut all = sums.iter().zip(&sums[length..]).map(|(from, to)| to - from);
    let start = all.position(|other| other == sum)?;
    let range = start..start + length;
    let clipped = (sums[range.end] - sums[range.start]) / length as f64;
    let before = sums[range.start] / start as f64;
    // What was as bad from the start on is a start that healed.
    if start < FEWEST_BEFORE || before > 0.5 * clipped {
        return None;
    }
    let above = case.above[range.clone()].iter().sum::<f64>() / length as f64;
    let p_of = |z: f64| stretch::p_of_any(z, n, SHORTEST, longest);
    let Chosen { z, p } = stretches.chosen(case, clipped, range, buffers, p_of);
    let in_plain_sight = case.matters(above) && above >= IN_PLAIN_SIGHT * case.noise;
    let matters =
        in_plain_sight && sum >= CLEAR * largest_of_baseline(case, stretches, length, sums);
    let p = usual::bounded(PARTS * p, t, case, stretches, sums);
    Some(Stretch { start, length, z, above, p: p.min(1.0), matters })
}

/// Bad points and how they follow each other.
#[derive(Debug, Clone, Copy)]
pub(super) struct Runs {
    pub(super) bad: usize,
    pub(super) followed: usize,
    pub(super) baseline_bad: usize,
    pub(super) baseline_followed: usize,
    pub(super) p: f64,
}

/// How bad points follow each other.
pub(super) fn find_runs(case: &Case) -> Option<Runs> {
    let points = &case.points;
    let fence = points.fence(BAD);
    if fence <= 0.0 {
        return None;
    }
    let canary = Bad::of(&points.out, fence);
    let baseline = Bad::of(&points.base_out, fence);
    // Where bad points are mostly alone there is nothing to ask.
    if canary.bad < FEWEST || 2 * canary.bad > points.out.len() || !canary.are_on_end() {
        return None;
    }
    let n = points.out.len();
    // As many are bad on the baseline, and one more, since none does not mean never.
    let often = (baseline.bad as f64 + 1.0) / (points.base_out.len() as f64 + 1.0);
    let asked = at_least(FEWEST, n, often.min(1.0));
    let seen = baseline.followed_at_most();
    // What memory may be is also seen in how the baseline's own bad points follow each other.
    let (mut sum, mut weights) = (0.0, 0.0);
    for node in case.usual_memory.nodes() {
        let shorter = (1.0 - node.phi) / (1.0 + node.phi);
        let of_baseline = baseline.runs(points.base_out.len(), baseline.follows(n, shorter));
        let tail = canary.runs(n, canary.follows(n, shorter).max(seen)).at_most;
        let weight = node.weight * of_baseline.exactly;
        sum += weight * asked.powf(shorter) * tail;
        weights += weight;
    }
    Some(Runs {
        bad: canary.bad,
        followed: canary.followed,
        baseline_bad: baseline.bad,
        baseline_followed: baseline.followed,
        p: if weights > 0.0 { (sum / weights).min(1.0) } else { 1.0 },
    })
}

/// P(K ≥ k) for K successes in n trials of probability p.
fn at_least(k: usize, n: usize, p: f64) -> f64 {
    let (odds, mut term) = (p / (1.0 - p), (1.0 - p).powf(n as f64));
    let mut below = 0.0;
    for j in 0..k.min(n + 1) {
        below += term;
        term *= (n - j) as f64 / (j + 1) as f64 * odds;
    }
    (1.0 - below).clamp(0.0, 1.0)
}

/// Points that are far out, and how many of them another one follows.
pub(super) struct Bad {
    bad: usize,
    followed: usize,
}

impl Bad {
    /// Those beyond `fence`.
    pub(super) fn of(out: &[f64], fence: f64) -> Self {
        let bad = out.iter().filter(|v| **v > fence).count();
        let followed = out.windows(2).filter(|pair| pair[0] > fence && pair[1] > fence).count();
        Self { bad, followed }
    }

    /// How often one is followed, and more, since what was seen may have been less than usual: the end
    /// of an interval for nine of ten, if any was followed.
    fn followed_at_most(&self) -> f64 {
        const NINE_OF_TEN: f64 = 1.28;
        if self.followed == 0 {
            return 0.0;
        }
        let n = self.bad.max(FEWEST) as f64;
        let often = ((self.followed + 1) as f64 / n).min(1.0);
        (often + NINE_OF_TEN * (often * (1.0 - often) / n).sqrt()).min(1.0 - 1e-9)
    }

    /// How often one is followed; never where there is none.
    pub(super) fn share_followed(&self) -> f64 {
        self.followed as f64 / self.bad.max(1) as f64
    }

    /// Whether they are mostly minutes on end: as many are followed as are not.
    fn are_on_end(&self) -> bool {
        2 * self.followed >= self.bad
    }

    /// How often a bad point of `n` follows one, where noise is an autoregression with (1 − φ)/(1 + φ)
    /// `shorter` worth (Ledford and Tawn 1996).
    fn follows(&self, n: usize, shorter: f64) -> f64 {
        (self.bad as f64 / n as f64).powf(shorter).clamp(1e-9, 1.0 - 1e-9)
    }

    /// The probability that as many bad points of `n` come in so many runs, and in as few, where a bad
    /// point is followed with probability `follows`: that of a Markov chain given how many are bad
    /// (David 1947), which without memory is Wald and Wolfowitz's (1940).
    fn runs(&self, n: usize, follows: f64) -> RunCount {
        /// Sums are scaled down before they overflow.
        const LARGE: f64 = 1e200;
        let (bad, good) = (self.bad as f64, (n - self.bad) as f64);
        if self.bad == 0 || n == self.bad {
            return RunCount { exactly: 1.0, at_most: 1.0 };
        }
        let starts = (bad / good * (1.0 - follows)).min(1.0 - 1e-9);
        // Odds by which each run that ends makes an arrangement less likely.
        let odds = starts * (1.0 - follows) / (follows * (1.0 - starts));
        let runs = (self.bad - self.followed) as f64;
        let (mut term, mut exactly, mut at_most, mut all) = (1.0, 0.0, 0.0, 0.0);
        let mut index = 1.0;
        while index <= bad && index <= good + 1.0 {
            all += term;
            if index <= runs {
                at_most += term;
                exactly = if index == runs { term } else { 0.0 };
            }
            // C(bad − 1, r − 1) · C(good + 1, r) · oddsʳ, from one r to the next.
            term *= (bad - index) / index * (good + 1.0 - index) / (index + 1.0) * odds;
            index += 1.0;
            if all > LARGE {
                term /= LARGE;
                exactly /= LARGE;
                at_most /= LARGE;
                all /= LARGE;
            }
        }
        RunCount { exactly: exactly / all, at_most: at_most / all }
    }
}

/// Probabilities of a number of runs.
struct RunCount {
    exactly: f64,
    at_most: f64,
}
