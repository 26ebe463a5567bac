use std::sync::mpsc;

use super::*;

/// Occupies a thread until the sender is dropped.
fn blocker(pool: &Pool, bytes: usize) -> (Ticket<()>, mpsc::Sender<()>) {
    let (release, wait) = mpsc::channel::<()>();
    let (started, running) = mpsc::channel();
    let ticket = pool.submit(bytes, move |_| {
        started.send(()).unwrap();
        let _ = wait.recv();
    });
    running.recv().unwrap();
    (ticket, release)
}

#[tokio::test]
async fn small_work_passes_large_work() {
    let pool = Pool::start(1).unwrap();
    let (large, release) = blocker(&pool, LARGE_BYTES + 1);
    let waiting = pool.submit(LARGE_BYTES + 1, |_| ());
    pool.submit(LARGE_BYTES, |_| ()).await.unwrap();
    drop(release);
    large.await.unwrap();
    waiting.await.unwrap();
}

#[tokio::test]
async fn work_no_one_waits_for_leaves_the_queue_at_once() {
    for bytes in [0, LARGE_BYTES + 1] {
        let pool = Pool::start(1).unwrap();
        let (running, release) = blocker(&pool, bytes);
        let (done, was_done) = mpsc::channel();
        let first = pool.submit(bytes, |_| 1);
        let second = pool.submit(bytes, move |_| done.send(()));
        let third = pool.submit(bytes, |_| 3);
        assert_eq!(pool.admitted(), 4);
        drop(second);
        assert_eq!(pool.admitted(), 3);
        // What it was to work on is gone too.
        assert!(was_done.try_recv().is_err_and(|error| error == mpsc::TryRecvError::Disconnected));
        drop(release);
        running.await.unwrap();
        assert_eq!((first.await.unwrap(), third.await.unwrap()), (1, 3));
        assert_eq!(pool.admitted(), 0);
    }
}

#[tokio::test]
async fn a_panic_costs_one_answer_only() {
    let pool = Pool::start(1).unwrap();
    let outcome: Result<(), Refusal> = pool.submit(0, |_| panic!("on purpose")).await;
    assert!(matches!(outcome, Err(Refusal::Internal)));
    assert_eq!(pool.submit(0, |_| 1).await.unwrap(), 1);
    while pool.admitted() > 0 {
        tokio::task::yield_now().await;
    }
}
