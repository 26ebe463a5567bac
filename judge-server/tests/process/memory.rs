//! How much memory it takes, with nothing to do and with the worst that its limits let through.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Stdio;

use judge_contract::proto::judge_service_client::JudgeServiceClient;
use judge_contract::proto::{JudgeRequest, JudgeStreamRequest, Series};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Code;
use tonic::codec::CompressionEncoding::{Gzip, Zstd};
use tonic::transport::Channel;

use crate::harness::{Server, request};

/// What the containers of `deploy/` may have.
const CONTAINER_MIB: u64 = 512;

/// No call ends for being slow, however busy the machine is.
const PATIENT: [&str; 3] = ["--call-time=1h", "--read-time=1h", "--header-time=1h"];

/// A figure of the process's memory, in KiB.
fn kib(server: &Server, name: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.process.id())).unwrap();
    let figure = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    figure.trim().strip_suffix(" kB").unwrap().parse().unwrap()
}

/// The most that it allocated so far, in KiB. How many pages of the program's own file are in memory is up to the kernel, so
/// they do not count.
fn peak(server: &Server) -> u64 {
    kib(server, "VmHWM:") - kib(server, "RssFile:")
}

#[test]
fn idle_it_allocates_less_than_20_mib() {
    let server = Server::start(&["--threads=2", "--io-threads=2"], Stdio::null());
    let allocated = kib(&server, "RssAnon:");
    assert!(allocated < 20 * 1024, "{allocated} KiB");
}

#[test]
fn requests_within_the_limits_take_little_memory() {
    let server = Server::start(&PATIENT, Stdio::null());
    // As many elements as are read, each of them wrong.
    let tests = vec!["0"; 550_000].join(",");
    // A group of many texts, in the answer once for each pair of its metric.
    let groups = vec!["\"g\""; 30_000].join(",");
    let pairs = vec![r#"{"name": "a", "baseline": {}, "canary": {}}"#; 1000].join(",");
    let metrics = vec![r#"{"name": "a"}"#; 999].join(",");
    let evidence = format!(r#"{{"canaryConfig": {{"evidence": {{"tests": [{tests}]}}}}}}"#);
    let documents = [
        ("/v1/judge", evidence.clone()),
        ("/v1/config:validate", evidence),
        (
            "/v1/judge",
            format!(
                r#"{{"canaryConfig": {{"metrics": [{{"name": "a", "groups": [{groups}]}}]}},
                     "thresholds": {{"pass": 90, "marginal": 50}}, "pairs": [{pairs}]}}"#
            ),
        ),
        (
            "/v1/config:validate",
            format!(
                r#"{{"canaryConfig": {{"judge": "NetflixACAJudge-v1.0", "metrics": [
                     {{"name": "a", "groups": [{groups}]}}, {metrics}]}}}}"#
            ),
        ),
    ];
    for (path, document) in documents {
        let mut connection = TcpStream::connect(&server.http).unwrap();
        let length = document.len();
        write!(connection, "POST {path} HTTP/1.0\r\ncontent-length: {length}\r\n\r\n").unwrap();
        connection.write_all(document.as_bytes()).unwrap();
        let mut answer = String::new();
        connection.read_to_string(&mut answer).unwrap();
        assert!(answer.contains("canaryConfig"), "{}", &answer[..answer.len().min(500)]);
        assert!(answer.len() < 2 * 1024 * 1024, "{path}: {} bytes", answer.len());
        let peak = peak(&server);
        assert!(peak < 200 * 1024, "{path}: {peak} KiB");
    }
}

/// As many points as a series may have, a little below 4 MiB as JSON and above 3 MiB as a message.
fn largest() -> JudgeRequest {
    let values =
        |shift: usize| (0..100_000).map(move |point| (shift + point * 37 % 101) as f64 + 0.125);
    let series = |shift: usize| Some(Series { values: values(shift).collect(), times: None });
    let mut request = request();
    request.judge = Some("NetflixACAJudge-v1.0".to_owned());
    let mut pair = request.pairs[0].clone();
    (pair.baseline, pair.canary) = (series(0), series(50));
    request.pairs = vec![pair.clone(), pair];
    request
}

/// Streams that sent one small message, which takes 4 MiB once it is read, and then nothing.
async fn silent_streams(
    client: &JudgeServiceClient<Channel>,
    count: usize,
) -> Vec<mpsc::Sender<JudgeStreamRequest>> {
    let mut held = Vec::new();
    for _ in 0..count {
        let (sender, messages) = mpsc::channel(1);
        let message = JudgeRequest { id: "x".repeat(4_000_000), ..JudgeRequest::default() };
        sender.send(JudgeStreamRequest { request: Some(message) }).await.unwrap();
        let mut client = client.clone().send_compressed(Zstd);
        // Those beyond the budget are refused.
        if let Ok(answers) = client.judge_stream(ReceiverStream::new(messages)).await {
            let mut answers = answers.into_inner();
            if answers.message().await.is_ok() {
                tokio::spawn(async move {
                    while answers.message().await.is_ok_and(|answer| answer.is_some()) {}
                });
                held.push(sender);
            }
        }
    }
    held
}

/// How many of 256 callers that call at once get an answer; all others are refused for want of bytes.
async fn answered(server: &Server) -> usize {
    let message = largest();
    let mut calls = JoinSet::new();
    for caller in 0..256 {
        let client = server.client().await;
        let mut client = match caller % 16 {
            0 => client.send_compressed(Gzip),
            1..8 => client.send_compressed(Zstd),
            _ => client,
        };
        let message = message.clone();
        calls.spawn(async move { client.judge(message).await });
    }
    let mut answered = 0;
    while let Some(outcome) = calls.join_next().await {
        match outcome.unwrap() {
            Ok(_) => answered += 1,
            Err(status) => assert_eq!(status.code(), Code::ResourceExhausted, "{status:?}"),
        }
    }
    answered
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_largest_calls_of_256_callers_stay_within_a_container() {
    let flags = [&["--threads=2", "--caller-share=1"], &PATIENT[..]].concat();
    let server = Server::start(&flags, Stdio::null());
    let client = server.client().await;
    for streams in [0, 64] {
        let silent = silent_streams(&client, streams).await;
        let answered = answered(&server).await;
        let peak = peak(&server) / 1024;
        assert!(answered > 0, "beside {} streams", silent.len());
        assert!(
            peak < CONTAINER_MIB,
            "{peak} MiB, {answered} answered beside {} streams",
            silent.len()
        );
        drop(silent);
        client.clone().judge(request()).await.unwrap();
    }
}
