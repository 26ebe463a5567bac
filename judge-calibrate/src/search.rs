//! Searches for the smallest change that is detected often enough.

use judge_core::{JudgeError, Scratch};

use crate::calibration::SmallestChange;
use crate::change::Injection;
use crate::pairs::PairPlan;
use crate::share::Share;
use crate::trial::{self, Trial};

/// The grid of sizes starts at a thousandth of the mean size, ...
const SMALLEST: f64 = 1e-3;
/// ... increases by 5 %, ...
const RATIO: f64 = 1.05;
/// ... and ends at about eleven times the mean size.
const SIZES: usize = 190;

/// The size at `index`.
fn size(index: usize) -> f64 {
    SMALLEST * RATIO.powi(i32::try_from(index).unwrap_or(i32::MAX))
}

/// The changed metrics, and what counts as detection.
pub(crate) enum Injected {
    /// Changes the first metric; detected if it fails in the direction of the change.
    Metric(Injection),
    /// Changes all metrics; detected if the verdict is not Pass.
    Config(Vec<Option<Injection>>),
}

impl Injected {
    fn finds(
        &self,
        trial: &mut Trial,
        size: f64,
        scratch: &mut Scratch,
    ) -> Result<bool, JudgeError> {
        match self {
            Self::Metric(injection) => {
                trial.change(0, *injection, size);
                let judgement = trial.judge(scratch)?;
                Ok(judgement.metrics.first().is_some_and(|metric| trial::finds(metric, *injection)))
            }
            Self::Config(injections) => {
                for (index, injection) in injections.iter().enumerate() {
                    if let Some(injection) = injection {
                        trial.change(index, *injection, size);
                    }
                }
                Ok(trial::blocks(&trial.judge(scratch)?))
            }
        }
    }

    fn signed(&self, size: f64) -> f64 {
        match self {
            Self::Metric(injection) => injection.signed(size),
            Self::Config(_) => size,
        }
    }
}

/// Measures how often a change of `size` is detected.
pub(crate) fn power(
    trial: &mut Trial,
    plan: &PairPlan,
    injected: &Injected,
    size: f64,
    scratch: &mut Scratch,
) -> Result<Share, JudgeError> {
    let mut found = 0;
    for pair in &plan.pairs {
        trial.load(pair, plan.points);
        found += usize::from(injected.finds(trial, size, scratch)?);
    }
    Ok(Share::estimate(found, plan.pairs.len(), plan.independent()))
}

/// The smallest change that a share `wanted` of the pairs of `plan` detect.
///
/// For each pair, bisection finds the size from which the change is detected, with the same points and spikes at
/// every size. The sorted sizes form the power curve. We judge the resulting size on all pairs, and increase it while
/// too few pairs detect it: a test need not detect every larger change.
pub(crate) fn smallest(
    trial: &mut Trial,
    plan: &PairPlan,
    injected: &Injected,
    wanted: f64,
    scratch: &mut Scratch,
) -> Result<SmallestChange, JudgeError> {
    let mut firsts = Vec::with_capacity(plan.pairs.len());
    for pair in &plan.pairs {
        trial.load(pair, plan.points);
        firsts.push(bisect(|index| injected.finds(trial, size(index), scratch))?);
    }
    firsts.sort_unstable();
    let share = |index| {
        let found = firsts.partition_point(|first| *first <= index);
        Share::estimate(found, firsts.len(), plan.independent())
    };
    let reaches =
        |bound: fn(&Share) -> f64| (0..SIZES).find(|index| bound(&share(*index)) >= wanted);
    let mut index = reaches(|share| share.share).unwrap_or(SIZES - 1);
    let mut found = power(trial, plan, injected, size(index), scratch)?;
    while found.share < wanted && index + 1 < SIZES {
        index += 1;
        found = power(trial, plan, injected, size(index), scratch)?;
    }
    let change = (found.share >= wanted).then(|| injected.signed(size(index)));
    // The grid is part of the error: the true size is above the previous one.
    let from = reaches(|share| share.upper).map_or(SIZES - 1, |from| from.min(index));
    let to = reaches(|share| share.lower).map(|to| to.max(index));
    Ok(SmallestChange {
        change,
        from: injected.signed(if from == 0 { 0.0 } else { size(from - 1) }),
        to: to.filter(|_| change.is_some()).map(|to| injected.signed(size(to))),
        power: found,
    })
}

/// The first index from which `finds` is true, if it is monotone; the number of sizes if it is never true.
fn bisect(mut finds: impl FnMut(usize) -> Result<bool, JudgeError>) -> Result<usize, JudgeError> {
    if !finds(SIZES - 1)? {
        return Ok(SIZES);
    }
    let (mut low, mut high) = (0, SIZES - 1);
    while low < high {
        let middle = usize::midpoint(low, high);
        if finds(middle)? {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    Ok(low)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bisection_ends_at_the_first_size_found() {
        for first in [0, 1, 77, SIZES - 1, SIZES] {
            assert_eq!(bisect(|index| Ok(index >= first)).unwrap(), first);
        }
        assert!(size(SIZES - 1) > 10.0, "{}", size(SIZES - 1));
    }
}
