//! One metric: from its points to its class.

use crate::clean::Cleaned;
use crate::config::evidence::{InconclusivePolicy, MetricKind};
use crate::config::{Direction, EffectMeasure, MetricConfig, NanStrategy};
use crate::judgement::{
    Change, Classification, Decision, Finding, Interval, MetricJudgement, Panel, TestKind,
};
use crate::request::JudgeRequest;
use crate::series::{MetricPair, Series};
use crate::stats::distribution::normal;

use super::case::Allowance;
use super::events::{self, Exposure};
use super::grid::Grid;
use super::panel::{self, Answer, Question, signed, turned};

/// With fewer points a side no arrangement of ranks is rare enough to be harm: of five against five
/// the rarest is one of 252.
const FEWEST: usize = 5;
/// A change of one standard deviation of the noise is in plain sight: unless the interval ends below
/// it (or below the allowance), harm is not ruled out.
const PLAIN_SIGHT: f64 = 1.0;

#[derive(Debug, Default)]
pub(super) struct Buffers {
    baseline: Cleaned,
    canary: Cleaned,
    grid: Grid,
    panel: panel::Buffers,
}

/// A metric before what other metrics say is taken into account.
#[derive(Debug)]
pub(super) struct Judged {
    metric: MetricJudgement,
    /// Probability with which it may fail though nothing is wrong.
    level: f64,
    /// What the search for a systemic regression needs.
    pub(super) part: Option<Part>,
    effect_is_critical: [bool; 2],
}

/// A metric's part in a systemic regression.
#[derive(Debug)]
pub(super) struct Part {
    /// Standard normal when nothing is wrong; harm is up.
    pub(super) z: f64,
    /// The shift as a share of what is allowed or of the smallest change that matters.
    pub(super) used: f64,
    /// 1 when harm is an increase, −1 when it is a decrease.
    pub(super) sign: f64,
    /// Noise of the shift in time order, in the metric's own sense.
    pub(super) noise: Vec<f64>,
}

pub(super) fn judge(
    pair: &MetricPair,
    config: &MetricConfig,
    request: &JudgeRequest,
    buffers: &mut Buffers,
) -> Judged {
    let judge = &request.config.evidence;
    buffers.baseline.refill(&pair.baseline.values, config);
    buffers.canary.refill(&pair.canary.values, config);
    let (baseline, canary) = (buffers.baseline.summary(), buffers.canary.summary());
    let warm_up = config.evidence.warm_up.unwrap_or(judge.warm_up);
    let sides = ((&pair.canary, &buffers.canary), (&pair.baseline, &buffers.baseline));
    buffers.grid.refill(sides.0, sides.1, config, warm_up);
    if config.nan_strategy == NanStrategy::Replace {
        buffers.grid.fill_silence();
    }
    let level = config.evidence.confidence.unwrap_or(judge.confidence).level();
    let mut judged = Judged {
        metric: MetricJudgement {
            name: pair.name.clone(),
            id: pair.id.clone(),
            tags: pair.tags.clone(),
            groups: config.groups.clone(),
            classification: Classification::Pass,
            reason: None,
            critical: false,
            muted: config.muted,
            baseline,
            canary,
            mean_ratio: Some(ratio(canary.mean, baseline.mean)),
            decision: Decision::MissingData,
            findings: Vec::new(),
        },
        level,
        part: None,
        effect_is_critical: [false; 2],
    };
    let grid = &buffers.grid;
    let (m, n) = (grid.sorted_canary.len(), grid.sorted_baseline.len());
    if m == 0 || n == 0 {
        missing(&mut judged.metric, config);
    } else if m < FEWEST || n < FEWEST {
        judged.metric.classification = Classification::Inconclusive;
        judged.metric.critical = config.critical;
        judged.metric.decision = Decision::Untestable;
        judged.metric.reason = Some(format!(
            "{} cannot be judged from {n} baseline and {m} canary points: {FEWEST} a side are needed",
            config.name
        ));
    } else if buffers.canary.sorted == buffers.baseline.sorted && grid.canary == grid.baseline {
        judged.metric.reason = Some("The Canary and Baseline data are identical".to_owned());
        judged.metric.mean_ratio = Some(1.0);
        judged.metric.decision = Decision::Identical;
    } else {
        examine(&mut judged, config, request, &buffers.grid, &mut buffers.panel);
    }
    judged
}

/// As Kayenta has it.
fn missing(metric: &mut MetricJudgement, config: &MetricConfig) {
    metric.mean_ratio = Some(1.0);
    if config.nan_strategy == NanStrategy::Replace {
        return;
    }
    let must = config.must_have_data && !config.critical;
    metric.classification = if must { Classification::NoDataFail } else { Classification::NoData };
    metric.critical = config.critical;
    metric.reason = Some(format!("Missing data for {}", config.name));
}

/// `x` / `y`, undefined when either is 0, as in Kayenta.
fn ratio(x: f64, y: f64) -> f64 {
    if x == 0.0 || y == 0.0 { f64::NAN } else { x / y }
}

fn examine(
    judged: &mut Judged,
    config: &MetricConfig,
    request: &JudgeRequest,
    grid: &Grid,
    buffers: &mut panel::Buffers,
) {
    let judge = &request.config.evidence;
    let tests = config.evidence.tests.as_ref().unwrap_or(&judge.tests);
    let changes: &[Change] = match config.direction {
        Direction::Increase => &[Change::Increase],
        Direction::Decrease => &[Change::Decrease],
        Direction::Either => &[Change::Increase, Change::Decrease],
    };
    let sparse = match config.evidence.kind {
        MetricKind::Auto => events::is_sparse(&grid.sorted_canary, &grid.sorted_baseline),
        MetricKind::Gauge => false,
        MetricKind::Count { .. } | MetricKind::Proportion { .. } => true,
    };
    let exposure = exposure(config, request, grid);
    let mut answers = Vec::with_capacity(2);
    for &change in changes {
        let question = Question {
            change,
            allowance: Allowance {
                share: allowed_share(config, change),
                minimum: config.evidence.minimum_change(judge),
            },
            level: judged.level / changes.len() as f64,
            tests,
            sparse,
            exposure,
        };
        let mut answer = panel::ask(grid, question, buffers);
        hold_against_cles(&mut answer, config, change, &buffers.case.x, &buffers.case.y);
        let noise = together_noise(&buffers.case, change);
        answers.push((change, answer, noise));
    }
    judged.effect_is_critical = [
        is_critical(config, Change::Increase, judged.metric.mean_ratio),
        is_critical(config, Change::Decrease, judged.metric.mean_ratio),
    ];
    // The direction with more evidence speaks for the metric.
    let weight = |answer: &Answer| {
        let harm = answer.findings.iter().filter(|f| f.matters).map(Finding::weight);
        harm.fold(f64::INFINITY, f64::min)
    };
    answers.sort_by(|a, b| weight(&a.1).total_cmp(&weight(&b.1)).then(b.1.t.total_cmp(&a.1.t)));
    judged.part = part(&answers);
    let left_out =
        answers.iter().filter_map(|(_, answer, _)| answer.start_up).map(|s| s.length).max();
    let Some((change, first, _)) = answers.first() else { return };
    judged.metric.decision = Decision::Panel(describe(grid, *change, first, left_out.unwrap_or(0)));
    for (_, answer, _) in answers {
        judged.metric.findings.extend(answer.findings);
    }
    judged
        .metric
        .findings
        .sort_by(|a, b| b.is_harm().cmp(&a.is_harm()).then(a.weight().total_cmp(&b.weight())));
    judged.classify();
}

/// What the metric's events are out of: the sums of the metric that its config names.
fn exposure(config: &MetricConfig, request: &JudgeRequest, grid: &Grid) -> Option<Exposure> {
    let of = config.evidence.kind.exposure()?;
    let pair = request.pairs.iter().find(|pair| pair.name == of)?;
    let sum = |series: &Series| -> f64 {
        series.values.iter().filter(|v| v.is_finite()).map(|v| grid.in_unit(*v)).sum()
    };
    let (canary, baseline) = (sum(&pair.canary), sum(&pair.baseline));
    let proportion = matches!(config.evidence.kind, MetricKind::Proportion { .. });
    (canary > 0.0 && baseline > 0.0).then_some(Exposure { canary, baseline, proportion })
}

/// What the effect size allows, as a share of the baseline.
fn allowed_share(config: &MetricConfig, change: Change) -> f64 {
    let size = &config.effect_size;
    let share = match (size.measure, change) {
        (EffectMeasure::Cles, _) => 0.0,
        (EffectMeasure::MeanRatio, Change::Increase) => size.allowed_increase - 1.0,
        (EffectMeasure::MeanRatio, Change::Decrease) => 1.0 - size.allowed_decrease,
    };
    // f64::max leaves NaN out.
    share.max(0.0)
}

/// With CLES as the measure a shift matters when the canary is above the baseline as often as that.
fn hold_against_cles(
    answer: &mut Answer,
    config: &MetricConfig,
    change: Change,
    x: &[f64],
    y: &[f64],
) {
    let size = &config.effect_size;
    if size.measure != EffectMeasure::Cles {
        return;
    }
    let allowed = match change {
        Change::Increase => size.allowed_increase,
        Change::Decrease => 1.0 - size.allowed_decrease,
    };
    let often = superiority(x, y);
    for finding in &mut answer.findings {
        if finding.test == TestKind::Location {
            finding.matters &= often >= allowed;
        }
    }
}

fn superiority(x: &[f64], y: &[f64]) -> f64 {
    use crate::stats::{ConfidenceLevel, Sample};
    let level = ConfidenceLevel::new(panel::SHOWN);
    match (Sample::new(x.to_vec()), Sample::new(y.to_vec()), level) {
        (Ok(x), Ok(y), Ok(level)) => crate::stats::superiority(&x, &y, level).probability,
        _ => 0.5,
    }
}

/// Whether a harmful change fails the whole canary. A critical size that is left at its neutral value
/// is reached by any harm: also by one that leaves the mean where it is.
fn is_critical(config: &MetricConfig, change: Change, mean_ratio: Option<f64>) -> bool {
    let size = &config.effect_size;
    let ratio = mean_ratio.unwrap_or(f64::NAN);
    let critical = match change {
        Change::Increase => size.critical_increase,
        Change::Decrease => size.critical_decrease,
    };
    let any = ratio.is_nan() || size.measure == EffectMeasure::Cles || critical == 1.0;
    let reached = match change {
        Change::Increase => ratio >= critical,
        Change::Decrease => ratio <= critical,
    };
    config.critical && (any || reached)
}

fn together_noise(case: &super::case::Case, change: Change) -> Vec<f64> {
    let center = case.of_above.median;
    let reach = 3.0 * case.of_above.sd;
    case.above.iter().map(|v| signed(change, (v - center).clamp(-reach, reach))).collect()
}

fn part(answers: &[(Change, Answer, Vec<f64>)]) -> Option<Part> {
    let (change, answer, noise) = answers.iter().max_by(|a, b| a.1.t.total_cmp(&b.1.t))?;
    let mut z = answer.t;
    if answers.len() > 1 {
        // The larger of two directions is no standard normal; the p-value of the larger one is.
        z = normal::upper_quantile((2.0 * normal::upper_tail(z)).clamp(1e-300, 1.0 - 1e-12));
    }
    let shift = answer.location?.above_baseline;
    let used = if answer.allowed > 0.0 { shift / answer.allowed } else { 0.0 };
    Some(Part { z, used, sign: signed(*change, 1.0), noise: noise.clone() })
}

fn describe(grid: &Grid, change: Change, answer: &Answer, left_out: usize) -> Panel {
    let (shift, interval) = answer
        .location
        .map_or((0.0, Interval { lower: 0.0, upper: 0.0, level: panel::SHOWN }), |location| {
            (location.shift, location.interval)
        });
    Panel {
        estimate: grid.out_of_unit(signed(change, shift)),
        interval: turned(grid, change, interval),
        allowed: grid.out_of_unit(answer.allowed),
        more_points: more_points(answer),
        left_out,
        fails: false,
    }
}

/// How many more points a side would settle it if the estimate held; `None` when harm is ruled out.
fn more_points(answer: &Answer) -> Option<usize> {
    let location = answer.location?;
    let limit = answer.allowed.max(PLAIN_SIGHT * answer.noise);
    let reach = location.interval.upper - location.shift;
    if location.interval.upper < limit || reach <= 0.0 {
        return None;
    }
    // The interval shrinks with the root of the number of points, until it leaves the limit out.
    let distance = (limit - location.shift).abs().max(0.05 * reach);
    let times = (reach / distance).powi(2);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "at most 400 times"
    )]
    Some((answer.points as f64 * (times - 1.0)).ceil().max(1.0) as usize)
}

impl Judged {
    /// The metric's own p-value: the smallest that would have made it fail, as a share of its level.
    pub(super) fn p(&self) -> f64 {
        let harm = self.metric.findings.iter().filter(|finding| finding.matters);
        (harm.map(Finding::weight).fold(f64::INFINITY, f64::min) * self.level).min(1.0)
    }

    /// Takes `p`, adjusted for the other metrics, in place of its own.
    pub(super) fn adjust(&mut self, p: f64) {
        let own = self.p();
        if own > 0.0 && p > own {
            for finding in &mut self.metric.findings {
                finding.level *= own / p;
            }
            if matches!(self.metric.decision, Decision::Panel(_)) {
                self.classify();
            }
        }
    }

    pub(super) fn muted(&self) -> bool {
        self.metric.muted
    }

    fn classify(&mut self) {
        let harm = self.metric.findings.iter().find(|finding| finding.is_harm());
        let (name, metric) = (&self.metric.name, &self.metric);
        let Decision::Panel(panel) = &metric.decision else { return };
        let (classification, reason, critical) = match harm {
            Some(finding) => {
                let (classification, word, critical) = match finding.change {
                    Change::Increase => (Classification::High, "High", self.effect_is_critical[0]),
                    Change::Decrease => (Classification::Low, "Low", self.effect_is_critical[1]),
                };
                let reason = if critical {
                    format!(
                        "The metric {name} was classified as {word} (Critical): {}",
                        finding.sentence
                    )
                } else {
                    format!("{name} was classified as {word}: {}", finding.sentence)
                };
                (classification, Some(reason), critical)
            }
            None => match panel.more_points {
                Some(more) => {
                    let sentence = metric.findings.iter().find(|f| f.test == TestKind::Location);
                    let sentence = sentence.map_or("", |finding| finding.sentence.as_str());
                    let reason = format!(
                        "{name} is inconclusive: {sentence} shows no harm and does not rule it out; \
                         about {more} more points a side would settle it"
                    );
                    (Classification::Inconclusive, Some(reason), false)
                }
                None => (Classification::Pass, None, false),
            },
        };
        self.metric.classification = classification;
        self.metric.reason = reason;
        self.metric.critical = critical;
    }

    /// The judgement, inconclusive ones counted as `policy` says.
    pub(super) fn settle(mut self, policy: InconclusivePolicy) -> MetricJudgement {
        if let Decision::Panel(panel) = &mut self.metric.decision {
            panel.fails = policy == InconclusivePolicy::Fail
                && self.metric.classification == Classification::Inconclusive;
        }
        self.metric
    }
}
