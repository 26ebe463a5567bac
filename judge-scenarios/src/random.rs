//! Random numbers from a seed. The same seed gives the same numbers in every version.

/// `SplitMix64` (Steele, Lea and Flood 2014).
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// The stream that starts from `seed`.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The stream for `name`: its FNV-1a hash (Fowler, Noll and Vo) is the seed.
    pub fn from_name(name: &str) -> Self {
        let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        Self(name.as_bytes().iter().fold(0xcbf2_9ce4_8422_2325, step))
    }

    fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Uniform in (0, 1).
    pub fn unit(&mut self) -> f64 {
        ((self.bits() >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    }

    /// Uniform from `low` to `high`.
    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// An index below `n`, which is at least 1.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "below n")]
    pub fn below(&mut self, n: usize) -> usize {
        (self.unit() * n as f64) as usize
    }

    /// One of `choices`, each with the same probability.
    pub fn pick<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        &choices[self.below(choices.len())]
    }

    /// `count` distinct indices below `n`, in ascending order; all of them if `count` is larger than `n`.
    pub fn distinct(&mut self, count: usize, n: usize) -> Vec<usize> {
        let mut indices: Vec<usize> = (0..n).collect();
        let count = count.min(n);
        for place in 0..count {
            let other = place + self.below(n - place);
            indices.swap(place, other);
        }
        indices.truncate(count);
        indices.sort_unstable();
        indices
    }

    /// True with probability `p`.
    pub fn chance(&mut self, p: f64) -> bool {
        self.unit() < p
    }

    /// Standard normal, by Box and Muller (1958).
    pub fn normal(&mut self) -> f64 {
        (-2.0 * self.unit().ln()).sqrt() * (std::f64::consts::TAU * self.unit()).cos()
    }

    /// Gamma with `shape` at least 1 and scale 1 (Marsaglia and Tsang 2000).
    pub fn gamma(&mut self, shape: f64) -> f64 {
        let d = shape - 1.0 / 3.0;
        let c = 1.0 / (9.0 * d).sqrt();
        loop {
            let z = self.normal();
            let v = (1.0 + c * z).powi(3);
            if v > 0.0 && self.unit().ln() < 0.5 * z * z + d - d * v + d * v.ln() {
                return d * v;
            }
        }
    }

    /// Poisson: by products below a mean of 30 (Knuth 1969), above it by a rounded normal.
    pub fn poisson(&mut self, mean: f64) -> f64 {
        if mean >= 30.0 {
            return (mean + mean.sqrt() * self.normal()).round().max(0.0);
        }
        let floor = (-mean).exp();
        let (mut product, mut events) = (self.unit(), 0.0);
        while product > floor {
            product *= self.unit();
            events += 1.0;
        }
        events
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_seed() {
        let unit = |name| Random::from_name(name).unit();
        assert_eq!(unit("coin|a|15"), unit("coin|a|15"));
        assert_ne!(unit("coin|a|15"), unit("coin|a|16"));
        // The hash of "a" as its authors publish it.
        assert_eq!(Random::from_name("a").0, 0xaf63_dc4c_8601_ec8c);
    }

    #[test]
    fn distinct_indices_are_drawn_evenly() {
        let mut random = Random::new(1);
        let mut seen = [0; 5];
        for _ in 0..5000 {
            let drawn = random.distinct(2, 5);
            assert!(drawn.len() == 2 && drawn[0] < drawn[1] && drawn[1] < 5, "{drawn:?}");
            for index in drawn {
                seen[index] += 1;
            }
        }
        assert!(seen.iter().all(|count| (1850..2150).contains(count)), "{seen:?}");
        assert_eq!(random.distinct(9, 3), [0, 1, 2]);
        assert_eq!(random.distinct(1, 0), [0; 0]);
    }
}
