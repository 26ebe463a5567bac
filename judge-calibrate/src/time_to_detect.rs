//! The length of window that detects a change.

use crate::calibration::TimeToDetect;
use crate::share::Share;

/// The power in windows of one length.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct PowerOfWindow {
    pub(crate) minutes: f64,
    pub(crate) power: Share,
}

/// The shortest window of `points`, in ascending order of length, in which a share `wanted` detects the change.
///
/// Longer windows contain more information, so decreasing shares are chance. Such neighbours are pooled (isotonic
/// regression; Ayer et al. 1955, "An empirical distribution function for sampling with incomplete information"). For
/// the same reason, a window that is shown to be too short excludes all shorter windows.
pub(crate) fn estimate(points: &[PowerOfWindow], wanted: f64) -> TimeToDetect {
    let rising = rising(points);
    let first = rising.iter().position(|share| *share >= wanted);
    let ruled_out = points.iter().rposition(|point| point.power.upper < wanted);
    let proven = points.iter().position(|point| point.power.lower >= wanted);
    let at = |index: usize| points.get(index).map(|point| point.minutes);
    // The true time is above the last excluded window.
    let open = ruled_out.map_or(0, |index| index + 1);
    let open = first.map_or(open, |first| open.min(first));
    let before = open.checked_sub(1).and_then(at).unwrap_or(0.0);
    TimeToDetect {
        minutes: first.and_then(at),
        from: (open < points.len()).then_some(before),
        to: first.zip(proven).and_then(|(first, proven)| at(proven.max(first))),
        longest: points.last().map(|point| point.minutes),
    }
}

/// The shares after pooling, in ascending order.
fn rising(points: &[PowerOfWindow]) -> Vec<f64> {
    struct Pool {
        share: f64,
        weight: f64,
        points: usize,
    }
    let mut pools: Vec<Pool> = Vec::new();
    for point in points {
        let Share { share, independent, .. } = point.power;
        let mut pool = Pool { share, weight: independent, points: 1 };
        while let Some(before) = pools.pop_if(|before| before.share > pool.share) {
            let weight = before.weight + pool.weight;
            pool = Pool {
                share: (before.share * before.weight + pool.share * pool.weight) / weight,
                weight,
                points: before.points + pool.points,
            };
        }
        pools.push(pool);
    }
    pools.iter().flat_map(|pool| std::iter::repeat_n(pool.share, pool.points)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(shares: &[(f64, usize)]) -> Vec<PowerOfWindow> {
        let powers = shares.iter().map(|(minutes, hits)| PowerOfWindow {
            minutes: *minutes,
            power: Share::estimate(*hits, 100, 100.0),
        });
        powers.collect()
    }

    #[test]
    fn the_first_window_from_which_it_is_found() {
        let all = points(&[(5.0, 20), (10.0, 60), (20.0, 83), (40.0, 97), (80.0, 100)]);
        let needs = estimate(&all, 0.8);
        // 83 of 100 has an interval from 74 % to 90 %; that of 60 ends at 70 % at most.
        assert_eq!((needs.minutes, needs.from, needs.to), (Some(20.0), Some(10.0), Some(40.0)));
    }

    #[test]
    fn falling_shares_are_pooled() {
        assert_eq!(
            rising(&points(&[(1.0, 50), (2.0, 90), (3.0, 70), (4.0, 95)])),
            [0.5, 0.8, 0.8, 0.95]
        );
    }

    #[test]
    fn never_found_says_how_far_it_was_looked() {
        let needs = estimate(&points(&[(5.0, 1), (10.0, 3)]), 0.8);
        assert_eq!(
            needs,
            TimeToDetect { minutes: None, from: None, to: None, longest: Some(10.0) }
        );
        assert_eq!(estimate(&[], 0.8), TimeToDetect::default());
    }
}
