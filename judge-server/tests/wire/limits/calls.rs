//! How many judgements there may be, and for how long.

use std::time::Duration;

use tonic::{Code, Request};
use tonic_types::StatusExt;

use super::{SLOW, slow};
use crate::harness::{Server, reason, request};

#[tokio::test]
async fn calls_beyond_capacity_are_refused_and_those_accepted_finish() {
    let flags = [SLOW, &["--max-calls=1"]].concat();
    let server = Server::start(&flags).await;
    let mut client = server.client().await;
    let mut other = client.clone();
    let accepted = tokio::spawn(async move { other.judge(slow()).await });
    server.until("judge_judgements_admitted", 1.0).await;
    let status = client.judge(request("", 1, 5)).await.unwrap_err();
    assert_eq!(status.code(), Code::ResourceExhausted);
    assert_eq!(reason(&status), "TOO_MANY_CALLS");
    let retry = status.get_details_retry_info().unwrap().retry_delay.unwrap();
    assert_eq!(retry, Duration::from_secs(1));
    let answer = server.post("/judge", "{}").await;
    assert_eq!((answer.status.as_u16(), answer.reason().as_str()), (429, "TOO_MANY_CALLS"));
    assert_eq!(answer.headers["retry-after"], "1");
    accepted.await.unwrap().unwrap();
    client.judge(request("", 1, 5)).await.unwrap();
    assert_eq!(server.metric("judge_refusals_total{reason=\"TOO_MANY_CALLS\"}").await, Some(2.0));
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
}
