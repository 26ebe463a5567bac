//! The outcome of a call, which its handler returns.

use std::sync::Arc;

use judge_core::judges::{EvidenceJudge, Judge};
use judge_core::monitor::MonitorReport;
use judge_core::{Classification, Judgement, Verdict};
use parking_lot::Mutex;

use crate::convert::refusal::Refusal;

/// Most characters of an id or a config's name in the log, so that a line stays short.
const LOGGED: usize = 128;

/// What is logged and counted about a call at its end.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// The id that the caller chose; cut if it is long.
    pub(crate) id: Option<String>,
    /// The name of the config, if it has one; cut if it is long.
    pub(crate) config: Option<String>,
    pub(crate) judged: Option<JudgedCounts>,
    pub(crate) refusal: Option<Refusal>,
}

impl Outcome {
    pub(crate) fn identify(&mut self, id: &str) {
        self.id = beginning(id);
    }

    pub(crate) fn name_config(&mut self, name: &str) {
        self.config = beginning(name);
    }

    /// The same call, but refused: a verdict that nobody receives does not count.
    pub(crate) fn refused(self, refusal: Refusal) -> Self {
        Self { judged: None, refusal: Some(refusal), ..self }
    }

    /// Number of warnings of the judgement.
    pub(crate) fn warnings(&self) -> Option<usize> {
        self.judged.as_ref().map(|judged| judged.warnings)
    }
}

/// The outcome of an open stream so far.
pub(crate) type OutcomeSoFar = Arc<Mutex<Outcome>>;

fn beginning(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.chars().take(LOGGED).collect())
}

/// What is counted about a judgement, read before it becomes an answer.
#[derive(Debug)]
pub(crate) struct JudgedCounts {
    pub(crate) judge: String,
    pub(crate) verdict: Verdict,
    pub(crate) warnings: usize,
    /// Number of metrics by their classification.
    pub(crate) classes: Vec<(Classification, u64)>,
    pub(crate) points: usize,
}

impl JudgedCounts {
    /// For a judgement of `points` points.
    pub(crate) fn new(judgement: &Judgement, points: usize) -> Self {
        Self {
            judge: judgement.judge.clone(),
            verdict: judgement.verdict,
            warnings: judgement.warnings.len(),
            classes: count(judgement.metrics.iter().map(|metric| metric.classification)),
            points,
        }
    }

    /// For a report of a monitor.
    pub(crate) fn of_monitor(report: &MonitorReport) -> Self {
        let points: u64 = report.metrics.iter().map(|metric| 2 * metric.pairs + metric.gaps).sum();
        Self {
            judge: EvidenceJudge.name().to_owned(),
            verdict: report.verdict,
            warnings: 0,
            classes: count(report.metrics.iter().map(|metric| metric.classification)),
            points: usize::try_from(points).unwrap_or(usize::MAX),
        }
    }
}

fn count(classes: impl Iterator<Item = Classification>) -> Vec<(Classification, u64)> {
    let mut counted: Vec<(Classification, u64)> = Vec::new();
    for class in classes {
        match counted.iter_mut().find(|(known, _)| *known == class) {
            Some((_, metrics)) => *metrics += 1,
            None => counted.push((class, 1)),
        }
    }
    counted
}
