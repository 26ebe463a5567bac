//! The plan of a canary: its sides, and the times of its looks.

use std::collections::BTreeMap;
use std::time::Duration;

use judge_core::Looks;
use judge_core::stage::{
    Lifetime, Lookback, StageRule, TimeSpan, Window, WindowError, WindowOptions, Windows,
    show_length,
};
use judge_sources::{Compat, Grid, GridError, Scope};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Name of the only scope if a config names none.
pub const DEFAULT_SCOPE: &str = "default";

/// Most looks at one canary: a week of minutes.
pub const MOST_LOOKS: usize = 10_080;

/// Time from a window's end to its look, so that the source has the last scrape by then.
pub const SETTLE_MILLIS: u64 = 15_000;

/// Longest duration of one fetch, retries included.
pub const FETCH_MILLIS: u64 = 120_000;

/// The longest wait for the first look: ten years, as for the warm-up.
const LONGEST_WAIT_MILLIS: u64 = 10 * 366 * 86_400_000;

/// How long a look at given windows is retried while its source is unavailable.
const PATIENCE_MILLIS: u64 = 120_000;

/// The plan as a caller requests it and as it is stored. [`Plan::new`] checks it.
///
/// # Example
/// ```
/// use judge_canary::{Plan, PlanSpec, ScopePair, StageTimes};
///
/// let spec = PlanSpec::stage(
///     ScopePair::new("shop-stable", "shop-canary"),
///     StageTimes { interval_millis: Some(300_000), ..StageTimes::lasting(1_800_000) },
/// );
/// let plan = Plan::new(spec, 1_795_184_205_000)?;
/// assert_eq!(plan.looks(), 6);
/// # Ok::<(), judge_canary::PlanError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PlanSpec {
    /// The two sides, by the name of their scope, which a metric's `scopeName` refers to.
    pub scopes: BTreeMap<String, ScopePair>,
    /// Times of the looks.
    pub times: PlanTimes,
    /// Whether a score equal to the marginal threshold stops the canary.
    #[serde(default)]
    pub rule: StageEnd,
    /// Whether series are built as in Kayenta: gaps are closed up, and only series with equal labels are
    /// paired.
    #[serde(default)]
    pub as_kayenta: bool,
    /// What happens if the source of a look is unavailable.
    #[serde(default)]
    pub source_failure: SourceFailure,
    /// Time from a window's end to its look.
    #[serde(default = "settle")]
    pub settle_millis: u64,
    /// Longest duration of one fetch, with the retries of its client.
    #[serde(default = "fetch")]
    pub fetch_millis: u64,
    /// How long a look is retried while its source is unavailable; `None` for one interval.
    #[serde(default)]
    pub patience_millis: Option<u64>,
    /// No look is made before this time.
    #[serde(default)]
    pub not_before_millis: Option<i64>,
    /// The latest time of a look, in milliseconds since the Unix epoch. At this time it is made even if its window is not over.
    #[serde(default)]
    pub not_after_millis: Option<i64>,
}

fn settle() -> u64 {
    SETTLE_MILLIS
}

fn fetch() -> u64 {
    FETCH_MILLIS
}

/// The two sides of a scope, as queries name them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ScopePair {
    /// The baseline.
    pub baseline: Target,
    /// The canary.
    pub canary: Target,
    /// How much earlier the baseline's window is.
    #[serde(default)]
    pub baseline_offset_millis: u64,
}

impl ScopePair {
    /// Two scopes without location and parameters, over the same time.
    pub fn new(baseline: impl Into<String>, canary: impl Into<String>) -> Self {
        let target = |scope| Target { scope, ..Target::default() };
        Self {
            baseline: target(baseline.into()),
            canary: target(canary.into()),
            baseline_offset_millis: 0,
        }
    }
}

/// Values for the placeholders in the queries of one side, as in [`judge_sources::Scope`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Target {
    /// Value of `${scope}`.
    #[serde(default)]
    pub scope: String,
    /// Value of `${location}`.
    #[serde(default)]
    pub location: String,
    /// Values of other placeholders.
    #[serde(default)]
    pub params: BTreeMap<String, String>,
}

impl From<&Target> for Scope {
    fn from(target: &Target) -> Self {
        let Target { scope, location, params } = target.clone();
        Self { scope, location, params }
    }
}

/// Times of the looks at a canary.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum PlanTimes {
    /// At the end of each interval of a lifetime, as `judge watch` and `judge retro` do.
    Stage(StageTimes),
    /// Once, at a given window for each scope.
    Once(BTreeMap<String, PairWindows>),
}

/// A canary's lifetime and its intervals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StageTimes {
    /// Start of the canary, now or in the past; `None` for the next multiple of the step from now.
    #[serde(default)]
    pub start_millis: Option<i64>,
    /// Time at the start that is not judged.
    #[serde(default)]
    pub warm_up_millis: u64,
    /// How long it is judged, without the warm-up.
    pub lifetime_millis: u64,
    /// Time from one look to the next; `None` for one look at the end.
    #[serde(default)]
    pub interval_millis: Option<u64>,
    /// Length of the window of each look; `None` for everything since the warm-up.
    #[serde(default)]
    pub lookback_millis: Option<u64>,
    /// Time between two points.
    #[serde(default = "step")]
    pub step_millis: u64,
}

/// A minute: Kayenta's default.
const STEP_MILLIS: u64 = 60_000;

fn step() -> u64 {
    STEP_MILLIS
}

impl StageTimes {
    /// One look at the end of `lifetime_millis` from now, points a minute apart.
    pub fn lasting(lifetime_millis: u64) -> Self {
        Self {
            start_millis: None,
            warm_up_millis: 0,
            lifetime_millis,
            interval_millis: None,
            lookback_millis: None,
            step_millis: STEP_MILLIS,
        }
    }

    /// Shortens an interval that is longer than the lifetime, as Spinnaker does.
    #[must_use]
    pub fn with_interval_within_lifetime(mut self) -> Self {
        self.interval_millis =
            self.interval_millis.map(|interval| interval.min(self.lifetime_millis));
        self
    }

    /// From the start to the end of the lifetime.
    fn life(&self) -> TimeSpan {
        let start_millis = self.start_millis.unwrap_or_default();
        let whole = self.warm_up_millis.saturating_add(self.lifetime_millis);
        TimeSpan { start_millis, end_millis: start_millis.saturating_add_unsigned(whole) }
    }

    fn windows(&self) -> Result<Windows, WindowError> {
        let millis = Duration::from_millis;
        Windows::try_from(WindowOptions {
            lifetime: Lifetime::Fixed(millis(self.lifetime_millis)),
            warm_up: millis(self.warm_up_millis),
            interval: self.interval_millis.map(millis),
            lookback: self
                .lookback_millis
                .map_or(Lookback::Growing, |back| Lookback::Sliding(millis(back))),
            // Each scope has its own times.
            baseline_offset: Duration::ZERO,
            step: Some(millis(self.step_millis)),
        })
    }
}

/// Whether a score equal to the marginal threshold stops a canary: [`StageRule`], as it is stored.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum StageEnd {
    /// The canary goes on, since the verdict is Marginal.
    #[default]
    Judge,
    /// The canary is stopped, as in Spinnaker's canary stage.
    Spinnaker,
}

impl From<StageEnd> for StageRule {
    fn from(end: StageEnd) -> Self {
        match end {
            StageEnd::Judge => Self::Judge,
            StageEnd::Spinnaker => Self::Spinnaker,
        }
    }
}

/// What happens if the source of a look is unavailable.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum SourceFailure {
    /// The canary fails without a verdict.
    #[default]
    Fail,
    /// The look is left out, and the next look decides. At the last look it means the same as [`Self::Fail`].
    Skip,
}

/// The times that are fetched for one side: from, up to and without the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SideWindow {
    /// The first point's time.
    pub start_millis: i64,
    /// The end, before which the last point lies.
    pub end_millis: i64,
    /// Time between two points.
    pub step_millis: u64,
}

impl SideWindow {
    fn earlier(self, millis: u64) -> Self {
        Self {
            start_millis: self.start_millis.saturating_sub_unsigned(millis),
            end_millis: self.end_millis.saturating_sub_unsigned(millis),
            ..self
        }
    }

    /// The window as sources take it.
    ///
    /// # Errors
    /// If it is empty, or has too many points.
    pub fn grid(self) -> Result<Grid, GridError> {
        Grid::new(self.start_millis, self.end_millis, self.step_millis)
    }
}

/// The windows of both sides of a scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PairWindows {
    /// The baseline's.
    pub baseline: SideWindow,
    /// The canary's.
    pub canary: SideWindow,
}

/// The windows of one look.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LookWindow {
    /// The number of the look, from 1.
    pub number: usize,
    /// Time of the look.
    pub due_millis: i64,
    /// The windows, by scope.
    pub scopes: BTreeMap<String, PairWindows>,
}

/// Why a plan is invalid.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum PlanError {
    /// The plan has no scope.
    #[error(
        "scopes: expected at least one, such as {{\"default\": {{\"baseline\": {{\"scope\": \"shop-stable\"}}, \"canary\": \
         {{\"scope\": \"shop-canary\"}}}}}}, got none"
    )]
    NoScope,
    /// A scope has no windows, or windows belong to no scope.
    #[error("scopes: expected windows for {scope:?}, got windows for {windows}")]
    OtherScopes {
        /// The scope, or the name of the windows without one.
        scope: String,
        /// Names for which there are windows.
        windows: String,
    },
    /// A window cannot be fetched.
    #[error("{scope}: {why}")]
    Grid {
        /// The scope.
        scope: String,
        /// What is wrong with the window.
        why: GridError,
    },
    /// The first look would be more than ten years from now.
    #[error(
        "the first look: expected at most ten years (3660 days) from now, got {}; it waits for the start, warm-up, interval or \
         lifetime, settle and beginAfterMins",
        show_length(*.0)
    )]
    LongWait(u64),
    /// The lifetime, the interval and the other times contradict each other.
    #[error(transparent)]
    Windows(#[from] WindowError),
    /// Too many looks.
    #[error("expected at most {MOST_LOOKS} looks, got {0}; lengthen the interval")]
    TooManyLooks(usize),
}

/// A valid plan. Its size is that of its spec, however many looks it has.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    spec: PlanSpec,
    looks: usize,
    /// The windows of a stage; `None` if the windows are given.
    stage: Option<(Windows, TimeSpan)>,
}

impl PlanSpec {
    /// A canary of one scope over a lifetime.
    pub fn stage(pair: ScopePair, times: StageTimes) -> Self {
        Self::new(BTreeMap::from([(DEFAULT_SCOPE.to_owned(), pair)]), PlanTimes::Stage(times))
    }

    /// A canary with everything else at its default.
    pub fn new(scopes: BTreeMap<String, ScopePair>, times: PlanTimes) -> Self {
        Self {
            scopes,
            times,
            rule: StageEnd::Judge,
            as_kayenta: false,
            source_failure: SourceFailure::Fail,
            settle_millis: SETTLE_MILLIS,
            fetch_millis: FETCH_MILLIS,
            patience_millis: None,
            not_before_millis: None,
            not_after_millis: None,
        }
    }

    /// How points become series, and series become pairs.
    pub fn compat(&self) -> Compat {
        if self.as_kayenta { Compat::Kayenta } else { Compat::None }
    }
}

impl Plan {
    /// The plan of a canary that is started at `now`, in milliseconds since the Unix epoch.
    ///
    /// # Errors
    /// If there is no scope, or no window, or a window cannot be fetched, or there are too many looks.
    pub fn new(mut spec: PlanSpec, now: i64) -> Result<Self, PlanError> {
        if spec.scopes.is_empty() {
            return Err(PlanError::NoScope);
        }
        if let PlanTimes::Stage(times) = &mut spec.times {
            let step = i64::try_from(times.step_millis).unwrap_or(i64::MAX).max(1);
            // At a multiple of the step, for which stores have cached points.
            let next = now.div_euclid(step).saturating_add(1).saturating_mul(step);
            times.start_millis.get_or_insert(next);
        }
        let (looks, stage) = match &spec.times {
            PlanTimes::Stage(times) => {
                let (windows, life) = (times.windows()?, times.life());
                (windows.count(life)?, Some((windows, life)))
            }
            PlanTimes::Once(scopes) => (check_once(&spec, scopes)?, None),
        };
        if looks > MOST_LOOKS {
            return Err(PlanError::TooManyLooks(looks));
        }
        let plan = Self { spec, looks, stage };
        // No window in between is longer, earlier or later.
        for window in [1, looks].into_iter().filter_map(|number| plan.window(number)) {
            for (scope, pair) in window.scopes {
                for side in [pair.baseline, pair.canary] {
                    let why = side.grid().err();
                    why.map_or(Ok(()), |why| Err(PlanError::Grid { scope: scope.clone(), why }))?;
                }
            }
        }
        Ok(plan)
    }

    /// Checks how long the first look of a canary waits that is started at `now`.
    ///
    /// # Errors
    /// If it waits for more than ten years.
    pub(crate) fn check_wait(&self, now: i64) -> Result<(), PlanError> {
        let due_millis = self.due_millis(1).unwrap_or(now);
        let wait = due_millis.saturating_sub(now).max(0).unsigned_abs();
        if wait > LONGEST_WAIT_MILLIS { Err(PlanError::LongWait(wait)) } else { Ok(()) }
    }

    /// The plan as it is stored, with its start.
    pub fn spec(&self) -> &PlanSpec {
        &self.spec
    }

    /// Number of looks.
    pub fn looks(&self) -> usize {
        self.looks
    }

    /// The windows of look `number`, from 1.
    pub fn window(&self, number: usize) -> Option<LookWindow> {
        let due_millis = self.due_millis(number)?;
        let scopes = match (&self.spec.times, self.cut(number)) {
            (PlanTimes::Once(scopes), _) => scopes.clone(),
            (PlanTimes::Stage(times), cut) => {
                let TimeSpan { start_millis, end_millis } = cut?.canary;
                let step_millis = times.step_millis;
                let canary = SideWindow { start_millis, end_millis, step_millis };
                let scope = |(name, pair): (&String, &ScopePair)| {
                    let baseline = canary.earlier(pair.baseline_offset_millis);
                    (name.clone(), PairWindows { baseline, canary })
                };
                self.spec.scopes.iter().map(scope).collect()
            }
        };
        Some(LookWindow { number, due_millis, scopes })
    }

    /// Time of look `number`, from 1. It does not compute the windows, so it is cheap to call for all looks.
    pub fn due_millis(&self, number: usize) -> Option<i64> {
        let end_millis = match &self.spec.times {
            PlanTimes::Once(scopes) if number == 1 => {
                let sides = scopes.values().flat_map(|pair| [pair.baseline, pair.canary]);
                sides.map(|side| side.end_millis).max().unwrap_or_default()
            }
            PlanTimes::Once(_) => return None,
            PlanTimes::Stage(_) => self.cut(number)?.canary.end_millis,
        };
        let settled = end_millis.saturating_add_unsigned(self.spec.settle_millis);
        let settled = self.spec.not_after_millis.map_or(settled, |most| settled.min(most));
        Some(self.spec.not_before_millis.map_or(settled, |least| settled.max(least)))
    }

    /// The look `number`, from 1, for judges that read looks; `None` if only one look is planned.
    pub fn look(&self, number: usize) -> Option<Looks> {
        let (windows, life) = self.stage?;
        windows.looks(self.cut(number)?, life)
    }

    /// Most points that a side of one look has; `None` if the windows are given.
    pub(crate) fn most_points(&self) -> Option<u64> {
        let (windows, life) = self.stage?;
        windows.most_points(life)
    }

    fn cut(&self, number: usize) -> Option<Window> {
        let (windows, life) = self.stage?;
        windows.window(life, number)
    }

    /// How long a look is retried while its source is unavailable.
    pub fn patience_millis(&self) -> u64 {
        let default = match &self.spec.times {
            PlanTimes::Stage(times) => times.interval_millis.unwrap_or(times.lifetime_millis),
            PlanTimes::Once(_) => PATIENCE_MILLIS,
        };
        self.spec.patience_millis.unwrap_or(default)
    }
}

/// Checks that each scope of a look has windows, and that nothing else has.
fn check_once(spec: &PlanSpec, scopes: &BTreeMap<String, PairWindows>) -> Result<usize, PlanError> {
    let odd = spec.scopes.keys().find(|scope| !scopes.contains_key(*scope));
    let odd = odd.or_else(|| scopes.keys().find(|scope| !spec.scopes.contains_key(*scope)));
    if let Some(scope) = odd {
        let windows = scopes.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
        return Err(PlanError::OtherScopes { scope: scope.clone(), windows });
    }
    Ok(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: u64 = 60_000;

    fn pair() -> ScopePair {
        ScopePair { baseline_offset_millis: 10 * MINUTE, ..ScopePair::new("stable", "canary") }
    }

    #[test]
    fn looks_are_those_of_judge_watch_and_due_after_the_last_scrape() {
        let times = StageTimes {
            warm_up_millis: MINUTE,
            interval_millis: Some(5 * MINUTE),
            ..StageTimes::lasting(12 * MINUTE)
        };
        let plan = Plan::new(PlanSpec::stage(pair(), times), 59_999).unwrap();
        let start = 60_000;
        let PlanTimes::Stage(times) = plan.spec().times else { panic!("a stage") };
        assert_eq!(times.start_millis, Some(start));
        assert_eq!(plan.looks(), 2);
        let window = plan.window(2).unwrap();
        let minute = 60_000;
        assert_eq!(window.due_millis, start + 11 * minute + 15_000);
        let pair = window.scopes[DEFAULT_SCOPE];
        let between = |window: SideWindow| (window.start_millis, window.end_millis);
        assert_eq!(between(pair.canary), (start + minute, start + 11 * minute));
        assert_eq!(between(pair.baseline), (start - 9 * minute, start + minute));
        assert!(plan.window(0).is_none() && plan.window(3).is_none());
        // What is stored is the same plan, whenever it is read.
        assert_eq!(Plan::new(plan.spec().clone(), 77_777_777).unwrap(), plan);
        let json = serde_json::to_string(plan.spec()).unwrap();
        assert_eq!(&serde_json::from_str::<PlanSpec>(&json).unwrap(), plan.spec());
    }

    #[test]
    fn a_plan_is_no_larger_for_many_looks() {
        // Windows of all looks would be 200 million.
        let scopes = (0..20_000).map(|scope| (scope.to_string(), pair())).collect();
        let times = StageTimes {
            start_millis: Some(0),
            interval_millis: Some(MINUTE),
            ..StageTimes::lasting(10_080 * MINUTE)
        };
        let plan = Plan::new(PlanSpec::new(scopes, PlanTimes::Stage(times)), 0).unwrap();
        assert_eq!(
            (plan.looks(), plan.due_millis(10_080)),
            (10_080, Some(10_080 * 60_000 + 15_000))
        );
        assert_eq!(plan.window(10_080).unwrap().scopes.len(), 20_000);
        assert_eq!((plan.due_millis(0), plan.due_millis(10_081)), (None, None));
        assert_eq!(plan.look(3).map(Looks::number), Some(3));
    }

    #[test]
    fn impossible_plans_are_refused() {
        let minutes = |lifetime| StageTimes::lasting(lifetime * MINUTE);
        let stage = |times| PlanSpec::stage(pair(), times);
        let window = SideWindow { start_millis: 0, end_millis: 0, step_millis: MINUTE };
        let windows = PairWindows { baseline: window, canary: window };
        let once = |name: &str| {
            let scopes = BTreeMap::from([("a".to_owned(), pair())]);
            let windows = BTreeMap::from([(name.to_owned(), windows)]);
            PlanSpec::new(scopes, PlanTimes::Once(windows))
        };
        for (spec, said) in [
            (
                PlanSpec { scopes: BTreeMap::new(), ..stage(minutes(1)) },
                "expected at least one, such as {\"default\": {\"baseline\"",
            ),
            (stage(minutes(0)), "lifetime: expected a millisecond"),
            (
                stage(StageTimes { interval_millis: Some(2 * MINUTE), ..minutes(1) }),
                "interval: expected at most the lifetime",
            ),
            (
                stage(StageTimes { interval_millis: Some(1), step_millis: 1, ..minutes(1) }),
                "expected at most 10080 looks, got 60000",
            ),
            (stage(StageTimes { step_millis: 0, ..minutes(1) }), "step: expected a millisecond"),
            (once("b"), "expected windows for \"a\", got windows for b"),
            (once("a"), "a: expected an end after the start"),
        ] {
            let error = Plan::new(spec, 0).unwrap_err().to_string();
            assert!(error.contains(said), "{error}");
        }
    }

    #[test]
    fn the_first_look_is_within_ten_years_of_the_start_call() {
        let now = 1_795_184_205_000;
        let later = now + i64::try_from(LONGEST_WAIT_MILLIS).unwrap();
        let at = |start_millis| {
            let times =
                StageTimes { start_millis: Some(start_millis), ..StageTimes::lasting(MINUTE) };
            PlanSpec { settle_millis: 0, ..PlanSpec::stage(pair(), times) }
        };
        let minute = 60_000;
        for (spec, said) in [
            (at(now), None),
            (at(later - minute), None),
            (at(later - minute + 1), Some("got 3660d 1ms; it waits for the start")),
            // The year 5100.
            (at(98_774_208_000_000), Some("got 1122442d")),
            (PlanSpec { settle_millis: LONGEST_WAIT_MILLIS, ..at(now - minute) }, None),
            (
                PlanSpec { settle_millis: LONGEST_WAIT_MILLIS + 1, ..at(now - minute) },
                Some("got 3660d 1ms"),
            ),
            (PlanSpec { not_before_millis: Some(i64::MAX), ..at(now) }, Some("got 106751970389d")),
            // Its window is over, but it can be judged only later.
            (PlanSpec { not_before_millis: Some(later), ..at(0) }, None),
        ] {
            // A stored plan is read whatever it waits for.
            let plan = Plan::new(spec, now).unwrap();
            let error = plan.check_wait(now).err().map(|error| error.to_string());
            let is_said = |error: &String| said.is_some_and(|said| error.contains(said));
            assert_eq!(error.as_ref().map(is_said), said.map(|_| true), "{error:?} {said:?}");
        }
    }
}
