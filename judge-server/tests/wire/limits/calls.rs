//! How many judgements there may be, and for how long.

use std::time::Duration;

use judge_contract::proto::judge_stream_response::Outcome;
use judge_contract::proto::{JudgeRequest, JudgeStreamRequest};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Request, Status};
use tonic_types::StatusExt;

use super::{SLOW, slow};
use crate::harness::{Server, reason, request};
use crate::raw::{JUDGE, Raw, begun, posted, said};

#[tokio::test]
async fn calls_beyond_capacity_are_refused_and_those_accepted_finish() {
    // Three quarters of it, which large calls have, take one of these.
    let flags = [SLOW, &["--max-buffered=11MiB"]].concat();
    let server = Server::start(&flags).await;
    let mut client = server.client().await;
    let mut other = client.clone();
    let accepted = tokio::spawn(async move { other.judge(slow()).await });
    server.until("judge_judgements_admitted", 1.0).await;
    let status = client.judge(slow()).await.unwrap_err();
    assert_eq!(status.code(), Code::ResourceExhausted);
    assert_eq!(reason(&status), "TOO_MANY_BYTES");
    let retry = status.get_details_retry_info().unwrap().retry_delay.unwrap();
    assert_eq!(retry, Duration::from_secs(1));
    let answer = server.post("/judge", " ".repeat(4_000_000)).await;
    assert_eq!((answer.status.as_u16(), answer.reason().as_str()), (429, "TOO_MANY_BYTES"));
    assert_eq!(answer.headers["retry-after"], "1");
    accepted.await.unwrap().unwrap();
    client.judge(slow()).await.unwrap();
    assert_eq!(server.metric("judge_refusals_total{reason=\"TOO_MANY_BYTES\"}").await, Some(2.0));
}

#[tokio::test]
async fn one_caller_has_its_share_of_the_room() {
    // Of 24 MiB one caller has 6, as a quarter.
    let flags = ["--max-buffered=24MiB", "--caller-share=0.25"];
    let server = Server::start(&flags).await;
    let stalled = Raw::new(&server, 64 * 1024).call(JUDGE);
    stalled.send(begun(4_000_000, 3_900_000));
    let _other = said(server.http, &posted(4_000_000, 2_000_000)).await;
    server.until("judge_buffered_bytes", 5_932_773.0).await;
    let reasons = [
        server.post("/judge", " ".repeat(400_000)).await.reason(),
        reason(&server.client().await.judge(request("", 1, 25_000)).await.unwrap_err()),
    ];
    assert_eq!(reasons, ["TOO_MANY_BYTES_OF_CALLER"; 2]);
}

#[tokio::test]
async fn small_canaries_do_not_wait_for_large_ones() {
    let server = Server::start(SLOW).await;
    let mut client = server.client().await;
    let mut other = client.clone();
    let large = tokio::spawn(async move { other.judge(slow()).await });
    server.until("judge_judgements_admitted", 1.0).await;
    for _ in 0..20 {
        client.judge(request("", 1, 20)).await.unwrap();
    }
    assert!(!large.is_finished());
    large.await.unwrap().unwrap();
}

#[tokio::test]
async fn deadlines_and_cancelled_calls_stop_the_work() {
    let server = Server::start(SLOW).await;
    let mut client = server.client().await;
    let mut late = Request::new(slow());
    late.set_timeout(Duration::from_millis(50));
    let status = client.judge(late).await.unwrap_err();
    // The client's own timer may win.
    assert!(matches!(status.code(), Code::DeadlineExceeded | Code::Cancelled), "{status:?}");
    let ended = "judge_call_duration_seconds_count{method=\"Judge\"}";
    server.until(ended, 1.0).await;
    server.until("judge_judgements_admitted", 0.0).await;

    let mut other = client.clone();
    let cancelled = tokio::spawn(async move { other.judge(slow()).await });
    server.until("judge_judgements_admitted", 1.0).await;
    // When this is answered, the other has been begun.
    client.judge(request("", 1, 20)).await.unwrap();
    cancelled.abort();
    server.until(ended, 3.0).await;
    server.until("judge_judgements_admitted", 0.0).await;
    assert_eq!(server.metric("judge_verdicts_total").await, Some(1.0));
    let cancelled = "judge_calls_total{code=\"CANCELLED\",method=\"Judge\"}";
    assert!(server.metric(cancelled).await >= Some(1.0));
}

#[tokio::test]
async fn the_servers_own_limit_on_a_calls_time() {
    let flags = [SLOW, &["--call-time=50ms"]].concat();
    let server = Server::start(&flags).await;
    let status = server.client().await.judge(slow()).await.unwrap_err();
    assert_eq!(
        (status.code(), reason(&status).as_str()),
        (Code::DeadlineExceeded, "DEADLINE_EXCEEDED")
    );
    let said = status.message();
    assert!(
        said.contains("--call-time") && said.contains("repeat a change with the same key"),
        "{said}"
    );
}

#[tokio::test]
async fn each_message_of_a_stream_has_the_limit_for_itself() {
    let flags = [SLOW, &["--call-time=50ms"]].concat();
    let server = Server::start(&flags).await;
    let (sender, receiver) = mpsc::channel(2);
    let ask = async |request| {
        sender.send(JudgeStreamRequest { request: Some(request) }).await.unwrap();
    };
    ask(slow()).await;
    let answers = server.client().await.judge_stream(ReceiverStream::new(receiver)).await.unwrap();
    let mut answers = answers.into_inner();
    // One that is late makes no other late; on a busy machine a small one may be, but not all of them.
    let mut slow_was_late = false;
    for _ in 0..1000 {
        ask(request("small", 1, 5)).await;
        let answer = answers.message().await.unwrap().unwrap();
        let late = match answer.outcome.unwrap() {
            Outcome::Judgement(_) => false,
            Outcome::Refusal(refusal) => {
                assert_eq!(refusal.reason, "DEADLINE_EXCEEDED");
                true
            }
        };
        assert!(late || answer.id == "small");
        slow_was_late |= answer.id == "slow";
        if slow_was_late && !late {
            return;
        }
    }
    panic!("no small one is in time");
}

#[tokio::test]
async fn the_servers_own_limit_over_http() {
    let flags = [SLOW, &["--call-time=50ms"]].concat();
    let server = Server::start(&flags).await;
    let answer = server.post("/v1/judge", serde_json::to_vec(&slow()).unwrap()).await;
    assert_eq!((answer.status.as_u16(), &*answer.reason()), (504, "DEADLINE_EXCEEDED"));
    server.until("judge_judgements_admitted", 0.0).await;
    assert_eq!(server.metric("judge_verdicts_total").await, None);
}

#[tokio::test]
async fn a_client_of_http_that_goes_away_stops_the_work() {
    let server = Server::start(SLOW).await;
    let json = serde_json::to_string(&slow()).unwrap();
    let head = format!(
        "POST /v1/judge HTTP/1.1\r\nhost: localhost\r\ncontent-length: {}\r\n\r\n",
        json.len()
    );
    let gone = said(server.http, &(head + &json)).await;
    server.until("judge_judgements_admitted", 1.0).await;
    // When this is answered, the other has been begun.
    server.client().await.judge(request("", 1, 20)).await.unwrap();
    drop(gone);
    server.until("judge_calls_total{code=\"CANCELLED\",method=\"/v1/judge\"}", 1.0).await;
    server.until("judge_judgements_admitted", 0.0).await;
    assert_eq!(server.metric("judge_verdicts_total").await, Some(1.0));
    server.until("judge_buffered_bytes", 0.0).await;
}

/// A server whose thread for large canaries is busy for some seconds.
async fn busy(flags: &[&str]) -> (Server, JoinHandle<Result<(), Status>>) {
    let large = ["--threads=1", "--max-message-size=64MiB", "--max-points=10000000"];
    let server = Server::start(&[&large, flags].concat()).await;
    let mut client = server.client().await;
    let call = async move { client.judge(request("", 40, 50_000)).await.map(drop) };
    let call = tokio::spawn(call);
    server.until("judge_judgements_admitted", 1.0).await;
    (server, call)
}

/// A canary just large enough to count as large.
fn large() -> JudgeRequest {
    request("", 1, 20_000)
}

#[tokio::test]
async fn large_calls_that_wait_leave_places_for_small_ones() {
    // Of which large ones have 32.25 MiB.
    let (server, running) = busy(&["--max-buffered=43MiB"]).await;
    let (mut client, mut other) = (server.client().await, server.client().await);
    let half = || request("", 1, 60_000);
    let waiting = tokio::spawn(async move { other.judge(half()).await });
    server.until("judge_judgements_admitted", 2.0).await;
    let status = client.judge(half()).await.unwrap_err();
    assert_eq!(reason(&status), "TOO_MANY_BYTES");
    client.judge(request("", 1, 10_000)).await.unwrap();
    assert!(!running.is_finished());
    running.await.unwrap().unwrap();
    waiting.await.unwrap().unwrap();
}

#[tokio::test]
async fn calls_cancelled_in_the_queue_leave_it_at_once() {
    let (server, running) = busy(&[]).await;
    let kept = server.metric("judge_buffered_bytes").await;
    let mut client = server.client().await;
    let cancelled = tokio::spawn(async move { client.judge(large()).await });
    server.until("judge_judgements_admitted", 2.0).await;
    assert!(server.metric("judge_buffered_bytes").await > kept);
    cancelled.abort();
    server.until("judge_judgements_admitted", 1.0).await;
    assert_eq!(server.metric("judge_buffered_bytes").await, kept);
    assert_eq!(server.metric("judge_verdicts_total").await, None, "nothing is judged yet");
    running.await.unwrap().unwrap();
}
