//! The results of a calibration.

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
    /// The options.
    pub options: Options,
    /// The history on which it was measured.
    pub history: HistorySummary,
    /// The requested windows, ascending. Figures by window are in this order. A figure is `None` if the history has
    /// no window of that length.
    pub windows: Vec<WindowFigures>,
    /// Figures of the whole config.
    pub config: ConfigFigures,
    /// Figures of each metric, in the order of the config.
    pub metrics: Vec<MetricFigures>,
}

/// The history on which a calibration was measured.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HistorySummary {
    /// Which windows are compared.
    pub pairing: Pairing,
    /// Time between two points, in milliseconds.
    pub step_millis: u64,
    /// Number of recordings.
    pub recordings: usize,
    /// Number of instances of all recordings.
    pub instances: usize,
    /// Length of all recordings, in minutes.
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
    /// Its number of points.
    pub points: usize,
    /// Number of pairs judged for each figure; 0 if the history has no window of this length.
    pub pairs: usize,
    /// Number of independent pairs with the same information as these.
    pub independent: f64,
}

/// Figures of the whole config.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ConfigFigures {
    /// By window: healthy pairs whose verdict is Fail.
    pub fails: Vec<Option<Share>>,
    /// By window: healthy pairs whose verdict is not Pass.
    pub blocks: Vec<Option<Share>>,
    /// By window: the smallest change, in all metrics at once, for which the verdict is not Pass. For metrics where a
    /// decrease is harmful, the change is inverted.
    pub shift: Vec<Option<SmallestChange>>,
    /// Time to detect the requested change in all metrics at once.
    #[serde(rename = "needs")]
    pub time_to_detect: TimeToDetect,
}

/// Figures of one metric.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MetricFigures {
    /// The metric.
    pub name: String,
    /// Mean absolute value, in the metric's unit; changes are shares of it.
    #[serde(rename = "level")]
    pub mean_size: f64,
    /// Whether changes are factors, because every value is above 0. Otherwise changes are added to each point.
    #[serde(rename = "factors")]
    pub multiplicative: bool,
    /// Share of its points that are gaps.
    pub gaps: f64,
    /// Number of its points with the information of one independent point.
    #[serde(rename = "memory")]
    pub variance_inflation: f64,
    /// By window: healthy pairs in which it fails.
    pub false_alarms: Vec<Option<Share>>,
    /// By window: the smallest detected shift.
    pub shift: Vec<Option<SmallestChange>>,
    /// In the longest window: the smallest detected increase of the spread.
    pub spread: Option<SmallestChange>,
    /// In the longest window: the smallest detected spikes, at one point in 20.
    pub spikes: Option<SmallestChange>,
    /// In the longest window: the smallest detected drift, by its size at the end.
    pub drift: Option<SmallestChange>,
    /// Time to detect the requested change.
    #[serde(rename = "needs")]
    pub time_to_detect: TimeToDetect,
    /// Result of a canary in which only this metric fails; `None` if no such canary was seen.
    #[serde(rename = "alone")]
    pub lone_failure: Option<LoneFailure>,
    /// Advice for the user.
    #[serde(rename = "findings")]
    pub advice: Vec<Advice>,
}

/// The smallest change that is detected as often as requested, as a signed share of the metric's mean size.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SmallestChange {
    /// The change; `None` if even eleven times the mean size is detected less often.
    pub change: Option<f64>,
    /// The end of its 95 % interval nearer to 0.
    pub from: f64,
    /// The end of its 95 % interval farther from 0; `None` if the history is too short to bound it.
    pub to: Option<f64>,
    /// The share of pairs that detect the change; for no change, the share that detect the largest one tried.
    pub power: Share,
}

/// Length of the window that detects the requested change as often as requested, in minutes.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TimeToDetect {
    /// The shortest tried window that suffices; `None` if none does.
    pub minutes: Option<f64>,
    /// The lower end of its 95 % interval; `None` if even the most favourable case needs longer windows.
    pub from: Option<f64>,
    /// The upper end of its 95 % interval; `None` if the history is too short to bound it.
    pub to: Option<f64>,
    /// The longest window tried; `None` if there was none.
    pub longest: Option<f64>,
}

/// Result of a canary in which only one metric fails.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LoneFailure {
    /// Its score.
    pub score: f64,
    /// Its verdict.
    pub verdict: Verdict,
}
