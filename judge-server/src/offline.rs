//! What calls do with the bytes of a message, without sockets and threads: the entry point of the fuzzers.

use std::sync::Arc;

use bytes::Bytes;
use judge_contract::limits::Limits;
use judge_core::Scratch;

use crate::budget::{Budget, Part};
use crate::convert::refusal::Refusal;
pub use crate::handlers::Entrance;
use crate::handlers::{answer, answer_monitor};
use crate::settings::Settings;

/// Budget of monitors: far more than messages of the sizes that fuzzers try.
const OFFLINE_BYTES: usize = 256 * 1024 * 1024;

/// Answers messages one after the other.
#[derive(Debug)]
pub struct Offline {
    limits: Limits,
    scratch: Scratch,
    budget: Arc<Budget>,
}

impl Offline {
    /// Uses the limits of `settings`. Counts the parts of every message larger than `uncounted_bytes`; the limit of a server
    /// is 64 KiB.
    pub fn new(settings: &Settings, uncounted_bytes: usize) -> Self {
        let limits = Limits { uncounted_bytes, ..settings.limits() };
        let budget = Budget::new(OFFLINE_BYTES, 1.0);
        Self { limits, scratch: Scratch::default(), budget }
    }

    /// The answer to `message`, in the same encoding.
    ///
    /// # Errors
    /// If it is refused.
    pub fn answer(&mut self, entrance: Entrance, message: &[u8]) -> Result<Vec<u8>, Refusal> {
        let message = Bytes::copy_from_slice(message);
        answer(&self.limits, &mut self.scratch, entrance, message).0
    }

    /// The verdicts for a stream of encoded `MonitorRequest`s that its client then ends, as encoded `MonitorResponse`s.
    ///
    /// # Errors
    /// If a message is refused, which ends the stream.
    pub fn monitor(&mut self, messages: &[&[u8]]) -> Result<Vec<Vec<u8>>, Refusal> {
        let room = self.budget.reserve(Part::Calls, None, 0)?;
        let messages = messages.iter().copied().map(Bytes::copy_from_slice);
        let verdicts = answer_monitor(messages, &self.limits, &room)?;
        Ok(verdicts.into_iter().map(Vec::from).collect())
    }
}
