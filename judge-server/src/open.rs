//! How many calls may be open at once, over all connections.
//!
//! Each holds its headers, a task and buffers, some ten KiB, from when it is let in until its answer is
//! written: even one whose body never comes, or whose answer nobody takes. Probes have places of their
//! own, so that who watches the server is answered when it has no place for other calls; and of each
//! side, so that those of one do not keep out those of the other.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::refusal::{Refusal, Resource};
use crate::target::{Stay, Target};

/// Probes of one side that may be open: each is over in a millisecond unless its client dawdles.
const PROBES: usize = 1024;

/// Watches of health and lookups of reflection that may be open. A watch needs no token.
const LASTING: usize = 1024;

/// Refused calls of one side whose answer has a body and whose request is heard out, where a
/// connection may have many.
const REFUSED: usize = 1024;

/// The places of one side.
#[derive(Debug)]
pub(crate) struct Open {
    /// Of both sides together.
    calls: Arc<Semaphore>,
    probes: Arc<Semaphore>,
    lasting: Arc<Semaphore>,
    refused: Arc<Semaphore>,
}

/// One of them, until its last clone is dropped.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    _permit: Arc<OwnedSemaphorePermit>,
}

impl Open {
    /// Those of a side that shares `calls` with the other.
    pub(crate) fn of_side(calls: &Arc<Semaphore>) -> Self {
        let places = |count| Arc::new(Semaphore::new(count));
        Self {
            calls: Arc::clone(calls),
            probes: places(PROBES),
            lasting: places(LASTING),
            refused: places(REFUSED),
        }
    }

    /// A place for a call of `target`.
    ///
    /// # Errors
    /// When there is none left.
    pub(crate) fn admit(&self, target: Target) -> Result<Place, Refusal> {
        let (places, resource) = match target.stay() {
            Stay::Call => (&self.calls, Resource::OpenCalls),
            Stay::Probe => (&self.probes, Resource::OpenCalls),
            Stay::Lasting => (&self.lasting, Resource::Streams),
        };
        take(places).ok_or(Refusal::Overloaded(resource))
    }

    /// A place for a call that is refused by its headers, if there is one.
    pub(crate) fn refused(&self) -> Option<Place> {
        take(&self.refused)
    }
}

fn take(places: &Arc<Semaphore>) -> Option<Place> {
    let permit = Arc::clone(places).try_acquire_owned().ok()?;
    Some(Place { _permit: Arc::new(permit) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_finds_no_place_beyond_its_own() {
        let calls = Arc::new(Semaphore::new(2));
        let (grpc, http) = (Open::of_side(&calls), Open::of_side(&calls));
        let taken = [grpc.admit(Target::Judge).unwrap(), http.admit(Target::OpenApi).unwrap()];
        let refused = |taken: Result<Place, Refusal>| taken.unwrap_err().reason();
        for open in [&grpc, &http] {
            assert_eq!(refused(open.admit(Target::Other)), "TOO_MANY_OPEN_CALLS");
        }
        let probes: Vec<_> = (0..PROBES).map(|_| grpc.admit(Target::Health).unwrap()).collect();
        assert_eq!(refused(grpc.admit(Target::Health)), "TOO_MANY_OPEN_CALLS");
        for target in [Target::Healthz, Target::Readyz, Target::Metrics] {
            http.admit(target).unwrap();
        }
        let lasting: Vec<_> = (0..LASTING).map(|_| grpc.admit(Target::Reflection)).collect();
        assert_eq!(refused(grpc.admit(Target::HealthWatch)), "TOO_MANY_STREAMS");
        let answers: Vec<_> = (0..REFUSED).map(|_| grpc.refused().unwrap()).collect();
        assert!(grpc.refused().is_none());
        // A place is taken until its last piece is gone.
        let piece = taken[0].clone();
        drop(taken);
        let again = http.admit(Target::Other).unwrap();
        assert!(http.admit(Target::Other).is_err());
        drop(piece);
        http.admit(Target::Other).unwrap();
        drop((again, probes, lasting, answers));
        grpc.admit(Target::Health).unwrap();
        grpc.admit(Target::HealthWatch).unwrap();
        grpc.refused().unwrap();
    }
}
