//! Waits for permits and reads answers within the deadline.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::spawn_blocking;
use tokio::time::{Instant, timeout_at};

use crate::error::AskError;

/// Most answers of a source that are read at once. While 32 MiB of JSON are read, they take up to ten times as much
/// memory.
pub(super) const MOST_READ_AT_ONCE: usize = 2;

/// Most bytes of an answer that is read on the thread that received it: to change threads would cost more time.
pub(super) const SMALL_ANSWER: usize = 256 << 10;

/// Waits for a permit; `None` if the deadline comes first.
pub(super) async fn permit(
    permits: &Arc<Semaphore>,
    deadline: Instant,
) -> Option<OwnedSemaphorePermit> {
    let permit = timeout_at(deadline, Arc::clone(permits).acquire_owned()).await.ok()?.ok();
    // At the deadline all queries end at once, and leave their permits to others.
    permit.filter(|_| Instant::now() < deadline)
}

/// The result of `read`, which runs on a thread of its own once `readers` has a permit: reading 32 MiB of JSON takes a
/// good part of a second, in which connections and timers would stand still. At the deadline it is abandoned, or not
/// begun.
pub(super) async fn in_time<T: Send + 'static>(
    deadline: Instant,
    readers: &Arc<Semaphore>,
    read: impl FnOnce() -> T + Send + 'static,
) -> Result<T, AskError> {
    let permit = permit(readers, deadline).await.ok_or(AskError::OutOfTime)?;
    let reading = spawn_blocking(move || {
        let _permit = permit;
        read()
    });
    match timeout_at(deadline, reading).await {
        Ok(Ok(read)) => Ok(read),
        Ok(Err(ended)) => Err(AskError::BrokenOff(ended.to_string())),
        Err(_) => Err(AskError::OutOfTime),
    }
}

/// The result of `read`, which takes little time, unless the deadline has passed already.
pub(super) fn on_this_thread<T>(
    deadline: Instant,
    read: impl FnOnce() -> T,
) -> Result<T, AskError> {
    if Instant::now() < deadline { Ok(read()) } else { Err(AskError::OutOfTime) }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{TryRecvError, channel};
    use std::time::Duration;

    use tokio::time::advance;

    use super::*;

    fn readers() -> Arc<Semaphore> {
        Arc::new(Semaphore::new(1))
    }

    fn in_a_minute() -> Instant {
        Instant::now() + Duration::from_mins(1)
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_is_read_until_the_deadline_and_no_longer() {
        let readers = readers();
        assert_eq!(in_time(in_a_minute(), &readers, || 7).await.unwrap(), 7);

        // This reading ends only after the wait for it.
        let (ending, end) = channel::<()>();
        let (begun, beginnings) = channel();
        let reading = in_time(in_a_minute(), &readers, move || (begun.send(()), end.recv()));
        let deadline = async {
            beginnings.recv().unwrap();
            advance(Duration::from_mins(1)).await;
        };
        let (read, ()) = tokio::join!(reading, deadline);
        let error = read.unwrap_err();
        assert!(matches!(error, AskError::OutOfTime), "{error}");

        // The next one would have to wait for it, so it does not begin.
        let (begun, beginnings) = channel();
        let reading = in_time(in_a_minute(), &readers, move || begun.send(()));
        let (read, ()) = tokio::join!(reading, advance(Duration::from_mins(1)));
        let error = read.unwrap_err();
        assert!(matches!(error, AskError::OutOfTime), "{error}");
        assert_eq!(beginnings.try_recv(), Err(TryRecvError::Disconnected));

        // Once it has ended, readings go on, but none begins after the deadline.
        drop(ending);
        assert_eq!(in_time(in_a_minute(), &readers, || 7).await.unwrap(), 7);
        let (begun, beginnings) = channel();
        let error = in_time(Instant::now(), &readers, move || begun.send(())).await.unwrap_err();
        assert!(matches!(error, AskError::OutOfTime), "{error}");
        assert_eq!(beginnings.try_recv(), Err(TryRecvError::Disconnected));
    }

    #[test]
    fn a_small_answer_is_not_read_after_the_deadline() {
        assert_eq!(on_this_thread(in_a_minute(), || 7).unwrap(), 7);
        let error = on_this_thread(Instant::now(), || 7).unwrap_err();
        assert!(matches!(error, AskError::OutOfTime), "{error}");
    }

    #[tokio::test]
    async fn connections_go_on_while_an_answer_is_read() {
        let (ending, end) = channel();
        let readers = readers();
        let reading = in_time(in_a_minute(), &readers, move || end.recv());
        let other = async { ending.send(7) };
        let (read, sent) = tokio::join!(reading, other);
        assert_eq!((read.unwrap(), sent), (Ok(7), Ok(())));
    }
}
