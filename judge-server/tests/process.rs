//! The command itself: ended by a signal while it is busy, and with a log that nobody reads.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "what these functions are for is to fail a test"
)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, ChildStderr, Command, Stdio};
use std::time::Duration;

use judge_server::proto::judge_service_client::JudgeServiceClient;
use judge_server::proto::{
    CanaryConfig, JudgeRequest, MetricConfig, MetricPair, Series, Thresholds, judge_request,
};
use serde_json::Value;
use tonic::transport::Endpoint;

struct Server {
    process: Child,
    log: BufReader<ChildStderr>,
    grpc: String,
    http: String,
}

/// Ends the server where the test fails first, which else would wait for its log for ever.
struct Ended<'a>(&'a str);

impl Drop for Ended<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let _ = Command::new("kill").args(["-KILL", self.0]).status();
        }
    }
}

/// A line of the log, or nothing at its end.
fn line(log: &mut BufReader<ChildStderr>) -> Option<Value> {
    let mut line = String::new();
    (log.read_line(&mut line).unwrap() > 0).then(|| serde_json::from_str(&line).unwrap())
}

fn start() -> Server {
    let mut process = Command::new(env!("CARGO_BIN_EXE_judge-server"))
        .args(["--grpc-listen=127.0.0.1:0", "--http-listen=127.0.0.1:0"])
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut log = BufReader::new(process.stderr.take().unwrap());
    let first = line(&mut log).expect("a line that says where it listens");
    let grpc = format!("http://{}", first["grpc"].as_str().unwrap());
    let http = first["http"].as_str().unwrap().to_owned();
    Server { process, log, grpc, http }
}

fn request() -> JudgeRequest {
    let series = |shift: usize| {
        let values = (0..200).map(|point| (shift + point * 37 % 101) as f64);
        Some(Series { values: values.collect(), times: None })
    };
    let metric = MetricConfig {
        name: "latency".into(),
        groups: vec!["Latency".into()],
        ..Default::default()
    };
    let config = CanaryConfig {
        metrics: vec![metric],
        group_weights: [("Latency".to_owned(), 100.0)].into(),
        ..Default::default()
    };
    JudgeRequest {
        id: "busy".into(),
        pairs: vec![MetricPair {
            name: "latency".into(),
            baseline: series(0),
            canary: series(50),
            ..Default::default()
        }],
        thresholds: Some(Thresholds { pass: Some(95.0), marginal: Some(75.0) }),
        judge: None,
        config: Some(judge_request::Config::CanaryConfig(config)),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signal_in_the_middle_of_the_load_loses_no_call() {
    for signal in ["-TERM", "-INT"] {
        let mut server = start();
        let (grpc, process) = (server.grpc.clone(), server.process.id().to_string());
        let _ended = Ended(&process);
        // Read all the while: a server that cannot log drops lines.
        let log = tokio::task::spawn_blocking(move || {
            let mut lines = Vec::new();
            while let Some(line) = line(&mut server.log) {
                lines.push(line);
            }
            (lines, server.process.wait().unwrap())
        });
        let (answers, mut answered) = tokio::sync::mpsc::unbounded_channel();
        for _ in 0..8 {
            let endpoint = Endpoint::from_shared(grpc.clone()).unwrap();
            let mut client = JudgeServiceClient::new(endpoint.connect().await.unwrap());
            let answers = answers.clone();
            tokio::spawn(async move {
                // Until the server takes no more calls.
                while let Ok(answer) = client.judge(request()).await {
                    let judgement = answer.into_inner().judgement;
                    answers.send(judgement.is_some()).unwrap();
                }
            });
        }
        drop(answers);
        let mut judged = 0;
        while judged < 100 {
            assert!(answered.recv().await.expect("calls go on"));
            judged += 1;
        }
        assert!(Command::new("kill").args([signal, &process]).status().unwrap().success());
        while let Some(whole) = answered.recv().await {
            assert!(whole);
            judged += 1;
        }
        let (lines, status) = log.await.unwrap();
        assert!(status.success(), "{status}");
        let calls = lines.iter().filter(|line| line["message"] == "call");
        let accepted: Vec<&str> = calls.map(|line| line["code"].as_str().unwrap()).collect();
        assert!(accepted.iter().all(|code| *code == "Ok"), "{accepted:?}");
        assert_eq!(accepted.len(), judged, "every accepted call is answered, once");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_nobody_reads_stalls_no_call() {
    let server = start();
    let process = server.process.id().to_string();
    let _ended = Ended(&process);
    let endpoint = Endpoint::from_shared(server.grpc).unwrap();
    let mut client = JudgeServiceClient::new(endpoint.connect().await.unwrap());
    // A pipe takes 64 KiB, some 300 lines, and twice 128 KiB may wait for it.
    for _ in 0..2000 {
        let judged = tokio::time::timeout(Duration::from_secs(20), client.judge(request())).await;
        judged.expect("an answer in time").unwrap();
    }
    let mut connection = TcpStream::connect(&server.http).unwrap();
    connection.write_all(b"GET /metrics HTTP/1.0\r\n\r\n").unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).unwrap();
    let dropped =
        answer.lines().find_map(|line| line.strip_prefix("judge_log_lines_dropped_total "));
    assert!(dropped.unwrap().parse::<u64>().unwrap() > 0);

    // What was written is whole lines.
    Command::new("kill").args(["-TERM", &process]).status().unwrap();
    let mut log = server.log;
    let mut calls = 0;
    while let Some(line) = line(&mut log) {
        calls += u32::from(line["message"] == "call");
    }
    assert!((100..2000).contains(&calls), "{calls}");
}

/// What the process held at most, in MiB.
fn peak(process: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    peak.trim().strip_suffix(" kB").unwrap().parse::<u64>().unwrap() / 1024
}

#[test]
fn what_the_limits_let_through_takes_little_memory() {
    let server = start();
    let process = server.process.id().to_string();
    let _ended = Ended(&process);
    // As many elements as are read, each of them wrong.
    let tests = vec!["0"; 550_000].join(",");
    // A group of many texts, in the answer once for each pair of its metric.
    let groups = vec!["\"g\""; 30_000].join(",");
    let pairs = vec![r#"{"name": "a", "baseline": {}, "canary": {}}"#; 1000].join(",");
    let metrics = vec![r#"{"name": "a"}"#; 999].join(",");
    let documents = [
        ("/v1/judge", format!(r#"{{"canaryConfig": {{"evidence": {{"tests": [{tests}]}}}}}}"#)),
        (
            "/v1/config:validate",
            format!(r#"{{"canaryConfig": {{"evidence": {{"tests": [{tests}]}}}}}}"#),
        ),
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
        assert!(peak(&process) < 200, "{path}: {} MiB", peak(&process));
    }
    Command::new("kill").args(["-TERM", &process]).status().unwrap();
}
