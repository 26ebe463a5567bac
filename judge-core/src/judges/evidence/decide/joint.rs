//! Are many metrics slightly worse at the same time?
//!
//! **Null**: no metric has shifted; their noises correlate as measured. **Statistic**: Stouffer's sum of the metrics' z of the
//! shift, each clipped at ±3 so that no single metric decides, over the standard deviation that the correlations give it. **Practical
//! size**: at least three quarters of the metrics are worse, and the median metric has used up the configured share of its
//! allowance. **Cost**: O(metrics² · points).

use crate::judges::evidence::parameters as p;
use crate::judges::evidence::prepare::comparison::correlation_around_0;
use crate::order;
use crate::request::JudgeRequest;
use crate::stats::distribution::normal;

use super::panel::PanelFindings;

/// A metric's part in a systemic regression.
#[derive(Debug)]
pub(crate) struct JointPart {
    /// z of the shift: standard normal if nothing is wrong; positive is worse.
    z: f64,
    /// The shift as a share of its threshold.
    used: f64,
    /// Noise of the shift for each time, on the axis; NaN where there is no point.
    noise: Vec<f64>,
}

impl JointPart {
    /// Reads the part of one metric from its `answers` for all directions of harm, and takes their noise.
    pub(crate) fn new(answers: &mut [PanelFindings]) -> Option<Self> {
        let directions = answers.len();
        let located = answers.iter_mut().map(|answer| {
            let located = &mut answer.location;
            (normal::score(located.p), located)
        });
        let (mut z, located) = located.max_by(|a, b| a.0.total_cmp(&b.0))?;
        if directions > 1 {
            // The larger of two directions is no standard normal; the p-value of the larger one is.
            z = normal::upper_quantile((2.0 * normal::upper_tail(z)).clamp(1e-300, 1.0 - 1e-12));
        }
        let used =
            if located.threshold > 0.0 { located.shift.mean() / located.threshold } else { 0.0 };
        Some(Self { z, used, noise: std::mem::take(&mut located.noise) })
    }
}

/// Runs the joint test on the `parts` of the metrics that are not muted. Returns a sentence if it finds a
/// regression.
pub(crate) fn find(request: &JudgeRequest, parts: &[&JointPart]) -> Option<String> {
    let joint = request.config.evidence.joint;
    if !joint.enabled {
        return None;
    }
    let metrics = parts.len();
    if metrics < p::JOINT_FEWEST {
        return None;
    }
    let mut used: Vec<f64> = parts.iter().map(|part| part.used).collect();
    // The lower median: half of the metrics and more have used up as much.
    let median = order::select(&mut used, (metrics - 1) / 2);
    // Only metrics that are worse: then an additional healthy metric can only make the finding less certain.
    let worst: Vec<&&JointPart> = parts.iter().filter(|part| part.used > 0.0).collect();
    let worse = worst.len();
    if (worse as f64) < p::JOINT_WORSE * metrics as f64 || median < joint.size.get() {
        return None;
    }
    let sum: f64 = parts.iter().map(|part| part.z.clamp(-p::JOINT_CAP, p::JOINT_CAP)).sum();
    let mut shared = 0.0;
    for (index, a) in worst.iter().enumerate() {
        for b in &worst[index + 1..] {
            shared += 2.0 * correlation(&a.noise, &b.noise);
        }
    }
    // Estimated correlations scatter around 0: summed, their errors mostly cancel.
    let variance = metrics as f64 + shared.max(0.0);
    let p = normal::upper_tail(sum / variance.sqrt());
    let alpha = request.config.evidence.confidence.significance();
    let share = request
        .looks
        .map_or(1.0, |looks| looks.share_by_sum(request.config.evidence.spending, alpha));
    (p <= p::JOINT_SHARE * alpha * share).then(|| {
        format!(
            "{worse} of {metrics} metrics whose sides differ are worse together, the median one by {:.0} % of \
             what is allowed (p = {p:.1e})",
            100.0 * median
        )
    })
}

/// Correlation of two series of noise, over the times at which both have a point.
fn correlation(a: &[f64], b: &[f64]) -> f64 {
    let both = a.iter().copied().zip(b.iter().copied());
    correlation_around_0(both.filter(|(a, b)| !a.is_nan() && !b.is_nan()))
}
