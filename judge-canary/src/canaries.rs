//! The API for handlers: starts, shows, watches and cancels canaries, and stores configs.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{Stream, TryStreamExt, stream};
use judge_core::{CanaryConfig, Judgement, Looks, Thresholds, Verdict};
use judge_sources::Sources;
use serde_json::Value;
use tokio::sync::{Notify, Semaphore, broadcast};

use crate::clock::RunClock;
use crate::drift::{Drift, PastRelease, RELEASES, find_drifts};
use crate::error::CanaryError;
use crate::id::new_id;
use crate::names;
use crate::plan::{Plan, PlanSpec};
use crate::record::{
    Canary, CanaryLook, CanaryRequest, CanaryState, CanarySummary, ConfigChoice, LookResult,
    MetricSet,
};
use crate::runnable::{RunnableConfig, UnusableConfig};
use crate::shared::{CanaryEvent, FileNames, POINTS_AT_ONCE, SharedState};
use crate::step;
use crate::store::{
    AuditEntry, CanaryFilter, CanaryPage, ConfigChange, Inserted, MetricSetSize, NewCanary,
    ReleaseFilter, SqlStore,
};
use crate::stored_config::{ConfigHead, ConfigVersion, Existing, describe};
use crate::watch::{WatchEvent, watch};

/// Canaries over a store and sources. Clones share everything.
///
/// Handlers call its methods; [`Runner`](crate::Runner) makes the looks.
#[derive(Debug, Clone)]
pub struct Canaries {
    pub(crate) shared: Arc<SharedState>,
}

/// The result of a start: the canary of this call, or of an earlier call with the same key.
#[derive(Debug, Clone, PartialEq)]
pub struct Started {
    /// The canary.
    pub canary: Canary,
    /// Whether this call started it.
    pub is_new: bool,
}

/// Releases that are read at once.
const RELEASES_AT_ONCE: usize = 10;

/// Bytes of a look in memory for each of its bytes in the store, where it is compressed. For 20 series that never change, which
/// are compressed best, 22 were measured.
const READ_BYTES: u64 = 20;

/// Copies of stored series that are in memory while they are read: the row, and the document of it.
const STORED_COPIES: u64 = 2;

/// Bytes of a point in memory: lists that grow have up to twice the room that they need.
const POINT_BYTES: u64 = 16;

/// Events that are buffered for a slow listener. A listener that is further behind reads the store instead.
const EVENTS: usize = 1024;

impl Canaries {
    /// Canaries that are kept in `store`, with series from `sources`. Each processor judges one look at a time.
    pub fn new(store: Arc<SqlStore>, sources: Arc<Sources>, clock: Arc<dyn RunClock>) -> Self {
        let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self::with_threads(store, sources, clock, processors)
    }

    /// The same with at most `threads` judgements at a time.
    pub fn with_threads(
        store: Arc<SqlStore>,
        sources: Arc<Sources>,
        clock: Arc<dyn RunClock>,
        threads: usize,
    ) -> Self {
        let (events, _) = broadcast::channel(EVENTS);
        let shared = SharedState {
            store,
            sources,
            clock,
            events,
            changed: Notify::new(),
            config_files: FileNames::default(),
            judging: Semaphore::new(threads),
            points: Semaphore::new(POINTS_AT_ONCE),
        };
        Self { shared: Arc::new(shared) }
    }

    /// The store.
    pub fn store(&self) -> &Arc<SqlStore> {
        &self.shared.store
    }

    /// The sources of series.
    pub fn sources(&self) -> &Arc<Sources> {
        &self.shared.sources
    }

    /// The current time, in milliseconds since the Unix epoch.
    pub fn now_millis(&self) -> i64 {
        self.shared.clock.now_millis()
    }

    /// Starts a canary. If the key was used before, returns the canary of that call, whatever else the request
    /// contains.
    ///
    /// # Errors
    /// If the config or the plan cannot be used, or the store fails. Nothing was started then.
    pub async fn start(&self, request: CanaryRequest, actor: &str) -> Result<Started, CanaryError> {
        let store = &self.shared.store;
        names::check("key", request.key.as_deref().unwrap_or_default())?;
        names::check("application", &request.application)?;
        if let Some(key) = &request.key
            && let Some(id) = store.by_key(key).await?
        {
            return Ok(Started { canary: store.canary(&id).await?, is_new: false });
        }
        let (id, version, config) = self.chosen(&request.config).await?;
        let runnable = RunnableConfig::read(&config, request.thresholds)?;
        names::check("config: name", runnable.name())?;
        let now = self.now_millis();
        let plan = Plan::new(request.plan.clone(), now)?;
        plan.check_wait(now)?;
        runnable.check(&plan)?;
        let summary = CanarySummary {
            id: self.new_id(),
            origin: request.origin.clone(),
            application: request.application.clone(),
            config_id: id,
            config_version: version,
            config_name: runnable.name().to_owned(),
            caller: actor.to_owned(),
            state: CanaryState::Running,
            verdict: None,
            score: None,
            reason: String::new(),
            planned: plan.looks(),
            looks: 0,
            created_millis: now,
            ended_millis: None,
            // A canary of the past does not come before those that wait already.
            next_millis: plan.due_millis(1).unwrap_or(now).max(now),
        };
        let detail = [("application", &summary.application), ("config", &summary.config_name)];
        let entry = self.entry(actor, "canary.start", &summary.id, &detail);
        let request = CanaryRequest { plan: plan.spec().clone(), ..request };
        let CanarySummary { application, config_name, .. } = &summary;
        let drifts = self.drifts(application, config_name, runnable.config()).await?;
        let drifts = drifts.iter().map(ToString::to_string);
        let warnings = runnable.lack_of_points(&plan)?.into_iter().chain(drifts).collect();
        let new = NewCanary { summary, request, config, warnings };
        match store.insert(&new, &entry).await? {
            Inserted::Before(id) => Ok(Started { canary: store.canary(&id).await?, is_new: false }),
            Inserted::New => {
                let NewCanary { summary, request, config, warnings } = new;
                let canary = Canary { summary, request, config, warnings };
                self.shared.send_event(&canary.summary);
                self.shared.changed.notify_one();
                Ok(Started { canary, is_new: true })
            }
        }
    }

    /// Metrics that drift over the last releases of an application with a config of this name. `config` is the
    /// one that judges the next release.
    ///
    /// # Errors
    /// If the store does not answer.
    pub async fn drifts(
        &self,
        application: &str,
        config_name: &str,
        config: &CanaryConfig,
    ) -> Result<Vec<Drift>, CanaryError> {
        if application.is_empty() {
            return Ok(Vec::new());
        }
        let filter = ReleaseFilter {
            application: application.to_owned(),
            config_name: Some(config_name.to_owned()),
            verdict: Some(Verdict::Pass),
            before: None,
            limit: RELEASES,
        };
        Ok(find_drifts(&self.releases(&filter).await?, config))
    }

    /// Canaries that ended with a verdict, the newest first, with their last judgements.
    ///
    /// # Errors
    /// If the store does not answer.
    pub async fn releases(&self, filter: &ReleaseFilter) -> Result<Vec<PastRelease>, CanaryError> {
        Ok(self.shared.store.releases(filter).await?)
    }

    /// The same canaries one by one, read a few at a time.
    pub fn all_releases(
        &self,
        filter: ReleaseFilter,
    ) -> impl Stream<Item = Result<PastRelease, CanaryError>> + Send + use<> {
        let pages = stream::try_unfold((self.clone(), filter), async |(canaries, mut filter)| {
            let limit = filter.limit.min(RELEASES_AT_ONCE);
            let releases = canaries.releases(&ReleaseFilter { limit, ..filter.clone() }).await?;
            let Some(last) = releases.last() else { return Ok::<_, CanaryError>(None) };
            filter.before = Some(last.summary.id.clone());
            filter.limit = filter.limit.saturating_sub(releases.len());
            Ok(Some((stream::iter(releases.into_iter().map(Ok)), (canaries, filter))))
        });
        pages.try_flatten()
    }

    /// Id, version and document of the chosen config.
    async fn chosen(&self, choice: &ConfigChoice) -> Result<(String, i64, Value), CanaryError> {
        match choice {
            ConfigChoice::Inline(document) => Ok((String::new(), 0, document.clone())),
            ConfigChoice::Stored { id, version } => {
                let found = self.shared.store.config(id, *version).await?;
                Ok((found.id, found.version, found.document))
            }
        }
    }

    /// A canary.
    ///
    /// # Errors
    /// If no canary has this id, or the store does not answer.
    pub async fn get(&self, id: &str) -> Result<Canary, CanaryError> {
        Ok(self.shared.store.canary(id).await?)
    }

    /// The looks at a canary after look `after`, in order; `after` is 0 for all.
    ///
    /// # Errors
    /// If the store does not answer.
    pub async fn looks(&self, id: &str, after: usize) -> Result<Vec<CanaryLook>, CanaryError> {
        Ok(self.shared.store.looks(id, after, usize::MAX).await?)
    }

    /// At most `limit` looks at a canary after look `after`, in order. Before they are read, `reserve` gets about the number
    /// of bytes that they take.
    ///
    /// # Errors
    /// That of `reserve`, or if the store does not answer.
    pub async fn looks_within<E: From<CanaryError>>(
        &self,
        id: &str,
        after: usize,
        limit: usize,
        reserve: impl FnOnce(usize) -> Result<(), E>,
    ) -> Result<Vec<CanaryLook>, E> {
        let store = &self.shared.store;
        let stored = store.looks_bytes(id, after, limit).await.map_err(CanaryError::from)?;
        reserve(usize::try_from(stored.saturating_mul(READ_BYTES)).unwrap_or(usize::MAX))?;
        Ok(store.looks(id, after, limit).await.map_err(CanaryError::from)?)
    }

    /// A look at a canary by its number, from 1; `None` if it was not made.
    ///
    /// # Errors
    /// If the store does not answer.
    pub async fn look(&self, id: &str, number: usize) -> Result<Option<CanaryLook>, CanaryError> {
        Ok(self.shared.store.look(id, number).await?)
    }

    /// About the number of bytes that the series of a look take while they are read.
    ///
    /// # Errors
    /// As [`Self::metric_set`].
    pub async fn metric_set_bytes(&self, id: &str) -> Result<usize, CanaryError> {
        let MetricSetSize { bytes, points } = self.shared.store.metric_set_size(id).await?;
        // Older series have no number of points.
        let of_points = if points > 0 {
            points.saturating_mul(POINT_BYTES)
        } else {
            bytes.saturating_mul(READ_BYTES)
        };
        let all = of_points.saturating_add(bytes.saturating_mul(STORED_COPIES));
        Ok(usize::try_from(all).unwrap_or(usize::MAX))
    }

    /// The series that a look was judged on.
    ///
    /// # Errors
    /// If no look has this id, or the store does not answer.
    pub async fn metric_set(&self, id: &str) -> Result<MetricSet, CanaryError> {
        Ok(self.shared.store.metric_set(id).await?)
    }

    /// A page of canaries, the newest first.
    ///
    /// # Errors
    /// If the text to search for is too long, or the store does not answer.
    pub async fn list(&self, filter: &CanaryFilter) -> Result<CanaryPage, CanaryError> {
        names::check("search", filter.search.as_deref().unwrap_or_default())?;
        Ok(self.shared.store.list(filter).await?)
    }

    /// Events of canaries in this process, from now on. A listener that is too slow misses some.
    pub fn events(&self) -> broadcast::Receiver<CanaryEvent> {
        self.shared.events.subscribe()
    }

    /// A stream of the looks at a canary after look `after`, each when it is made, and of its end. Looks of
    /// other replicas arrive within a second.
    pub fn watch(
        &self,
        id: &str,
        after: usize,
    ) -> impl Stream<Item = Result<WatchEvent, CanaryError>> + Send + use<> {
        watch(Arc::clone(&self.shared), id, after)
    }

    /// Makes one look at once, at the first window of a plan, and stores nothing: for queries of a score. If it is one of several
    /// `looks`, each of them has the same share of the significance level, whatever the config says.
    ///
    /// # Errors
    /// If the config or the plan cannot be used. If a source does not answer, the look has failed, which is no
    /// error.
    pub async fn look_now(
        &self,
        choice: &ConfigChoice,
        thresholds: Option<Thresholds>,
        spec: PlanSpec,
        looks: Option<Looks>,
    ) -> Result<(CanaryLook, MetricSet), CanaryError> {
        let (_, _, config) = self.chosen(choice).await?;
        let runnable = RunnableConfig::read(&config, thresholds)?;
        let runnable =
            Arc::new(if looks.is_some() { runnable.spending_evenly() } else { runnable });
        let plan = Plan::new(spec, self.now_millis())?;
        runnable.check(&plan)?;
        let window = plan.window(1);
        let window = window.ok_or_else(|| CanaryError::Argument("a plan without looks".into()))?;
        let _room = self.shared.acquire_points(runnable.points(plan.spec(), &window)).await;
        let began_millis = self.now_millis();
        let timeout = Duration::from_millis(plan.spec().fetch_millis);
        let fetched = runnable.fetch(&self.shared.sources, plan.spec(), &window, timeout).await;
        let (result, set) = match fetched {
            Err(failed) => (LookResult::Failed(failed.failure), MetricSet::default()),
            Ok(fetched) => {
                step::judge(&self.shared, &runnable, fetched, looks, self.new_id()).await
            }
        };
        Ok((CanaryLook { window, began_millis, ended_millis: self.now_millis(), result }, set))
    }

    /// Judges the series of an earlier look with another config and other thresholds, and stores nothing.
    ///
    /// # Errors
    /// If the config cannot be used, or the judge refuses the series.
    pub async fn judge_again(
        &self,
        config: &Value,
        thresholds: Thresholds,
        set: MetricSet,
    ) -> Result<Judgement, CanaryError> {
        let config = RunnableConfig::read(config, Some(thresholds))?;
        // The semaphore is never closed.
        let _turn = self.shared.judging.acquire().await;
        let judged = tokio::task::spawn_blocking(move || config.judge_again(&set)).await;
        match judged {
            Ok(judged) => Ok(judged.map_err(UnusableConfig::from)?),
            Err(broken) => Err(CanaryError::BrokenOff(broken.to_string())),
        }
    }

    /// All configs, by name. With `applications`, only those for one of them, and those for all applications.
    ///
    /// # Errors
    /// If the store does not answer.
    pub async fn configs(&self, applications: &[String]) -> Result<Vec<ConfigHead>, CanaryError> {
        let mut all = self.shared.store.configs().await?;
        all.retain(|config| {
            applications.is_empty()
                || config.applications.is_empty()
                || config.applications.iter().any(|name| applications.contains(name))
        });
        Ok(all)
    }

    /// The newest version of a config, or an older one.
    ///
    /// # Errors
    /// If there is no such config or version, or the store does not answer.
    pub async fn config(
        &self,
        id: &str,
        version: Option<i64>,
    ) -> Result<ConfigVersion, CanaryError> {
        Ok(self.shared.store.config(id, version).await?)
    }

    /// All versions of a config, the oldest first, without their documents.
    ///
    /// # Errors
    /// If the store does not answer.
    pub async fn config_versions(&self, id: &str) -> Result<Vec<ConfigVersion>, CanaryError> {
        Ok(self.shared.store.config_versions(id).await?)
    }

    /// Stores a config, or a new version of it; without an id, under a new id. No other config of one of its
    /// applications may have its name.
    ///
    /// # Errors
    /// If a file defines this config, `existing` forbids it, a metric's name is not allowed, or the store does
    /// not answer. No judge checks the config: a draft may be stored.
    pub async fn put_config(
        &self,
        id: Option<&str>,
        document: Value,
        existing: Existing,
        actor: &str,
    ) -> Result<ConfigHead, CanaryError> {
        if let Some(id) = id {
            names::check("id", id)?;
            self.check_no_file(id)?;
        }
        let described = describe(&document)?;
        names::check("name", &described.name)?;
        let id = id.map_or_else(|| uuid::Uuid::new_v4().to_string(), str::to_owned);
        let entry = self.entry(actor, "config.put", &id, &[("name", &described.name)]);
        let (name, applications) = (described.name, described.applications);
        let change = ConfigChange { id, name, applications, document, existing };
        Ok(self.shared.store.put_config(&change, &entry).await?)
    }

    /// Removes a config. Its versions stay, for the canaries that they judged.
    ///
    /// # Errors
    /// If there is no such config, a file defines it, or the store does not answer.
    pub async fn delete_config(&self, id: &str, actor: &str) -> Result<(), CanaryError> {
        self.check_no_file(id)?;
        let entry = self.entry(actor, "config.delete", id, &[]);
        Ok(self.shared.store.delete_config(id, &entry).await?)
    }

    /// Writes an event that somebody else reports, such as a release, to the audit log.
    ///
    /// # Errors
    /// If the store does not answer.
    pub async fn note(
        &self,
        actor: &str,
        action: &str,
        subject: &str,
        detail: BTreeMap<String, String>,
    ) -> Result<(), CanaryError> {
        let entry = AuditEntry { detail, ..self.entry(actor, action, subject, &[]) };
        Ok(self.shared.store.note(&entry).await?)
    }

    fn new_id(&self) -> String {
        new_id(self.now_millis())
    }

    pub(crate) fn entry(
        &self,
        actor: &str,
        action: &str,
        subject: &str,
        detail: &[(&str, &String)],
    ) -> AuditEntry {
        let detail = detail.iter().map(|(name, value)| ((*name).to_owned(), (*value).clone()));
        AuditEntry {
            id: self.new_id(),
            at_millis: self.now_millis(),
            actor: actor.to_owned(),
            action: action.to_owned(),
            subject: subject.to_owned(),
            detail: detail.collect::<BTreeMap<_, _>>(),
        }
    }
}
