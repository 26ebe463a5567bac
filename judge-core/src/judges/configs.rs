//! The config of each pair.

use std::collections::HashMap;

use crate::config::MetricConfig;
use crate::error::JudgeError;
use crate::problem::Problem;
use crate::request::JudgeRequest;
use crate::series::MetricPair;

/// The metrics of a config by name; of two with one name, the first.
pub(super) struct Configs<'a>(HashMap<&'a str, &'a MetricConfig>);

impl<'a> Configs<'a> {
    pub(super) fn new(request: &'a JudgeRequest) -> Self {
        let metrics = request.config.metrics.iter().rev();
        Self(metrics.map(|metric| (metric.name.as_str(), metric)).collect())
    }

    pub(super) fn get(&self, name: &str) -> Option<&'a MetricConfig> {
        self.0.get(name).copied()
    }

    pub(super) fn for_pair(
        &self,
        index: usize,
        pair: &MetricPair,
    ) -> Result<&'a MetricConfig, JudgeError> {
        self.get(&pair.name).ok_or_else(|| {
            let path = format!("metricSetPairList[{index}].name");
            let allowed = "the name of a metric in canaryConfig.metrics";
            Problem::error(path, format!("{:?}", pair.name), allowed).into()
        })
    }
}
