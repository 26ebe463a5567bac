//! Series from sources.

use std::collections::BTreeMap;
use std::time::Duration;

use judge_core::{MetricPair, kayenta};
use judge_points::time::TimeZone;
use judge_sources::{
    AskError, Cause, Compat, FetchRequest, FetchedMetric, Grid, GridError, Notice, Queries,
    QueryFailure, Scope, SettingNames, SideRequest, SourceSettings, Sources,
};
use tokio::runtime::{Builder, Runtime};

use super::config::read_config;
use super::error::{InputError, InputProblem};
use super::release_list::{self, ListedRelease};
use super::request::{FetchedConfig, Judging, Prepared, judging_by, prepared_from};
use super::source::InputSource;
use crate::args::{CompatArg, Overrides, ScopeArgs, SourceArgs, TimeArgs};

/// Fetches the series of a config's queries from sources.
pub(crate) struct Fetcher {
    sources: Sources,
    queries: Queries,
    /// Never dropped: that would wait for lookups of names under way, beyond every deadline.
    runtime: &'static Runtime,
}

/// Queries without an answer that can be judged.
#[derive(Debug)]
pub(crate) struct FetchFailed(pub(crate) Vec<QueryFailure>);

impl std::error::Error for FetchFailed {}

impl std::fmt::Display for FetchFailed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // A source that is down gives one line, not one for each of forty queries.
        let mut first: Vec<(String, &QueryFailure, usize)> = Vec::new();
        for failure in &self.0 {
            let cause = reason(&failure.cause);
            match first.iter_mut().find(|(other, ..)| *other == cause) {
                Some((.., more)) => *more += 1,
                None => first.push((cause, failure, 0)),
            }
        }
        let lines = first.iter().map(|(_, failure, more)| match more {
            0 => failure.to_string(),
            1 => format!("{failure}\n  and 1 more query for the same reason"),
            more => format!("{failure}\n  and {more} more queries for the same reason"),
        });
        let (lines, count): (Vec<String>, usize) = (lines.collect(), self.0.len());
        if count == 1 {
            f.write_str("a query failed")?;
        } else {
            write!(f, "{count} queries failed")?;
        }
        write!(f, ":\n{}", lines.join("\n"))
    }
}

/// A cause without what differs from query to query: the time that was left, and the number of attempts.
fn reason(cause: &Cause) -> String {
    match cause {
        Cause::Ask { cause: AskError::Late(_), .. } => "no whole answer".to_owned(),
        Cause::Ask { cause, .. } => cause.to_string(),
        cause => cause.to_string(),
    }
}

impl FetchFailed {
    /// Whether the config or the command line is wrong, rather than the source.
    pub(crate) fn is_bad_input(&self) -> bool {
        self.0.iter().any(is_bad_input)
    }

    /// Whether a retry may help.
    pub(crate) fn may_pass(&self) -> bool {
        self.0.iter().all(QueryFailure::may_pass)
    }

    /// The first reason, in one line.
    pub(crate) fn first_line(&self) -> String {
        let first = self.0.first().map(ToString::to_string).unwrap_or_default();
        first.lines().next().unwrap_or_default().to_owned()
    }
}

/// Whether a query failed because of the config or the command line: it could not be built, the store does not
/// understand it or has nothing at its URL, or the answer to it cannot be judged.
pub(crate) fn is_bad_input(failure: &QueryFailure) -> bool {
    match &failure.cause {
        Cause::Chosen(_) | Cause::Query(_) => true,
        // With these two statuses a store rejects the query; Prometheus sends 422 for queries that it cannot
        // evaluate.
        Cause::Ask { cause: AskError::Status { status, .. }, .. } => {
            matches!(status, 400 | 404 | 422)
        }
        Cause::Answer(error) => error.is_for_query(),
        _ => false,
    }
}

impl FetchedConfig {
    /// Reads a config and the queries in it.
    pub(crate) fn read(source: InputSource) -> Result<(Self, Queries), InputError> {
        let json = source.read_document()?;
        let refuse = |refused| source.error(InputProblem::Refused(refused));
        let config = read_config(&source, &json)?;
        let document = kayenta::read_document(&json).map_err(refuse)?;
        let queries = Queries::read(&document).map_err(refuse)?;
        Ok((Self { source, json, config }, queries))
    }
}

/// Reads a list of releases. `scopes` are the defaults of missing cells.
pub(crate) fn read_release_list(
    list: &InputSource,
    scopes: &ScopeArgs,
    zone: Option<&TimeZone>,
) -> Result<Vec<ListedRelease>, InputError> {
    let read = release_list::read(&list.read()?, scopes, zone);
    read.map_err(|error| list.error(InputProblem::List(Box::new(error))))
}

/// Reads the queries of a config.
pub(crate) fn fetched_queries(source: InputSource) -> Result<Queries, InputError> {
    FetchedConfig::read(source).map(|(_, queries)| queries)
}

/// Reads a config for repeated judgements of a canary, and its queries.
pub(crate) fn fetched_judging(
    source: &InputSource,
    overrides: &Overrides,
) -> Result<(Judging, Queries), InputError> {
    let json = source.read_document()?;
    let judging = judging_by(source, &json, overrides)?;
    let queries = Queries::read(&judging.document).map_err(|refused| judging.error(refused))?;
    Ok((judging, queries))
}

impl Fetcher {
    /// Creates a fetcher for the sources of `args` and the queries of a config.
    pub(crate) fn new(args: &SourceArgs, queries: Queries) -> anyhow::Result<Self> {
        let sources = Sources::new(settings(args)?);
        let sources =
            sources.map_err(|error| sources_error(InputProblem::Settings(Box::new(error))))?;
        let sources = sources.with_setting_names(SettingNames::Flags);
        let runtime = Builder::new_current_thread().enable_all().build()?;
        Ok(Self { sources, queries, runtime: Box::leak(Box::new(runtime)) })
    }

    /// The sources as text: name, kind, URL and database, without credentials.
    pub(crate) fn sources(&self) -> Vec<String> {
        self.sources.settings().map(ToString::to_string).collect()
    }

    /// Fetches the series of all metrics.
    pub(crate) fn fetch(&self, request: &FetchRequest) -> Result<Vec<FetchedMetric>, FetchFailed> {
        self.block_on(self.fetch_async(request))
    }

    /// Fetches as [`Self::fetch`] does, but within [`Self::block_on`].
    pub(crate) async fn fetch_async(
        &self,
        request: &FetchRequest,
    ) -> Result<Vec<FetchedMetric>, FetchFailed> {
        self.sources.fetch(&self.queries, request).await.map_err(FetchFailed)
    }

    /// Fetches the series of all metrics, with errors by metric.
    pub(crate) fn fetch_each(
        &self,
        request: &FetchRequest,
    ) -> Vec<(String, Result<FetchedMetric, Vec<QueryFailure>>)> {
        let found = self.block_on(self.sources.fetch_each(&self.queries, request));
        let names = self.queries.all().iter().map(|query| query.metric.clone());
        names.zip(found).collect()
    }

    /// Runs `work` on the runtime, with timers and signals.
    pub(crate) fn block_on<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }
}

fn sources_error(problem: InputProblem) -> InputError {
    InputError { origin: "sources".to_owned(), problem }
}

/// Reads every source that the command line names.
fn settings(args: &SourceArgs) -> Result<Vec<SourceSettings>, InputError> {
    let settings_error = |error| sources_error(InputProblem::Settings(Box::new(error)));
    let mut settings = Vec::new();
    for (kind, url) in args.by_kind() {
        settings.push(SourceSettings::at(kind.name(), kind, url).map_err(settings_error)?);
    }
    for named in args.by_name() {
        let Some((name, url)) = named else {
            let origin = "--source".to_owned();
            return Err(InputError { origin, problem: InputProblem::NoNamedUrl });
        };
        settings.push(SourceSettings::from_url(name, url).map_err(settings_error)?);
    }
    if let Some(path) = &args.sources {
        let source = InputSource::Path(path.clone());
        let text = String::from_utf8_lossy(&source.read()?).into_owned();
        let read = SourceSettings::read_all(&text);
        let read = read.map_err(|error| source.error(InputProblem::Settings(Box::new(error))))?;
        if read.is_empty() {
            return Err(source.error(InputProblem::NoSources));
        }
        settings.extend(read);
    }
    Ok(settings)
}

/// The request for a canary's window, from its start to its end in milliseconds since the Unix epoch.
pub(crate) fn fetch_request(
    args: &ScopeArgs,
    canary: (i64, i64),
) -> Result<FetchRequest, InputError> {
    let unusable = |error, earlier: i64| {
        let origin = match error {
            GridError::FarAway(_) if earlier != 0 => "--baseline-offset",
            GridError::FarAway(_) => "--start, --end or --last",
            GridError::Empty { .. } => "--start",
            _ => "--step",
        };
        InputError { origin: origin.to_owned(), problem: InputProblem::Grid(error) }
    };
    let step = millis(args.step);
    let offset = i64::try_from(millis(args.baseline_offset)).unwrap_or(i64::MAX);
    let params: BTreeMap<String, String> = args.params.iter().cloned().collect();
    let side = |scope: &str, earlier: i64| {
        let grid =
            Grid::new(canary.0.saturating_sub(earlier), canary.1.saturating_sub(earlier), step);
        let scope = Scope {
            scope: scope.to_owned(),
            location: args.location.clone(),
            params: params.clone(),
        };
        Ok(SideRequest { scope, grid: grid.map_err(|error| unusable(error, earlier))? })
    };
    let compat = match args.compat {
        Some(CompatArg::Kayenta) => Compat::Kayenta,
        None => Compat::None,
    };
    let (baseline, canary) = (side(&args.baseline_scope, offset)?, side(&args.canary_scope, 0)?);
    Ok(FetchRequest { baseline, canary, compat, timeout: args.timeout })
}

pub(crate) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// The start and the end of the window, in milliseconds since the Unix epoch. `now` is the default end. Without
/// --start and --end, the window begins and ends at multiples of the step, at which stores have their points cached.
pub(crate) fn window(args: &TimeArgs, step: Duration, now: i64) -> Result<(i64, i64), InputError> {
    let step_millis = i64::try_from(millis(step)).unwrap_or(i64::MAX).max(1);
    let floor = |time: i64| time.div_euclid(step_millis) * step_millis;
    let end = args.end.unwrap_or_else(|| floor(now));
    let wrong = |origin: &str, problem| Err(InputError { origin: origin.to_owned(), problem });
    let (start, origin) = match (args.start, args.last) {
        (Some(start), _) => (start, "--start"),
        (None, Some(last)) if last.is_zero() => return wrong("--last", InputProblem::NoWindow),
        (None, Some(last)) => {
            let last = i64::try_from(millis(last)).unwrap_or(i64::MAX);
            (end.saturating_sub(last), "--end")
        }
        (None, None) => return wrong("--last", InputProblem::NoWindow),
    };
    if start >= now {
        return wrong(origin, InputProblem::Future { start_millis: start, now_millis: now });
    }
    let window = Duration::from_millis(start.abs_diff(end));
    if start < end && window < step {
        return wrong("--step", InputProblem::LongStep { step, window });
    }
    Ok((start, end))
}

/// Now, in milliseconds since the Unix epoch.
pub(crate) fn now() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// Fetches series and combines them with the config.
pub(crate) fn from_sources(
    config: InputSource,
    args: &SourceArgs,
    request: &FetchRequest,
    overrides: &Overrides,
) -> anyhow::Result<Prepared> {
    let named = overrides.named_judge()?;
    let (config, queries) = FetchedConfig::read(config)?;
    let mut fetched = Fetcher::new(args, queries)?.fetch(request)?;
    if let Some(error) = nothing_fetched(&config.source, &mut fetched) {
        return Err(error.into());
    }
    let warnings = warnings(&fetched);
    Ok(prepared_from(config, pairs(fetched), warnings, named, overrides)?)
}

/// The error about the config `source` if none of its queries found a point.
pub(crate) fn nothing_fetched(
    source: &InputSource,
    fetched: &mut [FetchedMetric],
) -> Option<InputError> {
    let is_nothing = fetched.iter().all(FetchedMetric::is_empty) && !fetched.is_empty();
    is_nothing.then(|| source.error(InputProblem::NothingFetched(why_nothing(fetched))))
}

/// All pairs, in the order of the config.
pub(crate) fn pairs(fetched: Vec<FetchedMetric>) -> Vec<MetricPair> {
    fetched.into_iter().flat_map(|metric| metric.pairs).collect()
}

/// Warnings about fetched series; a warning about several metrics appears once.
pub(crate) fn warnings(fetched: &[FetchedMetric]) -> Vec<String> {
    let format_notice = |(text, metrics): (String, Vec<&str>)| {
        format!("{}: {text}", super::join_names(metrics.into_iter()))
    };
    FetchedMetric::notices_once(fetched, SettingNames::Flags)
        .into_iter()
        .map(format_notice)
        .collect()
}

/// Why queries found nothing: each reason once, with the first query that has it.
fn why_nothing(fetched: &mut [FetchedMetric]) -> String {
    let mut reasons: Vec<(String, Vec<String>, String)> = Vec::new();
    for FetchedMetric { metric, notices, .. } in fetched.iter_mut() {
        notices.retain(|notice| {
            let Notice::NothingFound { query, window, hint, .. } = notice else { return true };
            let why = match hint {
                Some(hint) => format!("{hint}\nfrom {window}"),
                None => format!("run it in the store's own page\nfrom {window}"),
            };
            match reasons.iter_mut().find(|(other, ..)| *other == why) {
                Some((_, metrics, _)) => metrics.push(metric.clone()),
                None => reasons.push((why, vec![metric.clone()], query.clone())),
            }
            false
        });
    }
    let lines = reasons.into_iter().map(|(why, mut metrics, query)| {
        metrics.dedup();
        let metrics = super::join_names(metrics.iter().map(String::as_str));
        format!("{metrics}: {why}\nquery {query}")
    });
    warnings(fetched).into_iter().chain(lines).collect::<Vec<_>>().join("\n")
}

/// Warnings without expected notices, such as the labels that distinguish the sides.
pub(crate) fn odd_warnings(fetched: &mut [FetchedMetric]) -> Vec<String> {
    for metric in fetched.iter_mut() {
        metric.notices.retain(|notice| !notice.is_usual());
    }
    warnings(fetched)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::sync::{Arc, mpsc};

    use super::*;

    #[test]
    fn the_end_waits_for_no_lookup_of_a_name() {
        let prometheus = Some("http://127.0.0.1:1".to_owned());
        let args = SourceArgs {
            prometheus,
            graphite: None,
            influxdb: None,
            named: Vec::new(),
            sources: None,
        };
        let fetcher = Fetcher::new(&args, Queries::default()).unwrap();
        // As the system's resolver, which nothing can interrupt.
        let (_held, lookup) = mpsc::channel::<()>();
        let ended = Arc::new(AtomicBool::new(false));
        let ends = Arc::clone(&ended);
        fetcher.runtime.spawn_blocking(move || {
            let _ = lookup.recv_timeout(Duration::from_mins(1));
            ends.store(true, Ordering::SeqCst);
        });
        drop(fetcher);
        assert!(!ended.load(Ordering::SeqCst), "it waited");
    }
}
