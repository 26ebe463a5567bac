//! Stored series as charts take them.

use judge_canary::{MetricSet, SideWindow, StoredPair, StoredSeries};
use judge_core::{Clock, MetricPair, Series};

/// The pairs of a look, in the order of its judgement's metrics.
pub(crate) fn pairs(set: &MetricSet) -> Vec<MetricPair> {
    set.pairs.iter().map(pair).collect()
}

fn pair(stored: &StoredPair) -> MetricPair {
    let mut pair = MetricPair::new(stored.metric.clone(), Vec::new(), Vec::new());
    pair.baseline = series(&stored.baseline);
    pair.canary = series(&stored.canary);
    pair
}

fn series(stored: &StoredSeries) -> Series {
    let SideWindow { start_millis, step_millis, .. } = stored.window;
    let clock = Clock::new(start_millis, step_millis).ok();
    Series { values: stored.values.clone(), clock }
}
