//! What a library must not change in its host process. This test has a process of its own.
#![allow(clippy::unwrap_used, reason = "these are tests")]

use std::panic;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use judge_core::CanaryConfig;
use judge_retro::{HistoryError, HistoryOptions, MetricPlan, ReleaseHistory, catches_panics};
use serde_json::Value;

static TOLD: AtomicUsize = AtomicUsize::new(0);
static CAUGHT: AtomicUsize = AtomicUsize::new(0);

#[test]
fn the_panic_hook_stays_the_hosts() {
    panic::set_hook(Box::new(|_| {
        TOLD.fetch_add(1, Ordering::Relaxed);
        CAUGHT.fetch_add(usize::from(catches_panics()), Ordering::Relaxed);
    }));
    let counts = || (TOLD.load(Ordering::Relaxed), CAUGHT.load(Ordering::Relaxed));
    // One byte of this file is wrong.
    let damaged = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/host/damaged.arrow");
    let plan = Arc::new(MetricPlan::new(&CanaryConfig::default(), &Value::Null).unwrap());
    let opened = ReleaseHistory::open(&[PathBuf::from(damaged)], &HistoryOptions::default(), &[]);
    let read = opened
        .and_then(|history| history.each_release(&plan, None, |_| Ok::<(), HistoryError>(())));
    let error = read.err().map(|error| error.to_string()).unwrap_or_default();
    let (told, caught) = counts();
    let own = panic::catch_unwind(|| panic::panic_any("a panic of the host's own"));
    let after = counts();
    let _ = panic::take_hook();
    assert!(error.contains("the reader gave up"), "{error}");
    assert!(told > 0, "the reader panics here");
    assert_eq!(told, caught);
    assert!(own.is_err());
    assert_eq!(after, (told + 1, caught));
}
