//! Tails of the count of one side, given the total of both, where counts are so large that outcomes
//! cannot be summed one by one: in O(1).
//!
//! The signed root of the deviance, corrected, is normal to an error that falls with the 3/2 power of
//! the smallest cell (Barndorff-Nielsen 1986, "Inference on full or partial parameters", in the form of
//! Skovgaard 1987, "Saddlepoint expansions for conditional distributions"), with half a count towards
//! the tail for the steps of the distribution (Daniels 1987, "Tail probability approximations",
//! section 6).

use super::distribution::normal;
use crate::math;

/// A root of the deviance this close to 0 is in the middle of the distribution.
const MIDDLE: f64 = 1e-6;

/// The cells of a table with fixed margins: those that grow with the count, and those that shrink.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cells {
    pub(super) growing: [f64; 2],
    pub(super) shrinking: [f64; 2],
}

impl Cells {
    /// The cells after the count changed `by` this much, none below 0. An infinite cell stays infinite.
    pub(super) fn moved(self, by: f64) -> Self {
        Self {
            growing: self.growing.map(|cell| (cell + by).max(0.0)),
            shrinking: self.shrinking.map(|cell| (cell - by).max(0.0)),
        }
    }

    /// The variance of a count among such cells.
    pub(super) fn variance(self) -> f64 {
        1.0 / self.all().map(|cell| 1.0 / cell).sum::<f64>()
    }

    fn all(self) -> impl Iterator<Item = f64> {
        self.growing.into_iter().chain(self.shrinking)
    }
}

/// Probabilities of a count at least as large and at most as large as the observed one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tails {
    pub(super) at_least: f64,
    pub(super) at_most: f64,
}

/// The tails if `expected` are the expected cells. Both tables have the same margins; a missing cell is
/// infinite in both.
pub(super) fn tails(observed: Cells, expected: Cells) -> Tails {
    Tails {
        at_least: normal::upper_tail(root(observed.moved(-0.5), expected)),
        at_most: normal::upper_tail(-root(observed.moved(0.5), expected)),
    }
}

/// Probability of a count that is no likelier than the observed one.
pub(super) fn as_extreme(observed: Cells, expected: Cells) -> f64 {
    let above = observed.growing[0] - expected.growing[0];
    let here = surprise(observed, expected);
    // Newton's steps from the mirror image to the count as likely on the other side.
    let mut by = -2.0 * above;
    for _ in 0..4 {
        let there = observed.moved(by);
        by -= (surprise(there, expected) - here) / tilt(there, expected);
    }
    let Tails { at_least, at_most } = tails(observed, expected);
    let (near, far) = if above > 0.0 {
        (at_least, tails(observed.moved(by.floor()), expected).at_most)
    } else {
        (at_most, tails(observed.moved(by.ceil()), expected).at_least)
    };
    // In the middle of the distribution every count is as extreme, and there is no mirror image; nor if a
    // cell cannot exist.
    let far = if far.is_nan() { near } else { far };
    (near + far).min(1.0)
}

/// The negative logarithm of the likelihood, up to what is the same for all counts.
fn surprise(cells: Cells, expected: Cells) -> f64 {
    let finite = cells.all().filter(|cell| cell.is_finite());
    deviances(cells, expected) + finite.map(math::ln).sum::<f64>() / 2.0
}

/// Difference between the log ratio of the cells and that of the expected cells, which is the derivative of
/// their deviance with respect to the count.
fn tilt(cells: Cells, expected: Cells) -> f64 {
    let above = cells.growing[0] - expected.growing[0];
    let log = |by: f64, mean: f64| if mean.is_finite() { math::ln_1p(by / mean) } else { 0.0 };
    let growing: f64 = expected.growing.into_iter().map(|mean| log(above, mean)).sum();
    let shrinking: f64 = expected.shrinking.into_iter().map(|mean| log(-above, mean)).sum();
    growing - shrinking
}

fn deviances(cells: Cells, expected: Cells) -> f64 {
    let both = cells.all().zip(expected.all()).filter(|(_, mean)| mean.is_finite());
    both.map(|(cell, mean)| deviance(cell, mean)).sum()
}

/// The corrected root, which is normal.
fn root(cells: Cells, expected: Cells) -> f64 {
    let above = cells.growing[0] - expected.growing[0];
    let root = (2.0 * deviances(cells, expected)).sqrt().copysign(above);
    // In the middle the correction is lost in rounding; without a cell there is none.
    if root.abs() < MIDDLE || root.is_infinite() {
        return root;
    }
    let wald = 2.0 * math::sinh(tilt(cells, expected) / 2.0) * spread(cells, expected);
    root + math::ln(wald / root) / root
}

/// Deviation of the count from the observed cells, given the expected cells of the other margin.
fn spread(cells: Cells, expected: Cells) -> f64 {
    let [x, y_rest] = cells.growing;
    let [y, x_rest] = cells.shrinking;
    if !y_rest.is_finite() {
        return (1.0 / (1.0 / x + 1.0 / y)).sqrt();
    }
    let [mean_x, mean_y_rest] = expected.growing;
    let [mean_y, mean_x_rest] = expected.shrinking;
    let of = |events: f64, rest: f64| 1.0 / (1.0 / events + 1.0 / rest);
    let free = of(mean_x, mean_x_rest) + of(mean_y, mean_y_rest);
    (of(x, x_rest) * of(y, y_rest) / free).sqrt()
}

/// `x ln(x/m) + m − x` without cancellation (Loader 2000, "Fast and accurate computation of binomial
/// probabilities").
fn deviance(x: f64, m: f64) -> f64 {
    let d = (x - m) / (x + m);
    if d.abs() >= 0.1 {
        return x * math::ln(x / m) + m - x;
    }
    // x ln(x/m) = 2x·artanh(d), by its series.
    let d2 = d * d;
    let mut sum = (x - m) * d;
    let mut term = 2.0 * x * d;
    for power in 1..1000_u32 {
        term *= d2;
        let next = sum + term / f64::from(2 * power + 1);
        if next == sum {
            break;
        }
        sum = next;
    }
    sum
}
