//! Connections: how many, for how long, and how slow.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tokio::net::TcpStream;

use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

use crate::harness::{Server, reason, request, value};
use crate::raw::{ALIVE, closes, said};

/// Metrics over one connection that stays open.
struct Metrics(Client<HttpConnector, Full<Bytes>>, String);

impl Metrics {
    fn of(server: &Server) -> Self {
        let client = Client::builder(TokioExecutor::new()).build_http();
        Self(client, format!("http://{}/metrics", server.http))
    }

    async fn get(&self, name: &str) -> Option<f64> {
        let answer = self.0.get(self.1.parse().unwrap()).await.unwrap();
        let text = answer.into_body().collect().await.unwrap().to_bytes();
        value(std::str::from_utf8(&text).unwrap(), name)
    }

    async fn until(&self, name: &str, wanted: f64) {
        let reached = async {
            while self.get(name).await != Some(wanted) {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), reached).await.expect(name);
    }
}

#[tokio::test]
async fn connections_are_limited_in_number() {
    let server = Server::start(&["--max-connections=3"]).await;
    let metrics = Metrics::of(&server);
    let refused = "judge_refusals_total{reason=\"TOO_MANY_CONNECTIONS\"}";
    let open = [
        TcpStream::connect(server.http).await.unwrap(),
        TcpStream::connect(server.grpc).await.unwrap(),
    ];
    metrics.until("judge_connections", 3.0).await;
    assert_eq!(metrics.get(refused).await, Some(0.0));
    for (address, count) in [(server.grpc, 1.0), (server.http, 2.0)] {
        // It has a place that is kept for probes, for two seconds.
        let beyond = TcpStream::connect(address).await.unwrap();
        assert_eq!(closes(beyond).await, "");
        assert_eq!(metrics.get(refused).await, Some(count));
    }
    // What is asked there is answered, once, if it is a probe.
    assert_eq!(server.get("/readyz").await.status, 200);
    let probe = closes(said(server.http, ALIVE).await).await;
    assert!(probe.contains("connection: close") && probe.ends_with("alive"), "{probe}");
    let mut health = HealthClient::new(server.channel().await);
    health.check(HealthCheckRequest::default()).await.unwrap();
    let status = server.client().await.judge(request("", 1, 5)).await.unwrap_err();
    assert_eq!(reason(&status), "TOO_MANY_CONNECTIONS");
    let answer = server.post("/judge", "{}").await;
    assert_eq!((answer.status.as_u16(), &*answer.reason()), (429, "TOO_MANY_CONNECTIONS"));
    drop(open);
    metrics.until("judge_connections", 1.0).await;
    server.client().await.judge(request("", 1, 5)).await.unwrap();
}

#[tokio::test]
async fn connections_of_one_address_are_limited_but_not_those_of_a_proxy() {
    let limit = "--max-address-connections=2";
    let server = Server::start(&[limit]).await;
    let metrics = Metrics::of(&server);
    let one = TcpStream::connect(server.grpc).await.unwrap();
    metrics.until("judge_connections", 2.0).await;
    assert_eq!(closes(TcpStream::connect(server.http).await.unwrap()).await, "");
    let refused = "judge_refusals_total{reason=\"TOO_MANY_CONNECTIONS_OF_ADDRESS\"}";
    assert_eq!(metrics.get(refused).await, Some(1.0));
    drop(one);
    metrics.until("judge_connections", 1.0).await;
    server.client().await.judge(request("", 1, 5)).await.unwrap();
    let server = Server::start(&[limit, "--trusted-proxies=127.0.0.0/8"]).await;
    let many = [(); 9].map(|()| TcpStream::connect(server.grpc));
    let _open = futures_util::future::try_join_all(many).await.unwrap();
    server.client().await.judge(request("", 1, 5)).await.unwrap();
}

#[tokio::test]
async fn hundreds_of_idle_connections_harm_no_one() {
    let server = Server::start(&[]).await;
    let mut idle = Vec::new();
    // Both ends are files of this process, which often may have 1024.
    for _ in 0..400 {
        idle.push(TcpStream::connect(server.grpc).await.unwrap());
    }
    server.until("judge_connections", 401.0).await;
    let mut client = server.client().await;
    for _ in 0..20 {
        client.judge(request("", 1, 20)).await.unwrap();
    }
}
