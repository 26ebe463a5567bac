//! Many canaries over one stream.

use std::sync::Arc;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::mpsc::{self, Sender};
use tokio::time::sleep_until;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Status, Streaming};

use crate::call::Call;
use crate::proto::judge_stream_response::Outcome;
use crate::proto::{JudgeStreamRequest, JudgeStreamResponse};
use crate::refusal::Refusal;

use super::Service;

type Answer = Result<JudgeStreamResponse, Status>;

/// Judges what comes until the client has said all, goes away, or the server drains.
pub(super) fn start(
    service: Service,
    requests: Streaming<JudgeStreamRequest>,
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
    mut requests: Streaming<JudgeStreamRequest>,
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

async fn judge(
    service: &Service,
    request: JudgeStreamRequest,
    call: Arc<Call>,
) -> JudgeStreamResponse {
    let request = request.request.unwrap_or_default();
    let id = request.id.clone();
    let (id, outcome) = match service.judging.judge(request, &call).await {
        Ok(response) => (response.id, response.judgement.map(Outcome::Judgement)),
        Err(refusal) => {
            let refusal = call.refuse(refusal);
            (id, Some(Outcome::Refusal(refusal.into())))
        }
    };
    let code = call.refusal().map_or(tonic::Code::Ok, Refusal::code);
    call.answer(format!("{code:?}"));
    JudgeStreamResponse { id, outcome }
}

/// What broke the stream, in this server's words.
fn refusal(service: &Service, call: &Call, status: &Status) -> Refusal {
    let refusal = match status.code() {
        tonic::Code::OutOfRange => {
            Refusal::MessageTooLarge { limit: service.judging.limits.message_bytes }
        }
        _ => Refusal::Unreadable(status.message().to_owned()),
    };
    call.refuse(refusal)
}
