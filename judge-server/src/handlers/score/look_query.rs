//! What a query of a score asks for: a look at a window of two sides.

use std::collections::BTreeMap;

use judge_canary::{
    DEFAULT_SCOPE, PairWindows, PlanSpec, PlanTimes, ScopePair, SideWindow, Target,
};

use super::super::params::Params;
use super::selector;

/// The longest that a look's fetch may take.
const FETCH_MILLIS: u64 = 60_000;

/// The window where none is given.
const WINDOW: &str = "10m";

/// Time between two points where none is given.
const STEP: &str = "15s";

/// A look that is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct LookQuery {
    /// What is released, where its caller says so: what the last look said of another release is not of this one.
    release: String,
    pub(super) config: String,
    pub(super) application: Option<String>,
    baseline: QuerySide,
    canary: QuerySide,
    pub(super) window_millis: u64,
    step_millis: u64,
    end_millis: i64,
}

/// A side, as a key.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct QuerySide {
    scope: String,
    location: String,
    params: BTreeMap<String, String>,
}

impl From<QuerySide> for Target {
    fn from(side: QuerySide) -> Self {
        let QuerySide { scope, location, params } = side;
        Self { scope, location, params }
    }
}

impl LookQuery {
    /// A look at the window before `time`. Labels that have no meaning of their own are parameters of the queries.
    pub(super) fn from_labels(labels: &[(String, String)], time: i64) -> Result<Self, String> {
        let mut rest: BTreeMap<String, String> = labels.iter().cloned().collect();
        let mut take = |name: &str| rest.remove(name).filter(|value| !value.is_empty());
        let config = take("config").ok_or("config: expected the name or id of a stored config")?;
        let canary = take("canary").ok_or("canary: expected its scope")?;
        let baseline = take("baseline").ok_or("baseline: expected its scope")?;
        let (application, location) = (take("application"), take("location").unwrap_or_default());
        let span = |name: &str, given: Option<String>, default: &str| {
            let text = given.unwrap_or_else(|| default.to_owned());
            let span = humantime::parse_duration(&text).ok().map(|span| span.as_millis());
            let millis =
                span.and_then(|millis| u64::try_from(millis).ok()).filter(|millis| *millis > 0);
            millis
                .ok_or_else(|| format!("{name}: expected a length such as {default}, got {text:?}"))
        };
        let window_millis = span("window", take("window"), WINDOW)?;
        let step_millis = match take("step") {
            Some(given) => span("step", Some(given), STEP)?,
            None => span("step", None, STEP)?.min(window_millis),
        };
        if step_millis > window_millis {
            return Err("step: expected at most the window".to_owned());
        }
        let side = |scope| QuerySide { scope, location: location.clone(), params: rest.clone() };
        let step = i64::try_from(step_millis).unwrap_or(i64::MAX);
        Ok(Self {
            release: String::new(),
            config,
            application,
            baseline: side(baseline),
            canary: side(canary),
            window_millis,
            step_millis,
            // On a multiple of the step, so that equal queries are equal and stores have their points cached.
            end_millis: time.div_euclid(step).saturating_mul(step),
        })
    }

    /// The same of one release.
    pub(super) fn of_release(mut self, release: &str) -> Self {
        release.clone_into(&mut self.release);
        self
    }

    /// The same without its time.
    pub(super) fn timeless(&self) -> Self {
        Self { end_millis: 0, ..self.clone() }
    }

    pub(super) fn from_params(params: &Params, now: i64) -> Result<Self, String> {
        let time = selector::time(params.get("time"), now)?;
        let labels: Vec<_> = params.pairs().filter(|(name, _)| name != "time").cloned().collect();
        Self::from_labels(&labels, time)
    }

    /// What tells the sample from others.
    pub(super) fn labels(&self) -> Vec<(String, String)> {
        let mut labels = vec![
            ("config".to_owned(), self.config.clone()),
            ("baseline".to_owned(), self.baseline.scope.clone()),
            ("canary".to_owned(), self.canary.scope.clone()),
        ];
        if !self.canary.location.is_empty() {
            labels.push(("location".to_owned(), self.canary.location.clone()));
        }
        labels.extend(self.canary.params.clone());
        labels
    }

    /// One look, at that window.
    pub(super) fn plan(self) -> PlanSpec {
        let window = SideWindow {
            start_millis: self.end_millis.saturating_sub_unsigned(self.window_millis),
            end_millis: self.end_millis,
            step_millis: self.step_millis,
        };
        let pair = ScopePair {
            baseline: self.baseline.into(),
            canary: self.canary.into(),
            baseline_offset_millis: 0,
        };
        let windows = PairWindows { baseline: window, canary: window };
        let one = DEFAULT_SCOPE.to_owned();
        let times = PlanTimes::Once(BTreeMap::from([(one.clone(), windows)]));
        let scopes = BTreeMap::from([(one, pair)]);
        PlanSpec { fetch_millis: FETCH_MILLIS, ..PlanSpec::new(scopes, times) }
    }
}
