//! Work that waits for a thread.

use std::collections::VecDeque;

use judge_core::Scratch;

pub(super) type QueuedWork = Box<dyn FnOnce(&mut Scratch) + Send>;

/// Which threads do some work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lane {
    Small,
    Large,
}

/// What waits, in the order in which it came.
#[derive(Default)]
pub(super) struct Queues {
    small: Queue,
    large: Queue,
    /// Nothing more comes.
    pub(super) closed: bool,
}

impl Queues {
    pub(super) fn lane(&mut self, lane: Lane) -> &mut Queue {
        match lane {
            Lane::Small => &mut self.small,
            Lane::Large => &mut self.large,
        }
    }
}

#[derive(Default)]
pub(super) struct Queue {
    /// In the order of their numbers.
    jobs: VecDeque<(u64, QueuedWork)>,
    queued: u64,
}

impl Queue {
    /// Queues `job`, and gives the number by which it may be taken back.
    pub(super) fn push(&mut self, job: QueuedWork) -> u64 {
        self.queued += 1;
        self.jobs.push_back((self.queued, job));
        self.queued
    }

    pub(super) fn next(&mut self) -> Option<QueuedWork> {
        self.jobs.pop_front().map(|(_, job)| job)
    }

    /// Takes back the job with that number, if it still waits.
    pub(super) fn remove(&mut self, number: u64) -> Option<QueuedWork> {
        let index = self.jobs.binary_search_by_key(&number, |(number, _)| *number).ok()?;
        self.jobs.remove(index).map(|(_, job)| job)
    }
}
