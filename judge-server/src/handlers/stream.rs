//! Many canaries over one stream.

use std::collections::VecDeque;
use std::pin::pin;
use std::sync::{Arc, OnceLock};

use axum::body::Body;
use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use http::Request;
use prost::Message;
use tokio::sync::mpsc::{self, Sender};
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Status, Streaming};

use super::grpc::{answer_encoding, respond, times};
use super::{Answered, Context, Ended, Ending, Entrance, Handlers};
use crate::budget::Reservation;
use crate::callers::tokens::TokenScope;
use crate::convert::limits::ID_BYTES;
use crate::convert::refusal::{Refusal, StreamEnd};
use crate::observe::metrics::GaugeGuard;
use crate::observe::outcome::Outcome;
use crate::proto::judge_stream_response::Outcome as Word;
use crate::proto::{JudgeStreamRequest, JudgeStreamResponse};
use crate::transport::activity::Unwritten;

/// An encoded `JudgeStreamResponse`, and what it holds until it is taken.
struct Answer {
    bytes: Bytes,
    held: Reservation,
    unwritten: Option<Unwritten>,
}

impl Handlers {
    /// Judges what comes until the client has said all, goes away, is silent, or the server drains.
    pub(super) fn stream(self: &Arc<Self>, context: Context, request: Request<Body>) -> Answered {
        // Room for one answer, as a client that does not read its answers is not read from for long;
        // and for the end, which waits for nobody.
        let (sender, receiver) = mpsc::channel(2);
        let end = sender.clone().try_reserve_owned();
        let (encoding, times) = (answer_encoding(request.headers()), times(request.headers()));
        let held = Arc::clone(&context.held);
        let besides = self.budget.weights.call + self.budget.weights.stream;
        let messages = self.messages(&held, besides, request);
        let outcome = Arc::new(OnceLock::new());
        let answers = Arc::new(held.another());
        let stream = Stream { handlers: Arc::clone(self), context, besides, times };
        let ended = Arc::clone(&outcome);
        tokio::spawn(async move {
            let _counted = GaugeGuard::by(&stream.context.origin.metrics().streams);
            // Dropping the future stops every judgement that it waits for.
            let refusal = tokio::select! {
                refusal = stream.judge_all(messages, &sender) => refusal,
                () = sender.closed() => return,
                () = deadline(stream.context.deadline) => Some(Refusal::DeadlineExceeded),
                () = sleep(stream.handlers.streams.age) => {
                    Some(Refusal::StreamEnded(StreamEnd::Old))
                }
            };
            // What it is read into is gone, though its last answers may not be taken yet.
            held.shrink_to(stream.handlers.budget.weights.call);
            let status = refusal.clone().map(Status::from);
            let _ = ended.set(Outcome { refusal, ..Outcome::default() });
            if let (Some(status), Ok(end)) = (status, end) {
                end.send(Err(status));
            }
        });
        let taken = Arc::clone(&answers);
        let bytes = ReceiverStream::new(receiver).map(move |answer: Result<Answer, Status>| {
            let answer = answer?;
            taken.absorb(&answer.held);
            Ok(answer.bytes)
        });
        let ended = Ended::Later(Ending { outcome, answers });
        Answered { response: respond(bytes, encoding), ended, held: None }
    }
}

async fn deadline(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}

/// An open stream.
struct Stream {
    handlers: Arc<Handlers>,
    context: Context,
    /// What it holds besides its messages.
    besides: usize,
    /// How many times its length a message takes there.
    times: usize,
}

impl Stream {
    /// What comes is judged, and what is accepted is answered, whatever ends the stream. Gives why it is
    /// ended, if that is no success.
    async fn judge_all(
        &self,
        mut messages: Streaming<Bytes>,
        answers: &Sender<Result<Answer, Status>>,
    ) -> Option<Refusal> {
        let silence = self.handlers.streams.silence;
        let mut quiet = pin!(sleep(silence));
        let mut judged = FuturesUnordered::new();
        // Answered, so that their requests are out of memory, but not yet taken.
        let mut waiting: VecDeque<Answer> = VecDeque::new();
        let mut end = None;
        let mut largest = 0;
        loop {
            let all = judged.len() + waiting.len();
            if all == 0
                && let Some(end) = end
            {
                return end;
            }
            tokio::select! {
                permit = answers.reserve(), if !waiting.is_empty() => {
                    let (Ok(permit), Some(mut answer)) = (permit, waiting.pop_front()) else {
                        // Nobody is there to read it.
                        return Some(Refusal::Cancelled);
                    };
                    // From here on it is for its client to take.
                    answer.unwritten = Some(self.context.caller.peer.activity.piece());
                    permit.send(Ok(answer));
                }
                Some(answer) = judged.next() => waiting.push_back(answer),
                message = messages.message(),
                    if end.is_none() && all < self.handlers.streams.calls => match message {
                    Ok(Some(message)) => match self.context.caller.require(TokenScope::Judge) {
                        Ok(()) => {
                            quiet.as_mut().reset(Instant::now() + silence);
                            self.keep(&mut largest, message.len());
                            judged.push(self.judge(message));
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
                    end = Some(Some(Refusal::StreamEnded(StreamEnd::Silent)));
                }
                () = self.handlers.draining.cancelled(), if end.is_none() => {
                    end = Some(Some(Refusal::ShuttingDown));
                }
            }
        }
    }

    /// Keeps reserved what tonic keeps for the next message: the buffers of the `largest` that it had.
    fn keep(&self, largest: &mut usize, bytes: usize) {
        *largest = (*largest).max(bytes.saturating_mul(self.times));
        self.context.held.shrink_to(self.besides.saturating_add(*largest));
    }

    /// The answer to one message, which is a call of its own.
    async fn judge(&self, message: Bytes) -> Answer {
        let call = self.context.origin.begin("JudgeStream");
        let held = Arc::new(self.context.held.another());
        let sent = message.clone();
        let judged = self.handlers.judging.run(Entrance::JudgeOfStream, message, &held);
        let judged = timeout(self.handlers.streams.call_time, judged).await;
        let judged = judged.unwrap_or_else(|_| Err(Refusal::DeadlineExceeded.into()));
        let (bytes, outcome) = judged.unwrap_or_else(|failure| {
            let refused = refused(id_of(&sent), failure.refusal());
            (refused, *failure.outcome)
        });
        drop(sent);
        call.end(&outcome);
        // Where it was refused, its request was held for until now, and its refusal may be larger.
        let floor = self.handlers.budget.weights.call;
        let bytes = match held.exchange(bytes.len().max(floor)) {
            Ok(()) => bytes,
            Err(refusal) => {
                let id = JudgeStreamResponse::decode(bytes).map(|answer| answer.id);
                refused(id.unwrap_or_default(), refusal)
            }
        };
        Answer { bytes, held: held.split(), unwritten: None }
    }
}

/// The answer that says why there is no judgement.
fn refused(id: String, refusal: Refusal) -> Bytes {
    let outcome = Some(Word::Refusal(refusal.into()));
    JudgeStreamResponse { id, outcome }.encode_to_vec().into()
}

/// The id of a request, as far as it can be read: its beginning where it is too long.
fn id_of(message: &[u8]) -> String {
    let read = JudgeStreamRequest::decode(message).ok().and_then(|message| message.request);
    let mut id = read.map(|request| request.id).unwrap_or_default();
    let end = (0..=ID_BYTES).rev().find(|end| id.is_char_boundary(*end));
    id.truncate(end.unwrap_or_default());
    id
}
