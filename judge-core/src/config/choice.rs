//! A config of some of its metrics.

use std::collections::{BTreeMap, HashSet};

use crate::problem::Problem;

use super::CanaryConfig;

impl CanaryConfig {
    /// The same config with the metrics that `names` lists, or all if it lists none. Groups that are left without a metric give
    /// their weight to the others, in proportion.
    ///
    /// # Errors
    /// If it has no metric of a name. The path is the place in `names`, `[2]` for the third.
    ///
    /// # Example
    /// ```
    /// use judge_core::CanaryConfig;
    /// use judge_core::config::MetricConfig;
    ///
    /// let metrics = ["latency", "errors", "cpu"].map(|name| MetricConfig::new(name, name)).into();
    /// let weights = [("latency", 50.0), ("errors", 30.0), ("cpu", 20.0)];
    /// let group_weights = weights.map(|(group, weight)| (group.to_owned(), weight)).into();
    /// let config = CanaryConfig { metrics, group_weights, ..CanaryConfig::default() };
    /// let chosen = config.with_metrics(&["errors".to_owned(), "cpu".to_owned()]).unwrap();
    /// assert_eq!(chosen.metrics.len(), 2);
    /// assert_eq!(chosen.group_weights["errors"], 60.0);
    /// ```
    pub fn with_metrics(mut self, names: &[String]) -> Result<Self, Vec<Problem>> {
        let of_config: HashSet<&str> = self.metrics.iter().map(|one| one.name.as_str()).collect();
        let unknown =
            names.iter().enumerate().filter(|(_, name)| !of_config.contains(name.as_str()));
        let allowed = "the name of a metric of the config";
        let problems: Vec<Problem> = unknown
            .map(|(at, name)| Problem::error(format!("[{at}]"), format!("{name:?}"), allowed))
            .collect();
        if !problems.is_empty() {
            return Err(problems);
        }
        if names.is_empty() {
            return Ok(self);
        }
        let weights = self.weights_of_groups();
        let chosen: HashSet<&String> = names.iter().collect();
        self.metrics.retain(|metric| chosen.contains(&metric.name));
        let kept = self.weights_of_groups();
        if kept.len() < weights.len() {
            let share = kept.keys().filter_map(|group| weights.get(group)).sum::<f64>();
            let grown = |group: &String| weights.get(group).map(|weight| weight * 100.0 / share);
            if share > 0.0 {
                self.group_weights = kept
                    .into_keys()
                    .filter_map(|group| Some((group.clone(), grown(&group)?)))
                    .collect();
            }
        }
        Ok(self)
    }

    /// The groups that have metrics with their weights; those without one share what is left to 100.
    fn weights_of_groups(&self) -> BTreeMap<String, f64> {
        let groups = self.metrics.iter().flat_map(|metric| &metric.groups);
        let weights: BTreeMap<String, Option<f64>> =
            groups.map(|group| (group.clone(), self.group_weights.get(group).copied())).collect();
        let unweighted = weights.values().filter(|weight| weight.is_none()).count();
        let given: f64 = self.group_weights.values().sum();
        let rest = (100.0 - given).max(0.0) / unweighted.max(1) as f64;
        weights.into_iter().map(|(group, weight)| (group, weight.unwrap_or(rest))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::MetricConfig;

    fn config() -> CanaryConfig {
        let metrics = [("a", "one"), ("b", "one"), ("c", "two"), ("d", "three")]
            .map(|(name, group)| MetricConfig::new(name, group));
        let group_weights = [("one".to_owned(), 60.0)].into();
        CanaryConfig { metrics: metrics.into(), group_weights, ..CanaryConfig::default() }
    }

    #[test]
    fn weights_stay_where_groups_stay() {
        for (names, expected) in [
            (vec![], vec![("one", 60.0)]),
            (vec!["a", "c", "d"], vec![("one", 60.0)]),
            (vec!["a", "c"], vec![("one", 75.0), ("two", 25.0)]),
            (vec!["c", "d"], vec![("three", 50.0), ("two", 50.0)]),
        ] {
            let names: Vec<String> = names.into_iter().map(str::to_owned).collect();
            let chosen = config().with_metrics(&names).unwrap();
            let expected = expected.into_iter().map(|(group, weight)| (group.to_owned(), weight));
            assert_eq!(chosen.group_weights, expected.collect());
        }
    }

    #[test]
    fn unknown_metrics_are_refused() {
        let problems = config().with_metrics(&["a".into(), "x".into(), "y".into()]).unwrap_err();
        let paths: Vec<&str> = problems.iter().map(|problem| problem.path.as_str()).collect();
        assert_eq!(paths, ["[1]", "[2]"]);
    }
}
