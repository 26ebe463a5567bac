//! A request: a config, thresholds, and the series of both sides.

use std::collections::BTreeSet;

use crate::config::{CanaryConfig, Thresholds};
use crate::error::JudgeError;
use crate::looks::Looks;
use crate::problem::Problem;
use crate::series::MetricPair;

/// A canary to judge. The crate page has a complete example.
///
/// # Example
/// ```
/// use judge_core::{CanaryConfig, JudgeRequest, Looks, MetricConfig, MetricPair, Thresholds};
///
/// let metrics = vec![MetricConfig::new("latency", "Latency")];
/// let request = JudgeRequest {
///     config: CanaryConfig { metrics, ..CanaryConfig::default() },
///     thresholds: Thresholds::new(90.0, 70.0)?,
///     pairs: vec![MetricPair::new("latency", vec![10.0, 11.0, 12.0], vec![10.5, 11.5, 12.5])],
///     looks: Some(Looks::new(3, 6)?),
/// };
/// assert_eq!(request.pairs[0].canary.values.len(), 3);
/// # Ok::<(), judge_core::Problem>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct JudgeRequest {
    /// Metrics, groups, weights, and the judge.
    pub config: CanaryConfig,
    /// Scores that decide the verdict. The thresholds of the config are not read.
    pub thresholds: Thresholds,
    /// The series. Each pair needs a metric of its name in the config.
    pub pairs: Vec<MetricPair>,
    /// Which look at the canary this is, if it is judged several times; `None` for a canary that is judged once. Only
    /// `EvidenceJudge-v1` reads it.
    pub looks: Option<Looks>,
}

impl JudgeRequest {
    /// A request with every metric of `config` and no points. Judge it to learn whether a judge accepts the
    /// config.
    pub fn without_points(config: CanaryConfig) -> Self {
        let names: BTreeSet<&str> = config.metrics.iter().map(|m| m.name.as_str()).collect();
        let pairs = names.into_iter().map(|name| MetricPair::new(name, Vec::new(), Vec::new()));
        Self { pairs: pairs.collect(), config, ..Self::default() }
    }

    /// Everything suspect about the config and the thresholds, with paths as in Kayenta's request.
    pub fn problems(&self) -> Vec<Problem> {
        let config = self.config.problems().into_iter();
        let thresholds = self.thresholds.problems().into_iter();
        config
            .map(|problem| problem.within("canaryConfig"))
            .chain(thresholds.map(|problem| problem.within("scoreThresholds")))
            .collect()
    }

    /// The problems of `error`, then everything else that is suspect about this request. A field that has
    /// both kinds of problem is listed once, with the error.
    pub fn problems_with(&self, error: Option<&JudgeError>) -> Vec<Problem> {
        let refused = error.map_or(&[][..], JudgeError::problems);
        let paths: BTreeSet<&str> = refused.iter().map(|problem| problem.path.as_str()).collect();
        let mut others = self.problems();
        others.retain(|problem| !paths.contains(problem.path.as_str()));
        refused.iter().cloned().chain(others).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::MetricConfig;

    #[test]
    fn a_field_that_is_refused_is_not_suspect_too() {
        let metrics = vec![MetricConfig::new("a", "G"), MetricConfig::new("a", "G")];
        let config = CanaryConfig { metrics, ..CanaryConfig::default() };
        let mut request = JudgeRequest::without_points(config);
        request.thresholds = Thresholds::new(0.0, request.thresholds.marginal()).unwrap();
        let paths = |refused: Option<&JudgeError>| -> Vec<String> {
            let problems = request.problems_with(refused).into_iter();
            problems.map(|problem| format!("{:?} {}", problem.severity, problem.path)).collect()
        };
        let name = "canaryConfig.metrics[1].name";
        let suspect = [
            format!("Suspect {name}"),
            "Suspect scoreThresholds.marginal".to_owned(),
            "Suspect scoreThresholds.pass".to_owned(),
        ];
        assert_eq!(paths(None), suspect);
        let refused = JudgeError::from(Problem::error(name, "\"a\"", "a name of its own"));
        assert_eq!(paths(Some(&refused))[0], format!("Error {name}"));
        assert_eq!(paths(Some(&refused))[1..], suspect[1..]);
    }
}
