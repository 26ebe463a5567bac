//! What a library must leave alone in the process that uses it. Alone in a process of its own.
#![allow(clippy::unwrap_used, reason = "these are tests")]

use std::panic;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use judge_retro::{HistoryOptions, ReleaseHistory, catches_panics};

static TOLD: AtomicUsize = AtomicUsize::new(0);
static CAUGHT: AtomicUsize = AtomicUsize::new(0);

#[test]
fn the_panic_hook_stays_the_hosts() {
    panic::set_hook(Box::new(|_| {
        TOLD.fetch_add(1, Ordering::Relaxed);
        CAUGHT.fetch_add(usize::from(catches_panics()), Ordering::Relaxed);
    }));
    let counts = || (TOLD.load(Ordering::Relaxed), CAUGHT.load(Ordering::Relaxed));
    // One byte of it is wrong.
    let damaged = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/host/damaged.arrow");
    let read = ReleaseHistory::open(&[PathBuf::from(damaged)], &HistoryOptions::default(), &[])
        .and_then(|history| history.survey());
    assert!(read.unwrap_err().to_string().contains("the reader gave up"));
    let (told, caught) = counts();
    assert!(told > 0, "the reader panics here");
    assert_eq!(told, caught);
    let own = panic::catch_unwind(|| panic::panic_any("a panic of the host's own"));
    assert!(own.is_err());
    assert_eq!(counts(), (told + 1, caught));
    let _ = panic::take_hook();
}
