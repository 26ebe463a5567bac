//! Calls for a score while the store is away.

use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::harness::Server;
use crate::killed::new_database;
use crate::source::{Prometheus, config};
use crate::wire::Wire;

/// Status and body of an answer.
fn read(answer: &str) -> (&str, &str) {
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap(), body)
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL"]
async fn scores_say_that_postgresql_is_away() {
    let prometheus = Prometheus::start().await;
    let url = new_database();
    let (head, rest) = url.rsplit_once(':').unwrap();
    let (port, database) = rest.split_once('/').unwrap();
    let wire = Wire::to(port.parse().unwrap()).await;
    let store = format!("--store={head}:{}/{database}", wire.port);
    let source = format!("--prometheus={}", prometheus.url());
    let server = Server::start(&[&store, &source, "--kayenta-listen=127.0.0.1:0"], Stdio::null());
    let stored = json!({"id": "shop", "kayentaConfigJson": config(2).to_string()});
    let stored = server.post("/v1/configs", &stored.to_string());
    assert_eq!(read(&stored).0, "200", "{stored}");
    let sides = "config=shop&baseline=stable&canary=canary&time=1767265200";
    let verdict = || server.ask(&format!("GET /v1/verdict?{sides} HTTP/1.0\r\n\r\n"));
    let query =
        "judge_score%7Bconfig%3D%22shop%22,baseline%3D%22stable%22,canary%3D%22canary%22%7D";
    let score = || server.ask(&format!("GET /api/v1/query?query={query} HTTP/1.0\r\n\r\n"));
    let hook = || {
        let release = json!({"name": "shop", "namespace": "", "checksum": "7"}).to_string();
        server.post(&format!("/flagger/rollout?{sides}"), &release)
    };
    assert!(read(&verdict()).1.contains(r#""verdict":"pass""#), "{}", verdict());
    wire.silence(true);
    let calls: [(&str, &dyn Fn() -> String); 3] =
        [("200", &verdict), ("422", &score), ("412", &hook)];
    for (status, call) in calls {
        let answer = call();
        let (found, body) = read(&answer);
        let said = "the store cannot be used now: no answer within 3s";
        assert!(found == status && body.contains(said), "{answer}");
    }
    wire.silence(false);
    let healed = Instant::now();
    while !verdict().contains(r#""verdict":"pass""#) {
        assert!(healed.elapsed() < Duration::from_mins(2), "{}", verdict());
    }
}
