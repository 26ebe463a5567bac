//! The families of drawn canaries.

use judge_core::config::Direction;
use judge_core::{CanaryConfig, JudgeRequest, MetricConfig, MetricPair, Thresholds};

use super::changes;
use super::metric::Metric;
use super::noise::{Noise, Shape};
use crate::random::Random;

/// A canary with its label.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// Whether it must not pass.
    pub harmful: bool,
    /// The request for the judge.
    pub request: JudgeRequest,
}

/// A kind of canary.
#[derive(Clone, Copy)]
pub struct Family {
    /// Its name.
    pub name: &'static str,
    /// Whether its canaries are harmful.
    pub harmful: bool,
    make: fn(&mut Metric, &mut Random),
}

/// Every family: first the harmful ones, then their harmless twins.
pub const FAMILIES: &[Family] = &[
    Family { name: "shift, small", harmful: true, make: changes::shift_small },
    Family { name: "shift, large", harmful: true, make: changes::shift_large },
    Family { name: "shift under load", harmful: true, make: changes::shift_under_load },
    Family { name: "shift, autocorrelated", harmful: true, make: changes::shift_autocorrelated },
    Family { name: "beyond allowance", harmful: true, make: changes::beyond_allowance },
    Family { name: "spread", harmful: true, make: changes::spread },
    Family { name: "alternating", harmful: true, make: changes::alternating },
    Family { name: "tail", harmful: true, make: changes::tail },
    Family { name: "late step", harmful: true, make: changes::late_step },
    Family { name: "late ramp", harmful: true, make: changes::late_ramp },
    Family { name: "warm-up, then worse", harmful: true, make: changes::warm_up_then_worse },
    Family { name: "excursions", harmful: true, make: changes::excursions },
    Family { name: "error stream", harmful: true, make: changes::error_stream },
    Family { name: "more errors", harmful: true, make: changes::more_errors },
    Family { name: "error ratio", harmful: true, make: changes::error_ratio },
    Family { name: "no change", harmful: false, make: changes::no_change },
    Family { name: "autocorrelated", harmful: false, make: changes::autocorrelated },
    Family { name: "common load", harmful: false, make: changes::common_load },
    Family { name: "outliers both sides", harmful: false, make: changes::outliers_both_sides },
    Family { name: "identical", harmful: false, make: changes::identical },
    Family { name: "constant", harmful: false, make: changes::constant },
    Family { name: "trivial shift", harmful: false, make: changes::trivial_shift },
    Family { name: "within allowance", harmful: false, make: changes::within_allowance },
    Family { name: "improvement", harmful: false, make: changes::improvement },
    Family { name: "warm-up", harmful: false, make: changes::warm_up },
    Family { name: "gaps", harmful: false, make: changes::gaps },
    Family { name: "lone errors", harmful: false, make: changes::lone_errors },
    Family { name: "sparse counts", harmful: false, make: changes::sparse_counts },
    Family { name: "spikes both scattered", harmful: false, make: changes::spikes_both_scattered },
];

impl Family {
    /// Draws one canary of `n` points a side: the family's metric among up to 19 healthy ones.
    pub fn draw(&self, n: usize, random: &mut Random) -> Scenario {
        let metrics = *random.pick(&[1, 1, 2, 3, 5, 8, 20]);
        let special = random.below(metrics);
        let drawn = (0..metrics).map(|index| {
            let mut metric = Metric::healthy(n, random);
            if index == special {
                (self.make)(&mut metric, random);
            }
            metric.finish(index)
        });
        let (configs, pairs): (Vec<_>, Vec<_>) = drawn.unzip();
        Scenario { harmful: self.harmful, request: request(configs, pairs) }
    }
}

fn request(metrics: Vec<MetricConfig>, pairs: Vec<MetricPair>) -> JudgeRequest {
    // A single failing metric of 20 costs 5 points. This must suffice for a verdict other than Pass.
    let thresholds = Thresholds::new(96.0, 75.0).unwrap_or_default();
    JudgeRequest {
        config: CanaryConfig { metrics, ..CanaryConfig::default() },
        thresholds,
        pairs,
        ..JudgeRequest::default()
    }
}

/// Draws a systemic regression: 5 to 15 metrics, each worse by `share` of its allowance.
pub fn systemic(n: usize, share: f64, random: &mut Random) -> Scenario {
    let metrics = 5 + random.below(11);
    let drawn = (0..metrics).map(|index| {
        let mut metric = Metric::healthy(n, random);
        // With this little noise, a shift of 8 % in each of five metrics is visible jointly.
        let relative = metric.noise.relative.min(0.02 * (n as f64).sqrt());
        metric.noise = Noise { shape: Shape::Gaussian, relative, ..metric.noise };
        metric.redraw(n, random);
        metric.allow(1.1, 0.9);
        let shift = 0.1 * share * metric.noise.level * metric.sign();
        metric.add(|_, _| shift);
        metric.finish(index)
    });
    let (configs, pairs): (Vec<_>, Vec<_>) = drawn.unzip();
    Scenario { harmful: share > 0.0, request: request(configs, pairs) }
}

/// Draws a pair without a difference.
pub fn aa_pair(noise: Noise, n: usize, random: &mut Random) -> MetricPair {
    MetricPair::new("metric", noise.series(n, random), noise.series(n, random))
}

/// Draws a pair whose canary is `sds` standard deviations higher.
pub fn shifted_pair(noise: Noise, n: usize, sds: f64, random: &mut Random) -> MetricPair {
    let mut pair = aa_pair(noise, n, random);
    pair.canary.values.iter_mut().for_each(|value| *value += sds * noise.sd());
    pair
}

/// Builds a request for one metric.
pub fn single_metric_request(pair: MetricPair, direction: Direction) -> JudgeRequest {
    let config = MetricConfig { direction, ..MetricConfig::new(&*pair.name, "All") };
    request(vec![config], vec![pair])
}
