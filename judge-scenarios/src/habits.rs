//! Habits of healthy metrics beyond noise. Both sides have the habit, but not at the same times.

use judge_core::MetricPair;

use crate::noise::Autoregression;
use crate::random::Random;

/// A habit of a healthy metric.
#[derive(Clone, Copy)]
pub struct Habit {
    /// Its name.
    pub name: &'static str,
    series: fn(usize, &mut Random) -> Vec<f64>,
}

impl std::fmt::Debug for Habit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// Each point is on one of two levels, with noise of 5 around it.
pub const TWO_LEVELS: Habit =
    Habit { name: "two levels, each point for itself", series: two_levels };

/// Every habit.
pub const HABITS: &[Habit] = &[
    Habit { name: "saw-tooth, out of step", series: saw_tooth },
    TWO_LEVELS,
    Habit { name: "two levels, changing now and then", series: switching },
    Habit { name: "overdispersed counts", series: overdispersed },
    Habit { name: "coarse values", series: coarse },
    Habit { name: "heavy tails (t, 2 degrees)", series: heavy_tails },
    Habit { name: "moving averages of five", series: moving_averages },
    Habit { name: "a tenth of points in short bursts", series: bursts },
    Habit { name: "noise that swells and fades", series: swelling },
];

impl Habit {
    /// Draws a healthy pair of `n` points a side.
    pub fn pair(&self, n: usize, random: &mut Random) -> MetricPair {
        MetricPair::new("metric", (self.series)(n, random), (self.series)(n, random))
    }
}

/// The memory of a process whose garbage collector runs every twelve points.
fn saw_tooth(n: usize, random: &mut Random) -> Vec<f64> {
    let phase = random.below(12);
    (0..n).map(|index| 50.0 + 5.0 * ((index + phase) % 12) as f64 + 2.0 * random.normal()).collect()
}

fn two_levels(n: usize, random: &mut Random) -> Vec<f64> {
    let level = |random: &mut Random| if random.chance(0.3) { 150.0 } else { 100.0 };
    (0..n).map(|_| level(random) + 5.0 * random.normal()).collect()
}

fn switching(n: usize, random: &mut Random) -> Vec<f64> {
    let mut high = random.chance(0.5);
    let point = |_| {
        high ^= random.chance(0.12);
        (if high { 120.0 } else { 100.0 }) + 3.0 * random.normal()
    };
    (0..n).map(point).collect()
}

fn overdispersed(n: usize, random: &mut Random) -> Vec<f64> {
    let point = |_| {
        let mean = 2.0 * (1.2 * random.normal()).exp();
        random.poisson(mean)
    };
    (0..n).map(point).collect()
}

fn coarse(n: usize, random: &mut Random) -> Vec<f64> {
    (0..n).map(|_| (10.0 + 0.6 * random.normal()).round()).collect()
}

fn heavy_tails(n: usize, random: &mut Random) -> Vec<f64> {
    // Student's t with 2 degrees of freedom: a normal divided by the root of half a chi-square, which is exponential.
    (0..n).map(|_| 100.0 + 5.0 * random.normal() / random.gamma(1.0).sqrt()).collect()
}

fn moving_averages(n: usize, random: &mut Random) -> Vec<f64> {
    let noise: Vec<f64> = (0..n + 4).map(|_| random.normal()).collect();
    noise.windows(5).map(|five| 100.0 + 5.0 * five.iter().sum::<f64>() / 5_f64.sqrt()).collect()
}

fn bursts(n: usize, random: &mut Random) -> Vec<f64> {
    let mut left = 0.0;
    let point = |_| {
        if left == 0.0 && random.chance(0.04) {
            left = 60.0 * random.gamma(1.0);
        } else if random.chance(0.4) {
            left = 0.0;
        }
        100.0 + left + 5.0 * random.normal()
    };
    (0..n).map(point).collect()
}

fn swelling(n: usize, random: &mut Random) -> Vec<f64> {
    let mut volatility = Autoregression::new(0.95, random);
    let point = |_| 100.0 + 5.0 * (0.8 * volatility.next(random)).exp() * random.normal();
    (0..n).map(point).collect()
}
