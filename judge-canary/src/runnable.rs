//! A config that is ready to judge canaries, and one look with it.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::future::join_all;
use judge_core::config::evidence::Spending;
use judge_core::judges;
use judge_core::{
    CanaryConfig, JudgeError, JudgeRequest, Judgement, Looks, MetricPair, Thresholds, kayenta,
};
use judge_sources::{
    Cause, FetchRequest, FetchedMetric, Grid, Queries, QueryError, QueryFailure, Scope,
    SettingNames, SideRequest, Sources,
};
use serde_json::Value;
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::plan::{DEFAULT_SCOPE, LookWindow, Plan, PlanSpec, ScopePair, SideWindow};
use crate::record::{FailureKind, JudgedSeries, LookFailure, MetricSet, StoredPair, StoredSeries};

/// Most points of one look, on both sides of all metrics together, if each query finds one series. Four weeks
/// of minutes of 24 metrics are fewer.
pub const MOST_POINTS: usize = 2_000_000;

/// Why a config cannot judge canaries.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum UnusableConfig {
    /// No judge accepts the config, or its queries are wrong.
    #[error(transparent)]
    Refused(#[from] JudgeError),
    /// A metric names a scope that the plan does not have.
    #[error("metric {metric:?}: expected a scope named {scope:?}, got {known}")]
    NoScope {
        /// The metric.
        metric: String,
        /// Its `scopeName`.
        scope: String,
        /// The scopes of the plan.
        known: String,
    },
    /// A look would have too many points.
    #[error(
        "expected at most {MOST_POINTS} points a look, of both sides of all metrics, got {0}; lengthen the step"
    )]
    TooManyPoints(usize),
    /// A query cannot be built for a scope.
    #[error("metric {metric:?}, scope {scope:?}: {why}{}", .why.way_out(SettingNames::Plain))]
    Query {
        /// The metric.
        metric: String,
        /// The scope.
        scope: String,
        /// What is wrong.
        why: QueryError,
    },
}

/// A config whose metrics and queries were all read. [`RunnableConfig::judge`] judges canaries with it.
#[derive(Debug, Clone)]
pub struct RunnableConfig {
    config: CanaryConfig,
    thresholds: Thresholds,
    queries: Queries,
    /// The `scopeName` of each metric.
    scope_names: BTreeMap<String, String>,
}

/// Series that were fetched for a look, before they are judged.
#[derive(Debug)]
pub struct FetchedLook {
    metrics: Vec<FetchedMetric>,
}

impl RunnableConfig {
    /// Reads a config, Kayenta's JSON. `thresholds` replace its own.
    ///
    /// # Errors
    /// With all problems of the config and of its queries.
    pub fn read(document: &Value, thresholds: Option<Thresholds>) -> Result<Self, UnusableConfig> {
        let config = kayenta::read_config(document.to_string().as_bytes())?;
        let thresholds = thresholds.or(config.thresholds).unwrap_or_default();
        let queries = Queries::read(document)?;
        let request = JudgeRequest { thresholds, ..JudgeRequest::without_points(config) };
        judges::built_in().chosen_by(&request)?.judge(&request)?;
        let metrics = document.get("metrics").and_then(Value::as_array).into_iter().flatten();
        let named = |metric: &Value| {
            let scope = metric.get("scopeName")?.as_str().filter(|scope| !scope.is_empty())?;
            Some((metric.get("name")?.as_str()?.to_owned(), scope.to_owned()))
        };
        let scope_names = metrics.filter_map(named).collect();
        Ok(Self { config: request.config, thresholds, queries, scope_names })
    }

    /// The same, if the looks at a canary spend the significance level evenly.
    pub(crate) fn spending_evenly(mut self) -> Self {
        self.config.evidence.spending = Spending::Even;
        self
    }

    /// The config itself.
    pub fn config(&self) -> &CanaryConfig {
        &self.config
    }

    /// The config's name.
    pub fn name(&self) -> &str {
        &self.config.name
    }

    /// The thresholds.
    pub fn thresholds(&self) -> Thresholds {
        self.thresholds
    }

    /// The scopes that its metrics name.
    pub fn scope_names(&self) -> impl Iterator<Item = &str> {
        self.scope_names.values().map(String::as_str)
    }

    /// Why none of the looks of `plan` can be judged; `None` if one can.
    ///
    /// # Errors
    /// If there is no such judge.
    pub(crate) fn lack_of_points(&self, plan: &Plan) -> Result<Option<String>, UnusableConfig> {
        let request = JudgeRequest::without_points(self.config.clone());
        let judge = judges::built_in().chosen_by(&request)?;
        Ok(plan.most_points().and_then(|points| judges::lack_of_points(judge, points)))
    }

    /// Checks that every query can be built for the scopes of `plan`, and that its looks are not too large. It
    /// sends no request.
    ///
    /// # Errors
    /// With the first metric without scope or query, or with the number of points.
    pub fn check(&self, plan: &Plan) -> Result<(), UnusableConfig> {
        let spec = plan.spec();
        for query in self.queries.all() {
            let (name, pair) = self.scope_of(&query.metric, spec)?;
            for side in [&pair.baseline, &pair.canary] {
                query.check(&Scope::from(side)).map_err(|why| UnusableConfig::Query {
                    metric: query.metric.clone(),
                    scope: name.to_owned(),
                    why,
                })?;
            }
        }
        // The last look has the most points.
        let points = plan.window(plan.looks()).map_or(0, |last| self.points(spec, &last));
        if points > MOST_POINTS { Err(UnusableConfig::TooManyPoints(points)) } else { Ok(()) }
    }

    /// Number of points of a look on both sides of all metrics together, if each query finds one series.
    pub(crate) fn points(&self, plan: &PlanSpec, window: &LookWindow) -> usize {
        let side = |side: SideWindow| side.grid().map_or(0, Grid::points);
        let of_metric = |metric: &str| {
            let (name, _) = self.scope_of(metric, plan).ok()?;
            let pair = window.scopes.get(name)?;
            Some(side(pair.baseline).saturating_add(side(pair.canary)))
        };
        let all = self.queries.all().iter().filter_map(|query| of_metric(&query.metric));
        all.fold(0, usize::saturating_add)
    }

    /// The scope of a metric: the one that it names; otherwise the default, or the only one.
    fn scope_of<'a>(
        &'a self,
        metric: &str,
        plan: &'a PlanSpec,
    ) -> Result<(&'a str, &'a ScopePair), UnusableConfig> {
        let named = self.scope_names.get(metric).map(String::as_str);
        let name = named.unwrap_or(DEFAULT_SCOPE);
        if let Some((name, pair)) = plan.scopes.get_key_value(name) {
            return Ok((name, pair));
        }
        let mut all = plan.scopes.iter();
        match (named, all.next(), all.next()) {
            (None, Some((name, pair)), None) => Ok((name, pair)),
            _ => Err(UnusableConfig::NoScope {
                metric: metric.to_owned(),
                scope: name.to_owned(),
                known: plan.scopes.keys().map(String::as_str).collect::<Vec<_>>().join(", "),
            }),
        }
    }

    /// The series of all metrics, each from the window of its scope.
    ///
    /// # Errors
    /// With all reasons why a fetch failed.
    pub async fn fetch(
        &self,
        sources: &Sources,
        plan: &PlanSpec,
        window: &LookWindow,
        timeout: Duration,
    ) -> Result<FetchedLook, FetchFailure> {
        let mut by_scope: BTreeMap<&str, (SideRequest, SideRequest, Vec<_>)> = BTreeMap::new();
        for query in self.queries.all() {
            let (name, pair) =
                self.scope_of(&query.metric, plan).map_err(|why| FetchFailure::new(&why))?;
            if let Some((_, _, queries)) = by_scope.get_mut(name) {
                queries.push(query.clone());
                continue;
            }
            let windows = window.scopes.get(name);
            let windows =
                windows.ok_or_else(|| FetchFailure::new(&format!("no window of {name}")))?;
            let side = |target, window: SideWindow| {
                let grid = window.grid().map_err(|why| FetchFailure::new(&why))?;
                Ok::<_, FetchFailure>(SideRequest { scope: Scope::from(target), grid })
            };
            let baseline = side(&pair.baseline, windows.baseline)?;
            let canary = side(&pair.canary, windows.canary)?;
            by_scope.insert(name, (baseline, canary, vec![query.clone()]));
        }
        let fetches = by_scope.into_values().map(async |(baseline, canary, queries)| {
            let request = FetchRequest { baseline, canary, compat: plan.compat(), timeout };
            sources.fetch_each(&queries.into_iter().collect(), &request).await
        });
        let mut found = BTreeMap::new();
        let mut failures = Vec::new();
        for one in join_all(fetches).await.into_iter().flatten() {
            match one {
                Ok(metric) => drop(found.insert(metric.metric.clone(), metric)),
                Err(failed) => failures.extend(failed),
            }
        }
        if !failures.is_empty() {
            return Err(FetchFailure::from_failures(&failures));
        }
        let metrics = self.queries.all().iter().filter_map(|query| found.remove(&query.metric));
        Ok(FetchedLook { metrics: metrics.collect() })
    }

    /// Judges what was fetched. `looks` is the number of the look and of all looks. The ids of the pairs are
    /// derived from `seed`: the same seed gives the same ids.
    ///
    /// # Errors
    /// If the judge refuses the series.
    pub fn judge(
        &self,
        fetched: FetchedLook,
        looks: Option<Looks>,
        seed: &str,
    ) -> Result<(JudgedSeries, MetricSet), JudgeError> {
        let warnings = notices(&fetched.metrics);
        let mut pairs: Vec<MetricPair> = Vec::new();
        let mut queries = Vec::new();
        for metric in fetched.metrics {
            let sides = (
                (metric.baseline.query, window_of(metric.baseline.grid)),
                (metric.canary.query, window_of(metric.canary.grid)),
            );
            for mut pair in metric.pairs {
                pair.id = Some(uuid_from(&format!("{seed} {}", pairs.len())));
                pairs.push(pair);
                queries.push(sides.clone());
            }
        }
        let config = self.config.clone();
        let mut request = JudgeRequest { config, thresholds: self.thresholds, pairs, looks: None };
        let judge = judges::built_in().chosen_by(&request)?;
        request.looks = looks.filter(|_| judge.reads_looks());
        let judgement = judge.judge(&request)?;
        let stored = |(pair, (baseline, canary)): (MetricPair, (_, _))| {
            let series = |(query, window): (String, SideWindow), values| StoredSeries {
                query,
                window,
                values,
            };
            StoredPair {
                id: pair.id.unwrap_or_default(),
                metric: pair.name,
                tags: pair.tags.unwrap_or_default(),
                baseline: series(baseline, pair.baseline.values),
                canary: series(canary, pair.canary.values),
            }
        };
        let set = MetricSet { pairs: request.pairs.into_iter().zip(queries).map(stored).collect() };
        let metric_set = uuid_from(&format!("{seed} set"));
        Ok((JudgedSeries { judgement, warnings, metric_set }, set))
    }
}

impl RunnableConfig {
    /// Judges series that an earlier look was judged on.
    ///
    /// # Errors
    /// If the judge refuses them.
    pub fn judge_again(&self, set: &MetricSet) -> Result<Judgement, JudgeError> {
        let (config, thresholds) = (self.config.clone(), self.thresholds);
        let request = JudgeRequest { config, thresholds, pairs: set.pairs(), looks: None };
        judges::built_in().chosen_by(&request)?.judge(&request)
    }
}

/// Queries that failed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{}", .failure.reasons.join("\n"))]
pub struct FetchFailure {
    /// The reasons.
    pub failure: LookFailure,
    /// Whether a retry may help.
    pub may_pass: bool,
    /// Whether no source is to blame: the queries that failed waited for a permit (`max-queries`) until their time ended.
    pub not_asked: bool,
}

impl FetchFailure {
    fn new(why: &impl ToString) -> Self {
        let failure = LookFailure { kind: FailureKind::Query, reasons: vec![why.to_string()] };
        Self { failure, may_pass: false, not_asked: false }
    }

    fn from_failures(failures: &[QueryFailure]) -> Self {
        let is_query =
            |failure: &QueryFailure| matches!(failure.cause, Cause::Chosen(_) | Cause::Query(_));
        let kind =
            if failures.iter().any(is_query) { FailureKind::Query } else { FailureKind::Source };
        let reasons = failures.iter().map(ToString::to_string).collect();
        let may_pass = failures.iter().all(QueryFailure::may_pass);
        let not_asked = failures.iter().all(QueryFailure::was_not_asked);
        Self { failure: LookFailure { kind, reasons }, may_pass, not_asked }
    }
}

fn window_of(grid: judge_sources::Grid) -> SideWindow {
    SideWindow {
        start_millis: grid.start_millis(),
        end_millis: grid.end_millis(),
        step_millis: grid.step_millis(),
    }
}

/// Notices about what was fetched. A notice about several metrics is given once.
fn notices(fetched: &[FetchedMetric]) -> Vec<String> {
    let once = FetchedMetric::notices_once(fetched, SettingNames::Plain).into_iter();
    once.map(|(text, metrics)| format!("{}: {text}", metrics.join(", "))).collect()
}

/// A UUID derived from `text`.
fn uuid_from(text: &str) -> String {
    let digest: [u8; 32] = Sha256::digest(text).into();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    uuid::Builder::from_random_bytes(bytes).into_uuid().to_string()
}
