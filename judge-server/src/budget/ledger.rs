//! The ledger of the budget: what is reserved, and by whom.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use parking_lot::Mutex;

use crate::convert::refusal::{Refusal, Resource};

/// Bytes of each part except that of calls: 1024 open calls.
const KEPT_BYTES: usize = 16 * 1024 * 1024;

/// A judgement of a request with more bytes is large: it takes some milliseconds.
pub(crate) const LARGE_BYTES: usize = 256 * 1024;

/// With more callers than this, those that hold nothing are forgotten.
const REMEMBERED: usize = 1024;

/// The part of the budget that a reservation belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Part {
    /// Calls, streams and their answers: `max-buffered`.
    Calls,
    /// Probes of the gRPC port.
    GrpcProbes,
    /// Probes of the HTTP port; separate, so that the probes of one port do not block those of the other.
    HttpProbes,
    /// Watches of health and lookups of reflection, which stay open and need no token.
    Watches,
    /// Refusals with a body.
    Refusals,
}

/// All parts, in the order of their counters.
const PARTS: [Part; 5] =
    [Part::Calls, Part::GrpcProbes, Part::HttpProbes, Part::Watches, Part::Refusals];

impl Part {
    fn resource(self) -> Resource {
        match self {
            Self::Calls | Self::Refusals => Resource::Bytes,
            Self::GrpcProbes | Self::HttpProbes => Resource::Probes,
            Self::Watches => Resource::Watches,
        }
    }
}

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

    /// Changes the bytes of one holder from `before` to `after`; less is never refused. Large holders get three quarters of
    /// the budget at most: they take long to arrive and wait long, and if they had all of it, small calls would be refused for
    /// as long.
    pub(super) fn change(
        &self,
        part: Part,
        share: Option<&CallerShare>,
        before: usize,
        after: usize,
    ) -> Result<(), Refusal> {
        let Counter { used, large, limit } = self.counter(part);
        // Rounded to whole bytes; a caller may always have one call, whether it judges or opens a stream.
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a part of a number of bytes"
        )]
        let most = (*limit as f64 * self.share) as usize;
        let most = most.max(self.weights.call + self.weights.judgement.max(self.weights.stream));
        let counted = [
            (share.map(|share| &**share), before, after, most, Resource::Share),
            (
                Some(large),
                large_part(before),
                large_part(after),
                limit - limit / 4,
                part.resource(),
            ),
            (Some(used), before, after, *limit, part.resource()),
        ];
        for (index, (counter, before, after, most, resource)) in counted.iter().enumerate() {
            if counter.is_some_and(|counter| !move_from(counter, *before, *after, *most)) {
                for (counter, before, after, ..) in &counted[..index] {
                    counter.map(|counter| counter.fetch_sub(after - before, Ordering::Relaxed));
                }
                return Err(Refusal::Overloaded(*resource));
            }
        }
        Ok(())
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

/// The quota of single callers: the bytes that one of them holds of one part.
pub(super) type CallerShare = Arc<AtomicUsize>;

/// The callers seen so far.
#[derive(Debug, Default)]
pub(super) struct Shares(Mutex<HashMap<(Part, String), CallerShare>>);

impl Shares {
    /// The share of a caller, which all its reservations count towards.
    pub(super) fn share(&self, part: Part, caller: &str) -> CallerShare {
        let mut shares = self.0.lock();
        if shares.len() > REMEMBERED {
            shares.retain(|_, share| Arc::strong_count(share) > 1);
        }
        shares.entry((part, caller.to_owned())).or_default().clone()
    }
}

/// How many of the `held` bytes of one request count as large: all or none.
pub(super) fn large_part(held: usize) -> usize {
    if held > LARGE_BYTES { held } else { 0 }
}

/// Counts `after` bytes instead of `before`, unless that is more and exceeds `limit`. Returns true if it did.
fn move_from(counter: &AtomicUsize, before: usize, after: usize, limit: usize) -> bool {
    let moved = |used: usize| {
        let moved = used.checked_add(after)?.checked_sub(before)?;
        (after < before || moved <= limit).then_some(moved)
    };
    after == before || counter.fetch_update(Ordering::Relaxed, Ordering::Relaxed, moved).is_ok()
}
