//! Many canaries over one stream.

use std::error::Error;
use std::sync::Arc;
use std::task::Poll;

use bytes::Bytes;
use futures_util::stream::{self, FuturesUnordered};
use futures_util::{Stream, StreamExt};
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::mpsc::{self, Sender};
use tokio::time::sleep_until;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Status, Streaming};

use crate::call::{Call, code_name};
use crate::refusal::Refusal;

use super::Service;

/// An encoded `JudgeStreamResponse`.
type Answer = Result<Bytes, Status>;

/// Judges what comes until the client has said all, goes away, or the server drains.
pub(super) fn start(
    service: Service,
    requests: Streaming<Bytes>,
    call: Arc<Call>,
    place: OwnedSemaphorePermit,
) -> impl Stream<Item = Answer> + Send + 'static {
    // Room for one: a client that does not read its answers is not read from either.
    let (answers, receiver) = mpsc::channel(1);
    let (failed, whole) = (Arc::clone(&call), Arc::clone(&call));
    tokio::spawn(async move {
        service.judging.metrics.streams.inc();
        // Dropping the future stops every judgement that it waits for.
        tokio::select! {
            () = judge_all(&service, requests, &call, &answers) => {}
            () = answers.closed() => {}
            () = deadline(&call) => {
                let late = call.refuse(Refusal::DeadlineExceeded);
                let _ = answers.send(Err(late.into())).await;
            }
        }
        service.judging.metrics.streams.dec();
        drop(place);
    });
    // The stream ends for its client where its end is taken from here: a request that ends looks
    // the same whether its client has said all or has cancelled.
    ReceiverStream::new(receiver)
        .inspect(move |answer| {
            if let Err(status) = answer {
                failed.answer(code_name(status.code()));
            }
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

async fn judge_all(
    service: &Service,
    mut requests: Streaming<Bytes>,
    call: &Call,
    answers: &Sender<Answer>,
) {
    let mut judged = FuturesUnordered::new();
    let end = loop {
        tokio::select! {
            Some(answer) = judged.next() => {
                if answers.send(Ok(answer)).await.is_err() {
                    return;
                }
            }
            request = requests.message(), if judged.len() < service.stream_calls => match request {
                Ok(Some(request)) => judged.push(judge(service, request, call.message("JudgeStream"))),
                Ok(None) => break None,
                // The connection broke: nobody is there to be refused.
                Err(status) if status.source().is_some_and(<dyn Error>::is::<hyper::Error>) => {
                    return;
                }
                Err(status) => break Some(refusal(service, call, &status).into()),
            },
            () = service.draining.cancelled() => {
                break Some(Status::unavailable("the server is shutting down; ask another"));
            }
        }
    };
    // What was accepted is answered, whatever ended the stream.
    while let Some(answer) = judged.next().await {
        if answers.send(Ok(answer)).await.is_err() {
            return;
        }
    }
    if let Some(status) = end {
        let _ = answers.send(Err(status)).await;
    }
}

async fn judge(service: &Service, request: Bytes, call: Arc<Call>) -> Bytes {
    let answer = service.judging.judge_of_stream(request, &call).await;
    let code = call.refusal().map_or(Code::Ok, Refusal::code);
    call.answer(code_name(code));
    answer
}

/// What broke the stream, in this server's words.
fn refusal(service: &Service, call: &Call, status: &Status) -> Refusal {
    let refusal = match status.code() {
        Code::OutOfRange => {
            Refusal::MessageTooLarge { limit: service.judging.limits.message_bytes }
        }
        _ => Refusal::Unreadable(status.message().to_owned()),
    };
    call.refuse(refusal)
}
