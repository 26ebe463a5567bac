use std::sync::mpsc;

use super::*;

/// Occupies a thread until the sender is dropped.
fn blocker(pool: &Pool, bytes: usize) -> (Ticket<()>, mpsc::Sender<()>) {
    let (release, wait) = mpsc::channel::<()>();
    let (started, running) = mpsc::channel();
    let ticket = pool
        .submit(bytes, move |_| {
            started.send(()).unwrap();
            let _ = wait.recv();
        })
        .unwrap();
    running.recv().unwrap();
    (ticket, release)
}

#[tokio::test]
async fn refuses_at_capacity_and_not_below() {
    let pool = Pool::start(1, 2).unwrap();
    let (running, release) = blocker(&pool, 0);
    let queued = pool.submit(0, |_| 7).unwrap();
    assert!(pool.is_full());
    assert!(matches!(pool.submit(0, |_| ()), Err(Refusal::Overloaded(Resource::Calls))));
    drop(release);
    running.await.unwrap();
    assert_eq!(queued.await.unwrap(), 7);
    assert_eq!(pool.submit(0, |_| 8).unwrap().await.unwrap(), 8);
}

#[tokio::test]
async fn small_work_passes_large_work() {
    let pool = Pool::start(1, 9).unwrap();
    let (large, release) = blocker(&pool, LARGE_BYTES + 1);
    let waiting = pool.submit(LARGE_BYTES + 1, |_| ()).unwrap();
    pool.submit(LARGE_BYTES, |_| ()).unwrap().await.unwrap();
    drop(release);
    large.await.unwrap();
    waiting.await.unwrap();
}

#[tokio::test]
async fn work_no_one_waits_for_is_not_begun() {
    let pool = Pool::start(1, 9).unwrap();
    let (running, release) = blocker(&pool, 0);
    let (done, was_done) = mpsc::channel();
    drop(pool.submit(0, move |_| done.send(())).unwrap());
    drop(release);
    running.await.unwrap();
    assert!(was_done.recv().is_err());
}

#[tokio::test]
async fn a_panic_costs_one_answer_only() {
    let pool = Pool::start(1, 1).unwrap();
    let ticket = pool.submit(0, |_| panic!("on purpose")).unwrap();
    let outcome: Result<(), Refusal> = ticket.await;
    assert!(matches!(outcome, Err(Refusal::Internal)));
    while pool.is_full() {
        tokio::task::yield_now().await;
    }
    assert_eq!(pool.submit(0, |_| 1).unwrap().await.unwrap(), 1);
}
