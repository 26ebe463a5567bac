//! Judges a recorded release as if it were running.

mod cut;
mod no_baseline;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use judge_core::judges::Judge;
use judge_core::{CanaryConfig, JudgeRequest, Judgement, MetricPair, Scratch, Thresholds};
use thiserror::Error;

use crate::release::Release;
use judge_core::stage::{self, Stage, StageRule, TimeSpan, Window, Windows};

pub use no_baseline::NoBaseline;

/// What happens after the stage's rule has stopped a canary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AfterStop {
    /// Judge no further interval, like the stage.
    #[default]
    End,
    /// Judge the remaining intervals too.
    GoOn,
}

/// Options for judging releases again.
#[derive(Clone)]
pub struct Replay {
    /// Metrics, groups and weights.
    pub config: CanaryConfig,
    /// The scores that give the verdicts.
    pub thresholds: Thresholds,
    /// The judge.
    pub judge: &'static dyn Judge,
    /// The windows of the judgements.
    pub windows: Windows,
    /// When a stage ends.
    pub rule: StageRule,
    /// What happens after the rule has stopped a canary.
    pub after_stop: AfterStop,
}

impl fmt::Debug for Replay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Replay")
            .field("judge", &self.judge.name())
            .field("thresholds", &self.thresholds)
            .field("windows", &self.windows)
            .field("rule", &self.rule)
            .field("after_stop", &self.after_stop)
            .finish_non_exhaustive()
    }
}

/// The judgement of one interval.
#[derive(Debug, Clone, PartialEq)]
pub struct ReplayedInterval {
    /// The judged points.
    pub window: Window,
    /// The judgement.
    pub judgement: Judgement,
}

/// A release, judged again.
#[derive(Debug, Clone, PartialEq)]
pub struct Replayed {
    /// The release.
    pub release: String,
    /// The time from the first recorded point of the canary to one step after its last.
    pub recorded: TimeSpan,
    /// The result of the stage.
    pub stage: Stage,
    /// The metrics that kept the deciding interval from Pass, the most costly first. Empty if it passes.
    pub because_of: Vec<String>,
    /// The first window for which some metric's baseline has points only outside of it, if any.
    pub no_baseline: Option<NoBaseline>,
    /// The judgements, in order; at least one.
    pub intervals: Vec<ReplayedInterval>,
}

impl Replayed {
    /// The interval that decided: the one that stopped the canary or passed it early, else the last.
    pub fn deciding(&self) -> Option<&ReplayedInterval> {
        match self.stage.ended_at() {
            Some(number) => self.intervals.get(number - 1),
            None => self.intervals.last(),
        }
    }

    /// When the canary would have been stopped, in milliseconds since the Unix epoch.
    pub fn stopped_millis(&self) -> Option<i64> {
        self.stage.stopped_at.and_then(|_| self.deciding()).map(|at| at.window.canary.end_millis)
    }
}

/// Why a release cannot be judged. The other releases can.
#[derive(Debug, Clone, PartialEq, Error)]
#[error("{0}")]
pub struct BrokenRelease(pub String);

/// Judges releases one by one, and reuses its buffers. Use one per thread.
#[derive(Debug)]
pub struct Replayer {
    replay: Arc<Replay>,
    request: JudgeRequest,
    scratch: Scratch,
}

impl Replayer {
    /// A replayer with the settings of `replay`.
    pub fn new(replay: &Arc<Replay>) -> Self {
        let request = JudgeRequest {
            config: replay.config.clone(),
            thresholds: replay.thresholds,
            ..JudgeRequest::default()
        };
        Self { replay: Arc::clone(replay), request, scratch: Scratch::default() }
    }

    /// Makes the judge stop before the next metric once `stop` is true.
    pub fn stop_on(&mut self, stop: Arc<AtomicBool>) {
        self.scratch.stop_on(stop);
    }

    /// Judges every interval of `release`.
    ///
    /// A single interval over the whole recording gives the same judgement as `judge run` on the same series, bit for
    /// bit.
    ///
    /// # Errors
    /// If a role was not recorded, the recording is too short for the windows, or the judge refuses the config.
    pub fn judge(&mut self, release: &Release) -> Result<Replayed, BrokenRelease> {
        for (grid, role) in [(release.baseline, "baseline"), (release.canary, "canary")] {
            if grid.points == 0 {
                return Err(BrokenRelease(format!(
                    "no row has the role {role}; record both roles"
                )));
            }
        }
        let end = cut::end(release.canary);
        let recorded = TimeSpan { start_millis: release.canary.start_millis, end_millis: end };
        let windows =
            self.replay.windows.cut(recorded).map_err(|error| BrokenRelease(error.to_string()))?;
        let mut intervals = Vec::with_capacity(windows.len());
        let mut no_baseline = None;
        for window in windows {
            no_baseline = no_baseline.or_else(|| NoBaseline::find(release, window));
            let looks = self.replay.windows.looks(window, recorded);
            self.request.looks = looks.filter(|_| self.replay.judge.reads_looks());
            let judgement = self.judge_window(release, window)?;
            let ends = self.replay.rule.ends(&judgement);
            intervals.push(ReplayedInterval { window, judgement });
            if ends && self.replay.after_stop == AfterStop::End {
                break;
            }
        }
        let judgements = intervals.iter().map(|interval| &interval.judgement);
        let Some(stage) = Stage::from_judgements(self.replay.rule, judgements) else {
            return Err(BrokenRelease("the recording has no interval".to_owned()));
        };
        let release = release.name.clone();
        let because_of = Vec::new();
        let mut replayed =
            Replayed { release, recorded, stage, because_of, no_baseline, intervals };
        if let Some(deciding) = replayed.deciding() {
            replayed.because_of = stage::because_of(&deciding.judgement);
        }
        Ok(replayed)
    }

    fn judge_window(
        &mut self,
        release: &Release,
        window: Window,
    ) -> Result<Judgement, BrokenRelease> {
        let pairs = &mut self.request.pairs;
        pairs.resize_with(release.metrics.len(), MetricPair::default);
        for (pair, metric) in pairs.iter_mut().zip(&release.metrics) {
            if pair.name != metric.name {
                pair.name.clone_from(&metric.name);
            }
            let sides = [
                (&metric.baseline, release.baseline, window.baseline, &mut pair.baseline),
                (&metric.canary, release.canary, window.canary, &mut pair.canary),
            ];
            for (recorded, grid, span, series) in sides {
                cut::cut(&recorded.values, grid, span, series).map_err(BrokenRelease)?;
            }
            pair.pad_absent_side();
        }
        let judged = self.replay.judge.judge_with(&self.request, &mut self.scratch);
        judged.map_err(|refused| BrokenRelease(refused.to_string()))
    }
}

#[cfg(test)]
mod tests;
