//! A server of the test's own, and clients for it.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use http::{Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use judge_contract::proto::judge_service_client::JudgeServiceClient;
use judge_contract::proto::{self, JudgeRequest, judge_request};
use judge_server::{Listeners, Settings, StartError, serve};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tonic::Status;
use tonic::transport::{Channel, Endpoint};
use tonic_types::StatusExt;

pub(crate) struct Server {
    pub(crate) grpc: SocketAddr,
    pub(crate) http: SocketAddr,
    /// Where clients of Kayenta call, with a store.
    pub(crate) kayenta: Option<SocketAddr>,
    pub(crate) stop: oneshot::Sender<()>,
    pub(crate) ended: JoinHandle<Result<(), StartError>>,
}

pub(crate) fn settings(flags: &[&str]) -> Settings {
    // One caller makes all calls of a test.
    let fixed = [
        "judge-server",
        "--grpc-listen=127.0.0.1:0",
        "--http-listen=127.0.0.1:0",
        "--caller-share=1",
    ];
    Settings::read(fixed.iter().chain(flags).map(Into::into)).unwrap()
}

impl Server {
    pub(crate) async fn start(flags: &[&str]) -> Self {
        let settings = settings(flags);
        let listeners = Listeners::bind(&settings).await.unwrap();
        let grpc = listeners.grpc.local_addr().unwrap();
        let http = listeners.http.local_addr().unwrap();
        let kayenta = listeners.kayenta.as_ref().map(|listener| listener.local_addr().unwrap());
        let (stop, stopped) = oneshot::channel();
        let ended = tokio::spawn(async move {
            serve(&settings, listeners, async { drop(stopped.await) }).await
        });
        Self { grpc, http, kayenta, stop, ended }
    }

    pub(crate) async fn channel(&self) -> Channel {
        Endpoint::from_shared(format!("http://{}", self.grpc)).unwrap().connect().await.unwrap()
    }

    pub(crate) async fn client(&self) -> JudgeServiceClient<Channel> {
        JudgeServiceClient::new(self.channel().await).max_decoding_message_size(usize::MAX)
    }

    pub(crate) async fn post(&self, path: &str, json: impl Into<bytes::Bytes>) -> Answer {
        let request = Request::post(format!("http://{}{path}", self.http))
            .header(header::CONTENT_TYPE, "application/json; charset=UTF-8")
            .body(Full::new(json.into()))
            .unwrap();
        send(request).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        let request = Request::get(format!("http://{}{path}", self.http));
        send(request.body(Full::default()).unwrap()).await
    }

    /// A GET on the port for clients of Kayenta.
    pub(crate) async fn kayenta(&self, path: &str) -> Answer {
        let request = Request::get(format!("http://{}{path}", self.kayenta.unwrap()));
        send(request.body(Full::default()).unwrap()).await
    }

    /// The value of a counter or gauge, as [`value`] has it.
    pub(crate) async fn metric(&self, name: &str) -> Option<f64> {
        value(&self.get("/metrics").await.text(), name)
    }

    /// Waits until a counter or gauge has a value.
    pub(crate) async fn until(&self, name: &str, wanted: f64) {
        let reached = async {
            while self.metric(name).await != Some(wanted) {
                tokio::task::yield_now().await;
            }
        };
        let reached = tokio::time::timeout(Duration::from_secs(20), reached).await;
        let found = self.metric(name).await;
        assert!(reached.is_ok(), "{name} is {found:?}, not {wanted}");
    }
}

/// What the text of the metrics gives for a name: the sum of all its labels where `name` has none;
/// nothing if there is no such line.
pub(crate) fn value(metrics: &str, name: &str) -> Option<f64> {
    let values = metrics.lines().filter_map(|line| {
        let rest = line.strip_prefix(name)?;
        let rest = if rest.starts_with('{') { rest.split_once('}')?.1 } else { rest };
        Some(rest.strip_prefix(' ')?.parse::<f64>().unwrap())
    });
    values.reduce(|sum, value| sum + value)
}

/// Waits until something is so.
pub(crate) async fn until(reached: impl AsyncFn() -> bool) {
    let reached = async {
        while !reached().await {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), reached).await.expect("in time");
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: http::HeaderMap,
    pub(crate) body: bytes::Bytes,
}

impl Answer {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.body.to_vec()).unwrap()
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn reason(&self) -> String {
        assert_eq!(self.headers[header::CONTENT_TYPE], "application/problem+json");
        let problem = self.json();
        assert_eq!(problem["status"], self.status.as_u16());
        assert_eq!(problem["domain"], "canary.judge.v1");
        problem["reason"].as_str().unwrap().to_owned()
    }

    pub(crate) fn fields(&self) -> Vec<String> {
        let problem = self.json();
        let violations = problem["violations"].as_array().cloned().unwrap_or_default();
        violations.iter().map(|found| found["field"].as_str().unwrap().to_owned()).collect()
    }
}

pub(crate) async fn send(request: Request<Full<bytes::Bytes>>) -> Answer {
    try_send(request).await.unwrap()
}

pub(crate) async fn try_send(
    request: Request<Full<bytes::Bytes>>,
) -> Result<Answer, hyper_util::client::legacy::Error> {
    let client = Client::builder(TokioExecutor::new()).build_http();
    let response: Response<hyper::body::Incoming> = client.request(request).await?;
    let (parts, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    Ok(Answer { status: parts.status, headers: parts.headers, body })
}

/// The reason that a status gives, once it is sure that its details say it well.
pub(crate) fn reason(status: &Status) -> String {
    let info = status.get_details_error_info().expect("ErrorInfo");
    assert_eq!(info.domain, "canary.judge.v1");
    info.reason
}

pub(crate) fn fields(status: &Status) -> Vec<String> {
    let details = status.get_details_bad_request().expect("BadRequest");
    details.field_violations.into_iter().map(|violation| violation.field).collect()
}

pub(crate) fn series(points: usize, seed: usize) -> proto::Series {
    let values = (0..points).map(|point| ((point * 7919 + seed * 104_729) % 1_000_003) as f64);
    proto::Series { values: values.collect(), times: None }
}

/// A canary of `metrics` metrics with `points` points a side.
pub(crate) fn request(id: &str, metrics: usize, points: usize) -> JudgeRequest {
    let name = |metric: usize| format!("metric-{metric}");
    let config = proto::CanaryConfig {
        metrics: (0..metrics)
            .map(|metric| proto::MetricConfig {
                name: name(metric),
                groups: vec!["all".into()],
                ..Default::default()
            })
            .collect(),
        ..Default::default()
    };
    let pairs = (0..metrics).map(|metric| proto::MetricPair {
        name: name(metric),
        id: None,
        tags: BTreeMap::new(),
        baseline: Some(series(points, metric)),
        canary: Some(series(points, metric + 1)),
        history: Vec::new(),
    });
    JudgeRequest {
        id: id.into(),
        pairs: pairs.collect(),
        thresholds: Some(proto::Thresholds { pass: Some(95.0), marginal: Some(75.0) }),
        judge: None,
        looks: None,
        config: Some(judge_request::Config::CanaryConfig(config)),
    }
}
