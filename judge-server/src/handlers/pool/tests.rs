use std::pin::Pin;
use std::sync::mpsc;

use futures_util::poll;

use super::*;

fn pool() -> Pool {
    Pool::new(1, IntGauge::new("admitted", "Queued or running.").unwrap())
}

type Running<'a, T> = Pin<Box<dyn Future<Output = Result<T, Refusal>> + 'a>>;

/// Work that was begun, or that waits.
async fn begin<'a, T: Send + 'static>(
    pool: &'a Pool,
    bytes: usize,
    work: impl FnOnce(&mut Scratch) -> T + Send + 'static,
) -> Running<'a, T> {
    let mut running: Running<'a, T> = Box::pin(pool.run(bytes, work));
    assert!(poll!(running.as_mut()).is_pending());
    running
}

/// Occupies a thread until the sender is dropped.
async fn blocker(pool: &Pool, bytes: usize) -> (Running<'_, ()>, mpsc::Sender<()>) {
    let (release, wait) = mpsc::channel::<()>();
    let (started, has_started) = mpsc::channel();
    let running = begin(pool, bytes, move |_| {
        started.send(()).unwrap();
        let _ = wait.recv();
    });
    let running = running.await;
    has_started.recv().unwrap();
    (running, release)
}

#[tokio::test]
async fn small_work_passes_large_work() {
    let pool = pool();
    let (large, release) = blocker(&pool, LARGE_BYTES + 1).await;
    let waiting = begin(&pool, LARGE_BYTES + 1, |_| ()).await;
    pool.run(LARGE_BYTES, |_| ()).await.unwrap();
    drop(release);
    large.await.unwrap();
    waiting.await.unwrap();
}

#[tokio::test]
async fn work_no_one_waits_for_leaves_the_queue_at_once() {
    for bytes in [0, LARGE_BYTES + 1] {
        let pool = pool();
        let (running, release) = blocker(&pool, bytes).await;
        let (done, was_done) = mpsc::channel();
        let first = begin(&pool, bytes, |_| 1).await;
        let second = begin(&pool, bytes, move |_| done.send(())).await;
        let third = begin(&pool, bytes, |_| 3).await;
        assert_eq!(pool.admitted.get(), 4);
        drop(second);
        assert_eq!(pool.admitted.get(), 3);
        // What it was to work on is gone too.
        assert!(was_done.try_recv().is_err_and(|error| error == mpsc::TryRecvError::Disconnected));
        drop(release);
        running.await.unwrap();
        let (first, third) = tokio::join!(first, third);
        assert_eq!((first.unwrap(), third.unwrap()), (1, 3));
        assert_eq!(pool.admitted.get(), 0);
    }
}

#[tokio::test]
async fn running_work_is_stopped_if_no_one_waits_for_it() {
    let pool = pool();
    let (started, has_started) = mpsc::channel();
    let (stopped, was_stopped) = mpsc::channel();
    let running = begin(&pool, 0, move |scratch| {
        started.send(()).unwrap();
        while scratch.check_stop().is_ok() {
            std::thread::yield_now();
        }
        stopped.send(()).unwrap();
    });
    let running = running.await;
    has_started.recv().unwrap();
    drop(running);
    was_stopped.recv().unwrap();
}

#[tokio::test]
async fn a_panic_costs_one_answer_only() {
    let pool = pool();
    let outcome: Result<(), Refusal> = pool.run(0, |_| panic!("on purpose")).await;
    assert!(matches!(outcome, Err(Refusal::Internal)));
    assert_eq!(pool.run(0, |_| 1).await.unwrap(), 1);
    assert_eq!(pool.admitted.get(), 0);
}

#[test]
fn work_no_one_waits_for_does_not_begin_when_a_thread_is_free() {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.max_blocking_threads(1).build().unwrap().block_on(async {
        let pool = pool();
        let (release, wait) = mpsc::channel::<()>();
        let blocker = spawn_blocking(move || wait.recv());
        let (begun, was_begun) = mpsc::channel();
        // It has the permit, but no thread.
        drop(begin(&pool, 0, move |_| begun.send(())).await);
        drop(release);
        blocker.await.unwrap().unwrap_err();
        pool.run(0, |_| ()).await.unwrap();
        assert!(was_begun.try_recv().is_err());
    });
}

#[tokio::test]
async fn buffers_are_reused_unless_they_are_large_or_their_judgement_failed() {
    let pool = pool();
    let free = || pool.free.lock().len();
    for _ in 0..2 {
        pool.run(0, |_| ()).await.unwrap();
        assert_eq!(free(), 1);
    }
    pool.run(LARGE_BYTES + 1, |_| ()).await.unwrap();
    assert_eq!(free(), 0);
    pool.run(0, |_| ()).await.unwrap();
    let _: Result<(), Refusal> = pool.run(0, |_| panic!("on purpose")).await;
    assert_eq!(free(), 0);
}
