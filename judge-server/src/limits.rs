//! How much one request may hold.

use judge_core::{JudgeRequest, Problem, Refused};

/// What is refused as too much.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Bytes of one message, decompressed.
    pub(crate) message_bytes: u64,
    /// Metrics of a canary, in the config or with series.
    pub(crate) metrics: usize,
    /// Points of one series.
    pub(crate) series_points: usize,
    /// Points of all series of a canary together.
    pub(crate) total_points: usize,
}

/// Longest id of a request in bytes: it goes into every log line.
const ID_BYTES: usize = 256;

impl Limits {
    /// Whether `request` is within the limits, with paths as in Kayenta's request. The points are
    /// counted, never looked at: O(metrics).
    ///
    /// # Errors
    /// When it is not.
    pub(crate) fn check(&self, request: &JudgeRequest) -> Result<(), Refused> {
        let mut problems = Vec::new();
        let mut metrics = |path: &str, count: usize| {
            if count > self.metrics {
                let allowed = format!("at most {}", self.metrics);
                problems.push(Problem::error(path, format!("{count} metrics"), allowed));
            }
        };
        metrics("canaryConfig.metrics", request.config.metrics.len());
        metrics("metricSetPairList", request.pairs.len());
        let mut total = 0;
        for (index, pair) in request.pairs.iter().enumerate() {
            for (side, series) in [("control", &pair.baseline), ("experiment", &pair.canary)] {
                let points = series.values.len();
                total += points;
                if points > self.series_points {
                    let path = format!("metricSetPairList[{index}].values.{side}");
                    let allowed = format!("at most {}", self.series_points);
                    problems.push(Problem::error(path, format!("{points} points"), allowed));
                }
            }
        }
        if total > self.total_points {
            let allowed = format!("at most {} together", self.total_points);
            problems.push(Problem::error("metricSetPairList", format!("{total} points"), allowed));
        }
        Refused::unless_empty(problems)
    }
}

/// Whether `id` may be logged and echoed.
///
/// # Errors
/// When it is too long.
pub(crate) fn check_id(id: &str) -> Result<(), Refused> {
    if id.len() <= ID_BYTES {
        return Ok(());
    }
    let found = format!("{} bytes", id.len());
    Err(Problem::error("id", found, format!("at most {ID_BYTES} bytes")).into())
}

/// Points of all series of `request`.
pub(crate) fn points(request: &JudgeRequest) -> usize {
    request.pairs.iter().map(|pair| pair.baseline.values.len() + pair.canary.values.len()).sum()
}

#[cfg(test)]
mod tests {
    use judge_core::{CanaryConfig, MetricConfig, MetricPair};

    use super::*;

    const LIMITS: Limits =
        Limits { message_bytes: 0, metrics: 2, series_points: 3, total_points: 8 };

    fn paths(series: &[(usize, usize)]) -> Vec<String> {
        let pair = |(baseline, canary): &(usize, usize)| {
            MetricPair::new("a", vec![0.0; *baseline], vec![0.0; *canary])
        };
        let metrics = series.iter().map(|_| MetricConfig::new("a", "g")).collect();
        let request = JudgeRequest {
            config: CanaryConfig { metrics, ..CanaryConfig::default() },
            pairs: series.iter().map(pair).collect(),
            ..JudgeRequest::default()
        };
        match LIMITS.check(&request) {
            Ok(()) => Vec::new(),
            Err(refused) => refused.problems().iter().map(|found| found.path.clone()).collect(),
        }
    }

    #[test]
    fn each_limit_at_its_edge() {
        assert_eq!(paths(&[(3, 3), (1, 1)]), [""; 0]);
        assert_eq!(paths(&[(3, 4)]), ["metricSetPairList[0].values.experiment"]);
        assert_eq!(paths(&[(3, 3), (1, 2)]), ["metricSetPairList"]);
        assert_eq!(paths(&[(1, 1), (1, 1), (1, 1)]), ["canaryConfig.metrics", "metricSetPairList"]);
    }
}
