//! One connection: its other end, its calls, and the pieces of answers that its client has not read yet.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::time::sleep;

use super::certificate::ClientCertificate;

/// The other end of a connection; every request has it in its extensions.
#[derive(Debug)]
pub(crate) struct Peer {
    pub(crate) address: SocketAddr,
    /// A proxy with many callers.
    pub(crate) is_proxy: bool,
    /// Its connection was accepted for probes only.
    pub(crate) only_probes: bool,
    pub(crate) certificate: Option<ClientCertificate>,
    pub(crate) activity: Arc<Activity>,
}

/// The calls of one connection, and the pieces of their answers.
#[derive(Debug, Default)]
pub(crate) struct Activity {
    running: AtomicUsize,
    begun: AtomicUsize,
    /// Which of the two counts belongs to new pieces.
    generation: AtomicUsize,
    /// Pieces not yet written, in this generation and in the one before. So their age is known without a clock for each.
    unwritten: [AtomicUsize; 2],
    /// Whether it speaks HTTP/2, which can announce the end of a connection.
    http2: AtomicBool,
    /// Whether its next answer shall be its last.
    ending: AtomicBool,
}

impl Activity {
    /// Marks it as HTTP/2.
    pub(crate) fn is_over_http2(&self) {
        self.http2.store(true, Ordering::Relaxed);
    }

    /// Marks the connection for closing. Returns true if the next answer announces it (HTTP/1).
    pub(crate) fn end(&self) -> bool {
        self.ending.store(true, Ordering::Relaxed);
        !self.http2.load(Ordering::Relaxed)
    }

    /// Registers a piece of an answer that is being written.
    pub(crate) fn piece(self: &Arc<Self>) -> Unwritten {
        let generation = self.generation.load(Ordering::Relaxed) % 2;
        self.unwritten[generation].fetch_add(1, Ordering::Relaxed);
        Unwritten { activity: Arc::clone(self), generation }
    }

    /// Whether there was a call.
    pub(crate) fn was_used(&self) -> bool {
        self.begun.load(Ordering::Relaxed) > 0
    }

    /// Returns once there was no call and no unread answer for `time`, after twice that time at the latest.
    pub(crate) async fn idle(&self, time: Duration) {
        let mut seen = self.begun.load(Ordering::Relaxed);
        loop {
            sleep(time).await;
            let begun = self.begun.load(Ordering::Relaxed);
            if begun == seen && self.is_quiet() {
                return;
            }
            seen = begun;
        }
    }

    fn is_quiet(&self) -> bool {
        let counts = [&self.running, &self.unwritten[0], &self.unwritten[1]];
        counts.into_iter().all(|count| count.load(Ordering::Relaxed) == 0)
    }

    /// Returns once a piece of an answer was unread for `time`, after twice that time at the latest.
    pub(crate) async fn untaken(&self, time: Duration) {
        loop {
            sleep(time).await;
            if self.age() {
                return;
            }
        }
    }

    /// Begins the next generation, unless pieces of the one before are still there.
    pub(crate) fn age(&self) -> bool {
        let next = self.generation.load(Ordering::Relaxed) + 1;
        let overdue = self.unwritten[next % 2].load(Ordering::Relaxed) > 0;
        if !overdue {
            self.generation.store(next, Ordering::Relaxed);
        }
        overdue
    }
}

/// A call, until its answer is written.
#[derive(Debug)]
pub(crate) struct Busy(Arc<Activity>);

impl Busy {
    pub(crate) fn begin(activity: &Arc<Activity>) -> Self {
        activity.running.fetch_add(1, Ordering::Relaxed);
        activity.begun.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(activity))
    }

    /// Whether the connection ends with this answer.
    pub(crate) fn is_last(&self) -> bool {
        self.0.ending.load(Ordering::Relaxed)
    }

    /// Registers a piece of the answer that is being written.
    pub(crate) fn piece(&self) -> Unwritten {
        self.0.piece()
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A piece of an answer, until it is written.
#[derive(Debug)]
pub(crate) struct Unwritten {
    activity: Arc<Activity>,
    generation: usize,
}

impl Drop for Unwritten {
    fn drop(&mut self) {
        self.activity.unwritten[self.generation].fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_overdue_when_they_were_there_for_a_whole_generation() {
        let activity = Arc::new(Activity::default());
        let busy = Busy::begin(&activity);
        for _ in 0..3 {
            assert!(!activity.age());
            let piece = busy.piece();
            assert!(!activity.age());
            let other = busy.piece();
            assert!(activity.age());
            drop(piece);
            assert!(!activity.age());
            assert!(activity.age());
            drop(other);
            assert!(!activity.age());
        }
        // There is always one, and none is old.
        let mut last = busy.piece();
        for _ in 0..9 {
            assert!(!activity.age());
            last = busy.piece();
        }
        drop(last);
    }
}
