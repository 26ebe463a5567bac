//! Fetches all series of a canary and its baseline.

use std::collections::HashMap;
use std::time::Duration;

use futures_util::future::{join, join_all};
use judge_core::MetricPair;
use judge_core::judgement::Side;
use tokio::time::Instant;

use crate::client::{AskFailure, SourceClient};
use crate::compat::Compat;
use crate::error::{AnswerError, Asked, Cause, ChoiceError, QueryFailure};
use crate::grid::Grid;
use crate::gridding::{self, BufferedPoints, Found, HeldPoints};
use crate::hint::{self, StoreLook};
use crate::kind::StoreKind;
use crate::notice::Notice;
use crate::numbers;
use crate::pair;
use crate::query::{MetricQuery, Queries};
use crate::scope::Scope;
use crate::selector;
use crate::setting_names::SettingNames;
use crate::settings::{SettingsError, SourceSettings};
use crate::store_request::{RequestInput, StoreRequest};
use crate::unit;

/// The sources. Connections are kept between fetches.
#[derive(Debug)]
pub struct Sources {
    all: Vec<SourceClient>,
    names: SettingNames,
}

/// A request for series.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FetchRequest {
    /// The baseline.
    pub baseline: SideRequest,
    /// The canary.
    pub canary: SideRequest,
    /// How points become series, and how series become pairs.
    pub compat: Compat,
    /// Timeout for everything, retries included; a day at most.
    pub timeout: Duration,
}

/// One side of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SideRequest {
    /// Values for the placeholders of its queries.
    pub scope: Scope,
    /// The times of its points.
    pub grid: Grid,
}

/// Longest timeout of a fetch. Longer ones are shortened to it.
const LONGEST_TIMEOUT: Duration = Duration::from_hours(24);

/// The series of one metric.
#[derive(Debug, Clone, PartialEq)]
pub struct FetchedMetric {
    /// Name of the metric in the config.
    pub metric: String,
    /// Name of the source.
    pub source: String,
    /// The result of the baseline's query.
    pub baseline: FetchedSide,
    /// The result of the canary's query.
    pub canary: FetchedSide,
    /// The unit of the points, if names in the query tell it.
    pub unit: Option<String>,
    /// The pairs to judge, at least one.
    pub pairs: Vec<MetricPair>,
    /// Notices about them.
    pub notices: Vec<Notice>,
}

impl FetchedMetric {
    /// The notices of all metrics in words. Each text appears once, with the names of its metrics.
    pub fn notices_once(fetched: &[Self], names: SettingNames) -> Vec<(String, Vec<&str>)> {
        let mut once: Vec<(String, Vec<&str>)> = Vec::new();
        let mut known: HashMap<String, usize> = HashMap::new();
        for metric in fetched {
            for notice in &metric.notices {
                let text = notice.named(names);
                if let Some(&index) = known.get(&text) {
                    once[index].1.push(&metric.metric);
                } else {
                    known.insert(text.clone(), once.len());
                    once.push((text, vec![&metric.metric]));
                }
            }
        }
        once
    }
}

/// The result of the query of one side.
#[derive(Debug, Clone, PartialEq)]
pub struct FetchedSide {
    /// The query that was sent to the store.
    pub query: String,
    /// The requested times.
    pub grid: Grid,
    /// The series, with all of their labels.
    pub series: Vec<Found>,
}

impl FetchedMetric {
    /// Whether neither side has a point.
    pub fn is_empty(&self) -> bool {
        let mut series = self.baseline.series.iter().chain(&self.canary.series);
        series.all(|found| found.series.values.iter().all(|value| value.is_nan()))
    }
}

impl Sources {
    /// # Errors
    /// If the settings of a source are unusable: two sources of one name, a missing file, no credentials.
    pub fn new(settings: Vec<SourceSettings>) -> Result<Self, SettingsError> {
        let mut all: Vec<SourceClient> = Vec::with_capacity(settings.len());
        for one in settings {
            if all.iter().any(|other| other.settings.name == one.name) {
                return Err(SettingsError::SameName(one.name));
            }
            all.push(SourceClient::new(one)?);
        }
        Ok(Self { all, names: SettingNames::default() })
    }

    /// The same sources, whose failures name settings as `names` says.
    #[must_use]
    pub fn with_setting_names(self, names: SettingNames) -> Self {
        Self { names, ..self }
    }

    /// Settings of each source, in the given order.
    pub fn settings(&self) -> impl Iterator<Item = &SourceSettings> {
        self.all.iter().map(|source| &source.settings)
    }

    pub(crate) fn named(&self, name: &str) -> Option<&SourceClient> {
        self.all.iter().find(|source| source.settings.name == name)
    }

    /// The series of every query on both sides, metric by metric in the order of the config.
    ///
    /// # Errors
    /// With all queries that failed.
    pub async fn fetch(
        &self,
        queries: &Queries,
        request: &FetchRequest,
    ) -> Result<Vec<FetchedMetric>, Vec<QueryFailure>> {
        let mut fetched = Vec::new();
        let mut failures = Vec::new();
        for one in self.fetch_each(queries, request).await {
            match one {
                Ok(one) => fetched.push(one),
                Err(failed) => failures.extend(failed),
            }
        }
        if failures.is_empty() { Ok(fetched) } else { Err(failures) }
    }

    /// Fetches the same, and returns both what was found and what failed.
    pub async fn fetch_each(
        &self,
        queries: &Queries,
        request: &FetchRequest,
    ) -> Vec<Result<FetchedMetric, Vec<QueryFailure>>> {
        let deadline = Instant::now() + request.timeout.min(LONGEST_TIMEOUT);
        let held = HeldPoints::default();
        let job = |query| Job {
            sources: self,
            query,
            request,
            side: Side::Baseline,
            deadline,
            held: &held,
        };
        join_all(queries.all().iter().map(|query| job(query).metric())).await
    }

    /// The source for `query`.
    fn choose(&self, query: &MetricQuery) -> Result<&SourceClient, ChoiceError> {
        let kind = query.kind();
        let listed = |kind: Option<StoreKind>| {
            let names = self
                .all
                .iter()
                .filter(|source| kind.is_none_or(|kind| kind == source.settings.kind));
            names.map(|source| source.settings.name.as_str()).collect::<Vec<_>>().join(", ")
        };
        if let Some(name) = &query.source {
            let Some(source) = self.named(name) else {
                return Err(ChoiceError::Unknown { name: name.clone(), known: listed(None) });
            };
            let got = source.settings.kind;
            if got != kind {
                return Err(ChoiceError::OtherKind { name: name.clone(), expected: kind, got });
            }
            return Ok(source);
        }
        let mut of_kind = self.all.iter().filter(|source| source.settings.kind == kind);
        match (of_kind.next(), of_kind.next()) {
            (Some(only), None) => Ok(only),
            (None, _) => Err(ChoiceError::None(kind)),
            (Some(_), Some(_)) => Err(ChoiceError::Several { kind, known: listed(Some(kind)) }),
        }
    }
}

/// One query of one side.
#[derive(Clone, Copy)]
struct Job<'a> {
    sources: &'a Sources,
    query: &'a MetricQuery,
    request: &'a FetchRequest,
    side: Side,
    deadline: Instant,
    held: &'a HeldPoints,
}

/// A notice about sides that look wrong: equal queries, or swapped scopes.
fn notice_about_sides(baseline: &Done<'_>, canary: &Done<'_>) -> Option<Notice> {
    let scopes = [baseline, canary].map(|side| side.scope.scope.as_str());
    let query = &baseline.side.query;
    if (query, baseline.side.grid) == (&canary.side.query, canary.side.grid) {
        let scope = (scopes[0] == scopes[1]).then_some(scopes[0]);
        let scope = scope.filter(|scope| !scope.is_empty()).map(str::to_owned);
        return Some(Notice::SameQuery { query: query.clone(), scope });
    }
    let swapped = *query != canary.side.query && baseline.scope.is_named_as_canary_of(canary.scope);
    let [baseline, canary] = scopes.map(str::to_owned);
    swapped.then_some(Notice::Swapped { baseline, canary })
}

/// Result of a job.
struct Done<'a> {
    source: &'a SourceClient,
    scope: &'a Scope,
    side: FetchedSide,
    notices: Vec<Notice>,
}

impl<'a> Job<'a> {
    fn side_request(self) -> &'a SideRequest {
        match self.side {
            Side::Baseline => &self.request.baseline,
            Side::Canary => &self.request.canary,
        }
    }

    fn failure(self, query: Option<&str>, cause: Cause) -> QueryFailure {
        let source = self.sources.choose(self.query);
        let named =
            |source: &SourceClient| format!("{} ({})", source.settings.name, source.settings.url);
        QueryFailure {
            metric: self.query.metric.clone(),
            side: self.side,
            source_name: source.map_or_else(|_| "no source".to_owned(), named),
            asked: Asked { query: query.map(str::to_owned), window: self.side_request().grid },
            cause,
            names: self.sources.names,
        }
    }

    /// Runs both sides of the query, and pairs their series.
    async fn metric(self) -> Result<FetchedMetric, Vec<QueryFailure>> {
        let (query, job) = (self.query, |side| Self { side, ..self });
        let (baseline, canary) = join(job(Side::Baseline).run(), job(Side::Canary).run()).await;
        let (baseline, canary) = match (baseline, canary) {
            (Ok(baseline), Ok(canary)) => (baseline, canary),
            (one, other) => return Err(one.err().into_iter().chain(other.err()).collect()),
        };
        let mut notices: Vec<Notice> = notice_about_sides(&baseline, &canary).into_iter().collect();
        let source = baseline.source.settings.name.clone();
        notices.extend(baseline.notices);
        notices.extend(canary.notices);
        let (baseline, canary) = (baseline.side, canary.side);
        let pairs = gridding::in_time(self.deadline)
            .map_err(|error| (Side::Canary, error))
            .and_then(|()| pairs(query, &baseline, &canary, self.request.compat, &mut notices));
        let pairs = pairs.map_err(|(side, error)| {
            let query = if side == Side::Baseline { &baseline.query } else { &canary.query };
            vec![job(side).failure(Some(query), error.into())]
        })?;
        let (metric, kind) = (query.metric.clone(), query.kind());
        let mut unit = None;
        if kind == StoreKind::Prometheus {
            unit = unit::unit(&canary.query);
            let counters = selector::bare_counters(&canary.query).into_iter();
            notices.extend(counters.map(|name| Notice::BareCounter { name }));
        }
        Ok(FetchedMetric { metric, source, baseline, canary, unit, pairs, notices })
    }

    async fn run(self) -> Result<Done<'a>, QueryFailure> {
        let SideRequest { scope, grid } = self.side_request();
        let grid = self.query.kind().grid(*grid, self.request.compat);
        let source =
            self.sources.choose(self.query).map_err(|error| self.failure(None, error.into()))?;
        let text = self.query.text(scope, grid);
        let query = text.map_err(|error| {
            let template = error.template().map(str::to_owned);
            self.failure(template.as_deref(), error.into())
        })?;
        let found = self.series(source, &query, grid).await;
        let (series, said) = found.map_err(|cause| self.failure(Some(&query), cause))?;
        let side = self.side;
        let mut notices: Vec<Notice> =
            said.into_iter().map(|text| Notice::Said { side, text }).collect();
        if series.is_empty() {
            let look = StoreLook {
                source,
                grid,
                deadline: self.deadline,
                database: self.database(source),
            };
            let hint = hint::suggest(look, self.query.kind(), &query).await;
            let (query, window) = (query.clone(), grid.to_string());
            notices.push(Notice::NothingFound { side, query, window, hint });
        }
        notices.extend(numbers::notice_about_values(side, grid, &series));
        Ok(Done { source, scope, side: FetchedSide { query, grid, series }, notices })
    }

    /// InfluxDB's database. Kayenta uses the metric's name.
    fn database(self, source: &'a SourceClient) -> &'a str {
        source.settings.database.as_deref().unwrap_or(&self.query.metric)
    }

    /// The series of `query`, fetched in as many parts as the store needs, with the store's remarks.
    async fn series(
        self,
        source: &SourceClient,
        query: &str,
        grid: Grid,
    ) -> Result<(Vec<Found>, Vec<String>), Cause> {
        let kind = self.query.kind();
        let compat = self.request.compat;
        let database = self.database(source);
        let buffered = BufferedPoints::new(self.held);
        let answer = async |ask: &StoreRequest| {
            let scope = self.side_request().scope.clone();
            let read = source.answer(ask, self.deadline, move |body| kind.read(&body, &scope));
            let read = read
                .await
                .map_err(|AskFailure { attempts, error }| Cause::Ask { attempts, cause: error })?;
            let scrub = |text: String| source.without_secrets(text, ask);
            let mut answer = read.map_err(|error| error.with_words(scrub))?;
            answer.said = answer.said.into_iter().map(scrub).collect();
            Ok::<_, Cause>(answer)
        };
        let part = async |part: Grid| {
            let mut ask = kind.request(&RequestInput { text: query, grid: part, compat, database });
            let mut answered = answer(&ask).await?;
            // For its cache, VictoriaMetrics moves the times of 50 points and more to multiples of the step.
            let may_be_moved = kind == StoreKind::Prometheus && compat == Compat::None;
            if may_be_moved && !answered.is_at_times_of(part) {
                ask.params.push(("nocache", "1".to_owned()));
                answered = answer(&ask).await?;
            }
            buffered.add(&answered.series)?;
            Ok::<_, Cause>(answered)
        };
        let mut series = Vec::new();
        let mut said: Vec<String> = Vec::new();
        for answer in join_all(grid.parts(kind.most_points()).map(part)).await {
            let answer = answer?;
            series.push(answer.series);
            said.extend(answer.said);
        }
        let found = match (kind, compat) {
            (StoreKind::Prometheus, Compat::None) => {
                gridding::on_grid(series, grid, self.deadline)?
            }
            (StoreKind::Prometheus, Compat::Kayenta) => gridding::closed_up(series, self.deadline)?,
            (_, Compat::None) => gridding::at_own_times(series, grid, &mut said, self.deadline)?,
            (StoreKind::Graphite, Compat::Kayenta) => gridding::first_target(series),
            (StoreKind::InfluxDb, Compat::Kayenta) => gridding::first_table(series),
        };
        drop(buffered);
        self.held.add_found(&found)?;
        said.sort();
        said.dedup();
        Ok((found, said))
    }
}

/// The pairs of a metric; a metric without any series is one pair of gaps. An error comes with its side.
fn pairs(
    query: &MetricQuery,
    baseline: &FetchedSide,
    canary: &FetchedSide,
    compat: Compat,
    notices: &mut Vec<Notice>,
) -> Result<Vec<MetricPair>, (Side, AnswerError)> {
    let metric = query.metric.as_str();
    let (mut one, mut other) = (baseline.series.clone(), canary.series.clone());
    let kind = query.kind();
    if compat == Compat::Kayenta {
        if kind != StoreKind::Prometheus && (one.is_empty() || other.is_empty()) {
            let side = if one.is_empty() { Side::Baseline } else { Side::Canary };
            return Err((side, AnswerError::NoSeries));
        }
        // The grid includes the end, as in Kayenta; the gaps do not.
        let absent = [baseline.grid.points() - 1, canary.grid.points() - 1];
        let pairs = pair::as_kayenta(metric, one, other, absent);
        return pairs.map_err(|error| (Side::Canary, error));
    }
    if let Some(label) = kind.made_label() {
        pair::drop_if_same(label, &mut one, &mut other);
    }
    let paired = pair::by_labels(metric, one, other, &query.ignore_labels)?;
    notices.extend(pair::notices(paired.dropped, paired.apart));
    let mut pairs = paired.pairs;
    if pairs.is_empty() {
        let gaps = |side: &FetchedSide| vec![f64::NAN; side.grid.points()];
        pairs.push(MetricPair::new(metric, gaps(baseline), gaps(canary)));
    }
    Ok(pairs)
}
