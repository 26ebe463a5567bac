//! Ended by signals while it is busy.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};

use judge_contract::proto::JudgeStreamRequest;
use tokio_stream::StreamExt;

use crate::harness::{BINARY, Server, line, request};

#[tokio::test(flavor = "multi_thread")]
async fn a_signal_in_the_middle_of_the_load_loses_no_call() {
    for signal in ["-TERM", "-INT"] {
        let mut server = Server::start(&[], Stdio::piped());
        // Read all the while: a server that cannot log drops lines.
        let mut log = server.log();
        let log = tokio::task::spawn_blocking(move || {
            let mut lines = Vec::new();
            while let Some(line) = line(&mut log) {
                lines.push(line);
            }
            lines
        });
        let (answers, mut answered) = tokio::sync::mpsc::unbounded_channel();
        for _ in 0..8 {
            let mut client = server.client().await;
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
        server.signal(signal);
        while let Some(whole) = answered.recv().await {
            assert!(whole);
            judged += 1;
        }
        assert!(server.told().starts_with("STOPPING=1\n"));
        let status = server.wait();
        assert!(status.success(), "{status}");
        let lines = log.await.unwrap();
        let calls = lines.iter().filter(|line| line["message"] == "call");
        let accepted: Vec<&str> = calls.map(|line| line["code"].as_str().unwrap()).collect();
        assert!(accepted.iter().all(|code| *code == "OK"), "{accepted:?}");
        assert_eq!(accepted.len(), judged, "every accepted call is answered, once");
    }
}

/// The exit code of the command that asks whether the server is ready.
fn healthcheck(http: &str) -> Option<i32> {
    let address = format!("--http-listen={http}");
    let mut command = Command::new(BINARY);
    command.args(["--healthcheck", &address]).output().unwrap().status.code()
}

#[test]
fn a_second_signal_ends_it_at_once() {
    for (first, second) in [("-TERM", "-TERM"), ("-INT", "-TERM"), ("-TERM", "-INT")] {
        let mut server = Server::start(&["--drain-delay=10days"], Stdio::piped());
        assert_eq!(healthcheck(&server.http), Some(0));
        server.signal(first);
        // Two signals of a kind at the same time would be one.
        assert!(server.told().starts_with("STOPPING=1\n"));
        assert_eq!(healthcheck(&server.http), Some(1));
        server.signal(second);
        assert_eq!(server.wait().code(), Some(1), "{first} {second}");
        let mut text = String::new();
        server.log().read_to_string(&mut text).unwrap();
        let last = text.lines().last().unwrap();
        assert_eq!(last, "judge-server: ended at once by a second signal");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_the_end_cuts_off_is_logged_so() {
    let mut server = Server::start(&[], Stdio::piped());
    let message = JudgeStreamRequest { request: Some(request()) };
    let requests = tokio_stream::iter([message]).chain(tokio_stream::pending());
    let mut answers = server.client().await.judge_stream(requests).await.unwrap().into_inner();
    answers.message().await.unwrap().unwrap();
    server.signal("-TERM");
    assert_eq!(answers.message().await.unwrap_err().code(), tonic::Code::Unavailable);
    drop(answers);
    assert!(server.wait().success());
    let mut log = server.log();
    let lines = std::iter::from_fn(|| line(&mut log));
    let calls: Vec<_> = lines.filter(|line| line["message"] == "call").collect();
    let ended: Vec<_> = calls
        .iter()
        .map(|call| (call["method"].as_str().unwrap(), call["code"].as_str().unwrap()))
        .collect();
    assert_eq!(ended, [("JudgeStream", "OK"), ("JudgeStreamOpen", "UNAVAILABLE")]);
}

#[test]
fn calls_that_the_end_cuts_off_are_logged() {
    let mut server = Server::start(&["--drain-time=50ms", "--io-threads=1"], Stdio::piped());
    // Read all the while, as it is more than a pipe holds.
    let mut log = server.log();
    let cut = std::thread::spawn(move || {
        let lines = std::iter::from_fn(|| line(&mut log));
        lines.filter(|line| line["method"] == "/judge" && line["code"] == "CANCELLED").count()
    });
    let begun = b"POST /judge HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100\r\n\r\n{";
    let stalled: Vec<_> = (0..400)
        .map(|_| {
            let mut connection = TcpStream::connect(&server.http).unwrap();
            connection.write_all(begun).unwrap();
            connection
        })
        .collect();
    // And the call for the metrics.
    server.until("judge_calls_in_flight", |calls| calls == 401);
    server.signal("-TERM");
    assert!(server.wait().success());
    drop(stalled);
    assert_eq!(cut.join().unwrap(), 400);
}
