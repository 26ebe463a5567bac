//! Many canaries over one stream.

use std::collections::VecDeque;
use std::error::Error;
use std::sync::Arc;
use std::task::Poll;

use bytes::Bytes;
use futures_util::stream::{self, FuturesUnordered};
use futures_util::{Stream, StreamExt};
use prost::Message;
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::mpsc::{self, Sender};
use tokio::time::sleep_until;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Status, Streaming};

use crate::budget::{ANSWER_BYTES, Reservation};
use crate::call::{Call, code_name};
use crate::metrics::Counted;
use crate::proto::JudgeStreamResponse;
use crate::proto::judge_stream_response::Outcome;
use crate::refusal::Refusal;

use super::Service;

/// An encoded `JudgeStreamResponse`, and what it holds.
struct Answer {
    bytes: Bytes,
    reservation: Reservation,
}

/// Judges what comes until the client has said all, goes away, or the server drains.
pub(super) fn start(
    service: Service,
    requests: Streaming<Bytes>,
    call: Arc<Call>,
    place: OwnedSemaphorePermit,
) -> impl Stream<Item = Result<Bytes, Status>> + Send + 'static {
    // Room for one answer, as a client that does not read its answers is not read from for long;
    // and for the end, which waits for nobody.
    let (answers, receiver) = mpsc::channel(2);
    let end = answers.clone().try_reserve_owned();
    let judged = Arc::clone(&call);
    tokio::spawn(async move {
        let _place = place;
        let _counted = Counted::by(&service.judging.metrics.streams);
        // Dropping the future stops every judgement that it waits for.
        let status = tokio::select! {
            status = judge_all(&service, requests, &judged, &answers) => status,
            () = answers.closed() => None,
            () = deadline(&judged) => Some(judged.refuse(Refusal::DeadlineExceeded).into()),
        };
        if let (Some(status), Ok(end)) = (status, end) {
            end.send(Err(status));
        }
    });
    // The stream ends for its client where its end is taken from here: a request that ends looks
    // the same whether its client has said all or has cancelled.
    let whole = Arc::clone(&call);
    ReceiverStream::new(receiver)
        .map(move |answer: Result<Answer, Status>| {
            let ended = |status: &Status| call.answer(code_name(status.code()));
            let Answer { bytes, reservation } = answer.inspect_err(ended)?;
            call.answers.absorb(&reservation);
            Ok(bytes)
        })
        .chain(stream::poll_fn(move |_| {
            whole.answer(code_name(Code::Ok));
            Poll::Ready(None)
        }))
}

async fn deadline(call: &Call) {
    match call.deadline {
        Some(deadline) => sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}

/// What comes is judged, and what is accepted is answered, whatever ends the stream. Gives the status
/// to end it with, if it is no success.
async fn judge_all(
    service: &Service,
    mut requests: Streaming<Bytes>,
    call: &Call,
    answers: &Sender<Result<Answer, Status>>,
) -> Option<Status> {
    let mut judged = FuturesUnordered::new();
    // Answered, so that their requests are out of memory, but not yet taken.
    let mut waiting = VecDeque::new();
    let mut end = None;
    loop {
        let all = judged.len() + waiting.len();
        if all == 0
            && let Some(end) = end
        {
            return end;
        }
        tokio::select! {
            permit = answers.reserve(), if !waiting.is_empty() => match (permit, waiting.pop_front()) {
                (Ok(permit), Some(answer)) => permit.send(Ok(answer)),
                // Nobody is there to read it.
                _ => return None,
            },
            Some(answer) = judged.next() => waiting.push_back(answer),
            request = requests.message(), if end.is_none() && all < service.stream_calls => match request {
                Ok(Some(request)) => {
                    let message = call.message("JudgeStream", request.len());
                    judged.push(judge(service, request, message));
                }
                Ok(None) => end = Some(None),
                // The connection broke: nobody is there to be refused.
                Err(status) if status.source().is_some_and(<dyn Error>::is::<hyper::Error>) => {
                    return None;
                }
                Err(status) => {
                    let limit = service.judging.limits.message_bytes;
                    end = Some(Some(call.refuse(Refusal::of_message(&status, limit)).into()));
                }
            },
            () = service.draining.cancelled(), if end.is_none() => {
                end = Some(Some(call.refuse(Refusal::ShuttingDown).into()));
            }
        }
    }
}

async fn judge(service: &Service, request: Bytes, call: Arc<Call>) -> Answer {
    let mut bytes = service.judging.judge_of_stream(request, &call).await;
    let code = call.refusal().map_or(Code::Ok, Refusal::code);
    call.answer(code_name(code));
    // Where it was refused, its request is held for until now, and its refusal may be larger.
    if let Err(refusal) = call.reservation.exchange(bytes.len().max(ANSWER_BYTES)) {
        bytes = instead(&bytes, refusal);
    }
    Answer { bytes, reservation: call.reservation.split() }
}

/// The small answer in place of one that does not fit.
fn instead(answer: &[u8], refusal: Refusal) -> Bytes {
    let id = JudgeStreamResponse::decode(answer).map(|answer| answer.id).unwrap_or_default();
    let outcome = Some(Outcome::Refusal(refusal.into()));
    JudgeStreamResponse { id, outcome }.encode_to_vec().into()
}
