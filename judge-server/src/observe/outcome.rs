//! What a call became, as the value that its handler returns.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use judge_core::judges::{EvidenceJudge, Judge};
use judge_core::monitor::MonitorReport;
use judge_core::{Classification, Judgement, Verdict};

use crate::convert::refusal::Refusal;

/// Characters of an id or a config's name that are logged, so that a line of the log stays short.
const LOGGED: usize = 128;

/// What is logged and counted of a call once it ends.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// The id that the caller chose; its beginning where it is long.
    pub(crate) id: Option<String>,
    /// The name of the config, where it has one; its beginning where it is long.
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

    /// The same call, refused after all: what nobody is told is no verdict.
    pub(crate) fn refused(self, refusal: Refusal) -> Self {
        Self { judged: None, refusal: Some(refusal), ..self }
    }

    /// How many warnings the judgement has.
    pub(crate) fn warnings(&self) -> Option<usize> {
        self.judged.as_ref().map(|judged| judged.warnings)
    }
}

impl From<Refusal> for Outcome {
    fn from(refusal: Refusal) -> Self {
        Self::default().refused(refusal)
    }
}

/// What is known of an open stream's outcome before it ends.
#[derive(Debug, Clone, Default)]
pub(crate) struct OutcomeSoFar(Arc<Mutex<Outcome>>);

impl OutcomeSoFar {
    pub(crate) fn lock(&self) -> MutexGuard<'_, Outcome> {
        // Nothing that could panic runs under the lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What there was to know.
    pub(crate) fn take(&self) -> Outcome {
        std::mem::take(&mut *self.lock())
    }
}

fn beginning(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.chars().take(LOGGED).collect())
}

/// What is counted of a judgement, taken before it becomes an answer.
#[derive(Debug)]
pub(crate) struct JudgedCounts {
    pub(crate) judge: String,
    pub(crate) verdict: Verdict,
    pub(crate) warnings: usize,
    pub(crate) classes: Vec<Alike>,
    pub(crate) points: usize,
}

/// Metrics that follow each other and are classified alike.
#[derive(Debug)]
pub(crate) struct Alike {
    pub(crate) classification: Classification,
    pub(crate) metrics: usize,
}

impl JudgedCounts {
    /// Of a judgement of `points` points.
    pub(crate) fn new(judgement: &Judgement, points: usize) -> Self {
        Self {
            judge: judgement.judge.clone(),
            verdict: judgement.verdict,
            warnings: judgement.warnings.len(),
            classes: alike(judgement.metrics.iter().map(|metric| metric.classification)),
            points,
        }
    }

    /// Of what a monitor says.
    pub(crate) fn of_monitor(report: &MonitorReport) -> Self {
        let points: u64 = report.metrics.iter().map(|metric| 2 * metric.pairs + metric.gaps).sum();
        Self {
            judge: EvidenceJudge.name().to_owned(),
            verdict: report.verdict,
            warnings: 0,
            classes: alike(report.metrics.iter().map(|metric| metric.classification)),
            points: usize::try_from(points).unwrap_or(usize::MAX),
        }
    }
}

fn alike(classes: impl Iterator<Item = Classification>) -> Vec<Alike> {
    let mut counted: Vec<Alike> = Vec::new();
    for classification in classes {
        match counted.last_mut() {
            Some(last) if last.classification == classification => last.metrics += 1,
            _ => counted.push(Alike { classification, metrics: 1 }),
        }
    }
    counted
}
