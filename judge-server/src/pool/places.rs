//! Places for judgements that wait or run.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::refusal::{Refusal, Resource};

use super::queues::Lane;

/// How many there may be, and how many there are.
#[derive(Debug)]
pub(super) struct Places {
    taken: AtomicUsize,
    /// Those of the taken that are large.
    large: AtomicUsize,
    capacity: usize,
}

impl Places {
    pub(super) fn new(capacity: usize) -> Arc<Self> {
        Arc::new(Self { taken: AtomicUsize::new(0), large: AtomicUsize::new(0), capacity })
    }

    pub(super) fn taken(&self) -> usize {
        self.taken.load(Ordering::Relaxed)
    }

    pub(super) fn are_full(&self) -> bool {
        self.taken() >= self.capacity
    }

    /// A place. Large judgements get half of them at most: they wait long, and where they had all,
    /// small ones would be refused for as long.
    ///
    /// # Errors
    /// When there is none left.
    pub(super) fn take(self: &Arc<Self>, lane: Lane) -> Result<Place, Refusal> {
        take(&self.taken, self.capacity)?;
        let mut place = Place { places: Arc::clone(self), lane: Lane::Small };
        if lane == Lane::Large {
            take(&self.large, self.capacity.div_ceil(2))?;
            place.lane = Lane::Large;
        }
        Ok(place)
    }
}

fn take(taken: &AtomicUsize, capacity: usize) -> Result<(), Refusal> {
    let below = |taken: usize| (taken < capacity).then_some(taken + 1);
    taken
        .fetch_update(Ordering::Relaxed, Ordering::Relaxed, below)
        .map(drop)
        .map_err(|_| Refusal::Overloaded(Resource::Calls))
}

/// One of the places, until it is dropped.
pub(super) struct Place {
    places: Arc<Places>,
    lane: Lane,
}

impl Drop for Place {
    fn drop(&mut self) {
        if self.lane == Lane::Large {
            self.places.large.fetch_sub(1, Ordering::Relaxed);
        }
        self.places.taken.fetch_sub(1, Ordering::Relaxed);
    }
}
