//! The time for the headers of a request of HTTP/1.
//!
//! hyper starts its timer when it begins to wait for a request, and so would end a client that only
//! has nothing to ask. This one starts when the first byte of the request is there.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use hyper::rt::{Sleep, Timer};

use crate::activity::Activity;

/// Starts times for hyper on one connection.
pub(crate) struct Heads {
    activity: Arc<Activity>,
    /// Whether there was a request before.
    later: AtomicBool,
}

impl Heads {
    pub(crate) fn new(activity: Arc<Activity>) -> Self {
        Self { activity, later: AtomicBool::new(false) }
    }
}

impl Timer for Heads {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Sleep>> {
        // That it is HTTP/1 is known by the first bytes of the first request.
        let later = self.later.swap(true, Ordering::Relaxed);
        let before = later.then(|| self.activity.received());
        let activity = Arc::clone(&self.activity);
        Box::pin(Head { activity, before, duration, sleep: None })
    }

    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn Sleep>> {
        self.sleep(deadline.saturating_duration_since(Instant::now()))
    }
}

/// The time for the headers of one request.
struct Head {
    activity: Arc<Activity>,
    /// Bytes that had come before this request; nothing for the first.
    before: Option<usize>,
    duration: Duration,
    sleep: Option<Pin<Box<tokio::time::Sleep>>>,
}

impl Future for Head {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.before == Some(self.activity.received()) {
            // hyper asks again once it has read something.
            return Poll::Pending;
        }
        let duration = self.duration;
        self.sleep
            .get_or_insert_with(|| Box::pin(tokio::time::sleep(duration)))
            .as_mut()
            .poll(context)
    }
}

impl Sleep for Head {}
