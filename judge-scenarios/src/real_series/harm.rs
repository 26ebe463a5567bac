//! Injects harm into the canary of a healthy pair.

use judge_core::config::Direction;

use super::values::{finite, mean, median, robust_sd};
use crate::random::Random;

/// A kind of harm and its size.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Harm {
    /// Its kind.
    pub name: &'static str,
    /// Percent for shares of points and for harm that multiplies, standard deviations for harm that adds, a factor
    /// for spread, 0 for harm without a size.
    pub size: f64,
    /// The judged direction. With [`Direction::Either`] a coin decides whether a shift goes up or down.
    pub direction: Direction,
    /// The shift in robust standard deviations; `None` for harm that does not add.
    pub added: Option<f64>,
    change: HarmChange,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum HarmChange {
    None,
    Multiply(When),
    Add(When),
    AddEitherWay,
    Spread,
    Spikes,
    Bursts,
    Stuck,
    StuckAtZero,
    Missing,
    MissingAndAdd,
    MissingEnd,
}

/// Which part of the window a shift covers.
#[derive(Debug, Clone, Copy, PartialEq)]
enum When {
    Always,
    /// All but the first fifth.
    Early,
    /// The last two fifths.
    Late,
    /// The middle half.
    Healed,
    /// A linear increase that reaches the shift at the last point.
    Ramp,
}

impl When {
    /// The share of the shift at point `index` of `n`.
    fn share(self, index: usize, n: usize) -> f64 {
        match self {
            Self::Always => 1.0,
            Self::Early => f64::from(u8::from(10 * index >= 2 * n)),
            Self::Late => f64::from(u8::from(10 * index >= 6 * n)),
            Self::Healed => f64::from(u8::from(4 * index >= n && 4 * index < 3 * n)),
            Self::Ramp => index as f64 / n.saturating_sub(1).max(1) as f64,
        }
    }
}

const fn multiply(name: &'static str, percent: f64, when: When) -> Harm {
    let change = HarmChange::Multiply(when);
    Harm { name, size: percent, direction: Direction::Increase, added: None, change }
}

const fn add(name: &'static str, deviations: f64, when: When) -> Harm {
    let (added, change) = (Some(deviations), HarmChange::Add(when));
    Harm { name, size: deviations, direction: Direction::Increase, added, change }
}

const fn other(name: &'static str, size: f64, added: Option<f64>, change: HarmChange) -> Harm {
    Harm { name, size, direction: Direction::Increase, added, change }
}

const fn either(name: &'static str, size: f64, added: Option<f64>, change: HarmChange) -> Harm {
    Harm { name, size, direction: Direction::Either, added, change }
}

/// Height of a spike in robust standard deviations; a spike is also at least three times the point.
const SPIKE: f64 = 10.0;
/// Height of a burst in robust standard deviations.
const BURST: f64 = 5.0;

/// Every harm; the first changes nothing.
pub const HARMS: &[Harm] = &[
    other("none", 0.0, None, HarmChange::None),
    multiply("mult", 5.0, When::Always),
    multiply("mult", 10.0, When::Always),
    multiply("mult", 20.0, When::Always),
    multiply("mult", 50.0, When::Always),
    multiply("mult", 100.0, When::Always),
    multiply("late mult", 50.0, When::Late),
    multiply("late mult", 100.0, When::Late),
    multiply("ramp mult", 50.0, When::Ramp),
    add("add", 1.0, When::Always),
    add("add", 2.0, When::Always),
    add("add", 3.0, When::Always),
    add("add", 5.0, When::Always),
    add("late add", 3.0, When::Late),
    add("late add", 5.0, When::Late),
    add("ramp add", 3.0, When::Ramp),
    add("ramp add", 6.0, When::Ramp),
    add("early add", 3.0, When::Early),
    add("healed add", 3.0, When::Healed),
    other("spread", 1.5, None, HarmChange::Spread),
    other("spread", 2.0, None, HarmChange::Spread),
    other("spread", 3.0, None, HarmChange::Spread),
    other("spikes", 5.0, Some(SPIKE), HarmChange::Spikes),
    other("spikes", 10.0, Some(SPIKE), HarmChange::Spikes),
    other("bursts", BURST, Some(BURST), HarmChange::Bursts),
    either("add either", 3.0, Some(3.0), HarmChange::AddEitherWay),
    either("stuck", 0.0, None, HarmChange::Stuck),
    either("stuck at 0", 0.0, None, HarmChange::StuckAtZero),
    other("stuck, increase", 0.0, None, HarmChange::Stuck),
    other("missing", 30.0, None, HarmChange::Missing),
    other("missing + add", 3.0, Some(3.0), HarmChange::MissingAndAdd),
    other("missing end", 30.0, None, HarmChange::MissingEnd),
];

/// A pair into which to inject harm, with the units of its size.
#[derive(Debug, Clone)]
pub struct HarmSubject<'a> {
    canary: &'a [f64],
    /// Robust standard deviation of both sides together.
    sd: f64,
    /// Absolute median of both sides together.
    level: f64,
    /// Whether no point is below 0 and the canary's mean is above it.
    positive: bool,
}

/// Smallest harm that the practical tables count, as a share of the absolute median, since a judge may treat less as
/// too small to matter.
const PRACTICAL: f64 = 0.05;

impl<'a> HarmSubject<'a> {
    /// Measures the noise and the median of both sides.
    pub fn new(baseline: &[f64], canary: &'a [f64]) -> Self {
        let both = finite(&[baseline, canary].concat());
        let positive = both.iter().all(|value| *value >= 0.0) && mean(canary) > 0.0;
        Self { canary, sd: robust_sd(&both), level: median(&both).abs(), positive }
    }

    /// Robust standard deviation of both sides together; 0 or NaN if there is no noise.
    pub fn sd(&self) -> f64 {
        self.sd
    }

    /// Injects `harm` into the canary; `None` if it does not apply. Harm that multiplies needs a metric that is never
    /// negative; all other harm except "none" needs noise.
    pub fn inject(&self, harm: &Harm, random: &mut Random) -> Option<Vec<f64>> {
        let noise = self.sd > 0.0 && self.sd.is_finite();
        match harm.change {
            HarmChange::None => Some(self.canary.to_vec()),
            HarmChange::Multiply(when) => self.positive.then(|| {
                self.each(|index, n, value| {
                    value * (1.0 + harm.size / 100.0 * when.share(index, n))
                })
            }),
            _ if !noise => None,
            HarmChange::Add(when) => Some(self.add(harm.size, when)),
            HarmChange::AddEitherWay => {
                let sign = if random.chance(0.5) { -1.0 } else { 1.0 };
                Some(self.add(sign * harm.size, When::Always))
            }
            HarmChange::Spread => Some(self.spread(harm.size)),
            HarmChange::Spikes => Some(self.spikes(harm.size, random)),
            HarmChange::Bursts => Some(self.bursts(random)),
            HarmChange::Stuck => Some(vec![median(self.canary); self.canary.len()]),
            HarmChange::StuckAtZero => Some(vec![0.0; self.canary.len()]),
            HarmChange::Missing => Some(missing(self.canary.to_vec(), random)),
            HarmChange::MissingAndAdd => Some(missing(self.add(harm.size, When::Always), random)),
            HarmChange::MissingEnd => Some(
                self.each(|index, n, value| if 10 * index >= 7 * n { f64::NAN } else { value }),
            ),
        }
    }

    /// Whether `harm` adds a shift of at least 5 % of the absolute median.
    pub fn is_practical(&self, harm: &Harm) -> bool {
        harm.added.is_some_and(|added| added * self.sd >= PRACTICAL * self.level)
    }

    fn each(&self, change: impl Fn(usize, usize, f64) -> f64) -> Vec<f64> {
        let n = self.canary.len();
        self.canary.iter().enumerate().map(|(index, value)| change(index, n, *value)).collect()
    }

    fn add(&self, deviations: f64, when: When) -> Vec<f64> {
        self.each(|index, n, value| value + deviations * self.sd * when.share(index, n))
    }

    fn spread(&self, factor: f64) -> Vec<f64> {
        let middle = median(self.canary);
        let lowest = if self.positive { 0.0 } else { f64::NEG_INFINITY };
        self.each(|_, _, value| {
            let wider = middle + (value - middle) * factor;
            // A gap stays a gap.
            if wider < lowest { lowest } else { wider }
        })
    }

    fn spikes(&self, percent: f64, random: &mut Random) -> Vec<f64> {
        let mut canary = self.canary.to_vec();
        let share = percent / 100.0;
        let count = (1..=canary.len())
            .take_while(|count| *count as f64 <= share * canary.len() as f64 + 0.5);
        for index in random.distinct(count.count().max(1), canary.len()) {
            let value = canary[index];
            let spike = value + SPIKE * self.sd;
            let multiple = if self.positive { 3.0 * value } else { value };
            canary[index] = if multiple > spike { multiple } else { spike };
        }
        canary
    }

    /// One burst in each third of the window, of 7 % of the window's points but at least two.
    fn bursts(&self, random: &mut Random) -> Vec<f64> {
        let mut canary = self.canary.to_vec();
        let n = canary.len();
        let length = ((7 * n + 50) / 100).max(2);
        for third in 0..3 {
            let (first, end) = (third * n / 3, ((third + 1) * n / 3).saturating_sub(length));
            let start = first + random.below(end.saturating_sub(first).max(1));
            canary.iter_mut().skip(start).take(length).for_each(|value| *value += BURST * self.sd);
        }
        canary
    }
}

/// Drops 30 % of the points.
fn missing(mut canary: Vec<f64>, random: &mut Random) -> Vec<f64> {
    for index in random.distinct(3 * canary.len() / 10, canary.len()) {
        canary[index] = f64::NAN;
    }
    canary
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Twenty points around 100 with a robust standard deviation of 1.4826.
    fn canary() -> Vec<f64> {
        [99.0, 101.0].repeat(10)
    }

    const SD: f64 = 1.4826;

    fn inject(canary: &[f64], name: &str, size: f64) -> Option<Vec<f64>> {
        let harm = HARMS.iter().find(|harm| harm.name == name && harm.size == size).unwrap();
        HarmSubject::new(canary, canary).inject(harm, &mut Random::new(5))
    }

    #[test]
    fn shifts_are_of_their_size_and_at_their_time() {
        // (harm, size, added to the points 0, 11, 12 and 19, each as (relative, in SD))
        let cases = [
            ("none", 0.0, [(0.0, 0.0); 4]),
            ("mult", 20.0, [(0.2, 0.0); 4]),
            ("late mult", 50.0, [(0.0, 0.0), (0.0, 0.0), (0.5, 0.0), (0.5, 0.0)]),
            ("ramp mult", 50.0, [(0.0, 0.0), (5.5 / 19.0, 0.0), (6.0 / 19.0, 0.0), (0.5, 0.0)]),
            ("add", 2.0, [(0.0, 2.0); 4]),
            ("late add", 3.0, [(0.0, 0.0), (0.0, 0.0), (0.0, 3.0), (0.0, 3.0)]),
            ("early add", 3.0, [(0.0, 0.0), (0.0, 3.0), (0.0, 3.0), (0.0, 3.0)]),
            ("healed add", 3.0, [(0.0, 0.0), (0.0, 3.0), (0.0, 3.0), (0.0, 0.0)]),
            ("ramp add", 6.0, [(0.0, 0.0), (0.0, 66.0 / 19.0), (0.0, 72.0 / 19.0), (0.0, 6.0)]),
        ];
        let healthy = canary();
        for (name, size, added) in cases {
            let canary = inject(&healthy, name, size).unwrap();
            for (index, (relative, deviations)) in [0, 11, 12, 19].into_iter().zip(added) {
                let expected = healthy[index] * (1.0 + relative) + deviations * SD;
                assert!((canary[index] - expected).abs() < 1e-9, "{name} {size}, point {index}");
            }
        }
    }

    #[test]
    fn other_harm_does_what_its_name_says() {
        let healthy = canary();
        let get = |name, size| inject(&healthy, name, size).unwrap();
        let changed = |canary: &[f64], by: f64| {
            let near = |(new, old): &(&f64, &f64)| (*new - *old - by).abs() < 1e-9;
            canary.iter().zip(&healthy).filter(near).count()
        };
        let wide = get("spread", 3.0);
        assert!(wide.iter().all(|value| [97.0, 103.0].contains(value)), "{wide:?}");
        // Three times a point is more than ten standard deviations above it.
        let spikes = get("spikes", 10.0);
        let high: Vec<&f64> = spikes.iter().filter(|value| **value > 200.0).collect();
        assert!(high.len() == 2 && high.iter().all(|v| [297.0, 303.0].contains(*v)), "{spikes:?}");
        assert_eq!(changed(&spikes, 0.0), 18);
        let bursts = get("bursts", 5.0);
        assert_eq!((changed(&bursts, 5.0 * SD), changed(&bursts, 0.0)), (6, 14));
        let shifted = get("add either", 3.0);
        assert!(changed(&shifted, 3.0 * SD) == 20 || changed(&shifted, -3.0 * SD) == 20);
        assert_eq!(get("stuck", 0.0), [100.0; 20]);
        assert_eq!(get("stuck, increase", 0.0), [100.0; 20]);
        assert_eq!(get("stuck at 0", 0.0), [0.0; 20]);
        let gaps = |canary: &[f64]| canary.iter().filter(|value| value.is_nan()).count();
        assert_eq!((gaps(&get("missing", 30.0)), changed(&get("missing", 30.0), 0.0)), (6, 14));
        let both = get("missing + add", 3.0);
        assert_eq!((gaps(&both), changed(&both, 3.0 * SD)), (6, 14));
        let end = get("missing end", 30.0);
        assert!(gaps(&end) == 6 && end[14..].iter().all(|value| value.is_nan()), "{end:?}");
    }

    #[test]
    fn harm_that_does_not_apply_is_left_out() {
        let negative: Vec<f64> = canary().iter().map(|value| value - 100.0).collect();
        let silent = vec![7.0; 20];
        for harm in HARMS {
            let can = |canary: &[f64]| {
                HarmSubject::new(canary, canary).inject(harm, &mut Random::new(1)).is_some()
            };
            let multiplies = harm.name.contains("mult");
            assert_eq!(can(&negative), !multiplies, "{harm:?}");
            assert_eq!(can(&silent), multiplies || harm.name == "none", "{harm:?}");
        }
        // The spread of a metric that is never negative stays non-negative; gaps stay gaps.
        let mut low = vec![1.0, 3.0, f64::NAN];
        low.extend([1.0, 3.0].repeat(9));
        let wide = inject(&low, "spread", 3.0).unwrap();
        assert!(wide[2].is_nan() && wide[0] == 0.0, "{wide:?}");
    }

    #[test]
    fn practical_harm_is_worth_5_percent_of_the_level() {
        let canary = canary();
        let subject = HarmSubject::new(&canary, &canary);
        let practical = |harm: &&Harm| subject.is_practical(harm);
        let found: Vec<String> =
            HARMS.iter().filter(practical).map(|h| format!("{} {}", h.name, h.size)).collect();
        // One standard deviation is 1.5 % of the level.
        let expected = ["add 5", "late add 5", "ramp add 6", "spikes 5", "spikes 10", "bursts 5"];
        assert_eq!(found, expected);
    }
}
