//! Canaries that get a small share of the traffic, so that fewer requests determine their points than the baseline's.

use judge_core::config::{CanaryConfig, Direction, MetricConfig};
use judge_core::{JudgeRequest, MetricPair};

use crate::random::Random;

/// The name of the metric that counts requests.
pub const REQUESTS: &str = "requests";

/// How baseline and canary share the requests, and how slow the canary is.
#[derive(Debug, Clone, Copy)]
pub struct SharedTraffic {
    /// Requests of both sides per point.
    pub requests: f64,
    /// The canary's share of the requests.
    pub share: f64,
    /// The canary's latency relative to the baseline's: 1.1 is 10 % slower.
    pub slower: f64,
}

#[derive(Default)]
struct Points {
    median: Vec<f64>,
    ninetieth: Vec<f64>,
    error_ratio: Vec<f64>,
    requests: Vec<f64>,
}

impl SharedTraffic {
    /// Draws a canary of `n` points with four metrics: the median and the 90th percentile of the latency, the share of
    /// errors (1 % of all requests), and the number of requests, which is muted.
    pub fn draw(self, n: usize, random: &mut Random) -> JudgeRequest {
        let (mut canary, mut baseline) = (Points::default(), Points::default());
        for _ in 0..n {
            canary.push(self.requests * self.share, self.slower, random);
            baseline.push(self.requests * (1.0 - self.share), 1.0, random);
        }
        let pairs = vec![
            MetricPair::new("latency-p50", baseline.median, canary.median),
            MetricPair::new("latency-p90", baseline.ninetieth, canary.ninetieth),
            MetricPair::new("error-ratio", baseline.error_ratio, canary.error_ratio),
            MetricPair::new(REQUESTS, baseline.requests, canary.requests),
        ];
        let metrics = pairs.iter().map(|pair| MetricConfig {
            direction: Direction::Increase,
            muted: pair.name == REQUESTS,
            ..MetricConfig::new(&pair.name, "All")
        });
        let config = CanaryConfig { metrics: metrics.collect(), ..CanaryConfig::default() };
        JudgeRequest { config, pairs, ..JudgeRequest::default() }
    }
}

impl Points {
    /// One point: lognormal latencies around 30 ms.
    fn push(&mut self, requests: f64, slower: f64, random: &mut Random) {
        let count = random.poisson(requests);
        self.requests.push(count);
        let mut failed = 0.0;
        let mut latencies = Vec::new();
        while (latencies.len() as f64) < count {
            latencies.push(30.0 * slower * (0.7 * random.normal()).exp());
            failed += f64::from(u8::from(random.chance(0.01)));
        }
        latencies.sort_unstable_by(f64::total_cmp);
        self.median.push(quantile(&latencies, 0.5));
        self.ninetieth.push(quantile(&latencies, 0.9));
        self.error_ratio.push(failed / count);
    }
}

/// A quantile of ascending values, interpolated between neighbours (Hazen 1914); NaN without values.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at least 0")]
fn quantile(ascending: &[f64], q: f64) -> f64 {
    let Some(last) = ascending.len().checked_sub(1) else { return f64::NAN };
    let place = (q * ascending.len() as f64 - 0.5).clamp(0.0, last as f64);
    let below = place as usize;
    let above = ascending[last.min(below + 1)];
    ascending[below] + (place - below as f64) * (above - ascending[below])
}
