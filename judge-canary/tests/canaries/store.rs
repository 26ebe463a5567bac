//! The same tests for every store. Those of PostgreSQL need `JUDGE_POSTGRES`, the URL of a server where databases may
//! be made; `.ci/canary` starts one.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use judge_canary::{
    AuditEntry, CanaryFilter, CanaryLook, CanaryRequest, CanaryState, CanarySummary, ClaimDue,
    ConfigChange, ConfigChoice, Existing, Inserted, JudgedSeries, KeepError, KeepLimits,
    LookRecord, LookResult, LookWindow, MetricSet, NewCanary, PlanSpec, ReleaseFilter, Retention,
    ScopePair, SideWindow, SqlStore, StageTimes, StorePlace, StoredPair, StoredSeries,
};
use judge_core::{Judgement, Thresholds, Verdict};
use serde_json::json;
use tempfile::TempDir;

use crate::postgres::new_database;

/// A store, and what keeps it.
struct Kept {
    store: Arc<SqlStore>,
    place: StorePlace,
    _folder: Option<TempDir>,
}

async fn sqlite() -> Kept {
    let folder = TempDir::new().unwrap();
    let place = StorePlace::Sqlite(folder.path().join("judge db.sqlite"));
    let store = Arc::new(SqlStore::open(&place).await.unwrap());
    Kept { store, place, _folder: Some(folder) }
}

pub(crate) async fn postgres_place() -> StorePlace {
    let server = std::env::var("JUDGE_POSTGRES").expect("JUDGE_POSTGRES is the URL of a server");
    StorePlace::Postgres(new_database(&server).await)
}

async fn postgres() -> Kept {
    let place = postgres_place().await;
    let store = Arc::new(SqlStore::open(&place).await.unwrap());
    Kept { store, place, _folder: None }
}

/// Each test for each store.
macro_rules! on_every_store {
    ($($test:ident),+ $(,)?) => {
        mod on_sqlite {
            $(#[tokio::test]
            async fn $test() {
                super::$test(super::sqlite().await).await;
            })+
        }

        mod on_postgres {
            $(#[tokio::test]
            #[ignore = "needs PostgreSQL"]
            async fn $test() {
                super::$test(super::postgres().await).await;
            })+
        }
    };
}

on_every_store!(
    configs_have_versions_that_outlive_them,
    a_name_is_one_config_of_an_application,
    canaries_are_listed_in_pages,
    work_is_had_by_one,
    looks_are_kept_once,
    a_look_that_is_cancelled_ends_its_canary_once,
    looks_that_end_together_are_kept_each_for_itself,
    what_is_old_or_too_much_is_removed,
    old_entries_of_the_audit_log_are_removed,
    names_may_have_any_letter,
    ends_are_sent_once,
);

fn entry(action: &str, subject: &str, at_millis: i64) -> AuditEntry {
    AuditEntry {
        id: format!("{at_millis:020}{:016x}", fastrand::u64(..)),
        at_millis,
        actor: "ann".to_owned(),
        action: action.to_owned(),
        subject: subject.to_owned(),
        detail: BTreeMap::from([("ü".to_owned(), "'; DROP TABLE audit; --".to_owned())]),
    }
}

fn change(id: &str, name: &str, applications: &[&str], existing: Existing) -> ConfigChange {
    ConfigChange {
        id: id.to_owned(),
        name: name.to_owned(),
        applications: applications.iter().map(|name| (*name).to_owned()).collect(),
        document: json!({"name": name, "ü": 1e-300, "n": null}),
        existing,
    }
}

async fn configs_have_versions_that_outlive_them(Kept { store, .. }: Kept) {
    let put = async |change: ConfigChange, at| {
        store.put_config(&change, &entry("config.put", &change.id, at)).await
    };
    let first = put(change("a", "shop", &["x"], Existing::MustNot), 10).await.unwrap();
    assert_eq!((first.version, first.created_millis, first.updated_millis), (1, 10, 10));
    let again = put(change("a", "shop", &["x"], Existing::MustNot), 11).await.unwrap_err();
    assert_eq!(again.to_string(), "Canary config 'a' already exists.");
    let missing = put(change("b", "other", &["x"], Existing::Must), 11).await.unwrap_err();
    assert_eq!(missing.to_string(), "Canary config 'b' does not exist");
    let second = put(change("a", "shop2", &["x", "y"], Existing::Must), 20).await.unwrap();
    assert_eq!((second.version, second.created_millis, second.updated_millis), (2, 10, 20));
    assert_eq!(store.configs().await.unwrap(), [second]);
    let missing = store.config("a", Some(3)).await.unwrap_err();
    assert_eq!(missing.to_string(), "Config version 'a 3' does not exist");
    let name = async |version| store.config("a", version).await.unwrap().document["name"].clone();
    assert_eq!((name(None).await, name(Some(1)).await), (json!("shop2"), json!("shop")));
    assert_eq!(store.config("a", None).await.unwrap().document["ü"], json!(1e-300));
    store.delete_config("a", &entry("config.delete", "a", 30)).await.unwrap();
    assert!(store.delete_config("a", &entry("config.delete", "a", 31)).await.is_err());
    assert!(store.configs().await.unwrap().is_empty() && store.config("a", None).await.is_err());
    assert_eq!(name(Some(2)).await, json!("shop2"));
    assert_eq!(put(change("a", "shop", &["x"], Existing::May), 40).await.unwrap().version, 3);
    let versions = store.config_versions("a").await.unwrap();
    let numbers: Vec<_> = versions.iter().map(|one| (one.version, one.at_millis)).collect();
    assert_eq!(numbers, [(1, 10), (2, 20), (3, 40)]);
    // What was refused left no trace.
    let entries = store.audit(None, None, 100).await.unwrap();
    let times: Vec<_> = entries.iter().map(|entry| entry.at_millis).collect();
    assert_eq!(times, [40, 30, 20, 10]);
    assert_eq!(entries[0].detail["ü"], "'; DROP TABLE audit; --");
    let before = store.audit(Some("a"), Some(&entries[1].id), 1).await.unwrap();
    assert_eq!(before[0].at_millis, 20);
}

async fn a_name_is_one_config_of_an_application(Kept { store, .. }: Kept) {
    let put = async |id: &str, applications: &[&str]| {
        let change = change(id, "shop", applications, Existing::MustNot);
        store.put_config(&change, &entry("config.put", id, 1)).await
    };
    put("a", &["x", "y"]).await.unwrap();
    put("b", &["z"]).await.unwrap();
    let same = put("c", &["w", "y"]).await.unwrap_err().to_string();
    assert_eq!(
        same,
        "Canary config with name 'shop' already exists in the scope of applications [w, y]."
    );
    // A config of a file may be for all applications, whichever of the two is stored first.
    assert!(put("all", &[]).await.is_err());
    let put_other = async |id: &str, applications: &[&str]| {
        let change = change(id, "other", applications, Existing::May);
        store.put_config(&change, &entry("config.put", id, 1)).await
    };
    put_other("all", &[]).await.unwrap();
    assert!(put_other("d", &["x"]).await.is_err());
    put_other("all", &["y"]).await.unwrap();
    put_other("d", &["x"]).await.unwrap();
    // Of many at once, one is stored.
    let all = (0..8).map(async |number| put(&format!("n{number}"), &["same"]).await.is_ok());
    let stored = futures_util::future::join_all(all).await;
    assert_eq!(stored.into_iter().filter(|stored| *stored).count(), 1);
}

fn new(id: &str, application: &str, next_millis: i64) -> NewCanary {
    let summary = CanarySummary {
        id: id.to_owned(),
        origin: "canary".to_owned(),
        application: application.to_owned(),
        config_id: "c".to_owned(),
        config_version: 3,
        config_name: "shop".to_owned(),
        caller: "ann".to_owned(),
        planned: 2,
        created_millis: 1,
        next_millis,
        ..CanarySummary::default()
    };
    let request = CanaryRequest {
        key: None,
        origin: "canary".to_owned(),
        application: application.to_owned(),
        config: ConfigChoice::Stored { id: "c".to_owned(), version: None },
        thresholds: Some(Thresholds::new(90.0, 50.0).unwrap()),
        plan: PlanSpec::stage(ScopePair::new("a", "b"), StageTimes::lasting(60_000)),
        metadata: BTreeMap::from([("who".to_owned(), "ü".to_owned())]),
        api: json!({"any": [1, null]}),
    };
    NewCanary { summary, request, config: json!({"name": "shop"}), warnings: vec!["drifts".into()] }
}

async fn insert(store: &Arc<SqlStore>, new: &NewCanary) -> Inserted {
    store.insert(new, &entry("canary.start", &new.summary.id, 1)).await.unwrap()
}

async fn canaries_are_listed_in_pages(Kept { store, .. }: Kept) {
    for number in 0..25 {
        let application = if number % 2 == 0 { "even" } else { "odd" };
        let one = new(&format!("id{number:02}"), application, 5);
        assert_eq!(insert(&store, &one).await, Inserted::New);
    }
    let got = store.canary("id07").await.unwrap();
    let expected = new("id07", "odd", 5);
    assert_eq!(
        (&got.summary, &got.request, &got.config, &got.warnings),
        (&expected.summary, &expected.request, &expected.config, &expected.warnings)
    );
    assert!(store.canary("id99").await.is_err());
    let list = async |filter: CanaryFilter| {
        let page = store.list(&filter).await.unwrap();
        let ids: Vec<String> = page.canaries.into_iter().map(|canary| canary.id).collect();
        (ids.join(" "), page.next)
    };
    let even =
        CanaryFilter { application: Some("even".to_owned()), limit: 5, ..CanaryFilter::default() };
    let (ids, next) = list(even.clone()).await;
    assert_eq!((ids.as_str(), next.as_deref()), ("id24 id22 id20 id18 id16", Some("id16")));
    let (ids, next) = list(CanaryFilter { before: next, skip: 1, limit: 10, ..even.clone() }).await;
    assert_eq!((ids.as_str(), next), ("id12 id10 id08 id06 id04 id02 id00", None));
    let cancel = async |id: &str| store.cancel(id, &entry("canary.cancel", id, 9)).await;
    assert!(cancel("id04").await.unwrap() && !cancel("id04").await.unwrap());
    assert!(cancel("id99").await.is_err());
    let states = vec![CanaryState::Cancelled, CanaryState::Failed];
    assert_eq!(list(CanaryFilter { states, ..even }).await.0, "id04");
    let CanarySummary { config_name, config_id, origin, .. } = got.summary;
    let every = CanaryFilter {
        application: Some("odd".to_owned()),
        config_name: Some(config_name),
        config_id: Some(config_id),
        origins: vec!["other".to_owned(), origin],
        states: vec![CanaryState::Running],
        search: Some("ODD".to_owned()),
        limit: 2,
        ..CanaryFilter::default()
    };
    assert_eq!(list(every.clone()).await.0, "id23 id21");
    let found = list(CanaryFilter { before: Some("id03".to_owned()), ..every.clone() }).await;
    assert_eq!(found, ("id01".to_owned(), None));
    let none = CanaryFilter { verdict: Some(Verdict::Pass), ..every };
    assert_eq!(list(none).await.0, "");
    let search = async |search: &str| {
        let search = Some(search.to_owned());
        list(CanaryFilter { search, ..CanaryFilter::default() }).await.0
    };
    for (text, found) in [("CANCELLED by", "id04"), ("by%", ""), ("b_", ""), ("!", ""), ("'", "")] {
        assert_eq!(search(text).await, found, "{text}");
    }
    let failed = CanaryFilter { verdict: Some(Verdict::Fail), ..CanaryFilter::default() };
    assert_eq!(list(failed).await.0, "");
    let other = CanaryFilter { origins: vec!["kayenta".to_owned()], ..CanaryFilter::default() };
    assert_eq!(list(other).await.0, "");
    let both = vec!["kayenta".to_owned(), "canary".to_owned()];
    let both = CanaryFilter { origins: both, ..CanaryFilter::default() };
    assert_eq!(list(both).await.0.split(' ').count(), 25);
    assert_eq!(list(CanaryFilter::default()).await.0.split(' ').count(), 25);
    // Other letters than those of ASCII are found as they are written.
    insert(&store, &new("id25", "É é", 5)).await;
    for (text, found) in [("É", "id25"), ("É É", ""), ("é SHOP ann", "id25")] {
        assert_eq!(search(text).await, found, "{text}");
    }
    // A key is used once, by whoever was first.
    let keyed = |id: &str| {
        let mut one = new(id, "even", 5);
        one.request.key = Some("id id00".to_owned());
        one
    };
    assert_eq!(insert(&store, &keyed("k1")).await, Inserted::New);
    assert_eq!(insert(&store, &keyed("k2")).await, Inserted::Before("k1".to_owned()));
    assert_eq!(store.by_key("id id00").await.unwrap().as_deref(), Some("k1"));
    assert_eq!(store.by_key("id00").await.unwrap(), None);
}

fn claim(owner: &str, now: i64, limit: usize) -> ClaimDue<'_> {
    ClaimDue { owner, now_millis: now, lease_millis: now + 30, limit }
}

async fn claimed(store: &Arc<SqlStore>, owner: &str, now: i64) -> BTreeSet<String> {
    let claimed = store.claim(claim(owner, now, 100)).await.unwrap();
    claimed.into_iter().map(|one| one.canary.summary.id).collect()
}

fn ids(ids: &[&str]) -> BTreeSet<String> {
    ids.iter().map(|id| (*id).to_owned()).collect()
}

async fn work_is_had_by_one(Kept { store, .. }: Kept) {
    assert_eq!(store.next_due().await.unwrap(), None);
    for (id, next) in [("a", 10), ("b", 20), ("c", 1000)] {
        insert(&store, &new(id, "x", next)).await;
    }
    assert_eq!(store.next_due().await.unwrap(), Some(10));
    assert_eq!(claimed(&store, "one", 9).await, ids(&[]));
    assert_eq!(claimed(&store, "one", 10).await, ids(&["a"]));
    assert_eq!(claimed(&store, "two", 20).await, ids(&["b"]));
    assert_eq!(claimed(&store, "one", 39).await, ids(&[]));
    // The first lease ends; the second was lengthened by the worker that has it.
    let renewed = async |owner, of: &[&str], until| -> BTreeSet<String> {
        let of: Vec<String> = of.iter().map(|id| (*id).to_owned()).collect();
        store.renew(owner, &of, until).await.unwrap().into_iter().collect()
    };
    assert_eq!(renewed("one", &["b"], 90).await, ids(&[]));
    assert_eq!(renewed("two", &["b", "c"], 100).await, ids(&["b"]));
    assert_eq!(renewed("one", &[], 90).await, ids(&[]));
    assert_eq!(store.next_due().await.unwrap(), Some(40));
    assert_eq!(claimed(&store, "three", 40).await, ids(&["a"]));
    let late = store.postpone("one", "a", 50, 1, 40).await.unwrap_err();
    assert!(matches!(late, KeepError::LeaseLost(id) if id == "a"));
    store.postpone("three", "a", 50, 2, 40).await.unwrap();
    assert_eq!(claimed(&store, "one", 49).await, ids(&[]));
    let again = store.claim(claim("one", 50, 100)).await.unwrap();
    assert_eq!((again[0].attempts, again[0].since_millis), (2, 40));
    // Many at once have each of many once.
    for number in 0..60 {
        insert(&store, &new(&format!("n{number:02}"), "x", 60)).await;
    }
    let all = (0..6).map(async |worker| {
        let worker = format!("w{worker}");
        let mut mine = Vec::new();
        loop {
            let claimed = store.claim(claim(&worker, 60, 7)).await.unwrap();
            if claimed.is_empty() {
                return mine;
            }
            mine.extend(claimed.into_iter().map(|one| one.canary.summary.id));
        }
    });
    let all: Vec<String> =
        futures_util::future::join_all(all).await.into_iter().flatten().collect();
    assert_eq!(all.len(), 60);
    assert_eq!(all.into_iter().collect::<BTreeSet<_>>().len(), 60);
}

fn look(number: usize) -> (CanaryLook, MetricSet) {
    let window = SideWindow { start_millis: 0, end_millis: 120_000, step_millis: 60_000 };
    let series = |values| StoredSeries { query: "up".to_owned(), window, values };
    let pair = StoredPair {
        id: format!("pair {number}"),
        metric: "m".to_owned(),
        tags: BTreeMap::from([("zone".to_owned(), None)]),
        baseline: series(vec![0.1 + 0.2, 4.0]),
        canary: series(vec![f64::INFINITY, -0.0]),
    };
    let thresholds = Thresholds::new(90.0, 50.0).unwrap();
    let judged = JudgedSeries {
        judgement: Judgement::new("test", 66.67, thresholds),
        warnings: vec!["said".to_owned()],
        metric_set: format!("set {number}"),
    };
    let window = LookWindow { number, due_millis: 1, scopes: BTreeMap::new() };
    let result = LookResult::Judged(Box::new(judged));
    let look = CanaryLook { window, began_millis: 2, ended_millis: 3, result };
    (look, MetricSet { pairs: vec![pair] })
}

async fn keep(
    store: &Arc<SqlStore>,
    owner: &str,
    after: &CanarySummary,
    number: usize,
) -> Result<(), KeepError> {
    let (look, set) = look(number);
    let id = format!("{} {number}", after.id);
    store.record(LookRecord { owner, look: &look, metric_set: Some((&id, &set)), after }).await
}

async fn looks_are_kept_once(Kept { store, .. }: Kept) {
    insert(&store, &new("a", "x", 10)).await;
    let mut after = new("a", "x", 500).summary;
    (after.looks, after.score, after.verdict) = (1, Some(66.67), Some(Verdict::Marginal));
    assert!(keep(&store, "one", &after, 1).await.is_err(), "it was not claimed");
    claimed(&store, "one", 10).await;
    claimed(&store, "two", 50).await;
    assert!(matches!(keep(&store, "one", &after, 1).await, Err(KeepError::LeaseLost(_))));
    assert!(keep(&store, "two", &after, 2).await.is_err(), "it is not the next look");
    assert!(store.looks("a", 0, 100).await.unwrap().is_empty());
    assert_eq!(store.looks_bytes("a", 0, 100).await.unwrap(), 0);
    assert!(store.metric_set("a 1").await.is_err());
    assert!(store.metric_set_size("a 1").await.is_err());
    keep(&store, "two", &after, 1).await.unwrap();
    assert!(keep(&store, "two", &after, 1).await.is_err());
    let canary = store.canary("a").await.unwrap().summary;
    assert_eq!((canary.looks, canary.next_millis, canary.score), (1, 500, Some(66.67)));
    assert_eq!(store.looks("a", 0, 100).await.unwrap(), [look(1).0]);
    let bytes = async |after, limit| store.looks_bytes("a", after, limit).await.unwrap();
    assert!(bytes(0, 1).await > 100 && bytes(0, usize::MAX).await == bytes(0, 1).await);
    assert_eq!((bytes(0, 0).await, bytes(1, 100).await), (0, 0));
    assert!(store.looks("a", 0, 0).await.unwrap().is_empty());
    let set = store.metric_set("a 1").await.unwrap();
    assert_eq!(set, look(1).1);
    assert!(set.pairs[0].canary.values[1].is_sign_negative());
    let size = store.metric_set_size("a 1").await.unwrap();
    assert!(size.bytes > 100 && size.points == 4, "{size:?}");
    // One that is cancelled while it is looked at has no further look.
    claimed(&store, "one", 500).await;
    store.cancel("a", &entry("canary.cancel", "a", 501)).await.unwrap();
    assert!(matches!(keep(&store, "one", &after, 2).await, Err(KeepError::LeaseLost(_))));
    assert_eq!(store.looks("a", 1, 100).await.unwrap(), []);
    assert_eq!(store.next_due().await.unwrap(), None);
}

async fn a_look_that_is_cancelled_ends_its_canary_once(Kept { store, .. }: Kept) {
    insert(&store, &new("a", "x", 10)).await;
    claimed(&store, "one", 10).await;
    let mut after = kept("a");
    (after.state, after.ended_millis) = (CanaryState::Failed, Some(30));
    let cancel = async |number: usize| {
        let entry = entry("canary.cancel", "a", 30);
        store.cancel_look(&look(number).0, &after, &entry).await.unwrap()
    };
    // Of two at once, one ended it, whoever has its lease; and the look that was under way is nobody's.
    let both = futures_util::join!(cancel(1), cancel(1));
    assert!(both.0 != both.1, "{both:?}");
    assert!(matches!(keep(&store, "one", &after, 1).await, Err(KeepError::LeaseLost(_))));
    let canary = store.canary("a").await.unwrap().summary;
    assert_eq!(
        (canary.state, canary.looks, canary.ended_millis),
        (CanaryState::Failed, 1, Some(30))
    );
    assert_eq!(store.looks("a", 0, 100).await.unwrap(), [look(1).0]);
    assert_eq!(store.next_due().await.unwrap(), None);
    assert_eq!(store.audit(Some("a"), None, 9).await.unwrap().len(), 2);
    assert!(!cancel(2).await);
}

/// One look, as [`keep`] keeps it, by a canary of its own.
fn kept(id: &str) -> CanarySummary {
    let mut after = new(id, "x", 500).summary;
    (after.looks, after.score, after.verdict) = (1, Some(66.67), Some(Verdict::Marginal));
    after
}

async fn looks_that_end_together_are_kept_each_for_itself(Kept { store, .. }: Kept) {
    let names: Vec<String> = (10..40).map(|number| format!("id{number}")).collect();
    for id in &names {
        insert(&store, &new(id, "x", 10)).await;
    }
    claimed(&store, "one", 10).await;
    let after: Vec<CanarySummary> = names.iter().map(|id| kept(id)).collect();
    // A look whose series are there before it, which no database takes.
    keep(&store, "one", &after[7], 1).await.unwrap();
    let (first, taken) = (look(1), ("id17 1", MetricSet::default()));
    let all = after.iter().enumerate().map(async |(index, after)| match index {
        3 => keep(&store, "two", after, 1).await,
        5 => {
            let metric_set = Some((taken.0, &taken.1));
            store.record(LookRecord { owner: "one", look: &first.0, metric_set, after }).await
        }
        _ => keep(&store, "one", after, 1).await,
    });
    let results = futures_util::future::join_all(all).await;
    for (index, (id, result)) in names.iter().zip(results).enumerate() {
        let looks = store.looks(id, 0, 100).await.unwrap().len();
        match index {
            3 => assert!(matches!(result, Err(KeepError::LeaseLost(_))), "{result:?}"),
            5 => assert!(matches!(result, Err(KeepError::Failed(_))), "{result:?}"),
            7 => assert!(matches!(result, Err(KeepError::LeaseLost(_))), "it was kept before"),
            _ => result.unwrap(),
        }
        assert_eq!(looks, usize::from(![3, 5].contains(&index)), "{id}");
    }
}

#[tokio::test]
async fn looks_that_wait_for_their_turn_are_written_by_the_first() {
    let Kept { store, _folder, .. } = sqlite().await;
    let names = ["a", "b", "c", "d"];
    for id in names {
        insert(&store, &new(id, "x", 10)).await;
    }
    claimed(&store, "one", 10).await;
    let after = names.map(kept);
    let [mut a, mut b, mut c, mut d] =
        [0, 1, 2, 3].map(|index| Box::pin(keep(&store, "one", &after[index], 1)));
    // The first has its turn, and the others wait.
    for one in [&mut a, &mut b, &mut c, &mut d] {
        assert!(one.now_or_never().is_none());
    }
    a.await.unwrap();
    assert!(store.looks("b", 0, 100).await.unwrap().is_empty());
    b.await.unwrap();
    for id in names {
        assert_eq!(store.looks(id, 0, 100).await.unwrap().len(), 1, "{id}");
    }
    c.await.unwrap();
    d.await.unwrap();
}

async fn what_is_old_or_too_much_is_removed(Kept { store, .. }: Kept) {
    for number in 0..30_i64 {
        let id = format!("id{number:02}");
        insert(&store, &new(&id, "x", 10)).await;
        claimed(&store, "one", 10).await;
        let mut after = new(&id, "x", 10).summary;
        if number < 29 {
            (after.state, after.ended_millis) = (CanaryState::Finished, Some(number));
        }
        keep(&store, "one", &after, 1).await.unwrap();
    }
    let releases = async |application: &str, limit| {
        let (application, config_name) = (application.to_owned(), Some("shop".to_owned()));
        let filter = ReleaseFilter { application, config_name, verdict: None, before: None, limit };
        store.releases(&filter).await.unwrap()
    };
    let newest = releases("x", 2).await;
    let ids: Vec<_> = newest.iter().map(|release| release.summary.id.as_str()).collect();
    assert_eq!(ids, ["id28", "id27"], "the last is under way");
    assert_eq!(Some(&newest[0].judgement), look(1).0.judgement());
    assert_eq!((releases("x", 100).await.len(), releases("y", 100).await.len()), (29, 0));
    let left = async || store.list(&CanaryFilter::default()).await.unwrap().canaries.len();
    let none = Retention::default();
    assert_eq!(store.retain(none).await.unwrap(), 0);
    let old = Retention { ended_before_millis: Some(10), ..none };
    assert_eq!((store.retain(old).await.unwrap(), left().await), (10, 20));
    assert!(store.looks("id09", 0, 100).await.unwrap().is_empty());
    assert!(store.metric_set("id09 1").await.is_err() && store.metric_set("id10 1").await.is_ok());
    let much = Retention { bytes: Some(1_000_000), ..none };
    assert_eq!(store.retain(much).await.unwrap(), 0);
    // As the limit sinks by less than a canary's size, one goes at a time, and what is under way stays.
    let mut removed = Vec::new();
    for bytes in (0..=100_000).rev().step_by(100) {
        removed.push(store.retain(Retention { bytes: Some(bytes), ..none }).await.unwrap());
    }
    assert!(removed.iter().all(|some| *some <= 1), "{removed:?}");
    assert_eq!((removed.iter().sum::<u64>(), left().await), (19, 1));
    assert!(store.metric_set("id28 1").await.is_err() && store.metric_set("id29 1").await.is_ok());
}

#[tokio::test]
async fn what_is_wrong_with_a_file_is_said_at_once() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("judge.db");
    std::fs::write(&path, [0x5a; 4096]).unwrap();
    let place = StorePlace::Sqlite(path);
    let opened = tokio::time::timeout(Duration::from_secs(3), SqlStore::open(&place));
    let error = opened.await.expect("it does not wait").unwrap_err().to_string();
    assert!(error.contains("judge.db: ") && error.contains("restore a copy"), "{error}");
}

#[tokio::test]
async fn a_file_is_for_one_process_and_may_be_read_beside_it() {
    let Kept { store, place, _folder } = sqlite().await;
    insert(&store, &new("a", "x", 10)).await;
    let second = SqlStore::open(&place).await.unwrap_err().to_string();
    assert!(second.contains("judge db.sqlite is in use by another process"), "{second}");
    let StorePlace::Sqlite(path) = &place else { panic!("{place:?}") };
    let link = path.with_file_name("link");
    std::os::unix::fs::symlink(path, &link).unwrap();
    let second = SqlStore::open(&StorePlace::Sqlite(link)).await.unwrap_err().to_string();
    assert!(second.contains("is in use by another process"), "{second}");
    let reader = SqlStore::open_to_read(&place).await.unwrap();
    assert_eq!(reader.audit(None, None, 10).await.unwrap().len(), 1);
    // What it had claimed is free when it begins again.
    claimed(&store, "one", 10).await;
    drop((reader, store));
    let store = Arc::new(SqlStore::open(&place).await.unwrap());
    assert_eq!(claimed(&store, "two", 10).await, ids(&["a"]));
    let missing = StorePlace::Sqlite("/nonexistent/judge.db".into());
    let unread = SqlStore::open_to_read(&missing).await.unwrap_err().to_string();
    assert!(unread.contains("got no file /nonexistent/judge.db"), "{unread}");
    assert!(
        SqlStore::open(&missing).await.unwrap_err().to_string().contains("/nonexistent/judge.db")
    );
}

async fn ends_are_sent_once(Kept { store, .. }: Kept) {
    let end = async |id: &str, at: i64| {
        insert(&store, &new(id, "x", 10)).await;
        claimed(&store, "one", 10).await;
        let mut after = new(id, "x", 10).summary;
        (after.state, after.ended_millis) = (CanaryState::Finished, Some(at));
        keep(&store, "one", &after, 1).await.unwrap();
    };
    // Before anyone asks for them they are not noted.
    end("a", 10).await;
    store.note_deliveries();
    end("b", 20).await;
    insert(&store, &new("c", "x", 10)).await;
    store.cancel("c", &entry("canary.cancel", "c", 30)).await.unwrap();
    let due = async |owner: &str, now: i64| {
        let due = store.claim_deliveries(claim(owner, now, 10)).await.unwrap();
        let mut due: Vec<_> = due.into_iter().map(|one| (one.canary_id, one.attempts)).collect();
        due.sort();
        due
    };
    let b = |attempts| vec![("b".to_owned(), attempts)];
    assert_eq!(due("one", 19).await, []);
    assert_eq!(due("one", 20).await, b(0));
    assert_eq!(due("two", 21).await, []);
    // Whoever had it is gone.
    assert_eq!(due("two", 50).await, [("b".to_owned(), 0), ("c".to_owned(), 0)]);
    store.postpone_delivery("one", "b", 60).await.unwrap();
    store.postpone_delivery("two", "b", 90).await.unwrap();
    store.remove_delivery("c").await.unwrap();
    assert_eq!(due("one", 89).await, []);
    assert_eq!(due("one", 90).await, b(1));
    // Its canary stays until its end was sent.
    for retention in [
        Retention { ended_before_millis: Some(1000), ..Retention::default() },
        Retention { bytes: Some(0), ..Retention::default() },
    ] {
        store.retain(retention).await.unwrap();
        let left = store.list(&CanaryFilter::default()).await.unwrap().canaries;
        assert_eq!(left.iter().map(|canary| canary.id.as_str()).collect::<Vec<_>>(), ["b"]);
    }
    assert_eq!(due("one", 1000).await, b(1));
    store.remove_delivery("b").await.unwrap();
    let old = Retention { ended_before_millis: Some(1000), ..Retention::default() };
    assert_eq!(store.retain(old).await.unwrap(), 1);
}

async fn old_entries_of_the_audit_log_are_removed(Kept { store, .. }: Kept) {
    // More than one transaction removes.
    for at in 0..1100 {
        store.note(&entry("config.put", "a", at)).await.unwrap();
    }
    let left = async || {
        let entries = store.audit(None, None, 2000).await.unwrap();
        entries.iter().rev().map(|entry| entry.at_millis).collect::<Vec<_>>()
    };
    let keep = |audit_age| KeepLimits {
        canary_age: Duration::ZERO,
        canary_bytes: 0,
        audit_age: Duration::from_millis(audit_age),
    };
    // At the time 1100: everything, all, the last 50, the last 49, the last.
    for (age, removed, first) in
        [(0, 0, 0), (1100, 0, 0), (50, 1050, 1050), (49, 1, 1051), (1, 48, 1099)]
    {
        assert_eq!(store.retain(keep(age).retention(1100)).await.unwrap(), removed, "{age}");
        assert_eq!(left().await, (first..1100).collect::<Vec<_>>());
    }
}

async fn names_may_have_any_letter(Kept { store, .. }: Kept) {
    // PostgreSQL's texts have no NUL.
    let odd = "\0'\"\\%_!\u{202e}\u{fffd}🦀\r\n";
    let mut canary = new("a", odd, 10);
    canary.summary.caller = odd.to_owned();
    canary.request.key = Some(odd.to_owned());
    assert_eq!(insert(&store, &canary).await, Inserted::New);
    assert_eq!(insert(&store, &canary).await, Inserted::Before("a".to_owned()));
    assert_eq!(store.by_key(odd).await.unwrap().as_deref(), Some("a"));
    for filter in [
        CanaryFilter { application: Some(odd.to_owned()), ..CanaryFilter::default() },
        CanaryFilter { search: Some(odd.to_owned()), ..CanaryFilter::default() },
    ] {
        assert_eq!(store.list(&filter).await.unwrap().canaries.len(), 1);
    }
    claimed(&store, "one", 10).await;
    let mut after = kept("a");
    after.reason = odd.to_owned();
    keep(&store, "one", &after, 1).await.unwrap();
    assert_eq!(store.canary("a").await.unwrap().summary.reason, odd.replace('\0', "\u{fffd}"));
    store
        .put_config(&change(odd, "shop", &[odd], Existing::MustNot), &entry("config.put", odd, 1))
        .await
        .unwrap();
    assert_eq!(store.config(odd, None).await.unwrap().version, 1);
    assert_eq!(store.configs().await.unwrap()[0].applications, [odd]);
    assert_eq!(store.audit(Some(odd), None, 9).await.unwrap().len(), 1);
    store.delete_config(odd, &entry("config.delete", odd, 2)).await.unwrap();
    for missing in ["\0", "a\0"] {
        assert!(matches!(store.canary(missing).await, Err(KeepError::NotFound { .. })));
        assert!(matches!(store.metric_set(missing).await, Err(KeepError::NotFound { .. })));
        assert!(matches!(store.config(missing, None).await, Err(KeepError::NotFound { .. })));
    }
}
