//! What is logged, and where nothing can be.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read;
use std::process::Stdio;
use std::time::Duration;

use judge_contract::proto::{JudgeRequest, judge_request};
use serde_json::json;
use tonic::Request;

use crate::harness::{Server, line, request};

const DROPPED: &str = "judge_log_lines_dropped_total";

async fn answered(server: &Server, calls: usize) {
    let mut client = server.client().await;
    for _ in 0..calls {
        let judged = tokio::time::timeout(Duration::from_secs(20), client.judge(request())).await;
        judged.expect("an answer in time").unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_nobody_reads_stalls_no_call() {
    let mut server = Server::start(&[], Stdio::piped());
    // A pipe takes some hundred lines, or thousands where pages are large, and twice 128 KiB may wait for it.
    let mut asked = 0;
    while server.metric(DROPPED) == 0 {
        assert!(asked < 20_000, "nothing is dropped");
        answered(&server, 500).await;
        asked += 500;
    }

    // What was written is whole lines.
    server.signal("-TERM");
    let mut log = server.log();
    let mut calls = 0;
    while let Some(line) = line(&mut log) {
        calls += usize::from(line["message"] == "call");
    }
    assert!((100..asked).contains(&calls), "{calls} of {asked}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_cannot_be_written_ends_no_call() {
    let full = || File::options().write(true).open("/dev/full").unwrap();
    for disk_is_full in [false, true] {
        for format in ["json", "text"] {
            let stderr = if disk_is_full { full().into() } else { Stdio::piped() };
            let mut server = Server::start(&[&format!("--log-format={format}")], stderr);
            // Then nobody reads the pipe.
            drop(server.process.stderr.take());
            answered(&server, 20).await;
            server.until(DROPPED, |dropped| dropped >= 20);
            server.signal("-TERM");
            assert!(server.wait().success(), "full disk: {disk_is_full}");
        }
    }
}

/// A call with a trace, and one that is refused: their lines.
async fn logged(format: &str) -> String {
    let mut server = Server::start(&[&format!("--log-format={format}")], Stdio::piped());
    let mut client = server.client().await;
    let mut secret = request();
    let canary = secret.pairs[0].canary.as_mut().unwrap();
    canary.values.iter_mut().for_each(|value| *value += 48_151_000.0);
    let mut traced = Request::new(secret.clone());
    let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    traced.metadata_mut().insert("traceparent", parent.parse().unwrap());
    client.judge(traced).await.unwrap();
    secret.pairs[0].name = "unknown".into();
    let Some(judge_request::Config::CanaryConfig(config)) = &mut secret.config else {
        panic!("{:?}", secret.config)
    };
    config.name = "checkout".repeat(40);
    client.judge(JudgeRequest { id: "refused".into(), ..secret }).await.unwrap_err();
    server.signal("-TERM");
    let mut log = String::new();
    server.log().read_to_string(&mut log).unwrap();
    // The values, and what is computed of them: sums, medians, intervals.
    assert!(!log.contains("4815"), "{log}");
    log
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_of_json_has_what_is_known_of_a_call() {
    let log = logged("json").await;
    let lines = log.lines().map(|line| serde_json::from_str(line).unwrap());
    let calls: Vec<serde_json::Map<_, _>> =
        lines.filter(|line: &serde_json::Map<_, _>| line["message"] == "call").collect();
    let [judged, refused] = calls.as_slice() else { panic!("{log}") };
    let names = |line: &serde_json::Map<_, _>| line.keys().cloned().collect::<BTreeSet<_>>();
    let always = [
        "code",
        "duration_us",
        "id",
        "level",
        "message",
        "method",
        "peer",
        "request_id",
        "target",
        "timestamp",
    ];
    let with = |more: &[&str]| always.iter().chain(more).map(|name| (*name).to_owned()).collect();
    assert_eq!(names(judged), with(&["trace_id", "verdict"]));
    assert_eq!(names(refused), with(&["config", "reason"]));
    for (line, field, value) in [
        (judged, "id", json!("busy")),
        (judged, "method", json!("Judge")),
        (judged, "code", json!("OK")),
        (judged, "verdict", json!("Fail")),
        (judged, "trace_id", json!("4bf92f3577b34da6a3ce929d0e0e4736")),
        (refused, "id", json!("refused")),
        (refused, "config", json!("checkout".repeat(16))),
        (refused, "code", json!("INVALID_ARGUMENT")),
        (refused, "reason", json!("INVALID_REQUEST")),
    ] {
        assert_eq!(line[field], value, "{log}");
    }
    assert!(judged["duration_us"].as_u64().unwrap() > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_of_text_says_the_same() {
    let log = logged("text").await;
    // No terminal reads it, so there are no colours between name and value.
    for said in [
        r#"call method="Judge" code="OK" id="busy" verdict="Fail" peer="127.0.0.1:"#,
        r#"trace_id="4bf92f3577b34da6a3ce929d0e0e4736" duration_us="#,
        r#"call method="Judge" code="INVALID_ARGUMENT" reason="INVALID_REQUEST" id="refused" config="checkout"#,
    ] {
        assert!(log.contains(said), "{log}");
    }
}

#[test]
fn the_config_of_kayenta_is_named_judged_or_checked() {
    let mut server = Server::start(&[], Stdio::piped());
    let config = json!({"name": "checkout", "metrics": [{"name": "a", "groups": ["g"]}],
                        "classifier": {"groupWeights": {"g": 100}}});
    let values = json!([1.0, 2.0, 3.0]);
    let pair = json!({"name": "a", "values": {"control": values, "experiment": values}});
    let thresholds = json!({"pass": 95, "marginal": 75});
    let judged = json!({"canaryConfig": config, "scoreThresholds": thresholds,
                        "metricSetPairList": [pair]});
    let checked = json!({"kayentaConfigJson": config.to_string()});
    let methods = ["/judge", "/v1/config:validate"];
    for (path, body) in methods.into_iter().zip([judged, checked]) {
        let answer = server.post(path, &body.to_string());
        assert!(answer.starts_with("HTTP/1.0 200 "), "{answer}");
    }
    server.signal("-TERM");
    let mut log = server.log();
    let lines = std::iter::from_fn(|| line(&mut log));
    let calls: Vec<_> = lines.filter(|line| line["config"] == "checkout").collect();
    assert_eq!(calls.iter().map(|call| &call["method"]).collect::<Vec<_>>(), methods);
}

#[test]
fn messages_without_room_are_warned_of() {
    for (message, all, warned) in [
        ("256KiB", "256KiB", false),
        ("200KiB", "199KiB", true),
        ("3MiB", "4MiB", false),
        ("3145729", "4MiB", true),
    ] {
        let flags = [format!("--max-message-size={message}"), format!("--max-buffered={all}")];
        let mut server = Server::start(&[&flags[0], &flags[1]], Stdio::piped());
        server.signal("-TERM");
        let mut log = String::new();
        server.log().read_to_string(&mut log).unwrap();
        assert_eq!(log.contains("raise max-buffered"), warned, "{message} {all}: {log}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_says_how_many_warnings_there_were() {
    let mut server = Server::start(&[], Stdio::piped());
    let mut without_series = request();
    without_series.judge = Some("NetflixACAJudge-v1.0".into());
    without_series.pairs.clear();
    let answer = server.client().await.judge(without_series).await.unwrap().into_inner();
    let warnings = answer.judgement.unwrap().warnings.len();
    assert!(warnings > 0);
    server.signal("-TERM");
    let mut log = server.log();
    let call = std::iter::from_fn(|| line(&mut log)).find(|line| line["message"] == "call");
    assert_eq!(call.unwrap()["warnings"], json!(warnings));
}

#[test]
fn a_token_in_a_path_is_in_no_line_no_metric_and_no_answer() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tokens");
    let known = "path-token-of-16-bytes";
    std::fs::write(&file, format!("{known} flagger\n")).unwrap();
    let flags = [&format!("--tokens={}", file.display()), "--log=trace"];
    let mut server = Server::start(&flags, Stdio::piped());
    let mut log = server.log();
    let lines = std::thread::spawn(move || {
        let mut lines = String::new();
        log.read_to_string(&mut lines).unwrap();
        lines
    });
    for token in [known, "wrong-token-of-16-bytes"] {
        for path in [
            "/judge",
            "//judge",
            "/nothing",
            "",
            "?x=1",
            "/canaries/x",
            "/flagger/rollout?config=x",
        ] {
            for method in ["GET", "POST"] {
                let head = "referer: http://judge/t/path-token-of-16-bytes/\r\ncontent-length: 2";
                let answer = server
                    .ask(&format!("{method} /t/{token}{path} HTTP/1.0\r\n{head}\r\n\r\n{{}}"));
                assert!(
                    answer.starts_with("HTTP/1.0 ") && !answer.contains("-token-of-16"),
                    "{answer}"
                );
            }
        }
    }
    let metrics = server.ask(&format!("GET /t/{known}/metrics HTTP/1.0\r\n\r\n"));
    assert!(
        metrics.contains("judge_calls_total{") && !metrics.contains("-token-of-16"),
        "{metrics}"
    );
    server.signal("-TERM");
    let lines = lines.join().unwrap();
    // The name of the token is said, and nothing of the token.
    assert!(lines.contains("\"caller\":\"flagger\"") && !lines.contains("-token-of-16"), "{lines}");
}
