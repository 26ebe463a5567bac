//! Runs all tests of one metric for one direction of harm, each at its share of the significance level.

use crate::config::evidence::{EvidenceConfig, Tests};
use crate::config::{EffectMeasure, MetricConfig};
use crate::judgement::{Change, Finding, TestKind};
use crate::stats::TwoSampleScratch;

use crate::judges::evidence::detect::events::{self, Counted};
use crate::judges::evidence::detect::excess::{Excess, has_few_values};
use crate::judges::evidence::detect::healthy::{self, Healthy, WindowPart};
use crate::judges::evidence::detect::location::Location;
use crate::judges::evidence::detect::mann_whitney::Ranks;
use crate::judges::evidence::detect::scores::UntiedScores;
use crate::judges::evidence::detect::sequential::Sequential;
use crate::judges::evidence::detect::spread::Widths;
use crate::judges::evidence::detect::start_up::{self, WarmUp};
use crate::judges::evidence::detect::{
    bursts, end_state, excursions, location, mann_whitney, spread, tail,
};
use crate::judges::evidence::parameters as p;
use crate::judges::evidence::prepare::axis::Axis;
use crate::judges::evidence::prepare::comparison::Comparison;
use crate::judges::evidence::prepare::history::History;
use crate::judges::evidence::prepare::posterior::{Posterior, combine};
use crate::judges::evidence::prepare::regression::Designs;
use crate::judges::evidence::prepare::threshold::Threshold;
use crate::judges::evidence::prepare::timeline::PairTimeline;
use crate::judges::evidence::say::{self, Told};

use super::levels;
use super::location_estimate::LocationEstimate;

/// Input of a panel.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Question<'a> {
    pub(crate) change: Change,
    pub(crate) config: &'a MetricConfig,
    pub(crate) judge: &'a EvidenceConfig,
    pub(crate) tests: &'a Tests,
    /// Significance level of the whole panel: probability that it fails a healthy metric.
    pub(crate) level: f64,
    /// Factor on the level of the location test; 1 unless this is one of several looks.
    pub(crate) location_gain: f64,
    /// Factor on the level of all other tests; 1 unless this is one of several looks.
    pub(crate) other_gain: f64,
    /// Probability with which this look may wrongly rule out harm; `None` if the canary cannot pass early.
    pub(crate) early_pass: Option<f64>,
    /// Whether rates of events are compared: the metric is sparse, or declared as counts.
    pub(crate) sparse: bool,
    pub(crate) counted: Counted<'a>,
    /// Mean of the canary over that of the baseline.
    pub(crate) mean_ratio: f64,
}

/// A finding with the probability that the change is beyond its threshold.
#[derive(Debug)]
pub(crate) struct Considered {
    pub(crate) finding: Finding,
    pub(crate) likely: f64,
}

/// Findings of a panel.
#[derive(Debug)]
pub(crate) struct PanelFindings {
    pub(crate) change: Change,
    pub(crate) considered: Vec<Considered>,
    pub(crate) location: LocationEstimate,
    pub(crate) warm_up: Option<WarmUp>,
    /// Points of a warm-up that ended so late that too few are left to be judged.
    pub(crate) unsettled: Option<usize>,
    /// Whether harm in this direction fails the whole canary.
    pub(crate) is_critical: bool,
    /// A sentence about an unusual baseline.
    pub(crate) sick_baseline: Option<String>,
    /// Whether a shift of the smallest size that matters is ruled out; `None` if the canary cannot pass early.
    pub(crate) rules_out_harm: Option<bool>,
}

/// Buffers of a panel.
#[derive(Debug, Default)]
pub(crate) struct PanelBuffers {
    /// The whole metric, oriented for the direction of harm that was tested last.
    whole: Comparison,
    /// The metric after a warm-up.
    rest: Comparison,
    ranks: Option<Ranks>,
    /// Widths of the whole metric, with the allowed share that they were compared for.
    widths: Option<(f64, Option<Widths>)>,
    two_sample: TwoSampleScratch,
    untied: UntiedScores,
    designs: Designs,
}

impl Question<'_> {
    /// Significance level of `test`: its share of the panel's; `None` if the test does not run.
    fn level_for(&self, test: TestKind, comparison: &Comparison) -> Option<f64> {
        let weighed = self.counted.exposure.is_some() && self.tests.contains(TestKind::Events);
        let share = match test {
            // With an exposure, only the rate test runs: ratios with different denominators are not comparable.
            TestKind::Events if weighed => 1.0,
            _ if weighed => return None,
            _ => levels::share(test, self.sparse, comparison.times)?,
        };
        let gain = if test == TestKind::Location { self.location_gain } else { self.other_gain };
        self.tests.contains(test).then_some(self.level * share * gain)
    }

    fn threshold(&self, comparison: &Comparison, timeline: &PairTimeline) -> Threshold {
        Threshold::from_config(self.config, self.judge, self.change, comparison, timeline)
    }

    /// Whether a transient at the start is left out.
    fn may_warm_up(&self) -> bool {
        self.tests.contains(TestKind::StartUp) && !self.sparse
    }
}

impl PanelBuffers {
    /// Reads the metric from `timeline`. Call [`run`] afterwards.
    pub(crate) fn refill(&mut self, timeline: &PairTimeline, change: Change) {
        self.whole.refill(timeline, Axis::new(change, timeline), 0);
        (self.ranks, self.widths) = (None, None);
    }
}

/// How much wider the canary is. The result for the whole metric is kept: the other direction of harm has the
/// same, if its allowed share is the same.
fn compare_widths(
    comparison: &Comparison,
    share: f64,
    cached: &mut Option<(f64, Option<Widths>)>,
    is_whole: bool,
) -> Option<Widths> {
    match *cached {
        _ if !is_whole => spread::compare(comparison, share),
        Some((cached, widths)) if cached == share => widths,
        _ => cached.insert((share, spread::compare(comparison, share))).1,
    }
}

/// Runs the tests of `question` on the metric in `timeline`, which `buffers` have read.
///
/// A shift within the differences between the healthy windows of `history` is no harm, and neither is such a
/// stretch.
pub(crate) fn run(
    timeline: &PairTimeline,
    history: &History,
    question: &Question<'_>,
    buffers: &mut PanelBuffers,
) -> PanelFindings {
    let PanelBuffers { whole, rest, ranks, widths, two_sample, untied, designs } = buffers;
    if !whole.axis.is_for(question.change) {
        whole.reverse();
        *ranks = ranks.map(Ranks::reverse);
    }
    let threshold = |comparison: &Comparison| question.threshold(comparison, timeline);
    let mut excess = Excess::new(whole, &threshold(whole));
    let mut warm_up = None;
    if question.may_warm_up()
        && let Some((found, of_rest)) =
            start_up::leave_out(timeline, whole, &excess, rest, threshold)
    {
        warm_up = Some(found);
        excess = of_rest;
    }
    let comparison = if warm_up.is_some() { &*rest } else { &*whole };
    let threshold = threshold(comparison);
    let widths = if question.sparse {
        None
    } else {
        compare_widths(comparison, threshold.share, widths, warm_up.is_none())
    };
    let by_ranks = if warm_up.is_some() {
        mann_whitney::find(comparison, two_sample)
    } else {
        *ranks = ranks.or_else(|| mann_whitney::find(comparison, two_sample));
        *ranks
    };
    let sequential = Sequential::join(comparison, untied);
    let found =
        location::find(comparison, sequential.as_ref(), by_ranks.as_ref(), &threshold, untied);
    let healthy = Healthy::measure(history, comparison, question.level, WindowPart::WHOLE);
    let mut panel = Panel {
        timeline,
        history,
        question,
        comparison,
        threshold,
        widths,
        location_is_normal: false,
        considered: Vec::with_capacity(8),
    };
    // A history says how much means differ, not sizes.
    let are_compared = question.sparse
        && question.level_for(TestKind::Location, comparison).is_some()
        && healthy.is_none()
        && comparison.share_above() >= threshold.least_superiority;
    let sizes =
        are_compared.then(|| compare_sizes(timeline, question, two_sample, untied)).flatten();
    panel.location(&found, healthy.as_ref(), by_ranks.as_ref(), sizes);
    panel.end_state(sequential.as_ref(), designs);
    panel.events();
    panel.points(&excess);
    panel.mann_whitney(by_ranks);
    let unsettled = panel.start_up(&excess, warm_up.as_ref());
    PanelFindings {
        change: question.change,
        location: LocationEstimate::new(&found, comparison, &threshold, healthy, timeline),
        warm_up,
        unsettled: unsettled.map(|found| found.length),
        is_critical: panel.is_critical(),
        sick_baseline: panel.sick_baseline(),
        rules_out_harm: panel.rules_out_harm(&found),
        considered: panel.considered,
    }
}

/// What the location test says of the sizes of a sparse metric's points that are not 0.
struct Sizes {
    p: f64,
    likely: f64,
    told: Told,
}

/// Compares the points that are not 0; `None` if a side has too few.
fn compare_sizes(
    timeline: &PairTimeline,
    question: &Question<'_>,
    two_sample: &mut TwoSampleScratch,
    untied: &mut UntiedScores,
) -> Option<Sizes> {
    let timeline = timeline.without_zeros();
    if timeline.fewest_from(0) < p::FEWEST {
        return None;
    }
    let mut sizes = Comparison::default();
    sizes.refill(&timeline, Axis::new(question.change, &timeline), 0);
    let threshold = question.threshold(&sizes, &timeline);
    let ranks = mann_whitney::find(&sizes, two_sample)?;
    let found = location::find(&sizes, None, Some(&ranks), &threshold, untied);
    let p = (p::SECOND_LOOK_COST * found.p.max(ranks.p)).min(1.0);
    let likely = if threshold.is_stated() {
        1.0 - sizes.beyond_allowance(threshold.share).p_value(0.0)
    } else {
        f64::from(u8::from(threshold.is_reached(&sizes, found.effect)))
    };
    let mut told = say::location(&found, p, None, sizes.axis);
    told.sentence.push_str(" where it is not 0");
    Some(Sizes { p, likely, told })
}

/// The state of a panel while its tests run.
struct Panel<'a> {
    timeline: &'a PairTimeline,
    history: &'a History,
    question: &'a Question<'a>,
    comparison: &'a Comparison,
    threshold: Threshold,
    widths: Option<Widths>,
    /// Whether the canary's mean differs, but no more than healthy means do. Its points are then measured from
    /// its own median.
    location_is_normal: bool,
    considered: Vec<Considered>,
}

impl Panel<'_> {
    /// Adds the finding of a test. The sentence is kept if it may be shown.
    fn consider(&mut self, test: TestKind, p: f64, level: f64, likely: f64, told: Told) {
        let p = p.clamp(0.0, 1.0);
        let leans = likely > 0.0 && p <= p::INCONCLUSIVE_FACTOR * level;
        let is_shown =
            leans || !test.decides() || matches!(test, TestKind::Location | TestKind::Events);
        let Told { statistic, estimated, estimate, interval, sentence } = told;
        let finding = Finding {
            test,
            change: self.question.change,
            statistic,
            p,
            level,
            estimated,
            estimate,
            interval,
            matters: likely >= p::LIKELY,
            sentence: if is_shown { sentence } else { String::new() },
        };
        self.considered.push(Considered { finding, likely });
    }

    /// Probability that the shift is beyond the threshold. `shift` is its posterior, `effect` its largest
    /// estimate.
    fn likely(&self, shift: &Posterior, effect: f64) -> f64 {
        let (comparison, threshold) = (self.comparison, &self.threshold);
        if threshold.least_superiority > 0.0
            && comparison.share_above() < threshold.least_superiority
        {
            0.0
        } else if threshold.is_stated() {
            1.0 - shift.p_value(threshold.shift(comparison))
        } else {
            let is_enough = threshold.is_reached(comparison, effect)
                || threshold.is_in_plain_sight(comparison, effect);
            f64::from(u8::from(is_enough))
        }
    }

    fn location(
        &mut self,
        found: &Location,
        healthy: Option<&Healthy>,
        ranks: Option<&Ranks>,
        sizes: Option<Sizes>,
    ) {
        let comparison = self.comparison;
        let Some(level) = self.question.level_for(TestKind::Location, comparison) else { return };
        let mut p = found.p;
        let p_of_ranks = ranks.map_or(1.0, |ranks| ranks.p);
        if comparison.is_constant() && !self.question.sparse {
            // The noise of a constant baseline is not known, but ranks do not need it.
            p = combine(&[p, p_of_ranks]);
        } else if self.question.sparse
            || has_few_values(&comparison.sorted_y)
            || comparison.is_at_other_level()
        {
            p = p.max(p_of_ranks);
        }
        let mut likely = self.likely(&found.shift, found.effect);
        if self.threshold.is_stated() && p <= p::INCONCLUSIVE_FACTOR * level {
            // The allowance is a share of the baseline's points, so it has their noise, too.
            likely = 1.0 - comparison.beyond_allowance(self.threshold.share).p_value(0.0);
        }
        if healthy.is_some_and(|healthy| !healthy.is_exceeded) {
            likely = 0.0;
            self.location_is_normal = p <= level;
        }
        let is_harm = |p: f64, likely: f64| p <= level && likely >= p::LIKELY;
        if let Some(sizes) = sizes
            .filter(|sizes| is_harm(sizes.p, sizes.likely) || sizes.p < p && !is_harm(p, likely))
        {
            self.consider(TestKind::Location, sizes.p, level, sizes.likely, sizes.told);
            return;
        }
        let told = say::location(found, p, healthy, comparison.axis);
        self.consider(TestKind::Location, p, level, likely, told);
    }

    fn end_state(&mut self, sequential: Option<&Sequential>, designs: &mut Designs) {
        let Some(level) = self.question.level_for(TestKind::EndState, self.comparison) else {
            return;
        };
        let Some(found) = end_state::find(self.comparison, sequential, designs) else { return };
        let mut likely = self.likely(&found.shift, found.effect);
        let part = WindowPart::from_stretch(found.stretch, self.comparison.x.len());
        let healthy = Healthy::measure(self.history, self.comparison, self.question.level, part);
        if healthy.is_some_and(|healthy| !healthy.is_exceeded) {
            likely = 0.0;
        }
        let told = say::end_state(&found, self.comparison);
        self.consider(TestKind::EndState, found.p, level, likely, told);
    }

    fn events(&mut self) {
        let comparison = self.comparison;
        let Some(level) = self.question.level_for(TestKind::Events, comparison) else { return };
        let Question { counted, config, judge, .. } = *self.question;
        let share = self.threshold.share;
        let Some(found) = events::find(comparison, self.timeline, counted, share) else {
            return;
        };
        let minimum = config.evidence.minimum_change(judge);
        let relative =
            comparison.axis.sign() * (found.ratio - 1.0) >= minimum.relative.get().max(share);
        let absolute = found.rise >= self.timeline.in_unit(minimum.absolute.get());
        let likely = f64::from(u8::from(relative && absolute));
        let told = say::events(&found, counted.exposure.is_some());
        self.consider(TestKind::Events, found.p, level, likely, told);
    }

    /// The tests of single points.
    fn points(&mut self, excess: &Excess) {
        let comparison = self.comparison;
        let shift = if excess.paired { comparison.shift() } else { &comparison.unpaired_shift };
        if let Some(level) = self.question.level_for(TestKind::Bursts, comparison)
            && let Some(found) = bursts::find(comparison, self.threshold.share)
        {
            let matters = if self.threshold.is_stated() {
                found.beyond > 0.0
            } else {
                self.threshold.is_reached(comparison, found.height)
            };
            let likely = f64::from(u8::from(matters));
            let told = say::bursts(&found, comparison.axis);
            self.consider(TestKind::Bursts, found.p, level, likely, told);
        }
        if let Some(level) = self.question.level_for(TestKind::Spread, comparison)
            && let Some(widths) = self.widths
        {
            let found = spread::find(comparison, self.threshold.share, widths);
            let matters = self.threshold.reaches_minimum(found.decile_above);
            let likely = f64::from(u8::from(matters));
            let told = say::spread(&found, comparison.axis);
            self.consider(TestKind::Spread, widths.p, level, likely, told);
        }
        let location_is_known = self.location_is_normal
            || self.considered.iter().any(|considered| {
                let finding = &considered.finding;
                finding.test == TestKind::Location
                    && finding.is_harm()
                    && finding.weight() <= p::LOCATION_IS_KNOWN
            });
        if let Some(level) = self.question.level_for(TestKind::Tail, comparison)
            && let Some(found) =
                tail::find(comparison, excess, shift.phi(), self.question.sparse, location_is_known)
        {
            // The test finds only what matters.
            let told = say::tail(&found, excess, comparison);
            self.consider(TestKind::Tail, found.p, level, 1.0, told);
        }
        if let Some(level) = self.question.level_for(TestKind::Excursions, comparison)
            && let Some(found) = excursions::find(comparison, excess)
        {
            let told = say::excursions(&found, comparison.axis);
            self.consider(TestKind::Excursions, found.p, level, 1.0, told);
        }
    }

    /// Shows the test that people know. It decides nothing.
    fn mann_whitney(&mut self, found: Option<Ranks>) {
        if let Some(found) = found.filter(|_| self.question.tests.contains(TestKind::MannWhitney)) {
            let told = say::mann_whitney(&found, self.comparison.axis);
            self.consider(TestKind::MannWhitney, found.p, self.question.level, 0.0, told);
        }
    }

    /// Shows the warm-up that was left out, or one that leaves too few points to be judged, which is returned. The
    /// latter matters only if there is harm.
    fn start_up(&mut self, excess: &Excess, warm_up: Option<&WarmUp>) -> Option<WarmUp> {
        let is_harm = self.considered.iter().any(|found| found.finding.is_harm());
        let may_be_unsettled = is_harm && warm_up.is_none() && self.question.may_warm_up();
        let unsettled =
            may_be_unsettled.then(|| start_up::find_unsettled(self.comparison, excess)).flatten();
        if let Some(found) = warm_up.or(unsettled.as_ref()) {
            let told = say::start_up(found, unsettled.is_some(), self.comparison.axis);
            self.consider(TestKind::StartUp, found.p, p::WARM_UP_LEVEL, 0.0, told);
        }
        unsettled
    }

    /// Whether harm fails the whole canary. Any harm reaches a critical size that is left at its neutral value, even
    /// harm that leaves the mean where it is.
    fn is_critical(&self) -> bool {
        let Question { change, config, mean_ratio, .. } = *self.question;
        let size = &config.effect_size;
        let (critical, sign) = match change {
            Change::Increase => (size.critical_increase(), 1.0),
            Change::Decrease => (size.critical_decrease(), -1.0),
        };
        let effect = match size.measure() {
            EffectMeasure::MeanRatio => mean_ratio,
            EffectMeasure::Cles => 0.5 + sign * (self.comparison.share_above() - 0.5),
        };
        let reached = match change {
            Change::Increase => effect >= critical,
            Change::Decrease => effect <= critical,
        };
        config.critical && (effect.is_nan() || critical == size.measure().neutral() || reached)
    }

    /// A sentence about a baseline that is worse than its own history.
    fn sick_baseline(&self) -> Option<String> {
        let level = self.question.level;
        healthy::find_worse_baseline(self.history, self.comparison, &self.threshold, level)
            .map(|worse| say::worse_baseline(&worse, self.comparison.axis))
    }

    /// Whether a shift of the smallest size that matters is ruled out; `None` if the canary cannot pass early.
    fn rules_out_harm(&self, found: &Location) -> Option<bool> {
        let level = self.question.early_pass?;
        let smallest = self.threshold.shift(self.comparison);
        // The mean of a sparse metric does not suffice to rule out harm.
        Some(!self.question.sparse && 1.0 - found.shift.p_value(smallest) <= level)
    }
}
