//! One look for a query: equal queries at once share it, and whoever cannot wait for it has the last one.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use judge_canary::{
    Canaries, CanaryError, CanaryLook, ConfigChoice, DEFAULT_SCOPE, LookResult, PairWindows,
    PlanSpec, PlanTimes, ScopePair, SideWindow, Target, reason_of,
};
use judge_core::{Classification, Judgement, Verdict};
use tokio::sync::watch;

use super::super::params::Params;
use super::selector;

/// Flagger waits for 5 s.
const ANSWER_WITHIN: Duration = Duration::from_secs(4);

/// The longest that a look's fetch may take.
const FETCH_MILLIS: u64 = 60_000;

/// The window where none is given.
const WINDOW: &str = "10m";

/// Time between two points where none is given.
const STEP: &str = "15s";

/// Queries whose last look is known.
const KNOWN: usize = 1024;

/// A look that is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct LookQuery {
    /// What is released, where its caller says so: what the last look said of another release is not of this one.
    release: String,
    config: String,
    application: Option<String>,
    baseline: QuerySide,
    canary: QuerySide,
    window_millis: u64,
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

    fn plan(self) -> PlanSpec {
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

/// What came of a look.
#[derive(Debug, Clone)]
pub(super) enum LookAnswer {
    /// There can be no look: config or query are wrong.
    Refused(String),
    /// The look failed, as when the source is away.
    Failed(String),
    /// A look is under way, and there is none before it that still counts.
    NotYet,
    Seen(Arc<Seen>),
}

/// A look that was judged.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) score: f64,
    verdict: Verdict,
    pub(super) reason: String,
    pub(super) warnings: Vec<String>,
    /// Whether any metric had points to judge.
    pub(super) has_data: bool,
    at_millis: i64,
}

impl Seen {
    fn new(judgement: &Judgement, warnings: &[String], at_millis: i64) -> Self {
        let lacks = |class| matches!(class, Classification::NoData | Classification::NoDataFail);
        Self {
            score: judgement.score,
            verdict: judgement.verdict,
            reason: reason_of(judgement),
            warnings: warnings.to_vec(),
            has_data: !judgement.metrics.iter().all(|metric| lacks(metric.classification)),
            at_millis,
        }
    }

    pub(super) fn number(&self) -> f64 {
        match self.verdict {
            Verdict::Fail => 0.0,
            Verdict::Marginal => 1.0,
            Verdict::Pass => 2.0,
        }
    }

    pub(super) fn word(&self) -> &'static str {
        match self.verdict {
            _ if !self.has_data => "noData",
            Verdict::Fail => "fail",
            Verdict::Marginal => "marginal",
            Verdict::Pass => "pass",
        }
    }

    /// Whether it passes or fails; nothing where it is neither.
    pub(super) fn is_pass(&self) -> Option<bool> {
        match self.verdict {
            _ if !self.has_data => None,
            Verdict::Pass => Some(true),
            Verdict::Fail => Some(false),
            Verdict::Marginal => None,
        }
    }

    pub(super) fn at(&self) -> String {
        let at = jiff::Timestamp::from_millisecond(self.at_millis).unwrap_or_default();
        format!("{at:.0}")
    }

    /// Verdict and reason, and how old they are if they are not of now.
    pub(super) fn line(&self, now: i64) -> String {
        let age = now.saturating_sub(self.at_millis) / 1000;
        // A look of now has just ended; for another one, the new look was waited for.
        let old = if age >= ANSWER_WITHIN.as_secs().cast_signed() / 2 {
            format!(" (of {age} s ago: a new look is under way)")
        } else {
            String::new()
        };
        format!("{}: {}{old}", self.word(), self.reason)
    }
}

type Running = watch::Receiver<Option<LookAnswer>>;

/// Looks that are under way, and the last one of each query.
#[derive(Debug, Default)]
pub(crate) struct SharedLooks {
    running: Mutex<HashMap<LookQuery, Running>>,
    /// By the query without its time.
    last: Mutex<HashMap<LookQuery, Arc<Seen>>>,
}

impl SharedLooks {
    /// The answer to a query: of a look now, shared with whoever asks the same, or of the last look if it takes long
    /// and the last one is no older than the window.
    pub(super) async fn ask(self: &Arc<Self>, canaries: &Canaries, query: LookQuery) -> LookAnswer {
        let timeless = LookQuery { end_millis: 0, ..query.clone() };
        let window = query.window_millis;
        let mut running = self.join(canaries, query, timeless.clone());
        let ready = running.wait_for(Option::is_some);
        match tokio::time::timeout(ANSWER_WITHIN, ready).await {
            Ok(Ok(answer)) => answer.clone().unwrap_or(LookAnswer::NotYet),
            Ok(Err(_)) => LookAnswer::Failed("the look broke off".to_owned()),
            Err(_) => {
                let oldest = canaries.now_millis().saturating_sub_unsigned(window);
                let last = lock(&self.last).get(&timeless).cloned();
                let last = last.filter(|seen| seen.at_millis >= oldest);
                last.map_or(LookAnswer::NotYet, LookAnswer::Seen)
            }
        }
    }

    /// Joins the look of this query, or begins it.
    fn join(
        self: &Arc<Self>,
        canaries: &Canaries,
        query: LookQuery,
        timeless: LookQuery,
    ) -> Running {
        let mut all = lock(&self.running);
        if let Some(running) = all.get(&query) {
            return running.clone();
        }
        let (told, running) = watch::channel(None);
        all.insert(query.clone(), running.clone());
        let (looks, canaries) = (Arc::clone(self), canaries.clone());
        tokio::spawn(async move {
            let _end = Ended { looks: &looks, query: &query };
            let answer = look(&canaries, query.clone()).await;
            if let LookAnswer::Seen(seen) = &answer {
                let mut last = lock(&looks.last);
                if last.len() >= KNOWN {
                    last.clear();
                }
                last.insert(timeless, Arc::clone(seen));
            }
            let _ = told.send(Some(answer));
        });
        running
    }
}

/// Takes a look off the list when it ends, however it does.
struct Ended<'a> {
    looks: &'a SharedLooks,
    query: &'a LookQuery,
}

impl Drop for Ended<'_> {
    fn drop(&mut self) {
        lock(&self.looks.running).remove(self.query);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn look(canaries: &Canaries, query: LookQuery) -> LookAnswer {
    let refused = |error: &CanaryError| {
        if error.is_callers() {
            LookAnswer::Refused(error.to_string())
        } else {
            LookAnswer::Failed(error.to_string())
        }
    };
    let choice = match choice(canaries, &query).await {
        Ok(Ok(choice)) => choice,
        Ok(Err(why)) => return LookAnswer::Refused(why),
        Err(error) => return refused(&error),
    };
    match canaries.look_now(&choice, None, query.plan()).await {
        Err(error) => refused(&error),
        Ok((CanaryLook { result, ended_millis, .. }, _)) => match result {
            LookResult::Judged(judged) => LookAnswer::Seen(Arc::new(Seen::new(
                &judged.judgement,
                &judged.warnings,
                ended_millis,
            ))),
            LookResult::Failed(failure) => LookAnswer::Failed(failure.reasons.join("; ")),
            _ => LookAnswer::Failed("the look has no judgement".to_owned()),
        },
    }
}

/// The stored config of an id or a name.
async fn choice(
    canaries: &Canaries,
    query: &LookQuery,
) -> Result<Result<ConfigChoice, String>, CanaryError> {
    let applications: Vec<String> = query.application.iter().cloned().collect();
    let all = canaries.configs(&applications).await?;
    let wanted = &query.config;
    let by_id = all.iter().find(|config| config.id == *wanted);
    let mut named = all.iter().filter(|config| config.name == *wanted);
    let found = match (by_id, named.next(), named.next()) {
        (Some(found), ..) | (None, Some(found), None) => Ok(found.id.clone()),
        (None, Some(_), Some(_)) => Err(format!(
            "config: expected one config named {wanted:?}, got several; give an application or an id"
        )),
        _ => Err(format!("config: expected the name or id of a stored config, got {wanted:?}")),
    };
    Ok(found.map(|id| ConfigChoice::Stored { id, version: None }))
}
