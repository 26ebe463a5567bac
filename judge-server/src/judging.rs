//! From a message to its judgement; what both sides of the server share.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use judge_core::Scratch;
use prost::Message;
use tokio::time::timeout;

use crate::bench::{Bench, Entrance};
use crate::budget::ANSWER_BYTES;
use crate::call::Call;
use crate::limits::{ID_BYTES, Limits};
use crate::metrics::Metrics;
use crate::pool::{Pool, Threads};
use crate::proto;
use crate::refusal::Refusal;

/// Judges on the pool's threads.
#[derive(Debug)]
pub(crate) struct Judging {
    pub(crate) pool: Pool,
    pub(crate) limits: Limits,
    pub(crate) metrics: Arc<Metrics>,
    /// The longest a message of a stream may take. What else is called is timed where it is let in.
    pub(crate) call_time: Duration,
}

impl Judging {
    /// The answer to `message`, written as the message is.
    pub(crate) async fn answer(
        &self,
        entrance: Entrance,
        message: Bytes,
        call: &Arc<Call>,
    ) -> Result<Bytes, Refusal> {
        self.run(message, Threads::Any, call, entrance).await
    }

    /// Judges an encoded `JudgeStreamRequest` and answers with an encoded `JudgeStreamResponse`.
    pub(crate) async fn judge_of_stream(&self, message: Bytes, call: &Arc<Call>) -> Bytes {
        use proto::judge_stream_response::Outcome;
        let sent = message.clone();
        // One thread must not do all the work of a stream: it is for many canaries.
        let judged = self.run(message, Threads::Pool, call, Entrance::JudgeOfStream);
        let judged = timeout(self.call_time, judged).await;
        judged.unwrap_or(Err(Refusal::DeadlineExceeded)).unwrap_or_else(|refusal| {
            let outcome = Some(Outcome::Refusal(call.refuse(refusal).into()));
            proto::JudgeStreamResponse { id: id_in_stream(&sent), outcome }.encode_to_vec().into()
        })
    }

    async fn run(
        &self,
        message: Bytes,
        threads: Threads,
        call: &Arc<Call>,
        entrance: Entrance,
    ) -> Result<Bytes, Refusal> {
        // More than was reserved while it arrived if it was compressed.
        let bytes = message.len();
        call.reservation.grow_to(bytes)?;
        let (limits, metrics, held) = (self.limits, Arc::clone(&self.metrics), Arc::clone(call));
        let work = move |scratch: &mut Scratch| {
            let mut bench = Bench { limits: &limits, call: &held, scratch, judged: None };
            let answer = bench.answer(entrance, message)?;
            held.reservation.exchange(answer.len().max(ANSWER_BYTES))?;
            // Only now: an answer that is refused is no verdict.
            if let Some(judged) = bench.judged {
                metrics.count(&judged);
                held.judged(&judged);
            }
            Ok(answer.into())
        };
        self.pool.run(bytes, threads, work).await?
    }
}

/// The id of a request of a stream, as far as it can be read: its beginning where it is too long.
fn id_in_stream(message: &[u8]) -> String {
    #[derive(Message)]
    struct Request {
        #[prost(string, tag = "1")]
        id: String,
    }
    #[derive(Message)]
    struct StreamRequest {
        #[prost(message, optional, tag = "1")]
        request: Option<Request>,
    }
    let read = StreamRequest::decode(message).ok().and_then(|message| message.request);
    let mut id = read.map(|request| request.id).unwrap_or_default();
    let end = (0..=ID_BYTES).rev().find(|end| id.is_char_boundary(*end));
    id.truncate(end.unwrap_or_default());
    id
}
