//! Are many metrics a little worse together?
//!
//! A systemic regression: each metric within its own allowance, all on the wrong side. **Null**: no
//! metric has shifted; their noises correlate as measured. **Statistic**: Stouffer's sum of the
//! metrics' t of the shift against the baseline itself, each cut at 3 so that no single metric does
//! all the work, over the standard deviation that the correlations give it. **Practical size**: three
//! metrics of four are worse, and the median one has used up the configured share of what it is
//! allowed. **Cost**: O(metrics² · points).

use crate::order;
use crate::request::JudgeRequest;
use crate::stats::distribution::normal;

use super::verdict::{Judged, Part};

/// Of fewer metrics each speaks for itself.
const FEWEST: usize = 3;
/// Of the metrics at least this share is worse.
const MOST: f64 = 0.75;
/// No metric contributes more standard deviations.
const CAP: f64 = 3.0;

/// Share of a metric's level: it is one more question that is asked of a healthy canary, of which
/// every test of every metric is one already.
const SHARE: f64 = 0.25;

/// A systemic regression.
#[derive(Debug)]
pub(super) struct Together {
    pub(super) sentence: String,
}

pub(super) fn find(request: &JudgeRequest, judged: &[Judged]) -> Option<Together> {
    let joint = request.config.evidence.joint;
    if !joint.enabled {
        return None;
    }
    let counted = judged.iter().filter(|judged| !judged.muted());
    let parts: Vec<&Part> = counted.filter_map(|judged| judged.part.as_ref()).collect();
    let metrics = parts.len();
    if metrics < FEWEST {
        return None;
    }
    let worse = parts.iter().filter(|part| part.used > 0.0).count();
    let mut used: Vec<f64> = parts.iter().map(|part| part.used).collect();
    // The lower median: half of the metrics and more have used up as much.
    let median = order::select(&mut used, (metrics - 1) / 2);
    if (worse as f64) < MOST * metrics as f64 || median < joint.size {
        return None;
    }
    let sum: f64 = parts.iter().map(|part| part.z.min(CAP)).sum();
    let mut shared = 0.0;
    // Of those that are worse: so a healthy metric more can only make the finding less certain.
    let worst: Vec<&&Part> = parts.iter().filter(|part| part.used > 0.0).collect();
    for (index, a) in worst.iter().enumerate() {
        for b in &worst[index + 1..] {
            shared += 2.0 * a.sign * b.sign * correlation(&a.noise, &b.noise);
        }
    }
    // Estimated correlations scatter around 0: summed, their errors mostly cancel.
    let variance = metrics as f64 + shared.max(0.0);
    let p = normal::upper_tail(sum / variance.sqrt());
    (p <= SHARE * request.config.evidence.confidence.level()).then(|| Together {
        sentence: format!(
            "{worse} of {metrics} metrics whose sides differ are worse together, the median one by {:.0} % of \
             what is allowed (p = {p:.1e})",
            100.0 * median
        ),
    })
}

/// Of two noises, over the times at which both have a point.
fn correlation(a: &[f64], b: &[f64]) -> f64 {
    let (mut aa, mut bb, mut ab) = (0.0, 0.0, 0.0);
    for (a, b) in a.iter().zip(b).filter(|(a, b)| !a.is_nan() && !b.is_nan()) {
        aa += a * a;
        bb += b * b;
        ab += a * b;
    }
    if aa > 0.0 && bb > 0.0 { ab / (aa.sqrt() * bb.sqrt()) } else { 0.0 }
}
