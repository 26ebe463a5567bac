//! Limits on one request.

use judge_core::{CanaryConfig, JudgeError, JudgeRequest, MetricPair, Problem, Series};

/// The limits on one request. A server takes them from its settings.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Bytes of one message, decompressed.
    pub message_bytes: u64,
    /// Metrics of a canary, in the config or with series.
    pub metrics: usize,
    /// Points of one series.
    pub series_points: usize,
    /// Points of all series of a canary together.
    pub total_points: usize,
    /// Documents up to this size are not checked for their parts: they are too small to do harm.
    pub uncounted_bytes: usize,
}

/// Longest id of a request in bytes: it goes into every log line.
pub const ID_BYTES: usize = 256;

/// Longest name of a metric or group in bytes: a judgement repeats a metric's name up to a dozen times.
const NAME_BYTES: usize = 1024;

/// Memory of a short text: a judgement has one for each group of each pair.
const TEXT_BYTES: usize = 32;

/// The usual [`Limits::uncounted_bytes`]: 64 KiB.
pub const UNCOUNTED_BYTES: usize = 64 * 1024;

impl Limits {
    /// Checks that `request` is within the limits; paths are as in Kayenta's request. Points are counted, not read:
    /// O(metrics).
    ///
    /// # Errors
    /// If it is not.
    pub fn check(&self, request: &JudgeRequest) -> Result<(), JudgeError> {
        let mut problems = self.problems_of_config(&request.config);
        problems.extend(self.too_many("metricSetPairList", request.pairs.len(), "metrics"));
        problems.extend(self.groups_for_each_pair(request));
        let mut total = 0_usize;
        for (index, pair) in request.pairs.iter().enumerate() {
            let mut count = |series: &Series, field: &dyn Fn() -> String| {
                let points = series.values.len();
                total = total.saturating_add(points);
                if points > self.series_points {
                    let path = format!("metricSetPairList[{index}].{}", field());
                    let allowed = format!("at most {}", self.series_points);
                    problems.push(Problem::error(path, format!("{points} points"), allowed));
                }
            };
            count(&pair.baseline, &|| "values.control".to_owned());
            count(&pair.canary, &|| "values.experiment".to_owned());
            for (at, series) in pair.history.iter().enumerate() {
                count(series, &|| format!("history[{at}]"));
            }
        }
        if total > self.total_points {
            let allowed = format!("at most {} together", self.total_points);
            problems.push(Problem::error("metricSetPairList", format!("{total} points"), allowed));
        }
        JudgeError::check(problems)
    }

    /// The same for the config of `request`, whose pairs are one for each metric.
    ///
    /// # Errors
    /// If it is not within the limits.
    pub fn check_config(&self, request: &JudgeRequest) -> Result<(), JudgeError> {
        let mut problems = self.problems_of_config(&request.config);
        problems.extend(self.groups_for_each_pair(request));
        JudgeError::check(problems)
    }

    fn problems_of_config(&self, config: &CanaryConfig) -> Vec<Problem> {
        let weights = "canaryConfig.classifier.groupWeights";
        let mut problems: Vec<Problem> = [
            self.too_many("canaryConfig.metrics", config.metrics.len(), "metrics"),
            self.too_many(weights, config.group_weights.len(), "groups"),
        ]
        .into_iter()
        .flatten()
        .collect();
        let mut name = |path: &dyn Fn() -> String, name: &str| {
            if name.len() > NAME_BYTES {
                let found = format!("{} bytes", name.len());
                problems.push(Problem::error(path(), found, format!("at most {NAME_BYTES} bytes")));
            }
        };
        for (index, metric) in config.metrics.iter().enumerate() {
            let path = |field: &str| format!("canaryConfig.metrics[{index}].{field}");
            name(&|| path("name"), &metric.name);
            for (group, text) in metric.groups.iter().enumerate() {
                name(&|| path(&format!("groups[{group}]")), text);
            }
            if let Some(of) = metric.evidence.kind.exposure() {
                name(&|| path("analysisConfigurations.canary.of"), of);
            }
        }
        for group in config.group_weights.keys() {
            name(&|| weights.to_owned(), group);
        }
        problems
    }

    /// Every pair repeats the groups of its metric in the judgement, so a short request could have a very long answer.
    fn groups_for_each_pair(&self, request: &JudgeRequest) -> Option<Problem> {
        let bytes = |groups: &[String]| groups.iter().map(|group| group.len() + TEXT_BYTES).sum();
        let metrics = request.config.metrics.iter().map(|metric| bytes(&metric.groups));
        let (index, most): (usize, usize) = metrics.enumerate().max_by_key(|(_, bytes)| *bytes)?;
        let together = most.saturating_mul(request.pairs.len()) as u64;
        (together > self.message_bytes).then(|| {
            let path = format!("canaryConfig.metrics[{index}].groups");
            let found = format!("{together} bytes, once for each pair of the request");
            let allowed = format!("at most {}, as --max-message-size has it", self.message_bytes);
            Problem::error(path, found, allowed)
        })
    }

    fn too_many(&self, path: &str, count: usize, of: &str) -> Option<Problem> {
        (count > self.metrics).then(|| {
            Problem::error(path, format!("{count} {of}"), format!("at most {}", self.metrics))
        })
    }
}

/// The problem of an `id` that must not be logged and echoed.
pub(crate) fn too_long_id(id: &str) -> Option<Problem> {
    (id.len() > ID_BYTES).then(|| {
        let found = format!("{} bytes", id.len());
        Problem::error("id", found, format!("at most {ID_BYTES} bytes"))
    })
}

/// Points of all series of `request`.
pub fn points(request: &JudgeRequest) -> usize {
    let of_pair = |pair: &MetricPair| {
        let sides = pair.baseline.values.len() + pair.canary.values.len();
        sides + pair.history.iter().map(|series| series.values.len()).sum::<usize>()
    };
    request.pairs.iter().map(of_pair).sum()
}

#[cfg(test)]
mod tests;
