//! How much memory it takes, with nothing to do and with the worst that its limits let through.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Stdio;

use crate::harness::Server;

/// A figure of the process's memory, in KiB.
fn kib(server: &Server, name: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.process.id())).unwrap();
    let figure = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    figure.trim().strip_suffix(" kB").unwrap().parse().unwrap()
}

#[test]
fn idle_it_takes_less_than_40_mib() {
    let server = Server::start(&["--threads=2", "--io-threads=2"], Stdio::null());
    let resident = kib(&server, "VmRSS:");
    assert!(resident < 40 * 1024, "{resident} KiB");
}

#[test]
fn what_the_limits_let_through_takes_little_memory() {
    let server = Server::start(&[], Stdio::null());
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
        let peak = kib(&server, "VmHWM:");
        assert!(peak < 200 * 1024, "{path}: {peak} KiB");
    }
}
