//! Spans, as a collector of OpenTelemetry's receives them.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::net::SocketAddr;

use judge_contract::proto::judge_request::Config;
use judge_contract::proto::{JudgeRequest, JudgeStreamRequest};
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{
    TraceService, TraceServiceServer,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, Span};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tonic::transport::server::TcpIncoming;
use tonic::{Request, Response, Status};

use crate::harness::{Server, request};

struct Collector(UnboundedSender<ResourceSpans>);

#[tonic::async_trait]
impl TraceService for Collector {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        for spans in request.into_inner().resource_spans {
            self.0.send(spans).unwrap();
        }
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

async fn collector() -> (SocketAddr, UnboundedReceiver<ResourceSpans>) {
    let (sender, receiver) = unbounded_channel();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tonic::transport::Server::builder()
        .add_service(TraceServiceServer::new(Collector(sender)))
        .serve_with_incoming(TcpIncoming::from(listener));
    tokio::spawn(server);
    (address, receiver)
}

fn attributes(attributes: &[KeyValue]) -> BTreeMap<&str, &str> {
    fn text(attribute: &KeyValue) -> Option<&str> {
        match attribute.value.as_ref()?.value.as_ref()? {
            Value::StringValue(text) => Some(text),
            _ => None,
        }
    }
    attributes.iter().map(|found| (found.key.as_str(), text(found).unwrap())).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT: &str = "00f067aa0ba902b7";

fn traced<T>(message: T, flags: &str) -> Request<T> {
    let mut request = Request::new(message);
    let header = format!("00-{TRACE}-{PARENT}-{flags}");
    request.metadata_mut().insert("traceparent", header.parse().unwrap());
    request
}

#[tokio::test(flavor = "multi_thread")]
async fn every_call_is_a_span_of_its_callers_trace() {
    let (address, mut received) = collector().await;
    let server = Server::start(&[&format!("--otlp-endpoint=http://{address}")]).await;
    let mut client = server.client().await;
    let mut alike = request("recorded", 1, 20);
    alike.pairs[0].canary = alike.pairs[0].baseline.clone();
    if let Some(Config::CanaryConfig(config)) = &mut alike.config {
        config.name = "checkout".into();
    }
    client.judge(traced(alike, "01")).await.unwrap();
    client.judge(traced(JudgeRequest::default(), "01")).await.unwrap_err();
    client.judge(traced(request("not recorded by its caller", 1, 20), "00")).await.unwrap();
    client.judge(request("of no trace", 1, 20)).await.unwrap();
    let streamed = JudgeStreamRequest { request: Some(request("streamed", 1, 20)) };
    let stream = traced(tokio_stream::iter([streamed]), "01");
    let mut answers = client.judge_stream(stream).await.unwrap().into_inner();
    while answers.message().await.unwrap().is_some() {}
    drop((answers, client));
    server.stop.send(()).unwrap();
    server.ended.await.unwrap().unwrap();

    let mut spans: Vec<Span> = Vec::new();
    while let Ok(of_resource) = received.try_recv() {
        let resource = of_resource.resource.unwrap();
        let named = resource.attributes.iter().find(|found| found.key == "service.name").unwrap();
        assert_eq!(attributes(std::slice::from_ref(named))["service.name"], "judge-server");
        spans.extend(of_resource.scope_spans.into_iter().flat_map(|scope| scope.spans));
    }
    let by_id = |wanted: Option<&str>, name: &str| {
        let has = |span: &&Span| {
            attributes(&span.attributes).get("judge.id").copied() == wanted && span.name == name
        };
        let mut found = spans.iter().filter(has);
        (found.next().cloned(), found.count())
    };
    let (Some(judged), 0) = by_id(Some("recorded"), "Judge") else { panic!("{spans:?}") };
    assert_eq!(
        (hex(&judged.trace_id).as_str(), hex(&judged.parent_span_id).as_str()),
        (TRACE, PARENT)
    );
    assert_eq!(judged.kind(), SpanKind::Server);
    assert!(judged.start_time_unix_nano < judged.end_time_unix_nano);
    let said = attributes(&judged.attributes);
    assert_eq!((said["judge.code"], said["judge.verdict"]), ("OK", "Pass"));
    assert_eq!(said["judge.config"], "checkout");

    let (Some(refused), 0) = by_id(None, "Judge") else { panic!("{spans:?}") };
    let said = attributes(&refused.attributes);
    assert_eq!(
        (said["judge.code"], said["judge.refusal"]),
        ("INVALID_ARGUMENT", "INVALID_REQUEST")
    );
    assert_eq!(refused.status.unwrap().message, "INVALID_REQUEST");

    assert!(by_id(Some("not recorded by its caller"), "Judge").0.is_none());
    let (Some(alone), 0) = by_id(Some("of no trace"), "Judge") else { panic!("{spans:?}") };
    assert!(alone.parent_span_id.is_empty() && hex(&alone.trace_id) != TRACE);
    let (Some(streamed), 0) = by_id(Some("streamed"), "JudgeStream") else { panic!("{spans:?}") };
    assert_eq!(hex(&streamed.trace_id), TRACE);
    assert!(by_id(None, "JudgeStreamOpen").0.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_is_not_there_costs_no_answer() {
    let server = Server::start(&["--otlp-endpoint=http://127.0.0.1:1"]).await;
    server.client().await.judge(request("", 1, 20)).await.unwrap();
    server.stop.send(()).unwrap();
    server.ended.await.unwrap().unwrap();
}
