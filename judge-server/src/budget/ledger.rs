//! The ledger of the budget: what is reserved, and by whom.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::part::{LARGE_BYTES, PARTS, Part};
use super::shares::{CallerShare, Shares};
use crate::convert::refusal::{Refusal, Resource};

/// Bytes of each part except that of calls: 1024 open calls.
const KEPT_BYTES: usize = 16 * 1024 * 1024;

/// Weights of calls, in addition to their bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CallWeights {
    /// An open call: its headers, a task, its frames. 16 KiB.
    pub(crate) call: usize,
    /// A judgement that waits or runs: its request as it is judged, and its answer. 256 KiB.
    pub(crate) judgement: usize,
    /// An open stream that judges, with what it reads into. 1 MiB.
    pub(crate) stream: usize,
}

impl CallWeights {
    /// A small budget has smaller weights, so that it admits some of each.
    pub(super) fn within(limit: usize) -> Self {
        Self {
            call: (16 * 1024).min(limit / 64),
            judgement: LARGE_BYTES.min(limit / 16),
            stream: (1024 * 1024).min(limit / 8),
        }
    }
}

/// The shared state of all calls.
#[derive(Debug)]
pub(crate) struct Budget {
    counters: [Counter; PARTS.len()],
    /// Share of one caller in every part.
    pub(super) share: f64,
    pub(super) shares: Shares,
    pub(crate) weights: CallWeights,
}

impl Budget {
    /// A budget of `limit` bytes for calls. One caller may have the fraction `share`.
    pub(crate) fn new(limit: usize, share: f64) -> Arc<Self> {
        let counter = |part| Counter::new(if part == Part::Calls { limit } else { KEPT_BYTES });
        let (counters, weights) = (PARTS.map(counter), CallWeights::within(limit));
        Arc::new(Self { counters, share, shares: Shares::default(), weights })
    }

    /// Bytes reserved for calls now.
    pub(crate) fn used(&self) -> usize {
        self.counter(Part::Calls).used.load(Ordering::Relaxed)
    }

    pub(super) fn counter(&self, part: Part) -> &Counter {
        &self.counters[part as usize]
    }

    /// Reserves `bytes` more for a holder of `held` bytes. Large holders get three quarters of the budget at most: they take
    /// long to arrive and wait long, and if they had all of it, small calls would be refused for as long.
    pub(super) fn take(
        &self,
        part: Part,
        share: Option<&CallerShare>,
        held: usize,
        bytes: usize,
    ) -> Result<(), Refusal> {
        if bytes == 0 {
            return Ok(());
        }
        let counter = self.counter(part);
        let overloaded = |resource| Refusal::Overloaded(resource);
        if let Some(share) = share {
            // Rounded to whole bytes; a caller may always have one call.
            #[allow(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a part of a number of bytes"
            )]
            let most = (counter.limit as f64 * self.share) as usize;
            take(&share.0, bytes, most).ok_or(overloaded(Resource::Share))?;
        }
        let large = large_part(held.saturating_add(bytes)) - large_part(held);
        let taken = take(&counter.large, large, counter.limit - counter.limit / 4)
            .and_then(|()| {
                let taken = take(&counter.used, bytes, counter.limit);
                if taken.is_none() {
                    counter.large.fetch_sub(large, Ordering::Relaxed);
                }
                taken
            })
            .ok_or(overloaded(part.resource()));
        if let (Err(_), Some(share)) = (&taken, share) {
            share.0.fetch_sub(bytes, Ordering::Relaxed);
        }
        taken
    }

    /// Releases `bytes` of a holder of `held` bytes.
    pub(super) fn give_back(
        &self,
        part: Part,
        share: Option<&CallerShare>,
        held: usize,
        bytes: usize,
    ) {
        if bytes == 0 {
            return;
        }
        self.recount_large(part, large_part(held), large_part(held - bytes));
        self.counter(part).used.fetch_sub(bytes, Ordering::Relaxed);
        if let Some(share) = share {
            share.0.fetch_sub(bytes, Ordering::Relaxed);
        }
    }

    /// Counts large holders again if bytes go from one holder to another.
    pub(super) fn recount_large(&self, part: Part, before: usize, after: usize) {
        let large = &self.counter(part).large;
        if after > before {
            large.fetch_add(after - before, Ordering::Relaxed);
        } else if before > after {
            large.fetch_sub(before - after, Ordering::Relaxed);
        }
    }
}

/// The reserved bytes of one part.
#[derive(Debug)]
pub(super) struct Counter {
    used: AtomicUsize,
    /// The reserved bytes that large requests and answers hold.
    pub(super) large: AtomicUsize,
    limit: usize,
}

impl Counter {
    fn new(limit: usize) -> Self {
        Self { used: AtomicUsize::new(0), large: AtomicUsize::new(0), limit }
    }
}

/// How many of the `held` bytes of one request count as large: all or none.
pub(super) fn large_part(held: usize) -> usize {
    if held > LARGE_BYTES { held } else { 0 }
}

fn take(used: &AtomicUsize, bytes: usize, limit: usize) -> Option<()> {
    if bytes == 0 {
        return Some(());
    }
    let fits = |used: usize| used.checked_add(bytes).filter(|used| *used <= limit);
    used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits).ok().map(drop)
}
