//! A metric under construction.

use judge_core::config::{Direction, EffectSize};
use judge_core::{MetricConfig, MetricPair};

use super::noise::Noise;
use crate::random::Random;

/// A metric under construction: noise, then a change, then a pair.
pub(super) struct Metric {
    pub(super) noise: Noise,
    pub(super) baseline: Vec<f64>,
    pub(super) canary: Vec<f64>,
    pub(super) config: MetricConfig,
}

impl Metric {
    pub(super) fn healthy(n: usize, random: &mut Random) -> Self {
        let noise = Noise::any(random);
        let direction = *random.pick(&[
            Direction::Increase,
            Direction::Increase,
            Direction::Decrease,
            Direction::Either,
        ]);
        let config = MetricConfig { direction, ..MetricConfig::new("", "All") };
        let mut metric = Self { noise, baseline: Vec::new(), canary: Vec::new(), config };
        metric.redraw(n, random);
        metric
    }

    pub(super) fn redraw(&mut self, n: usize, random: &mut Random) {
        self.baseline = self.noise.series(n, random);
        self.canary = self.noise.series(n, random);
    }

    /// Allows the mean ratios from `decrease` to `increase`.
    pub(super) fn allow(&mut self, increase: f64, decrease: f64) {
        let size = EffectSize::default().with_allowed_increase(increase);
        let size = size.and_then(|size| size.with_allowed_decrease(decrease));
        self.config.effect_size = size.unwrap_or_default();
    }

    pub(super) fn len(&self) -> usize {
        self.baseline.len()
    }

    /// The direction of harm: 1 or −1.
    pub(super) fn sign(&self) -> f64 {
        if self.config.direction == Direction::Decrease { -1.0 } else { 1.0 }
    }

    /// Adds `change(index, elapsed share of the window)` to the canary's points, in the metric's unit.
    pub(super) fn add(&mut self, change: impl Fn(usize, f64) -> f64) {
        let n = self.len() as f64;
        for (index, value) in self.canary.iter_mut().enumerate() {
            *value += change(index, (index as f64 + 0.5) / n);
        }
    }

    /// A harmful shift of `sds` standard deviations, larger for fewer than 31 points.
    pub(super) fn worse(&self, sds: f64) -> f64 {
        let few = (31.0 / self.len() as f64).max(1.0).sqrt();
        let visible = sds * few * self.noise.sd();
        // Even for a metric with little noise, nobody calls a change of one or two percent a regression.
        visible.max(0.05 * self.noise.level) * self.sign()
    }

    pub(super) fn finish(mut self, index: usize) -> (MetricConfig, MetricPair) {
        self.config.name = format!("metric-{index}");
        let pair = MetricPair::new(&*self.config.name, self.baseline, self.canary);
        (self.config, pair)
    }
}
