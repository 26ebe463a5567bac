//! Judges many canaries over one stream.

use std::collections::VecDeque;
use std::pin::pin;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use judge_contract::limits::ID_BYTES;
use judge_contract::proto::judge_stream_response::Outcome as Word;
use judge_contract::proto::{JudgeStreamRequest, JudgeStreamResponse};
use prost::Message;
use tokio::time::{sleep, timeout};
use tonic::Streaming;

use super::open_stream::{Answers, OpenedStream, StreamAnswer};
use super::{Context, Entrance, Handlers};
use crate::callers::tokens::TokenScope;
use crate::convert::refusal::Refusal;

impl OpenedStream {
    /// Judges messages until the client ends the stream, goes away, is silent, or the server drains. Answers all accepted ones,
    /// however the stream ends. Returns why it ends, unless it succeeded.
    pub(super) async fn judge_all(
        mut self,
        mut messages: Streaming<Bytes>,
        answers: Answers,
    ) -> Option<Refusal> {
        let settings = Arc::clone(&self.handlers.settings);
        let mut quiet = pin!(sleep(settings.stream_silence.get()));
        let mut judged = FuturesUnordered::new();
        // Answered, so that their requests are freed, but not yet read by the client.
        let mut waiting: VecDeque<StreamAnswer> = VecDeque::new();
        let mut end = None;
        loop {
            let all = judged.len() + waiting.len();
            if all == 0
                && let Some(end) = end
            {
                return end;
            }
            tokio::select! {
                permit = answers.reserve(), if !waiting.is_empty() => {
                    let (Ok(permit), Some(answer)) = (permit, waiting.pop_front()) else {
                        // Nobody is there to read it.
                        return Some(Refusal::Cancelled);
                    };
                    permit.send(Ok(self.handed(answer)));
                }
                Some(answer) = judged.next() => waiting.push_back(answer),
                message = messages.message(),
                    if end.is_none() && all < settings.max_stream_calls => match message {
                    Ok(Some(message)) => match self.context.caller.require(TokenScope::Judge) {
                        Ok(()) => {
                            self.came(&message, quiet.as_mut());
                            judged.push(judge(
                                Arc::clone(&self.handlers),
                                self.context.clone(),
                                message,
                            ));
                        }
                        Err(revoked) => end = Some(Some(revoked)),
                    },
                    Ok(None) => end = Some(None),
                    Err(status) => match self.handlers.unreadable(&status) {
                        // Nobody is there to be answered.
                        Refusal::Cancelled => return Some(Refusal::Cancelled),
                        refusal => end = Some(Some(refusal)),
                    },
                },
                () = &mut quiet, if end.is_none() => {
                    end = Some(Some(Refusal::StreamSilent));
                }
                () = self.handlers.draining.cancelled(), if end.is_none() => {
                    end = Some(Some(Refusal::ShuttingDown));
                }
            }
        }
    }
}

/// Answers one message, which counts as a call of its own.
async fn judge(handlers: Arc<Handlers>, context: Context, message: Bytes) -> StreamAnswer {
    let call = context.origin.begin("JudgeStream");
    let held = Arc::new(context.held.another());
    let sent = message.clone();
    let judged = handlers.judge(Entrance::JudgeOfStream, message, &held);
    let judged = timeout(handlers.settings.call_time.get(), judged).await;
    let judged = judged.unwrap_or_else(|_| Err(Refusal::DeadlineExceeded.into()));
    let (bytes, outcome) = judged.unwrap_or_else(|failure| {
        let refused = refused(id_of(&sent), failure.refusal());
        (refused, *failure.outcome)
    });
    drop(sent);
    call.end(&outcome);
    // If it was refused, its request was held until now, and its refusal may be larger.
    let floor = handlers.budget.weights.call;
    let bytes = match held.exchange(bytes.len().max(floor)) {
        Ok(()) => bytes,
        Err(refusal) => {
            let id = JudgeStreamResponse::decode(bytes).map(|answer| answer.id);
            refused(id.unwrap_or_default(), refusal)
        }
    };
    StreamAnswer { bytes, held: held.split(), unwritten: None }
}

/// The answer with the reason why there is no judgement.
fn refused(id: String, refusal: Refusal) -> Bytes {
    let outcome = Some(Word::Refusal(refusal.into()));
    JudgeStreamResponse { id, outcome }.encode_to_vec().into()
}

/// The id of a request, if it can be read; cut if it is too long.
fn id_of(message: &[u8]) -> String {
    let read = JudgeStreamRequest::decode(message).ok().and_then(|message| message.request);
    let mut id = read.map(|request| request.id).unwrap_or_default();
    let end = (0..=ID_BYTES).rev().find(|end| id.is_char_boundary(*end));
    id.truncate(end.unwrap_or_default());
    id
}
