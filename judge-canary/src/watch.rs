//! A canary that somebody watches: its looks as they are made, and its end.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{Stream, stream};
use tokio::sync::broadcast;

use crate::error::CanaryError;
use crate::record::{CanaryLook, CanarySummary};
use crate::shared::{CanaryEvent, Common};

/// What who watches a canary is told.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum WatchEvent {
    /// A look was made.
    Look(Box<CanaryLook>),
    /// It has ended: the last event.
    Ended(Box<CanarySummary>),
}

/// How often who watches looks at the store, for looks that another replica makes.
const WATCH_EVERY: Duration = Duration::from_secs(1);

/// Every look at a canary after look `after`, and its end.
pub(crate) fn watch(
    shared: Arc<Common>,
    id: &str,
    after: usize,
) -> impl Stream<Item = Result<WatchEvent, CanaryError>> + Send + use<> {
    let watching = Watching {
        events: shared.events.subscribe(),
        shared,
        id: id.to_owned(),
        seen: after,
        pending: Vec::new(),
        ended: None,
        over: false,
    };
    stream::unfold(watching, async |mut watching| {
        let event = watching.next().await?;
        Some((event, watching))
    })
}

/// A canary that is watched.
struct Watching {
    shared: Arc<Common>,
    events: broadcast::Receiver<CanaryEvent>,
    id: String,
    seen: usize,
    /// Looks to tell, the next one last.
    pending: Vec<CanaryLook>,
    ended: Option<Box<CanarySummary>>,
    over: bool,
}

impl Watching {
    async fn next(&mut self) -> Option<Result<WatchEvent, CanaryError>> {
        loop {
            if let Some(look) = self.pending.pop() {
                self.seen = look.window.number;
                return Some(Ok(WatchEvent::Look(Box::new(look))));
            }
            if self.over {
                return None;
            }
            if let Some(ended) = self.ended.take() {
                self.over = true;
                return Some(Ok(WatchEvent::Ended(ended)));
            }
            if let Err(error) = self.read().await {
                self.over = !matches!(&error, CanaryError::Keep(error) if error.may_pass());
                if self.over {
                    return Some(Err(error));
                }
            }
            if self.pending.is_empty() && self.ended.is_none() {
                self.changed().await;
            }
        }
    }

    /// What the store has that was not told. The canary is read before its looks: none is missed before its end.
    async fn read(&mut self) -> Result<(), CanaryError> {
        let canary = self.shared.store.canary(&self.id).await?;
        if canary.summary.looks > self.seen || canary.summary.is_over() {
            self.pending = self.shared.store.looks(&self.id, self.seen).await?;
            self.pending.reverse();
        }
        self.ended = canary.summary.is_over().then(|| Box::new(canary.summary));
        Ok(())
    }

    /// Returns when something may have happened.
    async fn changed(&mut self) {
        let told = async {
            loop {
                match self.events.recv().await {
                    Ok(event) if event.canary.id != self.id => {}
                    Ok(_) | Err(broadcast::error::RecvError::Lagged(_)) => return,
                    // The watch itself has a sender: it cannot be closed.
                    Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
                }
            }
        };
        // What did not come as an event comes from the store.
        let _ = tokio::time::timeout(WATCH_EVERY, told).await;
    }
}
