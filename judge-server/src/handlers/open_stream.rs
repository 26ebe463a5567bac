//! Streams of messages, whatever their content: their timers, their end, and the memory of their answers.

use std::mem;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};

use axum::body::Body;
use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::future::OptionFuture;
use http::Request;
use tokio::sync::mpsc::{self, Sender};
use tokio::time::{Instant, Sleep, sleep, sleep_until};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Status, Streaming};

use super::grpc::{answer_encoding, respond, times};
use super::{Answered, Context, Ended, Ending, Handlers};
use crate::budget::Reservation;
use crate::convert::refusal::Refusal;
use crate::observe::metrics::GaugeGuard;
use crate::observe::outcome::{Outcome, OutcomeSoFar};
use crate::transport::activity::Unwritten;

/// An encoded answer, and its reservation until it is read.
pub(super) struct StreamAnswer {
    pub(super) bytes: Bytes,
    pub(super) held: Reservation,
    pub(super) unwritten: Option<Unwritten>,
}

/// Channel of the answers of a stream.
pub(super) type Answers = Sender<Result<StreamAnswer, Status>>;

/// An open stream.
pub(super) struct OpenedStream {
    pub(super) handlers: Arc<Handlers>,
    pub(super) context: Context,
    pub(super) so_far: OutcomeSoFar,
    /// Bytes that it holds besides its messages.
    besides: usize,
    /// Memory of a message, as a multiple of its length.
    times: usize,
    /// Bytes of the largest message.
    largest: usize,
}

impl OpenedStream {
    /// Notes that a complete message came, which resets the silence. The buffers of the largest message stay reserved, because
    /// tonic keeps them for the next one.
    pub(super) fn came(&mut self, message: &Bytes, quiet: Pin<&mut Sleep>) {
        quiet.reset(Instant::now() + self.handlers.settings.stream_silence.get());
        self.largest = self.largest.max(message.len().saturating_mul(self.times));
        self.context.held.shrink_to(self.besides.saturating_add(self.largest));
    }

    /// The stream counts as busy until its client has read `answer`.
    pub(super) fn handed(&self, mut answer: StreamAnswer) -> StreamAnswer {
        answer.unwritten = Some(self.context.caller.peer.activity.piece());
        answer
    }
}

impl Handlers {
    /// Runs `answer_all` until it returns, the client goes away, or the stream is old. It returns why the stream ends, unless
    /// it succeeded.
    pub(super) fn open_stream<F>(
        self: &Arc<Self>,
        context: Context,
        request: Request<Body>,
        answer_all: impl FnOnce(OpenedStream, Streaming<Bytes>, Answers) -> F,
    ) -> Answered
    where
        F: Future<Output = Option<Refusal>> + Send + 'static,
    {
        // Room for one answer, because a client that does not read its answers is soon not read from; and room for the end,
        // which does not wait.
        let (sender, receiver) = mpsc::channel(2);
        let end = sender.clone().try_reserve_owned();
        let (encoding, times) = (answer_encoding(request.headers()), times(request.headers()));
        let held = Arc::clone(&context.held);
        let besides = self.budget.weights.call + self.budget.weights.stream;
        let messages = self.messages(&held, besides, request);
        let outcome = Arc::new(OnceLock::new());
        let answers = Arc::new(held.another());
        let origin = Arc::clone(&context.origin);
        let deadline = OptionFuture::from(context.deadline.map(sleep_until));
        let age = self.settings.stream_age.get();
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
                Some(()) = deadline => Some(Refusal::DeadlineExceeded),
                () = sleep(age) => Some(Refusal::StreamOld),
            };
            // Its buffers are gone, though its last answers may be unread yet.
            held.shrink_to(kept);
            let status = refusal.clone().map(Status::from);
            let _ = ended.set(Outcome { refusal, ..mem::take(&mut known.lock()) });
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
