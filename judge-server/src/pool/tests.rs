use std::sync::mpsc;

use super::*;
use crate::refusal::Resource;

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
    let pool = Pool::start(1, 1, 2).unwrap();
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
    let pool = Pool::start(1, 1, 9).unwrap();
    let (large, release) = blocker(&pool, LARGE_BYTES + 1);
    let waiting = pool.submit(LARGE_BYTES + 1, |_| ()).unwrap();
    pool.submit(LARGE_BYTES, |_| ()).unwrap().await.unwrap();
    drop(release);
    large.await.unwrap();
    waiting.await.unwrap();
}

#[tokio::test]
async fn work_no_one_waits_for_leaves_the_queue_at_once() {
    for bytes in [0, LARGE_BYTES + 1] {
        let pool = Pool::start(1, 1, 9).unwrap();
        let (running, release) = blocker(&pool, bytes);
        let (done, was_done) = mpsc::channel();
        let first = pool.submit(bytes, |_| 1).unwrap();
        let second = pool.submit(bytes, move |_| done.send(())).unwrap();
        let third = pool.submit(bytes, |_| 3).unwrap();
        assert_eq!(pool.admitted(), 4);
        drop(second);
        assert_eq!(pool.admitted(), 3);
        // What it was to work on is gone too.
        assert!(was_done.try_recv().is_err_and(|error| error == mpsc::TryRecvError::Disconnected));
        drop(release);
        running.await.unwrap();
        assert_eq!((first.await.unwrap(), third.await.unwrap()), (1, 3));
    }
}

#[tokio::test]
async fn large_work_leaves_half_of_the_places() {
    let pool = Pool::start(1, 1, 4).unwrap();
    let (running, release) = blocker(&pool, LARGE_BYTES + 1);
    let waiting = pool.submit(LARGE_BYTES + 1, |_| ()).unwrap();
    let refused = pool.submit(LARGE_BYTES + 1, |_| ());
    assert!(matches!(refused, Err(Refusal::Overloaded(Resource::Calls))));
    assert_eq!(pool.admitted(), 2, "a refusal leaves nothing taken");
    let (small, release_small) = blocker(&pool, LARGE_BYTES);
    let other = pool.submit(LARGE_BYTES, |_| ()).unwrap();
    assert!(pool.is_full());
    drop((release, release_small));
    for ticket in [running, waiting, small, other] {
        ticket.await.unwrap();
    }
    pool.submit(LARGE_BYTES + 1, |_| ()).unwrap().await.unwrap();
}

#[tokio::test]
async fn a_panic_costs_one_answer_only() {
    let pool = Pool::start(1, 1, 1).unwrap();
    let ticket = pool.submit(0, |_| panic!("on purpose")).unwrap();
    let outcome: Result<(), Refusal> = ticket.await;
    assert!(matches!(outcome, Err(Refusal::Internal)));
    while pool.is_full() {
        tokio::task::yield_now().await;
    }
    assert_eq!(pool.submit(0, |_| 1).unwrap().await.unwrap(), 1);
}

#[tokio::test]
async fn small_work_is_done_where_it_is_asked_for_unless_other_work_waits() {
    let here = std::thread::current().id();
    let thread = |_: &mut Scratch| std::thread::current().id();
    // Two callers, so one of them may.
    let pool = Pool::start(1, 2, 9).unwrap();
    assert_eq!(pool.run(HERE_BYTES, Threads::Any, thread).await.unwrap(), here);
    assert_ne!(pool.run(HERE_BYTES + 1, Threads::Any, thread).await.unwrap(), here);
    assert_ne!(pool.run(HERE_BYTES, Threads::Pool, thread).await.unwrap(), here);
    // While it is done, the same on another thread would be sent to the pool.
    let busy = pool.shared.desk();
    assert!(busy.is_some() && pool.shared.desk().is_none());
    drop(busy);
    // What waits goes first.
    let (running, release) = blocker(&pool, 0);
    let waiting = pool.submit(0, |_| ()).unwrap();
    assert!(pool.shared.desk().is_none());
    drop(release);
    running.await.unwrap();
    waiting.await.unwrap();
    // A single caller must stay free.
    let pool = Pool::start(1, 1, 9).unwrap();
    assert_ne!(pool.run(0, Threads::Any, thread).await.unwrap(), here);
}

#[tokio::test]
async fn capacity_and_panics_are_the_same_there() {
    let pool = Pool::start(1, 2, 1).unwrap();
    let panics = pool.run(0, Threads::Any, |_| panic!("on purpose")).await;
    assert!(matches!(panics, Err::<(), _>(Refusal::Internal)));
    assert_eq!(pool.run(0, Threads::Any, |_| 1).await.unwrap(), 1);
    let (running, release) = blocker(&pool, 0);
    let full = pool.run(0, Threads::Any, |_| ()).await;
    assert!(matches!(full, Err(Refusal::Overloaded(Resource::Calls))));
    drop(release);
    running.await.unwrap();
}
