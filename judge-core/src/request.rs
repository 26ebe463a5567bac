//! What a judge is asked: a config, thresholds, and the series of both sides.

use crate::config::{CanaryConfig, Thresholds};
use crate::problem::Problem;
use crate::series::MetricPair;

/// A canary to judge.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct JudgeRequest {
    /// Metrics, groups, weights, and the judge.
    pub config: CanaryConfig,
    /// The scores that give the verdict. Thresholds in the config play no part.
    pub thresholds: Thresholds,
    /// The series; each needs a metric of its name in the config.
    pub pairs: Vec<MetricPair>,
}

impl JudgeRequest {
    /// Everything suspect about config and thresholds, with paths as in Kayenta's request.
    pub fn problems(&self) -> Vec<Problem> {
        let config = self.config.problems().into_iter();
        let thresholds = self.thresholds.problems().into_iter();
        config
            .map(|problem| problem.within("canaryConfig"))
            .chain(thresholds.map(|problem| problem.within("scoreThresholds")))
            .collect()
    }
}
