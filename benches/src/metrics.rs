//! Typical metrics of services, from a seed.

use judge_scenarios::random::Random;

/// `n` normal values with mean 100 and standard deviation 10.
pub fn gaussian(n: usize, seed: u64) -> Vec<f64> {
    let mut random = Random::new(seed);
    (0..n).map(|_| 100.0 + 10.0 * random.normal()).collect()
}

/// `n` lognormal values around 100, as latencies in milliseconds are.
pub fn latencies(n: usize, seed: u64) -> Vec<f64> {
    let mut random = Random::new(seed);
    (0..n).map(|_| 100.0 * (0.3 * random.normal()).exp()).collect()
}

/// `n` small counts, most of which are tied.
pub fn tied(n: usize, seed: u64) -> Vec<f64> {
    let mut random = Random::new(seed);
    (0..n).map(|_| (3.0 * random.normal()).abs().floor()).collect()
}
