//! What the calls do with a message once its bytes are there, without sockets and threads: the entrance
//! of the fuzzers.

use std::sync::Arc;

use bytes::Bytes;
use judge_core::Scratch;

use crate::budget::{Budget, Part};
use crate::convert::limits::Limits;
use crate::convert::refusal::Refusal;
pub use crate::handlers::Entrance;
use crate::handlers::{answer, answer_monitor};
use crate::settings::Settings;

/// What monitors may hold: far more than messages of the sizes that fuzzers try.
const OFFLINE_BYTES: usize = 256 * 1024 * 1024;

/// Answers messages one after the other.
#[derive(Debug)]
pub struct Offline {
    limits: Limits,
    scratch: Scratch,
    budget: Arc<Budget>,
}

impl Offline {
    /// With the limits of `settings`, and with the parts of every message counted that is larger than
    /// `uncounted_bytes`, where a server leaves 64 KiB.
    pub fn new(settings: &Settings, uncounted_bytes: usize) -> Self {
        let limits = Limits { uncounted_bytes, ..Limits::new(settings) };
        let budget = Budget::new(OFFLINE_BYTES, 1.0);
        Self { limits, scratch: Scratch::default(), budget }
    }

    /// The answer to `message`, written as the message is.
    ///
    /// # Errors
    /// When it is refused.
    pub fn answer(&mut self, entrance: Entrance, message: &[u8]) -> Result<Vec<u8>, Refusal> {
        let message = Bytes::copy_from_slice(message);
        answer(&self.limits, &mut self.scratch, entrance, message).0
    }

    /// The verdicts of a stream of encoded `MonitorRequest`s that its client then ends, as encoded `MonitorResponse`s.
    ///
    /// # Errors
    /// When a message is refused, which ends the stream.
    pub fn monitor(&mut self, messages: &[&[u8]]) -> Result<Vec<Vec<u8>>, Refusal> {
        let room = self.budget.reserve(Part::Calls, None, 0)?;
        let messages = messages.iter().copied().map(Bytes::copy_from_slice);
        let verdicts = answer_monitor(messages, &self.limits, &room)?;
        Ok(verdicts.into_iter().map(Vec::from).collect())
    }
}
