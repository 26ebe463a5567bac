//! What the calls do with a message once its bytes are there, without sockets and threads: the entrance
//! of the fuzzers.

use bytes::Bytes;
use judge_core::Scratch;

use crate::convert::limits::Limits;
use crate::convert::refusal::Refusal;
pub use crate::handlers::Entrance;
use crate::handlers::answer;
use crate::settings::Settings;

/// Answers messages one after the other.
#[derive(Debug)]
pub struct Offline {
    limits: Limits,
    scratch: Scratch,
}

impl Offline {
    /// With the limits of `settings`, and with the parts of every message counted that is larger than
    /// `uncounted_bytes`, where a server leaves 64 KiB.
    pub fn new(settings: &Settings, uncounted_bytes: usize) -> Self {
        let limits = Limits { uncounted_bytes, ..Limits::new(settings) };
        Self { limits, scratch: Scratch::default() }
    }

    /// The answer to `message`, written as the message is.
    ///
    /// # Errors
    /// When it is refused.
    pub fn answer(&mut self, entrance: Entrance, message: &[u8]) -> Result<Vec<u8>, Refusal> {
        let message = Bytes::copy_from_slice(message);
        answer(&self.limits, &mut self.scratch, entrance, message).0
    }
}
