//! Regression with autocorrelated errors, for every φ at the cost of one pass.
//!
//! With φ known, generalised least squares are ordinary ones of whitened series: w₁ = z₁ and
//! wᵢ = (zᵢ − φzᵢ₋₁)/√(1 − φ²). Every inner product of two whitened series is then a quadratic in φ,
//! (a − 2φb + φ²c)/(1 − φ²), whose three coefficients are sums over the points. So one pass gives the
//! estimate, its error and the restricted likelihood for all φ, and prefix sums give them for a step at
//! any point. The restricted likelihood (Harville 1977) has the effects integrated out: without that term
//! the φ of short series with a slope comes out too low.

use std::ops::Range;
use std::sync::LazyLock;

use crate::judges::evidence::parameters as p;
use crate::math;
use crate::sums::{dot, first_moment};

use super::autocorrelation::{COUNT, NODES, Weights, weigh};
use super::axis;
use super::posterior::{Estimate, Posterior};

/// ln(1 − φ²) of each φ.
static LOGS_OF_REST: LazyLock<[f64; COUNT]> =
    LazyLock::new(|| NODES.map(|phi| math::ln(1.0 - phi * phi)));

/// Residuals smaller than this share of the series are rounding.
pub(super) const ROUNDING: f64 = 1e-12;

/// The inner product of two whitened series as a quadratic in φ.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Inner {
    a: f64,
    b: f64,
    c: f64,
}

impl Inner {
    /// The inner product of two series of equal length. O(n).
    pub(crate) fn product(u: &[f64], v: &[f64]) -> Self {
        let a = dot(u, v);
        let b = dot(behind_first(u), v) + dot(u, behind_first(v));
        let ends = match (u.first(), v.first(), u.last(), v.last()) {
            (Some(u0), Some(v0), Some(u1), Some(v1)) => u0 * v0 + u1 * v1,
            _ => 0.0,
        };
        Self { a, b: 0.5 * b, c: a - ends }
    }

    /// Of a series with itself. O(n).
    fn square(v: &[f64]) -> Self {
        let a = dot(v, v);
        let square = |value: Option<&f64>| value.map_or(0.0, |value| value * value);
        Self { a, b: dot(v, behind_first(v)), c: a - square(v.first()) - square(v.last()) }
    }

    fn at(&self, phi: f64) -> f64 {
        (self.a - 2.0 * phi * self.b + phi * phi * self.c) / (1.0 - phi * phi)
    }
}

/// All values but the first.
fn behind_first(values: &[f64]) -> &[f64] {
    values.get(1..).unwrap_or_default()
}

/// Neighbouring points of a window. Positions count from the end of the window (0 is behind the last point), because sides of
/// different lengths share their end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stretch {
    /// Position of the first point.
    pub(crate) from_end: usize,
    /// Position behind the last point; 0 if the stretch lasts to the end.
    pub(crate) to_end: usize,
}

impl Stretch {
    /// Number of points.
    pub(crate) fn len(self) -> usize {
        self.from_end.saturating_sub(self.to_end)
    }

    /// Indices of the points in a window of `n`.
    pub(crate) fn range(self, n: usize) -> Range<usize> {
        n.saturating_sub(self.from_end)..n.saturating_sub(self.to_end)
    }
}

/// A series, centred, for the regressions below.
#[derive(Debug, Default)]
pub(crate) struct Regressand {
    values: Vec<f64>,
    /// Sums of the last 0, 1, 2, … values.
    last_sums: Vec<f64>,
    squares: Inner,
}

impl Regressand {
    /// Replaces the series by `values`, in time order, less `center`. O(n).
    pub(crate) fn refill(&mut self, values: impl Iterator<Item = f64>, center: f64) {
        self.values.clear();
        self.values.extend(values.map(|value| value - center));
        self.last_sums.clear();
        self.last_sums.push(0.0);
        let mut sum = 0.0;
        for value in self.values.iter().rev() {
            sum += value;
            self.last_sums.push(sum);
        }
        self.squares = Inner::square(&self.values);
    }

    /// Changes the sign of the values.
    pub(crate) fn reverse(&mut self) {
        axis::reverse(&mut self.values);
        axis::reverse(&mut self.last_sums);
    }

    pub(crate) fn len(&self) -> usize {
        self.values.len()
    }

    /// The number of last values, from `shortest` to `longest`, that differ most from the values before them.
    pub(crate) fn clearest_step(&self, shortest: usize, longest: usize) -> usize {
        let n = self.len() as f64;
        let mean = self.last_sums.last().copied().unwrap_or_default() / n;
        let (mut best, mut largest) = (shortest, f64::NEG_INFINITY);
        for length in shortest..=longest.min(self.len().saturating_sub(1)) {
            let k = length as f64;
            let excess = self.last_sums[length] - k * mean;
            let t = excess * excess.abs() / (k * (n - k));
            if t > largest {
                (best, largest) = (length, t);
            }
        }
        best
    }

    /// The values around their center, in time order.
    pub(crate) fn values(&self) -> &[f64] {
        &self.values
    }

    fn ends(&self) -> (f64, f64) {
        let at = |value: Option<&f64>| value.copied().unwrap_or_default();
        (at(self.values.first()), at(self.values.last()))
    }

    /// Regression on a mean and a line. Effects: the mean (the value of the line in the middle of the window),
    /// and the slope.
    pub(crate) fn on_line(&self) -> Regression<2> {
        let n = self.len() as f64;
        let (first, last) = self.ends();
        let total = self.last_sums.last().copied().unwrap_or_default();
        let half = 0.5 * (n - 1.0);
        let squares = n * (n * n - 1.0) / 12.0;
        let line =
            Inner { a: squares, b: squares - half * half - half, c: squares - 2.0 * half * half };
        let with_line = first_moment(&self.values, half);
        // ½ Σ (tᵢvᵢ₋₁ + tᵢ₋₁vᵢ), where tᵢ₋₁ = tᵢ − 1.
        let of_line = Inner {
            a: with_line,
            b: with_line + 0.5 * (half + 1.0) * (first - last),
            c: with_line + half * (first - last),
        };
        Regression {
            points: n,
            squares: self.squares,
            gram: [[mean_gram(n), Inner::default()], [Inner::default(), line]],
            moments: [mean_moment(total, first, last), of_line],
        }
    }

    /// Regression on a mean and a step to `stretch` and back. Effects: the mean of the other points, and the height
    /// of the step.
    pub(crate) fn on_stretch(&self, stretch: Stretch) -> Regression<2> {
        let n = self.len();
        let (first, last) = self.ends();
        let total = self.last_sums.last().copied().unwrap_or_default();
        let Range { start, end } = stretch.range(n);
        let at = |index: usize| self.values.get(index).copied().unwrap_or_default();
        let (before, opening) = (at(start.wrapping_sub(1)), at(start));
        let (closing, following) = (at(end.wrapping_sub(1)), at(end));
        let sum = self.sum(stretch);
        let k = stretch.len() as f64;
        // The first and the last point of the series have one neighbour.
        let (at_end, at_ends) = if stretch.to_end == 0 { (last, 1.0) } else { (0.0, 0.0) };
        let step = Inner { a: k, b: k - 1.0, c: k - at_ends };
        let crossed = Inner { a: k, b: k - 0.5 * at_ends, c: k - at_ends };
        let of_step = Inner {
            a: sum,
            b: sum + 0.5 * (before - opening - closing + following),
            c: sum - at_end,
        };
        Regression {
            points: n as f64,
            squares: self.squares,
            gram: [[mean_gram(n as f64), crossed], [crossed, step]],
            moments: [mean_moment(total, first, last), of_step],
        }
    }

    /// Means of all stretches of `length` points.
    pub(crate) fn means_of(&self, length: usize) -> impl Iterator<Item = f64> {
        let ends = self.last_sums.iter().zip(self.last_sums.get(length..).unwrap_or_default());
        ends.map(move |(after, since)| (since - after) / length as f64)
    }

    pub(crate) fn mean(&self) -> f64 {
        self.last_sums.last().copied().unwrap_or_default() / self.len() as f64
    }

    /// Mean of `stretch`.
    pub(crate) fn mean_of(&self, stretch: Stretch) -> f64 {
        self.sum(stretch) / stretch.len() as f64
    }

    fn sum(&self, stretch: Stretch) -> f64 {
        let of_last = |count: usize| self.last_sums.get(count).copied().unwrap_or_default();
        of_last(stretch.from_end) - of_last(stretch.to_end)
    }

    /// Mean of `stretch`, and its difference to the mean of the other points, if points are independent.
    pub(crate) fn stretch_if_independent(&self, stretch: Stretch) -> [Estimate; 2] {
        let (n, k) = (self.len() as f64, stretch.len() as f64);
        let total = self.last_sums.last().copied().unwrap_or_default();
        let sum = self.sum(stretch);
        let (inside, outside) = (sum / k, (total - sum) / (n - k));
        let squares = self.squares.a;
        let residual = squares - sum * inside - (total - sum) * outside;
        let residual = if residual <= ROUNDING * squares { 0.0 } else { residual };
        let variance = residual / (n - 2.0).max(1.0);
        let estimate = |mean, variance| Estimate { mean, variance, freedom: n - 2.0, points: n };
        [
            estimate(inside, variance / k),
            estimate(inside - outside, variance * (1.0 / k + 1.0 / (n - k))),
        ]
    }

    /// Regression on any columns of the same length. O(n · columns²).
    pub(crate) fn on<const P: usize>(&self, columns: [&[f64]; P]) -> Regression<P> {
        Regression {
            points: self.len() as f64,
            squares: self.squares,
            gram: columns.map(|a| columns.map(|b| Inner::product(a, b))),
            moments: columns.map(|column| Inner::product(column, &self.values)),
        }
    }
}

fn mean_gram(n: f64) -> Inner {
    Inner { a: n, b: n - 1.0, c: n - 2.0 }
}

fn mean_moment(total: f64, first: f64, last: f64) -> Inner {
    Inner { a: total, b: total - 0.5 * (first + last), c: total - first - last }
}

/// A series regressed on P columns, for every φ.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Regression<const P: usize> {
    points: f64,
    squares: Inner,
    gram: [[Inner; P]; P],
    moments: [Inner; P],
}

/// A regression at one φ.
#[derive(Debug, Clone, Copy)]
struct Solved<const P: usize> {
    effects: [f64; P],
    /// Inverse of the Gram matrix.
    inverse: [[f64; P]; P],
    /// Sum of squared residuals; 0 if the columns explain everything.
    residual: f64,
}

impl<const P: usize> Default for Solved<P> {
    fn default() -> Self {
        Self { effects: [0.0; P], inverse: [[0.0; P]; P], residual: 0.0 }
    }
}

/// The inverse of the Gram matrix at one φ, which does not depend on the series.
#[derive(Debug, Clone, Copy)]
struct Factor<const P: usize> {
    /// Inverse of the matrix.
    inverse: [[f64; P]; P],
    /// (n − 1) ln(1 − φ²) plus the logarithm of the determinant, for the restricted likelihood.
    logs: f64,
}

/// Designs that were used last. Both sides of most metrics have the same number of points, and so the same designs.
#[derive(Debug, Default)]
pub(crate) struct Designs {
    kept: Vec<(Columns, [Factor<2>; COUNT])>,
}

/// What two columns depend on: the number of points, and the stretch; `None` for a line.
type Columns = (usize, Option<Stretch>);

impl Designs {
    /// Most designs that are kept; each has 500 bytes. Windows of one length need 18, of two lengths 36.
    const MOST: usize = 64;

    /// Solves the regression of `series` on a mean and a line.
    pub(crate) fn on_line(&mut self, series: &Regressand) -> Solutions<2> {
        self.solve(&series.on_line(), (series.len(), None))
    }

    /// Solves the regression of `series` on a mean and a step to `stretch` and back.
    pub(crate) fn on_stretch(&mut self, series: &Regressand, stretch: Stretch) -> Solutions<2> {
        self.solve(&series.on_stretch(stretch), (series.len(), Some(stretch)))
    }

    fn solve(&mut self, regression: &Regression<2>, columns: Columns) -> Solutions<2> {
        let found = self.kept.iter().position(|(kept, _)| *kept == columns);
        let place = found.unwrap_or_else(|| {
            if self.kept.len() == Self::MOST {
                self.kept.clear();
            }
            self.kept.push((columns, regression.factors()));
            self.kept.len() - 1
        });
        regression.solve_given(&self.kept[place].1)
    }
}

impl<const P: usize> Regression<P> {
    /// Solves the regression at every φ.
    pub(crate) fn solve(&self) -> Solutions<P> {
        self.solve_given(&self.factors())
    }

    fn factors(&self) -> [Factor<P>; COUNT] {
        std::array::from_fn(|index| self.factor(NODES[index], LOGS_OF_REST[index]))
    }

    /// Inverts the Gram matrix; `log_of_rest` is ln(1 − φ²).
    fn factor(&self, phi: f64, log_of_rest: f64) -> Factor<P> {
        // Cholesky, G = L·Lᵀ; columns are independent, so the diagonal is positive.
        let mut lower = [[0.0; P]; P];
        let mut determinant = 1.0;
        for i in 0..P {
            for j in 0..=i {
                let dot: f64 = (0..j).map(|k| lower[i][k] * lower[j][k]).sum();
                let rest = self.gram[i][j].at(phi) - dot;
                if i == j {
                    let rest = rest.max(f64::MIN_POSITIVE);
                    determinant *= rest;
                    lower[i][i] = rest.sqrt();
                } else {
                    lower[i][j] = rest / lower[j][j];
                }
            }
        }
        // L⁻¹ by forward substitution; everything else follows from it.
        let mut inverse_lower = [[0.0; P]; P];
        for i in 0..P {
            inverse_lower[i] = std::array::from_fn(|j| {
                let dot: f64 = (j..i).map(|k| lower[i][k] * inverse_lower[k][j]).sum();
                let unit = if i == j { 1.0 } else { 0.0 };
                if j > i { 0.0 } else { (unit - dot) / lower[i][i] }
            });
        }
        let mut inverse = [[0.0; P]; P];
        for (i, row) in inverse.iter_mut().enumerate() {
            for (j, cell) in row.iter_mut().enumerate() {
                *cell = (i.max(j)..P).map(|k| inverse_lower[k][i] * inverse_lower[k][j]).sum();
            }
        }
        Factor { inverse, logs: (self.points - 1.0) * log_of_rest + math::ln(determinant) }
    }

    fn solve_given(&self, factors: &[Factor<P>; COUNT]) -> Solutions<P> {
        let solved: [Solved<P>; COUNT] =
            std::array::from_fn(|index| self.solve_at(NODES[index], factors[index].inverse));
        let freedom = self.points - P as f64;
        let log_likelihoods = std::array::from_fn(|index| {
            let residual = solved[index].residual;
            if residual <= 0.0 {
                // A series without noise says nothing of φ.
                return 0.0;
            }
            -0.5 * (factors[index].logs + freedom * math::ln(residual))
        });
        Solutions { points: self.points, solved, log_likelihoods }
    }

    fn solve_at(&self, phi: f64, inverse: [[f64; P]; P]) -> Solved<P> {
        let moments = self.moments.map(|moment| moment.at(phi));
        let effects = std::array::from_fn(|i| (0..P).map(|j| inverse[i][j] * moments[j]).sum());
        let squares = self.squares.at(phi);
        let explained: f64 = moments.iter().zip(&effects).map(|(m, e): (&f64, &f64)| m * e).sum();
        let residual = squares - explained;
        let residual = if residual <= ROUNDING * squares { 0.0 } else { residual };
        Solved { effects, inverse, residual }
    }
}

/// A regression solved at every φ.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Solutions<const P: usize> {
    points: f64,
    solved: [Solved<P>; COUNT],
    /// Logarithms of the restricted likelihood, up to a constant.
    log_likelihoods: [f64; COUNT],
}

impl<const P: usize> Solutions<P> {
    /// Changes the sign of the effects.
    pub(crate) fn reverse(&mut self) {
        for solved in &mut self.solved {
            solved.effects = solved.effects.map(|effect| -effect);
        }
    }

    /// Whether the columns leave residuals.
    pub(crate) fn is_noisy(&self) -> bool {
        self.solved[0].residual > 0.0
    }

    /// Posterior weights of φ, which is 0 with the prior probability `independent`.
    pub(crate) fn weights(&self, independent: f64) -> Weights {
        weigh(self.log_likelihoods, independent)
    }

    /// Posterior of the effects times `contrast`.
    pub(crate) fn posterior(&self, contrast: [f64; P], independent: f64) -> Posterior {
        Posterior::new(&self.weights(independent), |index| self.estimate(index, contrast))
    }

    /// Estimate of the effects times `contrast` if points are independent.
    pub(crate) fn if_independent(&self, contrast: [f64; P]) -> Estimate {
        self.estimate(0, contrast)
    }

    /// Estimate of the effects times `contrast` at one φ.
    fn estimate(&self, index: usize, contrast: [f64; P]) -> Estimate {
        let Solved { effects, inverse, residual } = &self.solved[index];
        let freedom = self.points - P as f64;
        let (mut mean, mut factor) = (0.0, 0.0);
        for i in 0..P {
            mean += contrast[i] * effects[i];
            for j in 0..P {
                factor += contrast[i] * contrast[j] * inverse[i][j];
            }
        }
        let variance = residual / freedom.max(1.0) * factor;
        Estimate { mean, variance, freedom, points: self.points }
    }

    /// Standard deviation of a point around the columns, averaged over φ.
    pub(crate) fn deviation(&self, weights: &Weights) -> f64 {
        let freedom = (self.points - P as f64).max(1.0);
        let variance = |(weight, solved): (&f64, &Solved<P>)| weight * solved.residual / freedom;
        weights.iter().zip(&self.solved).map(variance).sum::<f64>().sqrt()
    }
}

/// Posterior of the difference between the contrasts of two sides, which share one φ.
pub(crate) fn difference(
    (x, of_x): (&Solutions<2>, [f64; 2]),
    (y, of_y): (&Solutions<2>, [f64; 2]),
) -> Posterior {
    let logs = |index| x.log_likelihoods[index] + y.log_likelihoods[index];
    let weights = weigh(std::array::from_fn(logs), p::PRIOR_OF_SIDES);
    Posterior::new(&weights, |index| x.estimate(index, of_x).less(y.estimate(index, of_y)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefix_sums_give_the_regression_on_the_columns_of_a_stretch() {
        let values: Vec<f64> =
            (0..20).map(|i| f64::from(7 * i % 11) + if i > 8 { 5.0 } else { 0.0 }).collect();
        let mut series = Regressand::default();
        series.refill(values.iter().copied(), 3.0);
        for (from_end, to_end) in [(5, 0), (12, 4), (19, 1)] {
            let stretch = Stretch { from_end, to_end };
            let mut inside = [0.0; 20];
            inside[stretch.range(20)].fill(1.0);
            let by_columns = series.on([&[1.0; 20], &inside]).solve();
            let by_sums = series.on_stretch(stretch).solve();
            for (fast, slow) in by_sums.solved.iter().zip(&by_columns.solved) {
                for (a, b) in fast.effects.iter().zip(&slow.effects) {
                    approx::assert_relative_eq!(a, b, max_relative = 1e-9);
                }
                approx::assert_relative_eq!(fast.residual, slow.residual, max_relative = 1e-9);
            }
            for (a, b) in by_sums.log_likelihoods.iter().zip(&by_columns.log_likelihoods) {
                approx::assert_relative_eq!(a, b, max_relative = 1e-9);
            }
        }
    }
}
