//! Work on large documents.

use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::task::block_in_place;

/// Work on more bytes takes milliseconds.
const SLOW_BYTES: usize = 64 * 1024;

/// The result of `work` on about `bytes` bytes. If they are many, other tasks move to another thread meanwhile, as far as the
/// runtime has several: connections and timers do not wait for the work.
pub fn without_delay<T>(bytes: usize, work: impl FnOnce() -> T) -> T {
    let has_others = || {
        let flavor = Handle::try_current().map(|handle| handle.runtime_flavor());
        flavor.is_ok_and(|flavor| flavor == RuntimeFlavor::MultiThread)
    };
    if bytes > SLOW_BYTES && has_others() { block_in_place(work) } else { work() }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    #[test]
    fn other_tasks_go_on_during_large_work() {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
        runtime.block_on(async {
            let (other, done) = channel();
            // The only worker works, and waits for the task behind it.
            let large = tokio::spawn(async move {
                tokio::spawn(async move { other.send(7) });
                without_delay(SLOW_BYTES + 1, || done.recv())
            });
            assert_eq!(large.await.unwrap(), Ok(7));
        });
        assert_eq!(without_delay(usize::MAX, || 7), 7, "there is no runtime");
    }

    #[tokio::test]
    async fn a_runtime_of_one_thread_does_the_work_itself() {
        assert_eq!(without_delay(usize::MAX, || 7), 7);
    }
}
