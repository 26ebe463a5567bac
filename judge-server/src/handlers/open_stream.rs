//! Streams of messages, whatever is said in them: their clocks, their end, and what their answers hold.

use std::pin::Pin;
use std::sync::{Arc, OnceLock};

use axum::body::Body;
use bytes::Bytes;
use futures_util::StreamExt;
use http::Request;
use tokio::sync::mpsc::{self, Sender};
use tokio::time::{Instant, Sleep, sleep, sleep_until};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Status, Streaming};

use super::grpc::{answer_encoding, respond, times};
use super::{Answered, Context, Ended, Ending, Handlers};
use crate::budget::Reservation;
use crate::convert::refusal::{Refusal, StreamEnd};
use crate::observe::metrics::GaugeGuard;
use crate::observe::outcome::{Outcome, OutcomeSoFar};
use crate::transport::activity::Unwritten;

/// An encoded answer, and what it holds until it is taken.
pub(super) struct StreamAnswer {
    pub(super) bytes: Bytes,
    pub(super) held: Reservation,
    pub(super) unwritten: Option<Unwritten>,
}

/// Where the answers of a stream go.
pub(super) type Answers = Sender<Result<StreamAnswer, Status>>;

/// An open stream.
pub(super) struct OpenedStream {
    pub(super) handlers: Arc<Handlers>,
    pub(super) context: Context,
    pub(super) so_far: OutcomeSoFar,
    /// What it holds besides its messages.
    besides: usize,
    /// How many times its length a message takes there.
    times: usize,
    /// Bytes of the largest message.
    largest: usize,
}

impl OpenedStream {
    /// Notes that a whole message came, which ends the silence. What tonic keeps for the next one stays reserved: the buffers of
    /// the largest.
    pub(super) fn came(&mut self, message: &Bytes, quiet: Pin<&mut Sleep>) {
        quiet.reset(Instant::now() + self.handlers.streams.silence);
        self.largest = self.largest.max(message.len().saturating_mul(self.times));
        self.context.held.shrink_to(self.besides.saturating_add(self.largest));
    }

    /// The stream is busy from here on until its client takes `answer`.
    pub(super) fn handed(&self, mut answer: StreamAnswer) -> StreamAnswer {
        answer.unwritten = Some(self.context.caller.peer.activity.piece());
        answer
    }
}

impl Handlers {
    /// Has `answer_all` answer what comes until it returns, the client goes away, or the stream is old. It returns why the stream is
    /// ended, if that is no success.
    pub(super) fn open_stream<F>(
        self: &Arc<Self>,
        context: Context,
        request: Request<Body>,
        answer_all: impl FnOnce(OpenedStream, Streaming<Bytes>, Answers) -> F,
    ) -> Answered
    where
        F: Future<Output = Option<Refusal>> + Send + 'static,
    {
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
        let (origin, age, last) = (Arc::clone(&context.origin), self.streams.age, context.deadline);
        let (kept, so_far) = (self.budget.weights.call, OutcomeSoFar::default());
        let (handlers, largest) = (Arc::clone(self), 0);
        let told = so_far.clone();
        let stream = OpenedStream { handlers, context, so_far: told, besides, times, largest };
        let answering = answer_all(stream, messages, sender.clone());
        let (ended, known) = (Arc::clone(&outcome), so_far.clone());
        tokio::spawn(async move {
            let _counted = GaugeGuard::by(&origin.metrics().streams);
            // Dropping the future stops every judgement that it waits for.
            let refusal = tokio::select! {
                refusal = answering => refusal,
                () = sender.closed() => return,
                () = deadline(last) => Some(Refusal::DeadlineExceeded),
                () = sleep(age) => Some(Refusal::StreamEnded(StreamEnd::Old)),
            };
            // What it is read into is gone, though its last answers may not be taken yet.
            held.shrink_to(kept);
            let status = refusal.clone().map(Status::from);
            let _ = ended.set(Outcome { refusal, ..known.take() });
            if let (Some(status), Ok(end)) = (status, end) {
                end.send(Err(status));
            }
        });
        let taken = Arc::clone(&answers);
        let bytes =
            ReceiverStream::new(receiver).map(move |answer: Result<StreamAnswer, Status>| {
                let answer = answer?;
                taken.absorb(&answer.held);
                Ok(answer.bytes)
            });
        let ended = Ended::Later(Ending { outcome, answers, so_far });
        Answered { response: respond(bytes, encoding), ended, held: None }
    }
}

async fn deadline(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}
