//! The clock of the canaries. Tests set it.

use std::sync::Mutex;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use tokio::sync::Notify;

/// Tells the time, in milliseconds since the Unix epoch, and waits.
#[async_trait]
pub trait RunClock: std::fmt::Debug + Send + Sync {
    /// The current time.
    fn now_millis(&self) -> i64;

    /// Waits until `millis`, or later.
    async fn wait_until(&self, millis: i64);
}

/// The system's clock. A wait reads it again every second, so that it also ends in time if somebody sets the
/// clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

/// Longest wait between two readings of the clock.
const LONGEST_SLEEP: i64 = 1000;

#[async_trait]
impl RunClock for SystemClock {
    fn now_millis(&self) -> i64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        since.map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }

    async fn wait_until(&self, millis: i64) {
        loop {
            let left = millis.saturating_sub(self.now_millis());
            let Ok(left @ 1..) = u64::try_from(left.min(LONGEST_SLEEP)) else { return };
            tokio::time::sleep(Duration::from_millis(left)).await;
        }
    }
}

/// A clock that stands still until it is set.
///
/// # Example
/// ```
/// use judge_canary::{ManualClock, RunClock};
///
/// let clock = ManualClock::at(1000);
/// clock.advance(500);
/// assert_eq!(clock.now_millis(), 1500);
/// ```
#[derive(Debug, Default)]
pub struct ManualClock {
    now: Mutex<i64>,
    moved: Notify,
}

impl ManualClock {
    /// A clock at `millis`.
    pub fn at(millis: i64) -> Self {
        Self { now: Mutex::new(millis), moved: Notify::new() }
    }

    /// Moves the clock forward by `millis`, and wakes all waiting tasks.
    pub fn advance(&self, millis: i64) {
        let mut now = self.now.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        *now = now.saturating_add(millis);
        drop(now);
        self.moved.notify_waiters();
    }
}

#[async_trait]
impl RunClock for ManualClock {
    fn now_millis(&self) -> i64 {
        *self.now.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    async fn wait_until(&self, millis: i64) {
        loop {
            let mut moved = std::pin::pin!(self.moved.notified());
            // Registered before the clock is read, so that no move is missed.
            moved.as_mut().enable();
            if self.now_millis() >= millis {
                return;
            }
            moved.await;
        }
    }
}
