//! The judges, and how a program finds or adds one.
//!
//! | judge | for |
//! | --- | --- |
//! | [`EvidenceJudge`] | new canaries: finds late changes, spread, bursts and rare events, and raises few false alarms |
//! | [`NetflixAcaJudge`] | canaries that must be judged exactly as Kayenta judges them |
//!
//! A config names its judge. [`built_in`] finds it by that name; [`Judges`] takes judges of your own beside
//! the two.

mod configs;
mod data_warnings;
pub mod evidence;
mod judge;
pub mod netflix;
mod pairs;
mod registry;
mod scratch;

pub use evidence::EvidenceJudge;
pub use judge::Judge;
pub use netflix::NetflixAcaJudge;
pub use registry::{Judges, REMOTE, built_in};
pub use scratch::Scratch;

use evidence::FEWEST;

/// Why `judge` can judge no look with at most `points` points a side; `None` if it can.
///
/// # Example
/// ```
/// use judge_core::judges::{EvidenceJudge, NetflixAcaJudge, lack_of_points};
///
/// assert!(lack_of_points(&EvidenceJudge, 4).is_some());
/// assert_eq!(lack_of_points(&EvidenceJudge, 5), None);
/// assert_eq!(lack_of_points(&NetflixAcaJudge, 4), None);
/// ```
pub fn lack_of_points(judge: &dyn Judge, points: u64) -> Option<String> {
    (judge.name() == EvidenceJudge.name() && points < FEWEST as u64).then(|| {
        format!(
            "no look can be judged: even the last has only {points} points a side, and {} needs {FEWEST}; \
             lengthen the lifetime and the window of a look, or shorten the step",
            judge.name()
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judgement::Decision;
    use crate::{CanaryConfig, JudgeRequest, MetricConfig, MetricPair};

    #[test]
    fn the_fewest_points_are_those_that_the_judge_needs() {
        for (points, is_judged) in [(4, false), (5, true)] {
            let values =
                |from: f64| (0..points).map(|point| from + f64::from(point)).collect::<Vec<_>>();
            let pairs = vec![MetricPair::new("m", values(1.0), values(2.0))];
            let config = CanaryConfig {
                metrics: vec![MetricConfig::new("m", "G")],
                ..CanaryConfig::default()
            };
            let request = JudgeRequest { pairs, ..JudgeRequest::without_points(config) };
            let judged = EvidenceJudge.judge(&request).unwrap();
            assert_eq!(judged.metrics[0].decision != Decision::Untestable, is_judged);
            let points = u64::try_from(points).unwrap();
            assert_eq!(lack_of_points(&EvidenceJudge, points).is_none(), is_judged);
        }
    }
}
