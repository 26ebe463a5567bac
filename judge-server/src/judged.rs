//! What is counted and logged of a judgement.

use judge_core::{Classification, Judgement, Verdict};

/// Taken from a judgement before it becomes an answer, and counted once the answer is admitted.
#[derive(Debug)]
pub(crate) struct Judged {
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

impl Judged {
    /// Of a judgement of `points` points.
    pub(crate) fn of(judgement: &Judgement, points: usize) -> Self {
        let alike = judgement.metrics.chunk_by(|a, b| a.classification == b.classification);
        let classes = alike.filter_map(|metrics| {
            let classification = metrics.first()?.classification;
            Some(Alike { classification, metrics: metrics.len() })
        });
        Self {
            judge: judgement.judge.clone(),
            verdict: judgement.verdict,
            warnings: judgement.warnings.len(),
            classes: classes.collect(),
            points,
        }
    }
}
