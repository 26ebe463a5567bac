//! What a judge is asked: a config, thresholds, and the series of both sides.

use std::collections::BTreeSet;

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
    /// One that asks whether `config` can be judged by: each of its metrics is there, without a point.
    pub fn without_points(config: CanaryConfig) -> Self {
        let names: BTreeSet<&str> = config.metrics.iter().map(|m| m.name.as_str()).collect();
        let pairs = names.into_iter().map(|name| MetricPair::new(name, Vec::new(), Vec::new()));
        Self { pairs: pairs.collect(), config, thresholds: Thresholds::DEFAULT }
    }

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
