//! Many canaries over one stream.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::mpsc::{self, Sender};
use tokio::time::sleep_until;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Status, Streaming};

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
) -> ReceiverStream<Answer> {
    // Room for one: a client that does not read its answers is not read from either.
    let (answers, receiver) = mpsc::channel(1);
    tokio::spawn(async move {
        service.judging.metrics.streams.inc();
        // Dropping the future stops every judgement that it waits for.
        tokio::select! {
            () = judge_all(&service, requests, &call, &answers) => {}
            () = answers.closed() => {}
            () = deadline(&call) => {
                let _ = answers.send(Err(Refusal::DeadlineExceeded.into())).await;
            }
        }
        service.judging.metrics.streams.dec();
        drop(place);
    });
    ReceiverStream::new(receiver)
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
                Err(status) => break Some(refusal(service, call, &status).into()),
            },
            () = service.draining.cancelled() => {
                break Some(Refusal::ShuttingDown.into());
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
    let code = call.refusal().map_or(tonic::Code::Ok, Refusal::code);
    call.answer(code_name(code));
    answer
}

/// What broke the stream, in this server's words.
fn refusal(service: &Service, call: &Call, status: &Status) -> Refusal {
    let refusal = match status.code() {
        // The second when it is too large only once it is decompressed.
        tonic::Code::OutOfRange | tonic::Code::ResourceExhausted => {
            Refusal::MessageTooLarge { limit: service.judging.limits.message_bytes }
        }
        _ => Refusal::Unreadable(status.message().to_owned()),
    };
    call.refuse(refusal)
}
