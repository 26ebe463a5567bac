//! `scenarios looks`: repeated looks at running canaries, both drawn and recorded ones.
//!
//! We judge each canary once at its end, at every look as if it were the only one, and at planned looks that share
//! one significance level. The tables show how often any look raises an alarm, and how soon. With `--every-point` we
//! monitor the canaries instead, after each point and without a plan.

mod cases;
mod counts;
mod every_point;
mod rows;

use anyhow::Result;
use judge_core::judges::EvidenceJudge;
use judge_core::{JudgeRequest, Looks, MetricPair, Verdict};
use judge_scenarios::single_metric_request;

use crate::bench::Bench;
use crate::options::Options;
use crate::real::in_parallel;
use cases::{Pairs, Subject};

/// Default number of points a side.
const SIZES: [usize; 3] = [60, 120, 240];
/// Default number of looks.
const LOOKS: [u32; 2] = [6, 12];

/// A step of the canary's mean.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Step {
    /// Its size in standard deviations; 0 for a healthy canary.
    deviations: f64,
    /// Share of the canary's lifetime after which it begins.
    from: f64,
}

const HEALTHY: Step = Step { deviations: 0.0, from: 0.0 };
const STEPS: [Step; 10] = [
    HEALTHY,
    Step { deviations: 1.0, from: 0.0 },
    Step { deviations: 2.0, from: 0.0 },
    Step { deviations: 3.0, from: 0.0 },
    Step { deviations: 1.0, from: 0.3 },
    Step { deviations: 2.0, from: 0.3 },
    Step { deviations: 3.0, from: 0.3 },
    Step { deviations: 1.0, from: 0.6 },
    Step { deviations: 2.0, from: 0.6 },
    Step { deviations: 3.0, from: 0.6 },
];

/// How a canary ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// The look that stopped it.
    Stopped(u32),
    /// The look before the last one that passed it early.
    PassedEarly(u32),
    /// It passed its last look.
    Passed,
}

/// The results of one canary.
struct Watched {
    pairs: Pairs,
    entity: String,
    series: String,
    points: usize,
    looks: u32,
    step: Step,
    once: Fate,
    uncorrected: Fate,
    planned: Fate,
}

/// Judges all canaries, and prints the tables.
pub(crate) fn measure(options: &Options, bench: &mut Bench) -> Result<()> {
    if options.every_point {
        return every_point::measure(options, bench);
    }
    let looks = options.looks_or(&LOOKS);
    let subjects = cases::subjects(options, &options.sizes(&SIZES), &cases::PHIS)?;
    let watched = in_parallel("looks", &subjects, bench, |subject, bench| {
        let mut watched = Vec::new();
        for step in STEPS.into_iter().filter(|step| subject.can_have(*step)) {
            let pair = subject.with(step);
            for &looks in &looks {
                let plan = Plan { options, pair: &pair, looks };
                watched.extend(plan.watch(subject, step, bench));
            }
        }
        watched
    });
    rows::print(&watched, options);
    Ok(())
}

/// One canary and its number of looks.
struct Plan<'a> {
    options: &'a Options,
    pair: &'a MetricPair,
    looks: u32,
}

impl Plan<'_> {
    fn watch(&self, subject: &Subject, step: Step, bench: &mut Bench) -> Option<Watched> {
        Some(Watched {
            pairs: subject.pairs,
            entity: subject.entity.clone(),
            series: subject.series.clone(),
            points: subject.points(),
            looks: self.looks,
            step,
            once: self.look(self.looks, None, bench)?,
            uncorrected: self.look_until_it_ends(bench, |_| None)?,
            planned: self
                .look_until_it_ends(bench, |number| Looks::new(number, self.looks).ok())?,
        })
    }

    fn look_until_it_ends(
        &self,
        bench: &mut Bench,
        looks: impl Fn(u32) -> Option<Looks>,
    ) -> Option<Fate> {
        for number in 1..self.looks {
            let fate = self.look(number, looks(number), bench)?;
            if fate != Fate::Passed {
                return Some(fate);
            }
        }
        self.look(self.looks, looks(self.looks), bench)
    }

    /// Judges the points up to look `number`; `None` if the judge refuses them.
    fn look(&self, number: u32, looks: Option<Looks>, bench: &mut Bench) -> Option<Fate> {
        let points = self.pair.canary.values.len() * number as usize / self.looks as usize;
        let mut pair = self.pair.clone();
        pair.baseline.values.truncate(points);
        pair.canary.values.truncate(points);
        let mut request =
            JudgeRequest { looks, ..single_metric_request(pair, self.options.direction) };
        request.config.evidence = self.options.evidence.clone();
        let judgement = bench.judge(&EvidenceJudge, &request)?;
        Some(match judgement.look {
            _ if judgement.verdict != Verdict::Pass => Fate::Stopped(number),
            Some(look) if look.early_pass => Fate::PassedEarly(number),
            _ => Fate::Passed,
        })
    }
}
