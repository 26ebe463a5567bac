//! One step of one canary: fetch, judge, record, decide.

use std::sync::Arc;
use std::time::Duration;

use judge_core::Looks;
use tokio_util::sync::CancellationToken;
use tracing::{debug, info, warn};

use crate::machine;
use crate::plan::{LookWindow, Plan};
use crate::record::{
    Canary, CanaryLook, CanarySummary, FailureKind, LookFailure, LookResult, MetricSet,
};
use crate::runnable::{FetchedLook, RunnableConfig};
use crate::shared::{CanaryEvent, Postponed, SharedState};
use crate::store::{Claimed, KeepError, LookRecord};

/// First wait before an unavailable source is asked again; it doubles.
const FIRST_WAIT: i64 = 500;
/// The longest such wait.
const LONGEST_WAIT: i64 = 15_000;
/// Shortest timeout of a fetch.
const LEAST_FETCH: i64 = 1000;
/// Attempts to write a look, a second apart, while the store is unavailable. After that its lease runs out, and
/// another claim makes the look again.
const WRITES: u32 = 20;

/// Plan and config of a canary, read once.
#[derive(Debug)]
pub(crate) struct ReadyCanary {
    pub(crate) plan: Plan,
    pub(crate) config: Arc<RunnableConfig>,
}

impl ReadyCanary {
    /// Reads plan and config of a canary. Both were valid at its start.
    pub(crate) fn new(canary: &Canary) -> Result<Self, LookFailure> {
        let failure = |why: String| LookFailure { kind: FailureKind::Judge, reasons: vec![why] };
        let request = &canary.request;
        let plan = Plan::new(request.plan.clone(), canary.summary.created_millis)
            .map_err(|error| failure(error.to_string()))?;
        let config = RunnableConfig::read(&canary.config, request.thresholds)
            .map_err(|error| failure(error.to_string()))?;
        Ok(Self { plan, config: Arc::new(config) })
    }
}

/// Makes the next look at a canary that `owner` has claimed, or gives it back. Once the canary is `lost`, its queries stop.
/// Returns the time of the look after it; `None` if there is none, or if the canary is lost.
pub(crate) async fn make(
    shared: &SharedState,
    owner: &str,
    claimed: &Claimed,
    prepared: &ReadyCanary,
    lost: &CancellationToken,
) -> Option<i64> {
    let canary = &claimed.canary.summary;
    let number = canary.looks + 1;
    let Some(window) = prepared.plan.window(number) else {
        let reason = format!("its plan has {} looks, so there is no look {number}", canary.planned);
        let failure = LookFailure { kind: FailureKind::Judge, reasons: vec![reason] };
        fail(shared, owner, claimed, failure).await;
        return None;
    };
    if window.due_millis > shared.clock.now_millis() {
        give_back(shared, owner, claimed, window.due_millis, 0).await;
        return Some(window.due_millis);
    }
    let spec = prepared.plan.spec();
    let room = shared.acquire_points(prepared.config.points(spec, &window));
    let _room = lost.run_until_cancelled(room).await?;
    let began = shared.clock.now_millis();
    let late_millis = began.saturating_sub(canary.next_millis);
    debug!(canary = canary.id, number, late_millis, "looks");
    let since = if claimed.attempts == 0 { began } else { claimed.since_millis };
    let until = since.saturating_add_unsigned(prepared.plan.patience_millis());
    let left = until.saturating_sub(began).max(LEAST_FETCH);
    let timeout = spec.fetch_millis.min(left.unsigned_abs());
    let timeout = Duration::from_millis(timeout);
    let fetched = prepared.config.fetch(&shared.sources, spec, &window, timeout);
    let (result, set) = match lost.run_until_cancelled(fetched).await? {
        Ok(fetched) => {
            let (looks, seed) = (prepared.plan.look(number), seed(&canary.id, &window));
            judge(shared, &prepared.config, fetched, looks, seed).await
        }
        Err(failed) => {
            let now = shared.clock.now_millis();
            let wait = FIRST_WAIT.saturating_mul(1 << claimed.attempts.min(10)).min(LONGEST_WAIT);
            let goes_on = failed.not_asked || now.saturating_add(wait) < until;
            if failed.may_pass && goes_on {
                let why = failed.failure.reasons.first().cloned().unwrap_or_default();
                debug!(canary = canary.id, number, why, "asks again");
                // Time in which this process had no permit for the queries is not an outage of the source.
                let waited = if failed.not_asked { now.saturating_sub(began) } else { 0 };
                let since_millis = since.saturating_add(waited);
                let claimed = Claimed { since_millis, ..claimed.clone() };
                let attempts = claimed.attempts.saturating_add(u32::from(!failed.not_asked));
                let next = now.saturating_add(wait);
                if !give_back(shared, owner, &claimed, next, attempts).await {
                    return None;
                }
                let reason = if failed.not_asked { Postponed::Permits } else { Postponed::Source };
                let canary = CanarySummary { next_millis: next, ..canary.clone() };
                // It may have no listener.
                let _ = shared.events.send(CanaryEvent { canary, postponed: Some(reason) });
                return Some(next);
            }
            (LookResult::Failed(failed.failure), MetricSet::default())
        }
    };
    let ended_millis = shared.clock.now_millis();
    let look = CanaryLook { window, began_millis: began, ended_millis, result };
    let after = machine::after(&prepared.plan, canary, &look);
    let metric_set = look.metric_set().map(|id| (id, &set));
    let written = write(shared, LookRecord { owner, look: &look, metric_set, after: &after }).await;
    (written && !after.is_over()).then_some(after.next_millis)
}

/// Ends a canary whose plan or config cannot be read, or whose plan has no further look.
pub(crate) async fn fail(
    shared: &SharedState,
    owner: &str,
    claimed: &Claimed,
    failure: LookFailure,
) {
    let now = shared.clock.now_millis();
    let canary = &claimed.canary;
    // The plan is not known, or has no such look, so the window has no scope.
    let window = LookWindow {
        number: canary.summary.looks + 1,
        due_millis: canary.summary.next_millis,
        scopes: std::collections::BTreeMap::new(),
    };
    let reason = failure.reasons.first().cloned().unwrap_or_default();
    let result = LookResult::Failed(failure);
    let look = CanaryLook { window, began_millis: now, ended_millis: now, result };
    let mut after = canary.summary.clone();
    after.state = crate::record::CanaryState::Failed;
    after.ended_millis = Some(now);
    // Earlier verdicts do not count: nobody judged the end.
    (after.verdict, after.score) = (None, None);
    after.looks = look.window.number;
    after.reason = reason;
    write(shared, LookRecord { owner, look: &look, metric_set: None, after: &after }).await;
}

/// The ids of the pairs depend on the look alone, not on the replica that makes it.
fn seed(id: &str, window: &LookWindow) -> String {
    format!("{id} {}", window.number)
}

/// Judges on a blocking thread. The number of judgements at a time is limited for all canaries together.
pub(crate) async fn judge(
    shared: &SharedState,
    config: &Arc<RunnableConfig>,
    fetched: FetchedLook,
    looks: Option<Looks>,
    seed: String,
) -> (LookResult, MetricSet) {
    // The semaphore is never closed.
    let _turn = shared.judging.acquire().await;
    let config = Arc::clone(config);
    let judged = tokio::task::spawn_blocking(move || config.judge(fetched, looks, &seed)).await;
    let why = match judged {
        Ok(Ok((judged, set))) => return (LookResult::Judged(Box::new(judged)), set),
        Ok(Err(refused)) => refused.to_string(),
        Err(broken) => format!("the judge broke off: {broken}"),
    };
    let failure = LookFailure { kind: FailureKind::Judge, reasons: vec![why] };
    (LookResult::Failed(failure), MetricSet::default())
}

/// Writes a look, and retries while the store is unavailable. A look is written as a whole or not at all. If
/// all attempts fail, it will be made again. Returns whether it was written.
async fn write(shared: &SharedState, record: LookRecord<'_>) -> bool {
    let after = record.after;
    for _ in 0..WRITES {
        let recorded = match shared.store.record(record).await {
            // An earlier attempt may have written it, although its answer did not arrive.
            Err(KeepError::LeaseLost(_)) if is_stored(shared, record).await => Ok(()),
            recorded => recorded,
        };
        match recorded {
            Ok(()) => {
                let state = after.state.name();
                info!(
                    canary = after.id,
                    look = after.looks,
                    state,
                    reason = after.reason,
                    "looked"
                );
                shared.send_event(after);
                return true;
            }
            Err(error @ KeepError::LeaseLost(_)) => {
                debug!(canary = after.id, "a look is dropped: {error}");
                return false;
            }
            Err(error) if error.may_pass() => {
                warn!(canary = after.id, "a look is not yet written: {error}");
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            Err(error) => {
                warn!(canary = after.id, "a look is not written: {error}");
                return false;
            }
        }
    }
    false
}

/// Whether the store has this very look, and not one of another replica.
async fn is_stored(shared: &SharedState, record: LookRecord<'_>) -> bool {
    let LookRecord { look, after, .. } = record;
    let times = |look: &CanaryLook| (look.began_millis, look.ended_millis);
    match shared.store.look(&after.id, look.window.number).await {
        Ok(Some(stored)) => times(&stored) == times(look),
        _ => false,
    }
}

async fn give_back(
    shared: &SharedState,
    owner: &str,
    claimed: &Claimed,
    next: i64,
    attempts: u32,
) -> bool {
    let id = &claimed.canary.summary.id;
    let given = shared.store.postpone(owner, id, next, attempts, claimed.since_millis).await;
    match &given {
        Ok(()) | Err(KeepError::LeaseLost(_)) => {}
        // Its lease runs out, and the canary is claimed again.
        Err(error) => warn!(canary = id, "a canary is not given back: {error}"),
    }
    given.is_ok()
}

#[cfg(test)]
mod tests {
    use judge_sources::Sources;
    use serde_json::json;

    use super::*;
    use crate::canaries::Canaries;
    use crate::clock::ManualClock;
    use crate::plan::{PlanSpec, ScopePair, StageTimes};
    use crate::record::{CanaryRequest, ConfigChoice};
    use crate::store::{ClaimDue, SqlStore, StorePlace};

    /// An answer that is lost looks like an unavailable store; the second attempt finds that the canary is given back.
    #[tokio::test]
    async fn a_look_that_an_earlier_attempt_wrote_has_its_event() {
        let folder = tempfile::tempdir().unwrap();
        let place = StorePlace::Sqlite(folder.path().join("judge.db"));
        let store = Arc::new(SqlStore::open(&place).await.unwrap());
        let sources = Arc::new(Sources::new(Vec::new()).unwrap());
        let clock = Arc::new(ManualClock::at(1_000_000));
        let canaries = Canaries::with_threads(store, sources, clock, 3);
        assert_eq!(canaries.shared.judging.available_permits(), 3);
        let config = json!({"name": "shop", "classifier": {"groupWeights": {"G": 100}}, "metrics": [
            {"name": "m", "groups": ["G"], "query": {"type": "prometheus", "customInlineTemplate": "PromQL:m"}},
        ]});
        let times = StageTimes { start_millis: Some(0), ..StageTimes::lasting(600_000) };
        let request = CanaryRequest {
            key: None,
            origin: "canary".to_owned(),
            application: "shop".to_owned(),
            config: ConfigChoice::Inline(config),
            thresholds: None,
            plan: PlanSpec::stage(ScopePair::new("a", "b"), times),
            metadata: std::collections::BTreeMap::new(),
            api: json!(null),
        };
        let id = canaries.start(request, "test").await.unwrap().canary.summary.id;
        let shared = &canaries.shared;
        let claim =
            ClaimDue { owner: "one", now_millis: 1_000_000, lease_millis: 2_000_000, limit: 1 };
        let claimed = shared.store.claim(claim).await.unwrap().remove(0);
        let ready = ReadyCanary::new(&claimed.canary).unwrap();
        let failure = LookFailure { kind: FailureKind::Judge, reasons: vec!["no".to_owned()] };
        let mut look = CanaryLook {
            window: ready.plan.window(1).unwrap(),
            began_millis: 1_000_000,
            ended_millis: 1_000_001,
            result: LookResult::Failed(failure),
        };
        let after = machine::after(&ready.plan, &claimed.canary.summary, &look);
        let record = LookRecord { owner: "one", look: &look, metric_set: None, after: &after };
        shared.store.record(record).await.unwrap();
        let mut events = canaries.events();
        assert!(write(shared, record).await);
        assert_eq!(events.try_recv().unwrap().canary.id, id);
        // Another replica's look is not ours.
        look.began_millis += 1;
        let record = LookRecord { owner: "one", look: &look, metric_set: None, after: &after };
        assert!(!write(shared, record).await);
        assert!(events.try_recv().is_err());
    }
}
