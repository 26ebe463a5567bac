//! What each test of a panel found, with the sentence that says it.

use crate::judgement::{Estimated, Finding, TestKind};

use super::location::Location;
use super::panel::{Question, signed};
use super::sentence::{self, View};
use super::sides::Sides;
use super::stretch::Stretches;
use super::{end_state, events, excursions, panel, spread, stretch, tail};

/// A level is found for certain with so small a part of the p that would do: so it stays when many
/// metrics make each stricter.
const CLEARLY: f64 = 0.1;

/// What the tests need besides the case.
pub(super) struct Buffers<'a> {
    pub(super) sides: &'a mut Sides,
    pub(super) spread: &'a mut spread::Buffers,
    pub(super) tail: &'a mut tail::Buffers,
    pub(super) sums: &'a mut Vec<f64>,
    pub(super) stretch: &'a mut stretch::Buffers,
}

/// Runs the tests that the question asks for.
pub(super) fn run(
    question: &Question<'_>,
    view: View<'_>,
    buffers: Buffers<'_>,
    located: Option<Location>,
    findings: &mut Vec<Finding>,
) {
    let View { case, change, .. } = view;
    let Buffers { sides, spread, tail, sums, stretch } = buffers;
    let stretches = Stretches::of(case);
    if let (Some(level), Some(location)) = (question.level_of(TestKind::Location), located) {
        let mean_shift = location.above + case.offset;
        // Where the median of differences is 0 though most of them are not, the mean tells.
        let above =
            if location.shift == 0.0 { location.above } else { location.shift - case.offset };
        findings.push(Finding {
            test: TestKind::Location,
            change,
            statistic: location.statistic,
            p: location.p,
            level,
            estimated: Estimated::Shift,
            estimate: view.in_metric(location.shift),
            interval: Some(view.interval(location.interval)),
            matters: case.matters(above)
                && case.is_apart(above)
                && case.is_often_above(0..case.above.len()),
            sentence: sentence::location(&location, mean_shift, view),
        });
    }
    if let Some((level, end)) = question
        .level_of(TestKind::EndState)
        .and_then(|level| Some((level, end_state::find(case, &stretches, sums, stretch)?)))
    {
        findings.push(Finding {
            test: TestKind::EndState,
            change,
            statistic: end.z,
            p: end.p,
            level,
            estimated: Estimated::Shift,
            estimate: view.in_metric(end.above + case.offset),
            interval: None,
            matters: case.matters(end.above)
                && case.is_often_above(case.above.len() - end.length..case.above.len()),
            sentence: sentence::end_state(&end, view),
        });
    }
    if let Some((level, found)) = question
        .level_of(TestKind::Spread)
        .and_then(|level| Some((level, spread::compare(case, sides, spread)?)))
    {
        findings.push(Finding {
            test: TestKind::Spread,
            change,
            statistic: found.widths.t,
            p: found.widths.p,
            level,
            estimated: Estimated::SpreadRatio,
            estimate: found.widths.ratio,
            interval: None,
            matters: found.matters(case),
            sentence: sentence::spread(&found, view),
        });
    }
    ask_points(question, view, &stretches, (tail, sums, stretch), findings);
}

/// The tests of single points.
fn ask_points(
    question: &Question<'_>,
    view: View<'_>,
    stretches: &Stretches,
    (tail, sums, stretch): (&mut tail::Buffers, &mut Vec<f64>, &mut stretch::Buffers),
    findings: &mut Vec<Finding>,
) {
    let View { case, change, .. } = view;
    let level_is_found = findings.iter().any(|finding| {
        finding.test == TestKind::Location && finding.is_harm() && finding.weight() <= CLEARLY
    });
    if let Some((level, found)) = question
        .level_of(TestKind::Tail)
        .and_then(|level| Some((level, tail::find(case, level_is_found, tail)?)))
    {
        findings.push(Finding {
            test: TestKind::Tail,
            change,
            statistic: found.points as f64,
            p: found.p,
            level,
            estimated: Estimated::ExcessRatio,
            estimate: found.ratio,
            interval: None,
            // It is found only where it does.
            matters: true,
            sentence: sentence::tail(&found, view),
        });
    }
    if let Some(level) = question.level_of(TestKind::Excursions) {
        findings.extend(excursion(view, stretches, level, sums, stretch));
    }
    if let Some((level, found)) = question
        .level_of(TestKind::Events)
        .and_then(|level| Some((level, events::compare(view, question.events, panel::SHOWN)?)))
    {
        let minimum = question.allowance.minimum;
        let relative = signed(change, found.ratio - 1.0) >= minimum.relative;
        let worse = relative && found.rise >= view.grid.in_unit(minimum.absolute);
        findings.push(Finding {
            test: TestKind::Events,
            change,
            statistic: found.canary as f64,
            p: found.p,
            level,
            estimated: Estimated::RateRatio,
            estimate: found.ratio,
            interval: Some(found.interval),
            matters: worse,
            sentence: sentence::events(&found, question.events.exposure.is_some()),
        });
    }
}

/// Bad points on end: the stretch or the runs, whichever is more evidence.
fn excursion(
    view: View<'_>,
    stretches: &Stretches,
    level: f64,
    sums: &mut Vec<f64>,
    buffers: &mut stretch::Buffers,
) -> Option<Finding> {
    let View { case, change, .. } = view;
    let runs = excursions::find_runs(case).map(|found| Finding {
        test: TestKind::Excursions,
        change,
        statistic: found.followed as f64,
        p: found.p,
        level,
        estimated: Estimated::ShareFollowed,
        estimate: found.followed as f64 / found.bad as f64,
        interval: None,
        // It is found only where they are mostly on end.
        matters: true,
        sentence: sentence::runs(&found, change),
    });
    let stretch = excursions::find_stretch(case, stretches, sums, buffers).map(|found| Finding {
        test: TestKind::Excursions,
        change,
        statistic: found.z,
        p: found.p,
        level,
        estimated: Estimated::Shift,
        estimate: view.in_metric(found.above + case.offset),
        interval: None,
        matters: found.matters && case.is_often_above(found.start..found.start + found.length),
        sentence: sentence::stretch(&found, view),
    });
    let evidence = |finding: &Finding| (!finding.matters, finding.p);
    match (runs, stretch) {
        (Some(runs), Some(stretch)) => {
            Some(if evidence(&runs) <= evidence(&stretch) { runs } else { stretch })
        }
        (runs, stretch) => runs.or(stretch),
    }
}
