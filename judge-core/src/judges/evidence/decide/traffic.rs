//! How much more may a canary vary because it has less traffic than its baseline?
//!
//! Points that are measured from fewer requests vary more. If the config names the metric that counts the requests, that metric
//! tells how much. If not, the other metrics show it: fewer requests widen many metrics alike, whereas trouble widens only the
//! metric that has it.

use crate::clean::Cleaned;
use crate::config::evidence::MetricKind;
use crate::config::{MetricConfig, NanStrategy};
use crate::judgement::TestKind;
use crate::judges::configs::Configs;
use crate::judges::evidence::detect::events::Exposure;
use crate::judges::evidence::parameters as p;
use crate::judges::evidence::prepare::timeline::{PairTimeline, Times};
use crate::math;
use crate::order;
use crate::problem::Problem;
use crate::request::JudgeRequest;
use crate::series::{MetricPair, Series};
use crate::sums::sum;
use crate::warning::Warning;

use super::class::Judged;

/// The setting that names the metric.
const SETTING: &str = "canaryConfig.judge.judgeConfigurations.traffic";

/// The exposure of the metric's events on both sides, from the metric that its config names.
pub(super) fn exposure(
    pair: &MetricPair,
    config: &MetricConfig,
    request: &JudgeRequest,
    timeline: &PairTimeline,
    warm_up: usize,
) -> Option<Exposure> {
    let metric = config.evidence.kind.exposure()?;
    let (canary, baseline) = means(metric, pair, config, request, warm_up)?;
    let proportion = matches!(config.evidence.kind, MetricKind::Proportion { .. });
    let (canary, baseline) = (timeline.in_unit(canary), timeline.in_unit(baseline));
    // A mean of huge values is infinite.
    let ratio = baseline / canary;
    let is_known = canary.is_finite() && baseline.is_finite() && ratio > 0.0 && ratio.is_finite();
    let at_times = || exposures_at_times(metric, pair, config, request, timeline, warm_up);
    is_known.then(|| Exposure { canary, baseline, proportion, at_times: at_times() })
}

/// Exposures of the canary and of the baseline at the times of `timeline`, NaN where they are not known. Empty
/// unless the metric called `name` has the same times as `pair`, and both sides have the same times, too.
fn exposures_at_times(
    name: &str,
    pair: &MetricPair,
    config: &MetricConfig,
    request: &JudgeRequest,
    timeline: &PairTimeline,
    warm_up: usize,
) -> Vec<(f64, f64)> {
    let Some(metric) = request.pairs.iter().find(|pair| pair.name == name) else {
        return Vec::new();
    };
    let has_same_times = |metric: &Series, judged: &Series| {
        let clocks = metric.clock.zip(judged.clock);
        metric.values.len() == judged.values.len() && clocks.is_none_or(|(a, b)| a == b)
    };
    if timeline.times != Times::Same
        || !has_same_times(&metric.canary, &pair.canary)
        || !has_same_times(&metric.baseline, &pair.baseline)
    {
        return Vec::new();
    }
    let known = |metric: &Series, judged: &Series| {
        let values = metric.values.iter().map(|v| if v.is_finite() { *v } else { f64::NAN });
        Series { values: values.collect(), clock: judged.clock }
    };
    let (canary, baseline) =
        (known(&metric.canary, &pair.canary), known(&metric.baseline, &pair.baseline));
    let (mut exposures, all) = (PairTimeline::default(), Cleaned::default());
    exposures.refill((&canary, &all), (&baseline, &all), config, warm_up);
    let convert = |value: &f64| timeline.in_unit(libm::ldexp(*value, exposures.exponent()));
    let sides = exposures.canary.iter().zip(&exposures.baseline);
    sides.map(|(canary, baseline)| (convert(canary), convert(baseline))).collect()
}

/// Factor by which the canary's points may vary more than the baseline's, from the metric that counts traffic.
pub(super) fn factor(
    pair: &MetricPair,
    config: &MetricConfig,
    request: &JudgeRequest,
    warm_up: usize,
) -> Option<f64> {
    let metric = counted_by(config, request)?;
    if metric == pair.name {
        return None;
    }
    let (canary, baseline) = means(metric, pair, config, request, warm_up)?;
    Some((baseline / canary).sqrt())
}

/// Means of the metric called `name`, on the canary's and on the baseline's side, over the times at which `pair`
/// has a point; `None` unless both are above 0.
fn means(
    name: &str,
    pair: &MetricPair,
    config: &MetricConfig,
    request: &JudgeRequest,
    warm_up: usize,
) -> Option<(f64, f64)> {
    let metric = request.pairs.iter().find(|pair| pair.name == name)?;
    let gaps_are_points = config.nan_strategy == NanStrategy::Replace;
    let mean = |metric: &Series, judged: &Series| {
        let same_times = metric.values.len() == judged.values.len();
        let counts = |index: usize| gaps_are_points || !judged.values[index].is_nan();
        let points = metric
            .values
            .iter()
            .enumerate()
            .skip(warm_up)
            .filter(|(index, value)| value.is_finite() && (!same_times || counts(*index)));
        let (count, sum) = points.fold((0.0, 0.0), |(n, sum), (_, value)| (n + 1.0, sum + value));
        sum / count
    };
    let (canary, baseline) =
        (mean(&metric.canary, &pair.canary), mean(&metric.baseline, &pair.baseline));
    (canary > 0.0 && baseline > 0.0).then_some((canary, baseline))
}

/// Name of the metric that counts the requests that `config`'s metric is measured from.
fn counted_by<'a>(config: &'a MetricConfig, request: &'a JudgeRequest) -> Option<&'a str> {
    config.evidence.traffic.as_deref().or(request.config.evidence.traffic.as_deref())
}

/// The index of a metric, and the factor by which its points may vary more because the other metrics vary more, too.
pub(crate) type Explained = (usize, f64);

/// Estimates from the other metrics how much more a metric with worse single points may vary. Metrics whose traffic the config
/// counts are left out.
///
/// Reads the points only if there is something to explain.
pub(crate) fn explain(
    request: &JudgeRequest,
    configs: &Configs<'_>,
    judged: &[Judged],
) -> Vec<Explained> {
    let unexplained: Vec<usize> = judged
        .iter()
        .enumerate()
        .filter(|(_, judged)| is_unexplained(judged, configs, request))
        .map(|(index, _)| index)
        .collect();
    if unexplained.is_empty() {
        return Vec::new();
    }
    let wider: Vec<_> = request.pairs.iter().map(Wider::estimate).collect();
    let explained = unexplained.into_iter().filter_map(|pair| {
        let others = wider.iter().enumerate().filter(|(index, _)| *index != pair);
        let factor = factor_of_others(wider[pair]?, others.filter_map(|(_, wider)| *wider))?;
        Some((pair, factor))
    });
    explained.collect()
}

fn is_unexplained(judged: &Judged, configs: &Configs<'_>, request: &JudgeRequest) -> bool {
    let of_points = [TestKind::Spread, TestKind::Tail, TestKind::Bursts, TestKind::Excursions];
    let mut harm = judged.considered.iter().filter(|found| found.finding.is_harm());
    harm.any(|found| of_points.contains(&found.finding.test))
        && configs.get(&judged.metric.name).is_some_and(|config| {
            config.evidence.kind.exposure().is_none() && counted_by(config, request).is_none()
        })
}

/// A notice about what was explained. If single points are worse and nothing explains them, a notice that says
/// how to name the metric that counts traffic.
pub(crate) fn advise(
    request: &JudgeRequest,
    configs: &Configs<'_>,
    judged: &[Judged],
    explained: &[Explained],
) -> Option<Warning> {
    let explained: Vec<&Explained> =
        explained.iter().filter(|(index, _)| !judged[*index].metric.muted).collect();
    let problem = if let [(index, _), others @ ..] = &explained[..] {
        let factor = explained.iter().map(|(_, factor)| *factor).fold(0.0, f64::max);
        let others = match others.len() {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let name = &judged[*index].metric.name;
        let found = format!("points of {name:?}{others} vary more, as those of other metrics do");
        let assumption = format!(
            "that is taken for the effect of less traffic, up to {factor:.1} times: name the metric that counts the \
             requests of each side, to be sure"
        );
        Problem::remark(SETTING, found, assumption)
    } else {
        let metric = judged
            .iter()
            .find(|judged| !judged.metric.muted && is_unexplained(judged, configs, request))?;
        let found = format!("single points of {:?} are worse", metric.metric.name);
        let way_out = "if the canary has less traffic than its baseline, its points vary more although it is \
                       healthy: name the metric that counts the requests of each side";
        Problem::remark(SETTING, found, way_out)
    };
    Some(Warning::Suspect(problem))
}

/// How many times as far the canary's neighbouring points are apart as the baseline's.
#[derive(Debug, Clone, Copy)]
struct Wider {
    ratio: f64,
    /// The standard error of the ratio's logarithm.
    error: f64,
}

impl Wider {
    fn estimate(pair: &MetricPair) -> Option<Self> {
        let (canary, m) = typical_step(&pair.canary.values)?;
        let (baseline, n) = typical_step(&pair.baseline.values)?;
        let error = (p::STEP_VARIANCE * (1.0 / m + 1.0 / n)).sqrt();
        Some(Self { ratio: canary / baseline, error })
    }

    /// The ratio less chance: its logarithm keeps the share 1 − 2/z², where z is its number of standard errors
    /// above 0 (James and Stein 1961). `None` if that share is negative.
    fn without_chance(self) -> Option<f64> {
        let shift = math::ln(self.ratio);
        let z = shift / self.error;
        let kept = 1.0 - p::WIDER_BY_CHANCE / (z * z);
        (z > 0.0 && kept > 0.0).then(|| math::exp(shift * kept))
    }
}

/// Factor by which the points of a metric may vary more than its baseline's, from its own ratio and those of
/// the other metrics. `None` if no other metric varies more.
///
/// The largest ratio of the others counts, so that an additional metric never lowers the factor. The metric's
/// own ratio bounds it: fewer requests widen all points, not only a few.
fn factor_of_others(metric: Wider, others: impl Iterator<Item = Wider>) -> Option<f64> {
    let largest = others.filter_map(Wider::without_chance).reduce(f64::max)?;
    let factor = (p::WIDER_MARGIN * largest).min(p::WIDER_THAN_OWN * metric.ratio);
    (factor > 1.0).then_some(factor)
}

/// Mean distance of neighbouring points, without the largest tenth (spikes), and the number of distances.
fn typical_step(values: &[f64]) -> Option<(f64, f64)> {
    let mut steps: Vec<f64> = values
        .windows(2)
        .map(|pair| (pair[1] - pair[0]).abs())
        .filter(|step| step.is_finite())
        .collect();
    if steps.len() < p::SPREAD_FEWEST {
        return None;
    }
    let n = steps.len() as f64;
    let kept = steps.len() - steps.len() / 10;
    order::select(&mut steps, kept - 1);
    let step = sum(&steps[..kept]) / kept as f64;
    (step > 0.0).then_some((step, n))
}

#[cfg(test)]
mod tests {
    use super::{Wider, factor_of_others};

    #[test]
    fn one_other_that_clearly_varies_more_is_enough() {
        let wider = |ratio, error| Wider { ratio, error };
        let may_vary = |others: &[Wider]| factor_of_others(wider(3.0, 0.2), others.iter().copied());
        assert_eq!(may_vary(&[]), None);
        // 1.1 standard errors are chance.
        assert_eq!(may_vary(&[wider(3.0, 1.0), wider(1.0, 0.1), wider(0.1, 0.1)]), None);
        let much = may_vary(&[wider(1.0, 0.1), wider(3.0, 0.1), wider(2.0, 0.1)]).unwrap();
        assert!(much > 3.0 && much < 1.25 * 3.0, "{much}");
        let little = may_vary(&[wider(3.0, 0.5)]).unwrap();
        assert!(little > 2.0 && little < 3.0, "{little}");
    }

    #[test]
    fn a_metric_whose_own_steps_are_no_larger_may_not_vary_more() {
        let other = Wider { ratio: 5.0, error: 0.1 };
        let factor_for = |ratio| factor_of_others(Wider { ratio, error: 0.1 }, [other].into_iter());
        assert_eq!(factor_for(0.5), None);
        assert_eq!(factor_for(1.0), Some(2.0));
    }
}
