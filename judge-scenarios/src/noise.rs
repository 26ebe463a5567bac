//! The noise of a healthy metric.

use crate::random::Random;

/// The distribution of a point around the metric's mean.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Shape {
    /// Normal.
    Gaussian,
    /// Lognormal: latencies.
    Lognormal,
    /// Gamma: sums of waiting times.
    Gamma,
    /// Poisson counts. The relative noise determines their mean.
    Poisson,
}

/// The noise of a metric.
#[derive(Debug, Clone, Copy)]
pub struct Noise {
    /// Its distribution.
    pub shape: Shape,
    /// The mean of the metric.
    pub level: f64,
    /// Standard deviation as a share of the mean.
    pub relative: f64,
    /// Correlation of a point with the one before it.
    pub phi: f64,
}

/// Typical means, from error ratios to bytes.
const LEVELS: [f64; 7] = [1e-6, 3e-3, 0.2, 1.0, 45.0, 1200.0, 2e9];

impl Noise {
    /// Draws noise of a random shape and size, without autocorrelation.
    pub fn any(random: &mut Random) -> Self {
        let shapes = [Shape::Gaussian, Shape::Lognormal, Shape::Gamma, Shape::Poisson];
        let shape = *random.pick(&shapes);
        let relative = match shape {
            Shape::Lognormal => random.between(0.03, 0.4),
            Shape::Poisson => 1.0 / random.between(6.0, 200.0).sqrt(),
            Shape::Gaussian | Shape::Gamma => random.between(0.02, 0.2),
        };
        let level = match shape {
            Shape::Poisson => 1.0 / (relative * relative),
            _ => *random.pick(&LEVELS) * random.between(0.5, 2.0),
        };
        Self { shape, level, relative, phi: 0.0 }
    }

    /// One standard deviation in the metric's unit.
    pub fn sd(&self) -> f64 {
        self.level * self.relative
    }

    /// Draws `n` points.
    pub fn series(&self, n: usize, random: &mut Random) -> Vec<f64> {
        let mut scores = Autoregression::new(self.phi, random);
        (0..n)
            .map(|_| {
                let score = scores.next(random);
                self.point(score, random)
            })
            .collect()
    }

    /// A point whose normal score is `state`. Gamma and Poisson points are independent of it.
    fn point(&self, state: f64, random: &mut Random) -> f64 {
        match self.shape {
            Shape::Gaussian => self.level * (1.0 + self.relative * state),
            Shape::Lognormal => {
                let sigma = (1.0 + self.relative * self.relative).ln().sqrt();
                self.level * (sigma * state - 0.5 * sigma * sigma).exp()
            }
            Shape::Gamma => {
                let shape = 1.0 / (self.relative * self.relative);
                self.level * random.gamma(shape) / shape
            }
            Shape::Poisson => random.poisson(self.level),
        }
    }
}

/// A first-order autoregression with mean 0 and standard deviation 1.
pub(crate) struct Autoregression {
    phi: f64,
    state: f64,
}

impl Autoregression {
    /// Draws the point before the first one.
    pub(crate) fn new(phi: f64, random: &mut Random) -> Self {
        Self { phi, state: random.normal() }
    }

    /// Draws the next point.
    pub(crate) fn next(&mut self, random: &mut Random) -> f64 {
        let innovation = (1.0 - self.phi * self.phi).sqrt();
        self.state = self.phi * self.state + innovation * random.normal();
        self.state
    }
}
