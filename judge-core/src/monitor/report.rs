//! Reports of a monitor.

use serde::Serialize;

use crate::format;
use crate::judgement::{Change, Classification, Verdict};
use crate::number;

/// When a metric first alarmed.
///
/// [`MonitorReport`] has an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FirstAlarm {
    /// The step, numbered as in the points.
    pub at: i64,
    /// Direction of the harm.
    pub change: Change,
}

/// One metric so far.
///
/// [`MonitorReport`] has an example.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct MonitoredMetric {
    /// Name of the metric.
    pub name: String,
    /// High or Low from the first alarm on; Pass before; `NoData` and `NoDataFail` only at the end.
    pub classification: Classification,
    /// Steps with a point on both sides, after the warm-up.
    pub pairs: u64,
    /// Steps with a point on one side only, or with an infinite one.
    pub gaps: u64,
    /// Evidence of harm now; 1 at the start. The probability that a healthy metric ever reaches `needed` is at
    /// most 1/`needed`.
    #[serde(with = "number")]
    pub evidence: f64,
    /// Evidence at which the metric alarms, if the change is large enough to matter: 100 for a significance level of 1 %.
    #[serde(with = "number")]
    pub needed: f64,
    /// The first alarm, if there was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alarm: Option<FirstAlarm>,
    /// Mean of the canary less mean of the baseline, in the metric's unit. With an exposure, the canary's
    /// events are scaled to the baseline's exposure.
    #[serde(with = "number")]
    pub shift: f64,
    /// The same as a ratio; NaN without points or if the baseline's mean is 0.
    #[serde(with = "number")]
    pub mean_ratio: f64,
}

impl MonitoredMetric {
    /// The metric's state in one sentence.
    pub fn explanation(&self) -> String {
        if self.pairs == 0 {
            return "no point on both sides yet".to_owned();
        }
        let evidence = format!(
            "evidence {} of the {} that harm needs, after {} points",
            format::short(self.evidence),
            format::short(self.needed),
            self.pairs
        );
        match self.alarm {
            None => evidence,
            Some(FirstAlarm { at, change }) => {
                let change = match change {
                    Change::Increase => "higher",
                    Change::Decrease => "lower",
                };
                format!("{change} than the baseline since the alarm at step {at}; {evidence}")
            }
        }
    }
}

/// The state of the canary so far.
///
/// # Example
/// ```
/// use judge_core::monitor::MonitorReport;
///
/// /// The first metric that alarmed, and at which step.
/// fn first_alarm(report: &MonitorReport) -> Option<(&str, i64)> {
///     let alarms = report.metrics.iter().filter_map(|metric| Some((&*metric.name, metric.alarm?.at)));
///     alarms.min_by_key(|(_, at)| *at)
/// }
/// # let _ = first_alarm;
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct MonitorReport {
    /// The verdict so far. It can only get worse.
    pub verdict: Verdict,
    /// The score so far, from 0 to 100.
    #[serde(with = "number")]
    pub score: f64,
    /// Why the score is 0 whatever the groups say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The last step that is complete; `None` before the first.
    pub complete_through: Option<i64>,
    /// Points that came after their step was complete, and were left out.
    pub late: u64,
    /// The metrics, as in the config.
    pub metrics: Vec<MonitoredMetric>,
}
