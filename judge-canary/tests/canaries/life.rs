//! The life of a canary, by a clock of the test's.

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use judge_canary::{
    AuditEntry, Canaries, CanaryError, CanaryFilter, CanaryLook, CanaryRequest, CanaryState,
    CanarySummary, ConfigChoice, DEFAULT_SCOPE, Existing, FailureKind, LookResult, ManualClock,
    PairWindows, PlanSpec, PlanTimes, Postponed, Runner, RunnerOptions, ScopePair, SideWindow,
    SourceFailure, SqlStore, StageTimes, StorePlace, WatchEvent,
};
use judge_core::judges::built_in;
use judge_core::stage::{Lifetime, Lookback, Stage, StageRule, TimeSpan, WindowOptions, Windows};
use judge_core::{JudgeRequest, Judgement, Looks, Verdict, kayenta};
use judge_sources::{
    Compat, FetchRequest, Grid, Queries, Scope, SideRequest, SourceSettings, Sources,
};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::source::{Prometheus, config};

const MINUTE: i64 = 60_000;
const START: i64 = 1_774_744_200_000;

/// Canaries with a runner, a source and a clock.
pub(crate) struct Service {
    pub(crate) canaries: Canaries,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) prometheus: Prometheus,
    ending: CancellationToken,
    running: JoinHandle<()>,
    pub(crate) folder: TempDir,
}

impl Service {
    pub(crate) async fn start() -> Self {
        let (prometheus, folder) = (Prometheus::start().await, TempDir::new().unwrap());
        Self::with(prometheus, folder, START - MINUTE).await
    }

    async fn with(prometheus: Prometheus, folder: TempDir, now: i64) -> Self {
        let sources = prometheus.sources();
        Self::of_sources(prometheus, sources, folder, now).await
    }

    async fn of_sources(
        prometheus: Prometheus,
        sources: Arc<Sources>,
        folder: TempDir,
        now: i64,
    ) -> Self {
        let place = StorePlace::Sqlite(folder.path().join("judge.db"));
        let store = Arc::new(SqlStore::open(&place).await.unwrap());
        let clock = Arc::new(ManualClock::at(now));
        let canaries = Canaries::new(store, sources, clock.clone());
        let ending = CancellationToken::new();
        let runner = Runner::new(&canaries, RunnerOptions::default());
        let running = tokio::spawn(runner.run(ending.clone()));
        Self { canaries, clock, prometheus, ending, running, folder }
    }

    /// Ends it, and begins again at the same time with what it kept.
    pub(crate) async fn restarted(self) -> Self {
        self.ending.cancel();
        self.running.await.unwrap();
        let now = self.canaries.now_millis();
        drop(self.canaries);
        Self::with(self.prometheus, self.folder, now).await
    }

    pub(crate) async fn begin(&self, request: CanaryRequest) -> String {
        self.canaries.start(request, "test").await.unwrap().canary.summary.id
    }

    /// Waits until the canary is as `wanted` says.
    pub(crate) async fn until(
        &self,
        id: &str,
        wanted: impl Fn(&CanarySummary) -> bool,
    ) -> CanarySummary {
        let mut events = self.canaries.events();
        let reached = async {
            loop {
                let summary = self.canaries.get(id).await.unwrap().summary;
                if wanted(&summary) {
                    return summary;
                }
                // Not every change is sent.
                drop(tokio::time::timeout(Duration::from_millis(50), events.recv()).await);
            }
        };
        tokio::time::timeout(Duration::from_mins(1), reached).await.expect("a minute is enough")
    }

    pub(crate) async fn over(&self, id: &str) -> CanarySummary {
        self.until(id, CanarySummary::is_over).await
    }
}

pub(crate) fn stage() -> StageTimes {
    let minutes = |count: u64| count * 60_000;
    StageTimes {
        start_millis: Some(START),
        warm_up_millis: minutes(2),
        interval_millis: Some(minutes(10)),
        ..StageTimes::lasting(minutes(30))
    }
}

pub(crate) fn request(canary: &str, times: StageTimes) -> CanaryRequest {
    CanaryRequest {
        key: None,
        origin: "canary".to_owned(),
        application: "shop".to_owned(),
        config: ConfigChoice::Inline(config(3)),
        thresholds: None,
        plan: PlanSpec::stage(ScopePair::new("stable", canary), times),
        metadata: BTreeMap::new(),
        api: Value::Null,
    }
}

/// What `judge watch` says of the same canary, look by look: its windows, its fetch, its judge.
async fn watched(prometheus: &Prometheus, canary: &str, document: Value) -> Vec<Judgement> {
    let read = kayenta::read_config(document.to_string().as_bytes()).unwrap();
    let queries = Queries::read(&document).unwrap();
    let minutes = |count: u64| Duration::from_mins(count);
    let windows = Windows::try_from(WindowOptions {
        lifetime: Lifetime::Fixed(minutes(30)),
        warm_up: minutes(2),
        interval: Some(minutes(10)),
        lookback: Lookback::Growing,
        baseline_offset: Duration::ZERO,
        step: Some(minutes(1)),
    });
    let whole = TimeSpan { start_millis: START, end_millis: START + 32 * MINUTE };
    let mut judgements = Vec::new();
    let windows = windows.unwrap();
    for window in windows.cut(whole).unwrap() {
        let side = |scope: &str, span: TimeSpan| SideRequest {
            scope: Scope::new(scope),
            grid: Grid::new(span.start_millis, span.end_millis, 60_000).unwrap(),
        };
        let request = FetchRequest {
            baseline: side("stable", window.baseline),
            canary: side(canary, window.canary),
            compat: Compat::None,
            timeout: minutes(1),
        };
        let fetched = prometheus.sources().fetch(&queries, &request).await.unwrap();
        let pairs = fetched.into_iter().flat_map(|metric| metric.pairs).collect();
        let thresholds = read.thresholds.unwrap();
        let mut request = JudgeRequest { config: read.clone(), thresholds, pairs, looks: None };
        let judge = built_in().chosen_by(&request).unwrap();
        request.looks = windows.looks(window, whole).filter(|_| judge.reads_looks());
        judgements.push(judge.judge(&request).unwrap());
    }
    judgements
}

/// Judgements as text, which is the same if and only if every bit is; without the ids of their pairs.
fn text<'a>(judgements: impl IntoIterator<Item = &'a Judgement>) -> Vec<String> {
    let without_ids = |judgement: &Judgement| {
        let mut judgement = judgement.clone();
        judgement.metrics.iter_mut().for_each(|metric| metric.id = None);
        serde_json::to_string(&judgement).unwrap()
    };
    judgements.into_iter().map(without_ids).collect()
}

fn judgements(looks: &[CanaryLook]) -> Vec<&Judgement> {
    looks.iter().filter_map(CanaryLook::judgement).collect()
}

#[tokio::test]
async fn looks_are_made_when_due_and_are_those_of_judge_watch() {
    let service = Service::start().await;
    let id = service.begin(request("canary", stage())).await;
    let before = service.canaries.get(&id).await.unwrap().summary;
    assert_eq!((before.planned, before.looks, before.state), (3, 0, CanaryState::Running));
    assert_eq!(before.next_millis, START + 12 * MINUTE + 15_000);
    // A millisecond before its time nothing is asked.
    service.clock.advance(before.next_millis - 1 - service.canaries.now_millis());
    assert_eq!(service.prometheus.asked(), 0);
    service.clock.advance(1);
    let first = service.until(&id, |canary| canary.looks == 1).await;
    assert_eq!((first.verdict, first.state), (Some(Verdict::Pass), CanaryState::Running));
    assert_eq!(first.next_millis, before.next_millis + 10 * MINUTE);
    // A restart changes nothing.
    let service = service.restarted().await;
    service.clock.advance(10 * MINUTE);
    service.until(&id, |canary| canary.looks == 2).await;
    service.clock.advance(10 * MINUTE);
    let last = service.over(&id).await;
    assert_eq!((last.verdict, last.state), (Some(Verdict::Pass), CanaryState::Finished));
    assert_eq!(last.reason, "score 100 at look 3 of 3");
    let looks = service.canaries.looks(&id, 0).await.unwrap();
    let expected = watched(&service.prometheus, "canary", config(3)).await;
    assert_eq!(text(judgements(&looks)), text(&expected));
    // The series are kept, by the ids of the judgement.
    let set = service.canaries.metric_set(looks[2].metric_set().unwrap()).await.unwrap();
    let ids = |judgement: &Judgement| -> Vec<Option<String>> {
        judgement.metrics.iter().map(|metric| metric.id.clone()).collect()
    };
    let stored: Vec<_> = set.pairs.iter().map(|pair| Some(pair.id.clone())).collect();
    assert_eq!(stored, ids(looks[2].judgement().unwrap()));
    assert_eq!(set.pairs[1].canary.query, "m1{app=\"canary\"}");
    assert_eq!(set.pairs[1].baseline.values.len(), 30);
}

#[tokio::test]
async fn a_bad_canary_of_the_past_is_stopped_at_its_first_look() {
    let service = Service::start().await;
    service.clock.advance(100 * MINUTE);
    let started = service.canaries.start(request("bad", stage()), "test").await.unwrap();
    let CanarySummary { id, next_millis, .. } = started.canary.summary;
    assert_eq!(next_millis, service.canaries.now_millis(), "it waits behind those due before");
    let canary = service.over(&id).await;
    assert_eq!((canary.verdict, canary.looks), (Some(Verdict::Fail), 1));
    assert!(canary.reason.starts_with("score 0 at look 1 of 3: m0 High, "), "{}", canary.reason);
    assert!(canary.reason.ends_with("; also m1, m2"), "{}", canary.reason);
    let good = service.begin(request("good", stage())).await;
    assert_eq!(service.over(&good).await.looks, 3);
}

#[tokio::test]
async fn a_watcher_sees_every_look_and_the_end() {
    let service = Service::start().await;
    service.clock.advance(100 * MINUTE);
    let id = service.begin(request("canary", stage())).await;
    for after in [0, 2] {
        let mut seen = Vec::new();
        let mut events = pin!(service.canaries.watch(&id, after));
        while let Some(event) = events.next().await {
            seen.push(match event.unwrap() {
                WatchEvent::Look(look) => look.window.number.to_string(),
                WatchEvent::Ended(canary) => canary.state.name().to_owned(),
                other => format!("{other:?}"),
            });
        }
        assert_eq!(seen, ["1", "2", "3", "finished"][after..]);
    }
    let missing = pin!(service.canaries.watch("none", 0)).next().await.unwrap();
    assert!(missing.unwrap_err().is_not_found());
}

#[tokio::test]
async fn a_source_that_comes_back_is_asked_again_and_one_that_stays_away_ends_the_canary() {
    let service = Service::start().await;
    service.prometheus.set_away(true);
    let fetch_millis = 1000;
    let due = START + 12 * MINUTE + 15_000;
    let skipping = PlanSpec {
        source_failure: SourceFailure::Skip,
        fetch_millis,
        ..request("canary", stage()).plan
    };
    let failing = PlanSpec { fetch_millis, ..request("canary", stage()).plan };
    let with = |plan: &PlanSpec| CanaryRequest { plan: plan.clone(), ..request("canary", stage()) };
    let (skips, fails) =
        (service.begin(with(&skipping)).await, service.begin(with(&failing)).await);
    service.clock.advance(due - service.canaries.now_millis());
    // Both were tried, and are tried again.
    let tried = |canary: &CanarySummary| canary.next_millis > due;
    while !tried(&service.canaries.get(&skips).await.unwrap().summary)
        || !tried(&service.canaries.get(&fails).await.unwrap().summary)
    {
        tokio::task::yield_now().await;
    }
    service.clock.advance(10 * MINUTE);
    let failed = service.over(&fails).await;
    assert_eq!((failed.state, failed.verdict, failed.looks), (CanaryState::Failed, None, 1));
    assert!(failed.reason.starts_with("look 1 of 3 failed: "), "{}", failed.reason);
    let looks = service.canaries.looks(&fails, 0).await.unwrap();
    let LookResult::Failed(failure) = &looks[0].result else { panic!("it failed") };
    assert_eq!((failure.kind, failure.reasons.len()), (FailureKind::Source, 6));
    service.until(&skips, |canary| canary.looks >= 1).await;
    service.prometheus.set_away(false);
    service.clock.advance(20 * MINUTE);
    let skipped = service.over(&skips).await;
    assert_eq!((skipped.state, skipped.verdict), (CanaryState::Finished, Some(Verdict::Pass)));
}

#[tokio::test]
async fn a_canary_whose_queries_wait_for_those_of_another_is_not_blamed_on_the_source() {
    let (prometheus, folder) = (Prometheus::start().await, TempDir::new().unwrap());
    let table = format!("[sources.main]\nurl = '{}'\nmax-queries = 1", prometheus.url());
    let settings = SourceSettings::read_all(&table).unwrap();
    let sources = Arc::new(Sources::new(settings).unwrap());
    let service = Service::of_sources(prometheus, sources, folder, START).await;
    service.prometheus.set_held(true);
    service.clock.advance(12 * MINUTE + 15_000);
    service.begin(request("first", stage())).await;
    while service.prometheus.asked() == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let mut events = service.canaries.events();
    let plan = PlanSpec { fetch_millis: 1000, ..request("waiting", stage()).plan };
    let id = service.begin(CanaryRequest { plan, ..request("waiting", stage()) }).await;
    // It is tried twice, the second time long after a source that is away would have ended it.
    for _ in 0..2 {
        let now = service.canaries.now_millis();
        let waits = service.until(&id, |canary| canary.next_millis > now);
        assert_eq!(waits.await.state, CanaryState::Running);
        let postponed = async {
            loop {
                let event = events.recv().await.unwrap();
                if event.canary.id == id && event.postponed.is_some() {
                    return event.postponed;
                }
            }
        };
        let postponed = tokio::time::timeout(Duration::from_secs(20), postponed).await.unwrap();
        assert_eq!(postponed, Some(Postponed::Permits));
        service.clock.advance(100 * MINUTE);
    }
    service.prometheus.set_held(false);
    assert_eq!(service.over(&id).await.state, CanaryState::Finished);
}

#[tokio::test]
async fn starts_with_a_key_are_one_and_a_cancelled_canary_is_looked_at_no_more() {
    let service = Service::start().await;
    let keyed = || CanaryRequest { key: Some("shop 1.7".to_owned()), ..request("canary", stage()) };
    let (one, other) =
        tokio::join!(service.canaries.start(keyed(), "ci"), service.canaries.start(keyed(), "ci"));
    let (one, other) = (one.unwrap(), other.unwrap());
    assert_eq!(one.canary.summary.id, other.canary.summary.id);
    assert!(one.is_new != other.is_new);
    let id = one.canary.summary.id;
    let (canary, ended) = service.canaries.cancel(&id, "ann").await.unwrap();
    assert!(ended && canary.summary.state == CanaryState::Cancelled);
    assert_eq!(canary.summary.reason, "cancelled by ann");
    assert!(!service.canaries.cancel(&id, "bob").await.unwrap().1);
    service.clock.advance(100 * MINUTE);
    let later = service.begin(request("canary", stage())).await;
    service.over(&later).await;
    assert_eq!(service.canaries.get(&id).await.unwrap().summary.looks, 0);
    let entries = service.canaries.store().audit(Some(&id), None, 10).await.unwrap();
    let did: Vec<_> =
        entries.iter().map(|entry| (entry.actor.as_str(), entry.action.as_str())).collect();
    assert_eq!(did, [("ann", "canary.cancel"), ("ci", "canary.start")]);
    assert!(service.canaries.cancel("none", "ann").await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn the_queries_of_a_cancelled_canary_stop() {
    let (prometheus, folder) = (Prometheus::start().await, TempDir::new().unwrap());
    let table = format!("[sources.main]\nurl = '{}'\nmax-queries = 1", prometheus.url());
    let sources = Arc::new(Sources::new(SourceSettings::read_all(&table).unwrap()).unwrap());
    let service = Service::of_sources(prometheus, sources, folder, START).await;
    service.prometheus.set_held(true);
    service.clock.advance(12 * MINUTE + 15_000);
    let asked = async |count| {
        let asked = async {
            while service.prometheus.asked() < count {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), asked).await.expect("it is asked in time");
    };
    let first = service.begin(request("first", stage())).await;
    asked(1).await;
    // Each has the only permit until it is cancelled.
    let second = service.begin(request("second", stage())).await;
    service.canaries.cancel(&first, "ann").await.unwrap();
    asked(2).await;
    let third = service.begin(request("third", stage())).await;
    let entry = AuditEntry {
        id: "entry".to_owned(),
        at_millis: service.canaries.now_millis(),
        actor: "ann at another replica".to_owned(),
        action: "canary.cancel".to_owned(),
        subject: second.clone(),
        detail: BTreeMap::new(),
    };
    service.canaries.store().cancel(&second, &entry).await.unwrap();
    service.clock.advance(RunnerOptions::default().lease_millis / 3);
    asked(3).await;
    service.prometheus.set_held(false);
    service.clock.advance(100 * MINUTE);
    assert_eq!(service.over(&third).await.state, CanaryState::Finished);
    for id in [first, second] {
        let cancelled = service.canaries.get(&id).await.unwrap().summary;
        assert_eq!((cancelled.state, cancelled.looks), (CanaryState::Cancelled, 0));
    }
}

#[tokio::test]
async fn a_canary_that_cannot_be_judged_is_refused_before_it_starts() {
    let service = Service::start().await;
    let no_query = json!({"name": "a", "metrics": [{"name": "m", "groups": ["G"]}],
        "classifier": {"groupWeights": {"G": 100}, "scoreThresholds": {"pass": 95, "marginal": 75}}});
    let mut other_scope = config(1);
    other_scope["metrics"][0]["scopeName"] = json!("east");
    let mut needs_more = config(1);
    needs_more["metrics"][0]["query"]["customInlineTemplate"] = json!("PromQL:m{a=\"${zone}\"}");
    let inline =
        |config| CanaryRequest { config: ConfigChoice::Inline(config), ..request("c", stage()) };
    let stored = ConfigChoice::Stored { id: "none".to_owned(), version: None };
    // Four weeks of 70 s.
    let long = StageTimes { step_millis: 70_000, ..StageTimes::lasting(28 * 24 * 3_600_000) };
    for (request, said) in [
        (inline(no_query), "metrics[0].query"),
        (inline(other_scope), "expected a scope named \"east\", got default"),
        (inline(needs_more), "metric \"m0\", scope \"default\": "),
        (request("c", StageTimes { lifetime_millis: 0, ..stage() }), "lifetime: expected"),
        (CanaryRequest { config: stored, ..request("c", stage()) }, "'none' does not exist"),
        (
            CanaryRequest { config: ConfigChoice::Inline(config(29)), ..request("c", long) },
            "expected at most 2000000 points a look, of both sides of all metrics, got 2004480; lengthen the step",
        ),
    ] {
        let error = service.canaries.start(request, "test").await.unwrap_err();
        assert!(error.is_callers() && error.to_string().contains(said), "{error}");
    }
    assert!(service.canaries.list(&CanaryFilter::default()).await.unwrap().canaries.is_empty());
    // SQLite takes no longer pattern than 50,000 bytes.
    let search = Some("x".repeat(51_000));
    let error = service.canaries.list(&CanaryFilter { search, ..CanaryFilter::default() }).await;
    let error = error.unwrap_err();
    assert!(error.is_callers());
    assert_eq!(error.to_string(), "search: expected at most 1000 bytes, got 51000");
}

#[tokio::test]
async fn a_watcher_sees_every_look_of_a_long_canary() {
    let service = Service::start().await;
    service.clock.advance(100 * MINUTE);
    let times = StageTimes { warm_up_millis: 0, interval_millis: Some(60_000), ..stage() };
    let id = service.begin(request("canary", times)).await;
    assert_eq!(service.over(&id).await.looks, 30);
    let watch = service.canaries.watch(&id, 2).map(|event| match event.unwrap() {
        WatchEvent::Look(look) => look.window.number,
        _ => 0,
    });
    assert_eq!(watch.collect::<Vec<_>>().await, (3..=30).chain([0]).collect::<Vec<_>>());
    let looks = async |after, limit, room| {
        let check = |bytes: usize| match bytes {
            _ if room => Ok(()),
            _ => Err(CanaryError::Argument(bytes.to_string())),
        };
        service.canaries.looks_within(&id, after, limit, check).await
    };
    let numbers = looks(5, 3, true).await.unwrap().into_iter().map(|look| look.window.number);
    assert_eq!(numbers.collect::<Vec<_>>(), [6, 7, 8]);
    let bytes = async |after, limit| -> u64 {
        looks(after, limit, false).await.unwrap_err().to_string().parse().unwrap()
    };
    assert_eq!(bytes(30, 5).await, 0);
    assert!(bytes(0, 3).await > 0);
    assert_eq!(bytes(0, usize::MAX).await, bytes(0, 3).await + bytes(3, usize::MAX).await);
}

#[tokio::test]
async fn each_scope_has_its_own_windows_and_one_look_can_be_had_at_once() {
    let service = Service::start().await;
    service.clock.advance(100 * MINUTE);
    let mut config = config(2);
    config["metrics"][1]["scopeName"] = json!("east");
    let window = |start, minutes| SideWindow {
        start_millis: start,
        end_millis: start + minutes * MINUTE,
        step_millis: 60_000,
    };
    let times = BTreeMap::from([
        (
            DEFAULT_SCOPE.to_owned(),
            PairWindows { baseline: window(START, 20), canary: window(START, 20) },
        ),
        (
            "east".to_owned(),
            PairWindows { baseline: window(START - 60 * MINUTE, 30), canary: window(START, 30) },
        ),
    ]);
    let scopes = BTreeMap::from([
        (DEFAULT_SCOPE.to_owned(), ScopePair::new("stable", "canary")),
        ("east".to_owned(), ScopePair::new("east-stable", "bad")),
    ]);
    let plan = PlanSpec { settle_millis: 0, ..PlanSpec::new(scopes, PlanTimes::Once(times)) };
    let head = service.canaries.put_config(None, config, Existing::MustNot, "ann").await.unwrap();
    let choice = ConfigChoice::Stored { id: head.id.clone(), version: None };
    let (look, set) = service.canaries.look_now(&choice, None, plan.clone(), None).await.unwrap();
    assert_eq!(look.judgement().unwrap().score, 50.0);
    assert_eq!(look.judgement().unwrap().look, None);
    let points =
        |pair: usize| (set.pairs[pair].baseline.values.len(), set.pairs[pair].canary.window);
    assert_eq!(points(0), (20, window(START, 20)));
    assert_eq!(points(1), (30, window(START, 30)));
    assert_eq!(set.pairs[1].baseline.query, "m1{app=\"east-stable\"}");
    let id = service.begin(CanaryRequest { config: choice, plan, ..request("x", stage()) }).await;
    let canary = service.over(&id).await;
    assert_eq!((canary.score, canary.config_id, canary.config_version), (Some(50.0), head.id, 1));
}

#[tokio::test]
async fn a_judge_that_reads_looks_gets_their_number_and_plan() {
    let service = Service::start().await;
    service.clock.advance(100 * MINUTE);
    let mut document = config(3);
    document["judge"]["name"] = json!("EvidenceJudge-v1");
    let choice = ConfigChoice::Inline(document.clone());
    let request = CanaryRequest { config: choice, ..request("canary", stage()) };
    let id = service.begin(request).await;
    let canary = service.over(&id).await;
    let looks = service.canaries.looks(&id, 0).await.unwrap();
    let expected = watched(&service.prometheus, "canary", document).await;
    assert!(expected.iter().all(|judgement| judgement.look.is_some()));
    assert_eq!(text(judgements(&looks)), text(&expected[..looks.len()]));
    let stage = Stage::from_judgements(StageRule::Judge, &expected).unwrap();
    assert_eq!(canary.verdict, Some(stage.verdict));
    assert_eq!(looks.len(), stage.ended_at().unwrap_or(3));
}

#[tokio::test]
async fn one_look_of_several_has_an_even_share_of_the_level() {
    let service = Service::start().await;
    service.clock.advance(100 * MINUTE);
    let mut document = config(1);
    document["judge"]["name"] = json!("EvidenceJudge-v1");
    let choice = ConfigChoice::Inline(document);
    let window =
        SideWindow { start_millis: START, end_millis: START + 20 * MINUTE, step_millis: 60_000 };
    let windows = PairWindows { baseline: window, canary: window };
    let times = PlanTimes::Once(BTreeMap::from([(DEFAULT_SCOPE.to_owned(), windows)]));
    let scopes = BTreeMap::from([(DEFAULT_SCOPE.to_owned(), ScopePair::new("stable", "young"))]);
    let plan = PlanSpec::new(scopes, times);
    let looks = Some(Looks::new(1, 4).unwrap().sliding().ended());
    let (look, _) = service.canaries.look_now(&choice, None, plan, looks).await.unwrap();
    let judgement = look.judgement().unwrap();
    assert!((judgement.look.unwrap().level - 0.0025).abs() < 1e-12, "{:?}", judgement.look);
    // No later look decides.
    assert!(judgement.metrics[0].explanation().contains("5 a side are needed; a longer window"));
}

#[tokio::test]
async fn a_plan_whose_looks_have_too_few_points_is_warned_of() {
    let service = Service::start().await;
    let mut document = config(1);
    document["judge"]["name"] = json!("EvidenceJudge-v1");
    for (minutes, is_warned) in [(4, true), (5, false)] {
        let plan = PlanSpec::stage(
            ScopePair::new("stable", "canary"),
            StageTimes::lasting(minutes * MINUTE.unsigned_abs()),
        );
        let config = ConfigChoice::Inline(document.clone());
        let request = CanaryRequest { config, plan, ..request("canary", stage()) };
        let started = service.canaries.start(request, "ann").await.unwrap();
        let warnings = started.canary.warnings;
        let said = "no look can be judged: even the last has only 4 points a side";
        assert_eq!(
            warnings.iter().any(|warning| warning.starts_with(said)),
            is_warned,
            "{warnings:?}"
        );
    }
}
