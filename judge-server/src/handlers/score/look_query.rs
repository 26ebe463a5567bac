//! The query of a score: a look at a window of two sides.

use std::collections::BTreeMap;

use judge_canary::{
    DEFAULT_SCOPE, PairWindows, PlanSpec, PlanTimes, ScopePair, SideWindow, Target,
};
use judge_core::Looks;

use super::super::params::Params;
use super::selector;

/// Timeout of a look's fetch.
const FETCH_MILLIS: u64 = 60_000;

/// Default window.
const WINDOW: &str = "10m";

/// Default time between two points.
const STEP: &str = "15s";

/// A requested look.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct LookQuery {
    /// Checksum of the release, if the caller sends one: the last look at another release does not count for this one.
    release: String,
    pub(super) config: String,
    pub(super) application: Option<String>,
    sides: ScopePair,
    pub(super) window_millis: u64,
    step_millis: u64,
    end_millis: i64,
    /// The looks that share a significance level with this one.
    pub(super) looks: Option<Looks>,
}

impl LookQuery {
    /// A look at the window before `time`. Labels that have no meaning of their own are parameters of the queries.
    pub(super) fn from_labels(labels: &[(String, String)], time: i64) -> Result<Self, String> {
        let mut rest: BTreeMap<String, String> = labels.iter().cloned().collect();
        let mut take = |name: &str| rest.remove(name).filter(|value| !value.is_empty());
        let config =
            take("config").ok_or("config: expected the name or id of a stored config, got none")?;
        let canary = take("canary")
            .ok_or("canary: expected its scope, such as canary=shop-canary, got none")?;
        let baseline = take("baseline")
            .ok_or("baseline: expected its scope, such as baseline=shop-stable, got none")?;
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
        // Windows slide, and nobody knows the look's number: each has the same share, and decides by itself.
        let looks = |given: String| match given.parse().map(|planned| Looks::new(1, planned)) {
            Ok(Ok(looks)) => Ok(looks.sliding().ended()),
            _ => Err(format!("looks: expected a number of looks from 1 to 1000000, got {given:?}")),
        };
        let looks = take("looks").map(looks).transpose()?;
        let side = |scope| Target { scope, location: location.clone(), params: rest.clone() };
        let (baseline, canary) = (side(baseline), side(canary));
        let step = i64::try_from(step_millis).unwrap_or(i64::MAX);
        Ok(Self {
            release: String::new(),
            config,
            application,
            sides: ScopePair { baseline, canary, baseline_offset_millis: 0 },
            window_millis,
            step_millis,
            // At a multiple of the step, so that equal queries are equal and stores have their points in the cache.
            end_millis: time.div_euclid(step).saturating_mul(step),
            looks,
        })
    }

    /// The same for one release.
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

    /// The labels of the sample.
    pub(super) fn labels(&self) -> Vec<(String, String)> {
        let ScopePair { baseline, canary, .. } = &self.sides;
        let mut labels = vec![
            ("config".to_owned(), self.config.clone()),
            ("baseline".to_owned(), baseline.scope.clone()),
            ("canary".to_owned(), canary.scope.clone()),
        ];
        if !canary.location.is_empty() {
            labels.push(("location".to_owned(), canary.location.clone()));
        }
        labels.extend(canary.params.clone());
        labels
    }

    /// One look, at that window.
    pub(super) fn plan(self) -> PlanSpec {
        let window = SideWindow {
            start_millis: self.end_millis.saturating_sub_unsigned(self.window_millis),
            end_millis: self.end_millis,
            step_millis: self.step_millis,
        };
        let windows = PairWindows { baseline: window, canary: window };
        let one = DEFAULT_SCOPE.to_owned();
        let times = PlanTimes::Once(BTreeMap::from([(one.clone(), windows)]));
        let scopes = BTreeMap::from([(one, self.sides)]);
        PlanSpec { fetch_millis: FETCH_MILLIS, ..PlanSpec::new(scopes, times) }
    }
}
