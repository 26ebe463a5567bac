//! What repeated looks at a canary cost and gain, measured on healthy history.

use judge_core::{JudgeError, Looks, Scratch, Verdict};
use rayon::prelude::*;
use serde::Serialize;

use crate::calibrator::Calibrator;
use crate::change::{ChangeKind, Injection};
use crate::error::CalibrateError;
use crate::inputs::Inputs;
use crate::pairs::{PairPlan, WindowPair};
use crate::share::Share;
use crate::trial::Trial;

/// Changes to try, in multiples of the requested one.
const SIZES: [f64; 3] = [0.5, 1.0, 2.0];
/// More looks add nothing and take hours.
const MOST_LOOKS: u32 = 1000;

/// Alarms of a canary that is looked at several times while its window grows.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LooksFigures {
    /// The judge's name.
    pub judge: String,
    /// Number of looks, evenly spaced; the last is at the end.
    pub looks: u32,
    /// Length of the window at the last look, in minutes.
    pub minutes: f64,
    /// Pairs judged for each figure.
    pub pairs: usize,
    /// Number of independent pairs with the same information as these.
    pub independent: f64,
    /// Healthy canaries, then those in which every metric changes from the start.
    pub canaries: Vec<LooksRow>,
}

/// Figures of canaries with one change.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LooksRow {
    /// The change in every metric at once, as a share of its mean size; `None` for healthy canaries.
    pub change: Option<f64>,
    /// One look, at the end.
    pub one: Alarms,
    /// All looks, each with the full significance level.
    pub uncorrected: Alarms,
    /// All looks, which share one significance level; `None` if the judge reads no looks.
    pub planned: Option<Alarms>,
}

/// Canaries whose verdict is Fail at some look.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Alarms {
    /// Share that alarm by the end.
    pub share: Share,
    /// Time by which half of all have alarmed, in minutes; `None` if fewer do.
    pub median_minutes: Option<f64>,
    /// Time by which nine of ten have alarmed.
    pub ninety_percent_minutes: Option<f64>,
}

/// The first look at which a pair alarms, from 1.
#[derive(Debug, Clone, Copy, Default)]
struct FirstLooks {
    one: Option<u32>,
    uncorrected: Option<u32>,
    planned: Option<u32>,
}

impl Calibrator<'_> {
    /// Judges the growing windows of healthy pairs, and of pairs with a change, at `looks` evenly spaced looks. The
    /// last window is the longest window of the options for which the history suffices.
    ///
    /// # Cost
    /// 8 judgements for each pair and look.
    ///
    /// # Errors
    /// As [`Calibrator::run`], and if there are fewer than 2 looks or more than points.
    pub fn looks(&self, looks: u32) -> Result<LooksFigures, CalibrateError> {
        self.options.check()?;
        let inputs = self.inputs()?;
        let windows = inputs.windows();
        let longest = windows.iter().rev().find_map(|minutes| inputs.plan(*minutes));
        let Some(plan) = longest else { return Err(inputs.too_short(&windows)) };
        let most = MOST_LOOKS.min(u32::try_from(plan.points).unwrap_or(u32::MAX));
        if !(2..=most).contains(&looks) {
            let expected = "a number from 2 to the points of the window, and to 1000";
            let value = f64::from(looks);
            return Err(CalibrateError::Option { name: "looks", value, expected });
        }
        let changes = SIZES.map(|size| Some(size * self.options.change));
        let rows = [None].into_iter().chain(changes);
        let canaries = rows.map(|change| inputs.looks_row(&plan, looks, change));
        Ok(LooksFigures {
            judge: self.judge.name().to_owned(),
            looks,
            minutes: self.history.minutes(plan.points),
            pairs: plan.pairs.len(),
            independent: plan.independent(),
            canaries: canaries.collect::<Result<_, _>>()?,
        })
    }
}

impl Inputs<'_> {
    fn looks_row(
        &self,
        plan: &PairPlan,
        looks: u32,
        change: Option<f64>,
    ) -> Result<LooksRow, JudgeError> {
        let injections: Vec<Option<Injection>> = self
            .metrics
            .iter()
            .map(|metric| {
                let is_changed = metric.has_size() && !metric.config.muted;
                is_changed.then(|| metric.injection(ChangeKind::Shift))
            })
            .collect();
        let start = || {
            let trial = Trial::for_config(self.history, self.judge, self.config, self.thresholds);
            (trial, Scratch::default())
        };
        let first = plan.pairs.par_iter().map_init(start, |(trial, scratch), pair| {
            load(trial, pair, plan.points, change, &injections);
            self.first_looks(trial, plan.points, looks, scratch)
        });
        let first = first.collect::<Result<Vec<_>, _>>()?;
        let alarms = |first_alarm: fn(&FirstLooks) -> Option<u32>| {
            self.alarms(first.iter().map(first_alarm).collect(), plan, looks)
        };
        Ok(LooksRow {
            change,
            one: alarms(|first| first.one),
            uncorrected: alarms(|first| first.uncorrected),
            planned: self.judge.reads_looks().then(|| alarms(|first| first.planned)),
        })
    }

    /// Judges from the last look to the first, since each window is the beginning of the next.
    fn first_looks(
        &self,
        trial: &mut Trial<'_>,
        points: usize,
        looks: u32,
        scratch: &mut Scratch,
    ) -> Result<FirstLooks, JudgeError> {
        let mut first = FirstLooks::default();
        for number in (1..=looks).rev() {
            trial.truncate(points * number as usize / looks as usize);
            let fails = |trial: &Trial<'_>, scratch: &mut Scratch| {
                trial.judge(scratch).map(|judgement| judgement.verdict == Verdict::Fail)
            };
            trial.look(None);
            if fails(trial, scratch)? {
                first.uncorrected = Some(number);
                if number == looks {
                    first.one = Some(number);
                }
            }
            if self.judge.reads_looks() {
                trial.look(Looks::new(number, looks).ok());
                if fails(trial, scratch)? {
                    first.planned = Some(number);
                }
            }
        }
        Ok(first)
    }

    fn alarms(&self, mut first: Vec<Option<u32>>, plan: &PairPlan, looks: u32) -> Alarms {
        let all = first.len();
        first.sort_unstable_by_key(|look| look.unwrap_or(u32::MAX));
        let minutes =
            |number: u32| self.history.minutes(plan.points * number as usize / looks as usize);
        let by = |count: usize| first.get(count.saturating_sub(1)).copied().flatten().map(minutes);
        let alarmed = first.iter().flatten().count();
        Alarms {
            share: Share::estimate(alarmed, all, plan.independent()),
            median_minutes: by(all.div_ceil(2)),
            ninety_percent_minutes: by((9 * all).div_ceil(10)),
        }
    }
}

fn load(
    trial: &mut Trial<'_>,
    pair: &WindowPair,
    points: usize,
    change: Option<f64>,
    injections: &[Option<Injection>],
) {
    trial.load(pair, points);
    let Some(size) = change else { return };
    for (index, injection) in injections.iter().enumerate() {
        if let Some(injection) = injection {
            trial.change(index, *injection, size);
        }
    }
}
