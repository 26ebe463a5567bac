//! How a metric counts in the scores.

use super::{Classification, Decision, Judgement, MetricJudgement, Verdict};
use crate::warning::Warning;

/// How a metric counts in the scores, unless it is muted.
///
/// [`MetricJudgement::standing`] has an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Standing {
    /// It counts as passing in its groups.
    Passed,
    /// It counts as failing in its groups.
    Failed,
    /// It has no data and counts in no group. If half of the metrics have none, the canary fails.
    Missing,
    /// It counts in no group.
    Uncounted,
}

impl MetricJudgement {
    /// How the metric counts in the scores of its groups and of the canary.
    ///
    /// An inconclusive metric counts as failing or passing, as the config says. Whether the metric is muted
    /// makes no difference here.
    ///
    /// # Example
    /// ```
    /// use judge_core::judgement::Standing;
    /// use judge_core::judges::{Judge, NetflixAcaJudge};
    /// use judge_core::{CanaryConfig, JudgeRequest, MetricConfig};
    ///
    /// let metrics = vec![MetricConfig::new("latency", "Latency")];
    /// let config = CanaryConfig { metrics, ..CanaryConfig::default() };
    /// let judgement = NetflixAcaJudge.judge(&JudgeRequest::without_points(config))?;
    /// assert_eq!(judgement.metrics[0].standing(), Standing::Missing);
    /// # Ok::<(), judge_core::JudgeError>(())
    /// ```
    pub fn standing(&self) -> Standing {
        match (self.classification, &self.decision) {
            (Classification::High | Classification::Low | Classification::NoDataFail, _) => {
                Standing::Failed
            }
            (Classification::NoData, _) | (Classification::Inconclusive, Decision::Untestable) => {
                Standing::Missing
            }
            (Classification::Inconclusive, Decision::Panel(panel)) if panel.fails => {
                Standing::Failed
            }
            (Classification::Pass | Classification::Inconclusive, _) => Standing::Passed,
            (Classification::Error, _) => Standing::Uncounted,
        }
    }

    /// Whether the metric alone fails the canary, unless it is muted: it is critical, and it fails or has no
    /// data.
    pub fn fails_alone(&self) -> bool {
        self.critical && self.standing() != Standing::Passed
    }
}

impl Judgement {
    /// Whether points decided the verdict.
    ///
    /// They did not if no metric could be judged, or if the canary fails only because metrics have no points or too few, as at
    /// its start. A metric that must have data and is not critical fails without data if another metric could be judged.
    ///
    /// # Example
    /// ```
    /// use judge_core::judges::{Judge, NetflixAcaJudge};
    /// use judge_core::{CanaryConfig, JudgeRequest, MetricConfig, Verdict};
    ///
    /// let metrics = vec![MetricConfig::new("latency", "Latency")];
    /// let config = CanaryConfig { metrics, ..CanaryConfig::default() };
    /// let judgement = NetflixAcaJudge.judge(&JudgeRequest::without_points(config))?;
    /// assert!(judgement.verdict == Verdict::Fail && !judgement.has_data());
    /// # Ok::<(), judge_core::JudgeError>(())
    /// ```
    pub fn has_data(&self) -> bool {
        let lacks = |metric: &MetricJudgement| {
            use Classification::{NoData, NoDataFail};
            metric.decision == Decision::Untestable
                || matches!(metric.classification, NoData | NoDataFail)
        };
        let counted = || self.metrics.iter().filter(|metric| !metric.muted);
        let is_joint = |warning: &Warning| matches!(warning, Warning::Systemic { .. });
        let fails_by_points = self.warnings.iter().any(is_joint)
            || counted().any(|metric| metric.standing() == Standing::Failed)
            || !counted().any(lacks);
        !self.metrics.iter().all(lacks) && (self.verdict != Verdict::Fail || fails_by_points)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judgement::{Interval, Panel};
    use crate::judges::{EvidenceJudge, Judge, NetflixAcaJudge};
    use crate::{CanaryConfig, JudgeRequest, MetricConfig, MetricPair};

    fn panel(fails: bool) -> Decision {
        let interval = Interval { lower: -1.0, upper: 1.0, level: 0.98 };
        let more_points = None;
        Decision::Panel(Panel {
            estimate: 0.0,
            interval,
            allowed: 1.0,
            would_find: 1.0,
            more_points,
            left_out: 0,
            fails,
            healthy: None,
        })
    }

    #[test]
    fn every_class_has_a_standing() {
        let metrics = vec![MetricConfig::new("latency", "Latency")];
        let config = CanaryConfig { metrics, ..CanaryConfig::default() };
        let judged = NetflixAcaJudge.judge(&JudgeRequest::without_points(config)).unwrap();
        let metric = MetricJudgement { critical: false, ..judged.metrics[0].clone() };
        for (classification, decision, standing) in [
            (Classification::Pass, panel(false), Standing::Passed),
            (Classification::High, panel(false), Standing::Failed),
            (Classification::Low, panel(false), Standing::Failed),
            (Classification::NoData, Decision::MissingData, Standing::Missing),
            (Classification::NoDataFail, Decision::MissingData, Standing::Failed),
            (Classification::Error, Decision::Untestable, Standing::Uncounted),
            (Classification::Inconclusive, Decision::Untestable, Standing::Missing),
            (Classification::Inconclusive, panel(false), Standing::Passed),
            (Classification::Inconclusive, panel(true), Standing::Failed),
        ] {
            let mut metric = MetricJudgement { classification, decision, ..metric.clone() };
            assert_eq!(metric.standing(), standing, "{classification:?} {decision:?}");
            assert!(!metric.fails_alone());
            metric.critical = true;
            assert_eq!(metric.fails_alone(), standing != Standing::Passed);
        }
    }

    #[test]
    fn a_canary_that_has_just_started_does_not_fail() {
        let long = || (0..40).map(|point| f64::from(point % 7)).collect::<Vec<_>>();
        let higher = || long().iter().map(|value| value + 50.0).collect::<Vec<_>>();
        let short = |points| vec![1.0; points];
        for (first, second, second_must, expected) in [
            (short(2), short(4), false, false),
            (short(2), vec![], true, false),
            (vec![], vec![], true, false),
            // What fails has too few points, or none.
            (short(2), long(), false, false),
            (vec![], long(), false, false),
            // One metric fails by its points, or by its config.
            (short(2), higher(), false, true),
            (long(), vec![], true, true),
            (long(), long(), false, true),
        ] {
            let case = format!("{} and {} points", first.len(), second.len());
            let metric = |name: &str, must_have_data| MetricConfig {
                must_have_data,
                ..MetricConfig::new(name, "G")
            };
            let metrics = vec![
                MetricConfig { critical: true, ..metric("first", false) },
                metric("second", second_must),
            ];
            let pairs = vec![
                MetricPair::new("first", long(), first),
                MetricPair::new("second", long(), second),
            ];
            let config = CanaryConfig { metrics, ..CanaryConfig::default() };
            let request = JudgeRequest { pairs, ..JudgeRequest::without_points(config) };
            let judgement = EvidenceJudge.judge(&request).unwrap();
            assert_eq!(judgement.has_data(), expected, "{case}: {judgement:?}");
        }
    }
}
