//! Watches a canary: a stream of its looks, and its end.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{Stream, stream};
use tokio::sync::broadcast;

use crate::error::CanaryError;
use crate::record::{CanaryLook, CanarySummary};
use crate::shared::{CanaryEvent, SharedState};

/// An event for whoever watches a canary.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum WatchEvent {
    /// A look was made.
    Look(Box<CanaryLook>),
    /// The canary has ended: the last event.
    Ended(Box<CanarySummary>),
}

/// Time between two reads of the store, for looks of other replicas.
const WATCH_EVERY: Duration = Duration::from_secs(1);

/// A stream of the looks at a canary after look `after`, and of its end.
pub(crate) fn watch(
    shared: Arc<SharedState>,
    id: &str,
    after: usize,
) -> impl Stream<Item = Result<WatchEvent, CanaryError>> + Send + use<> {
    let watching = Watching {
        events: shared.events.subscribe(),
        shared,
        id: id.to_owned(),
        seen: after,
        pending: None,
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
    shared: Arc<SharedState>,
    events: broadcast::Receiver<CanaryEvent>,
    id: String,
    seen: usize,
    /// The next look to be sent. A watch reserves the memory of one, so the others wait in the store.
    pending: Option<CanaryLook>,
    ended: Option<Box<CanarySummary>>,
    over: bool,
}

impl Watching {
    async fn next(&mut self) -> Option<Result<WatchEvent, CanaryError>> {
        loop {
            if let Some(look) = self.pending.take() {
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
            if self.pending.is_none() && self.ended.is_none() {
                self.changed().await;
            }
        }
    }

    /// Reads a look that was not sent yet. The canary is read before its looks, so that none is missed before its end.
    async fn read(&mut self) -> Result<(), CanaryError> {
        let canary = self.shared.store.canary(&self.id).await?;
        if canary.summary.looks > self.seen || canary.summary.is_over() {
            self.pending = self.shared.store.looks(&self.id, self.seen, 1).await?.pop();
        }
        let has_all = self.pending.is_none();
        self.ended = (has_all && canary.summary.is_over()).then(|| Box::new(canary.summary));
        Ok(())
    }

    /// Waits until something may have happened.
    async fn changed(&mut self) {
        let told = async {
            loop {
                match self.events.recv().await {
                    Ok(event) if event.canary.id != self.id => {}
                    Ok(_) | Err(broadcast::error::RecvError::Lagged(_)) => return,
                    // The watch itself has a sender, so the channel cannot be closed.
                    Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
                }
            }
        };
        // The store has what did not come as an event.
        let _ = tokio::time::timeout(WATCH_EVERY, told).await;
    }
}
