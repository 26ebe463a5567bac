//! What the calls do with a message once its bytes are there, without sockets and threads: the entrance
//! of the fuzzers.

use std::sync::Arc;

use bytes::Bytes;
use http::HeaderMap;
use judge_core::Scratch;

use crate::bench::Bench;
pub use crate::bench::Entrance;
use crate::budget::Budget;
use crate::call::Call;
use crate::error::StartError;
use crate::limits::Limits;
use crate::metrics::Metrics;
use crate::proto;
use crate::proto_bytes;
use crate::refusal::Refusal;
use crate::settings::Settings;
use crate::traces::Traces;

/// Answers messages one after the other.
#[derive(Debug)]
pub struct Offline {
    limits: Limits,
    call: Arc<Call>,
    scratch: Scratch,
}

impl Offline {
    /// With the limits of `settings`, and with the parts of every message counted that is larger than
    /// `uncounted_bytes`, where a server leaves 64 KiB.
    ///
    /// # Errors
    /// When the metrics cannot be set up, which is a defect.
    pub fn new(settings: &Settings, uncounted_bytes: usize) -> Result<Self, StartError> {
        let metrics = Metrics::new().map_err(|error| StartError::Internal(error.to_string()))?;
        let metrics = Arc::new(metrics);
        let (budget, traces) = (Budget::new(usize::MAX), Traces::start(settings)?);
        let call = Call::begin("offline", &HeaderMap::new(), &metrics, &budget, &traces);
        let limits = Limits { uncounted_bytes, ..settings.limits() };
        Ok(Self { limits, call, scratch: Scratch::default() })
    }

    /// The answer to `message`, written as the message is.
    ///
    /// # Errors
    /// When it is refused.
    pub fn answer(&mut self, entrance: Entrance, message: &[u8]) -> Result<Vec<u8>, Refusal> {
        let mut bench = Bench {
            limits: &self.limits,
            call: &self.call,
            scratch: &mut self.scratch,
            judged: None,
        };
        bench.answer(entrance, Bytes::copy_from_slice(message))
    }
}

/// The request that the encoded `message` is, as the server reads it.
pub fn read_request(message: &[u8]) -> Option<proto::JudgeRequest> {
    proto_bytes::read_request(message).ok()
}
