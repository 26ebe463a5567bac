//! What a calibration found.

use judge_core::Verdict;
use serde::Serialize;

use crate::advice::Advice;
use crate::options::Options;
use crate::pairs::Pairing;
use crate::share::Share;

/// What a config can and cannot detect.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Calibration {
    /// The judge's name.
    pub judge: String,
    /// What was asked.
    pub options: Options,
    /// What it was measured on.
    pub history: HistorySummary,
    /// The windows asked for, in ascending order; figures by window are in this order and `None` where
    /// the history has no such window.
    pub windows: Vec<WindowFigures>,
    /// Of the whole config.
    pub config: ConfigFigures,
    /// Of each metric, in the order of the config.
    pub metrics: Vec<MetricFigures>,
}

/// What a calibration was measured on.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HistorySummary {
    /// What is compared with what.
    pub pairing: Pairing,
    /// Time between two points, in milliseconds.
    pub step_millis: u64,
    /// Recordings.
    pub recordings: usize,
    /// Instances of all recordings.
    pub instances: usize,
    /// Minutes of all recordings.
    pub minutes: f64,
    /// Minutes between two blocks; 0 for concurrent instances.
    pub gap_minutes: f64,
}

/// One length of window.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WindowFigures {
    /// Its length, in minutes.
    pub minutes: f64,
    /// Its points.
    pub points: usize,
    /// Pairs judged for each figure; 0 where the history has no window that long.
    pub pairs: usize,
    /// As many independent pairs as these are worth.
    pub independent: f64,
}

/// What the whole config does.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ConfigFigures {
    /// By window: healthy pairs whose verdict is Fail.
    pub fails: Vec<Option<Share>>,
    /// By window: healthy pairs whose verdict is not Pass.
    pub blocks: Vec<Option<Share>>,
    /// By window: the smallest change with which, put into every metric at once, the verdict is not
    /// Pass. Metrics of which decreases fail change by what undoes it.
    pub shift: Vec<Option<SmallestChange>>,
    /// How long the change asked for takes, in every metric at once.
    #[serde(rename = "needs")]
    pub time_to_detect: TimeToDetect,
}

/// What one metric does.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MetricFigures {
    /// The metric.
    pub name: String,
    /// Mean size of its values, in its unit; changes are shares of it.
    #[serde(rename = "level")]
    pub mean_size: f64,
    /// Whether changes are factors, since every value is above 0; else they are added to each point.
    #[serde(rename = "factors")]
    pub multiplicative: bool,
    /// Share of its points that are gaps.
    pub gaps: f64,
    /// Points that know as much as one independent point.
    #[serde(rename = "memory")]
    pub variance_inflation: f64,
    /// By window: healthy pairs in which it fails.
    pub false_alarms: Vec<Option<Share>>,
    /// By window: the smallest shift that is found.
    pub shift: Vec<Option<SmallestChange>>,
    /// In the longest window: the smallest growth of its spread that is found.
    pub spread: Option<SmallestChange>,
    /// In the longest window: the smallest spikes that are found, one point in 20.
    pub spikes: Option<SmallestChange>,
    /// In the longest window: the smallest drift that is found, by its end.
    pub drift: Option<SmallestChange>,
    /// How long the change asked for takes.
    #[serde(rename = "needs")]
    pub time_to_detect: TimeToDetect,
    /// What becomes of a canary of which this metric alone fails; `None` where no such was seen.
    #[serde(rename = "alone")]
    pub lone_failure: Option<LoneFailure>,
    /// What a person should know, and do.
    #[serde(rename = "findings")]
    pub advice: Vec<Advice>,
}

/// The smallest change that is found as often as asked, as a share of the metric's level with its sign.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SmallestChange {
    /// The change; `None` if not even one of eleven times the level is found as often.
    pub change: Option<f64>,
    /// The weak end of its 95 % interval.
    pub from: f64,
    /// The strong end of its 95 % interval; `None` where the history is too short to bound it.
    pub to: Option<f64>,
    /// How often the change was found, or the largest one if none was found as often as asked.
    pub power: Share,
}

/// How long a window must be to find the change asked for as often as asked, in minutes.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TimeToDetect {
    /// The shortest window tried that does; `None` if none does.
    pub minutes: Option<f64>,
    /// The short end of its 95 % interval; `None` if even the most favourable reading needs longer.
    pub from: Option<f64>,
    /// The long end of its 95 % interval; `None` where the history is too short to bound it.
    pub to: Option<f64>,
    /// The longest window tried; `None` if there was none.
    pub longest: Option<f64>,
}

/// What becomes of a canary of which one metric alone fails.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LoneFailure {
    /// Its score.
    pub score: f64,
    /// Its verdict.
    pub verdict: Verdict,
}
