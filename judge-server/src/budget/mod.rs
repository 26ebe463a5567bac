//! The one budget of bytes that admits calls.
//!
//! Whatever is held for a call, a stream or an answer is reserved before it is there, and given back when
//! it is gone. Calls weigh something besides their bytes, so the budget bounds how many there are too:
//! there is no other limit on calls, judgements or streams. Probes, watches and refusals have parts of
//! their own, so that who watches the server is answered when it has no room for other calls.

mod reservation;
mod shares;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

pub(crate) use reservation::Reservation;
use shares::{Share, Shares};

use crate::convert::refusal::{Refusal, Resource};

/// Bytes of a request above which its judgement is large: judging that much takes some milliseconds.
pub(crate) const LARGE_BYTES: usize = 256 * 1024;

/// Bytes of each part but that of calls: 1024 at the weight of an open call.
const KEPT_BYTES: usize = 16 * 1024 * 1024;

/// What is reserved, by what for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Part {
    /// Calls, streams and their answers: `max-buffered`.
    Calls,
    /// Probes of the gRPC port.
    GrpcProbes,
    /// Probes of the HTTP port, apart so that those of one port do not keep out those of the other.
    HttpProbes,
    /// Watches of health and lookups of reflection, which stay and need no token.
    Watches,
    /// Refusals whose answers have a body.
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

/// What calls weigh, whatever their bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Weights {
    /// An open call: its headers, a task, its frames. 16 KiB.
    pub(crate) call: usize,
    /// A judgement that waits or runs: its request as it is judged, and its answer. 256 KiB.
    pub(crate) judgement: usize,
    /// An open stream that judges, with what it reads into. 1 MiB.
    pub(crate) stream: usize,
}

impl Weights {
    /// A small budget has smaller ones, so that it admits some of each.
    fn within(limit: usize) -> Self {
        Self {
            call: (16 * 1024).min(limit / 64),
            judgement: LARGE_BYTES.min(limit / 16),
            stream: (1024 * 1024).min(limit / 8),
        }
    }
}

/// What all calls share.
#[derive(Debug)]
pub(crate) struct Budget {
    counters: [Counter; PARTS.len()],
    /// Of every part, what one caller may have.
    share: f64,
    shares: Shares,
    pub(crate) weights: Weights,
}

impl Budget {
    /// A budget of `limit` bytes for calls, of which one caller may have the part `share`.
    pub(crate) fn new(limit: usize, share: f64) -> Arc<Self> {
        let counter = |part| Counter::new(if part == Part::Calls { limit } else { KEPT_BYTES });
        let (counters, weights) = (PARTS.map(counter), Weights::within(limit));
        Arc::new(Self { counters, share, shares: Shares::default(), weights })
    }

    /// Bytes reserved for calls now.
    pub(crate) fn used(&self) -> usize {
        self.counter(Part::Calls).used.load(Ordering::Relaxed)
    }

    fn counter(&self, part: Part) -> &Counter {
        &self.counters[part as usize]
    }

    /// Reserves `bytes` for a call of `caller`; where nobody is named, no share is kept to.
    ///
    /// # Errors
    /// When the part is used up, or what the caller may have of it.
    pub(crate) fn reserve(
        self: &Arc<Self>,
        part: Part,
        caller: Option<&str>,
        bytes: usize,
    ) -> Result<Reservation, Refusal> {
        let caller = caller.filter(|_| self.share < 1.0);
        let share = caller.map(|caller| self.shares.of(part, caller));
        let reservation = Reservation::new(self, part, share);
        reservation.grow(bytes)?;
        Ok(reservation)
    }

    /// Whether a judgement would be refused now for want of room.
    ///
    /// # Errors
    /// When it would.
    pub(crate) fn require_room(&self, held: &Reservation) -> Result<(), Refusal> {
        self.take(held.part(), held.share(), 0, self.weights.judgement)?;
        self.give_back(held.part(), held.share(), self.weights.judgement, self.weights.judgement);
        Ok(())
    }

    /// Takes `bytes`, by which what holds `held` grows. What is large gets three quarters at most: it
    /// takes long to arrive and waits long, and where it had all, small calls would be refused for as
    /// long.
    fn take(
        &self,
        part: Part,
        share: Option<&Share>,
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
            take(share.used(), bytes, most).ok_or(overloaded(Resource::Share))?;
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
            share.used().fetch_sub(bytes, Ordering::Relaxed);
        }
        taken
    }

    /// Gives back `bytes`, by which what holds `held` shrinks.
    fn give_back(&self, part: Part, share: Option<&Share>, held: usize, bytes: usize) {
        if bytes == 0 {
            return;
        }
        self.recount_large(part, large_part(held), large_part(held - bytes));
        self.counter(part).used.fetch_sub(bytes, Ordering::Relaxed);
        if let Some(share) = share {
            share.used().fetch_sub(bytes, Ordering::Relaxed);
        }
    }

    /// Counts what is large anew where bytes go from one holder to another.
    fn recount_large(&self, part: Part, before: usize, after: usize) {
        let large = &self.counter(part).large;
        if after > before {
            large.fetch_add(after - before, Ordering::Relaxed);
        } else if before > after {
            large.fetch_sub(before - after, Ordering::Relaxed);
        }
    }
}

/// How much of one part is taken.
#[derive(Debug)]
struct Counter {
    used: AtomicUsize,
    /// Those of the used that large requests and answers hold.
    large: AtomicUsize,
    limit: usize,
}

impl Counter {
    fn new(limit: usize) -> Self {
        Self { used: AtomicUsize::new(0), large: AtomicUsize::new(0), limit }
    }
}

/// What of the `held` bytes of one request counts as large: all or nothing.
fn large_part(held: usize) -> usize {
    if held > LARGE_BYTES { held } else { 0 }
}

fn take(used: &AtomicUsize, bytes: usize, limit: usize) -> Option<()> {
    if bytes == 0 {
        return Some(());
    }
    let fits = |used: usize| used.checked_add(bytes).filter(|used| *used <= limit);
    used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits).ok().map(drop)
}

#[cfg(test)]
mod tests;
