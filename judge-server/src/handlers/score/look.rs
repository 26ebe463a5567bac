//! One look for a query. Equal queries at the same time share it, and a query that cannot wait gets the result of the last
//! one.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use judge_canary::{
    Canaries, CanaryError, ConfigChoice, JudgedSeries, KeepError, LookResult, reason_of,
};
use judge_core::{Judgement, Verdict};
use parking_lot::Mutex;
use tokio::sync::watch;

use super::look_query::LookQuery;

/// Flagger waits for 5 s.
const ANSWER_WITHIN: Duration = Duration::from_secs(4);

/// A store that has not given the config by then is away: a look that waited longer could not say so in its answer.
const STORE_WITHIN: Duration = Duration::from_secs(3);

/// Number of queries whose last look is kept.
const KNOWN: usize = 1024;

/// Most looks in progress. A look goes on for up to a minute after its caller was answered, and takes about 100 kB meanwhile.
const RUNNING: usize = 512;

/// Result of a look.
#[derive(Debug, Clone)]
pub(super) enum LookAnswer {
    /// No look is possible: the config or the query is wrong.
    Refused(String),
    /// The look failed, for example because the source is unavailable.
    Failed(String),
    /// A look is in progress, and no earlier one is recent enough.
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
    /// Whether points decided the verdict.
    pub(super) has_data: bool,
    at_millis: i64,
}

impl Seen {
    fn new(judgement: &Judgement, warnings: Vec<String>, at_millis: i64) -> Self {
        Self {
            score: judgement.score,
            verdict: judgement.verdict,
            reason: reason_of(judgement),
            warnings,
            has_data: judgement.has_data(),
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

    /// Whether it passes or fails; `None` if it does neither.
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

    /// Verdict and reason, with their age if they are not of now.
    pub(super) fn line(&self, now: i64) -> String {
        let age = now.saturating_sub(self.at_millis) / 1000;
        // A current look has just ended; a query with another time waited for the new one.
        let old = if age >= ANSWER_WITHIN.as_secs().cast_signed() / 2 {
            format!(" (of {age} s ago: a new look is under way)")
        } else {
            String::new()
        };
        format!("{}: {}{old}", self.word(), self.reason)
    }
}

type Running = watch::Receiver<Option<LookAnswer>>;

/// Looks in progress, and the last look of each query.
#[derive(Debug, Default)]
pub(crate) struct SharedLooks {
    running: Mutex<HashMap<LookQuery, Running>>,
    /// By the query without its time.
    last: Mutex<HashMap<LookQuery, Arc<Seen>>>,
}

impl SharedLooks {
    /// The answer to a query: from a look now, shared with equal queries, or from the last look if the new one takes long and
    /// the last one is no older than the window.
    pub(super) async fn ask(self: &Arc<Self>, canaries: &Canaries, query: LookQuery) -> LookAnswer {
        let timeless = query.timeless();
        let window = query.window_millis;
        let mut running = self.join(canaries, query, timeless.clone());
        let ready = running.wait_for(Option::is_some);
        match tokio::time::timeout(ANSWER_WITHIN, ready).await {
            Ok(Ok(answer)) => answer.clone().unwrap_or(LookAnswer::NotYet),
            Ok(Err(_)) => LookAnswer::Failed("the look broke off".to_owned()),
            Err(_) => {
                let oldest = canaries.now_millis().saturating_sub_unsigned(window);
                let last = self.last.lock().get(&timeless).cloned();
                let last = last.filter(|seen| seen.at_millis >= oldest);
                last.map_or(LookAnswer::NotYet, LookAnswer::Seen)
            }
        }
    }

    /// Joins the look of this query, or starts it.
    fn join(
        self: &Arc<Self>,
        canaries: &Canaries,
        query: LookQuery,
        timeless: LookQuery,
    ) -> Running {
        let mut all = self.running.lock();
        if let Some(running) = all.get(&query) {
            return running.clone();
        }
        if all.len() >= RUNNING {
            let text =
                format!("{RUNNING} looks are in progress, the most allowed; ask again later");
            return watch::channel(Some(LookAnswer::Failed(text))).1;
        }
        let (told, running) = watch::channel(None);
        all.insert(query.clone(), running.clone());
        let (looks, canaries) = (Arc::clone(self), canaries.clone());
        tokio::spawn(async move {
            let _end = Ended { looks: &looks, query: &query };
            let answer = look(&canaries, query.clone()).await.unwrap_or_else(|answer| answer);
            if let LookAnswer::Seen(seen) = &answer {
                let mut last = looks.last.lock();
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

/// Removes a look from the list when it ends, however it ends.
struct Ended<'a> {
    looks: &'a SharedLooks,
    query: &'a LookQuery,
}

impl Drop for Ended<'_> {
    fn drop(&mut self) {
        self.looks.running.lock().remove(self.query);
    }
}

impl From<CanaryError> for LookAnswer {
    fn from(error: CanaryError) -> Self {
        let text = error.to_string();
        if error.is_callers() { Self::Refused(text) } else { Self::Failed(text) }
    }
}

async fn look(canaries: &Canaries, query: LookQuery) -> Result<LookAnswer, LookAnswer> {
    let choice = tokio::time::timeout(STORE_WITHIN, choice(canaries, &query)).await;
    let choice = choice.unwrap_or_else(|_| {
        let silent = KeepError::Away(format!("no answer within {STORE_WITHIN:?}"));
        Err(CanaryError::from(silent).into())
    })?;
    let looks = query.looks;
    let (look, _) = canaries.look_now(&choice, None, query.plan(), looks).await?;
    Ok(match look.result {
        LookResult::Judged(judged) => {
            let JudgedSeries { judgement, warnings, .. } = *judged;
            LookAnswer::Seen(Arc::new(Seen::new(&judgement, warnings, look.ended_millis)))
        }
        LookResult::Failed(failure) => LookAnswer::Failed(failure.line()),
        _ => LookAnswer::Failed("the look has no judgement".to_owned()),
    })
}

/// The document of the stored config with an id or a name.
async fn choice(canaries: &Canaries, query: &LookQuery) -> Result<ConfigChoice, LookAnswer> {
    let applications: Vec<String> = query.application.iter().cloned().collect();
    let all = canaries.configs(&applications).await?;
    let wanted = &query.config;
    let by_id = all.iter().find(|config| config.id == *wanted);
    let mut named = all.iter().filter(|config| config.name == *wanted);
    let id = match (by_id, named.next(), named.next()) {
        (Some(found), ..) | (None, Some(found), None) => Ok(&found.id),
        (None, Some(_), Some(_)) => Err(format!(
            "config: expected one config named {wanted:?}, got several; give an application or an id"
        )),
        _ => Err(format!(
            "config: expected the name or id of a stored config, as GET /v1/configs lists them, got {wanted:?}"
        )),
    };
    let id = id.map_err(LookAnswer::Refused)?;
    Ok(ConfigChoice::Inline(canaries.config(id, None).await?.document))
}

#[cfg(test)]
mod tests {
    use judge_canary::{SqlStore, StorePlace, SystemClock};
    use judge_sources::Sources;

    use super::*;

    fn query(canary: usize) -> LookQuery {
        let labels = [("config", "shop".to_owned()), ("baseline", "a".to_owned())];
        let labels = labels.into_iter().chain([("canary", format!("b{canary}"))]);
        let labels: Vec<_> = labels.map(|(name, value)| (name.to_owned(), value)).collect();
        LookQuery::from_labels(&labels, 0).unwrap()
    }

    #[tokio::test]
    async fn looks_in_progress_are_bounded_in_number() {
        let folder = tempfile::tempdir().unwrap();
        let place = StorePlace::Sqlite(folder.path().join("judge.db"));
        let store = Arc::new(SqlStore::open(&place).await.unwrap());
        let sources = Arc::new(Sources::new(Vec::new()).unwrap());
        let canaries = Canaries::new(store, sources, Arc::new(SystemClock));
        let looks = Arc::new(SharedLooks::default());
        let (told, running) = watch::channel(None);
        for canary in 0..RUNNING {
            looks.running.lock().insert(query(canary), running.clone());
        }
        let refused = looks.ask(&canaries, query(RUNNING)).await;
        assert!(matches!(&refused, LookAnswer::Failed(why) if why.contains("ask again later")));
        // Whoever asks the same as another shares that look.
        told.send_replace(Some(LookAnswer::NotYet));
        assert!(matches!(looks.ask(&canaries, query(0)).await, LookAnswer::NotYet));
        // One that ended makes room: the answer is that of a look now.
        looks.running.lock().remove(&query(0));
        let begun = looks.ask(&canaries, query(RUNNING)).await;
        assert!(matches!(&begun, LookAnswer::Refused(why) if why.contains("shop")), "{begun:?}");
    }
}
