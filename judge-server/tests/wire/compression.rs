//! Answers are compressed as their requests were, and only then.

use judge_contract::proto::JudgeStreamRequest;
use tonic::codec::CompressionEncoding::{Gzip, Zstd};
use tonic::metadata::MetadataMap;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;
use tonic_reflection::pb::v1::ServerReflectionRequest;
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;

use crate::harness::{Server, reason, request};

fn encoding(metadata: &MetadataMap) -> Option<&str> {
    metadata.get("grpc-encoding").map(|value| value.to_str().unwrap())
}

#[tokio::test]
async fn an_answer_is_compressed_as_its_request_was() {
    let server = Server::start(&[]).await;
    let client = server.client().await.accept_compressed(Gzip).accept_compressed(Zstd);
    let cases = [(None, None), (Some(Gzip), Some("gzip")), (Some(Zstd), Some("zstd"))];
    for (sent, expected) in cases {
        let mut client = match sent {
            Some(sent) => client.clone().send_compressed(sent),
            None => client.clone(),
        };
        let answer = client.judge(request("", 3, 50)).await.unwrap();
        assert_eq!(encoding(answer.metadata()), expected);
        assert_eq!(answer.into_inner().judgement.unwrap().metrics.len(), 3);

        let messages = (0..3).map(|id| request(&id.to_string(), 3, 50));
        let messages: Vec<_> =
            messages.map(|request| JudgeStreamRequest { request: Some(request) }).collect();
        let answers = client.judge_stream(tokio_stream::iter(messages)).await.unwrap();
        assert_eq!(encoding(answers.metadata()), expected);
        let mut answers = answers.into_inner();
        for _ in 0..3 {
            assert!(answers.message().await.unwrap().unwrap().outcome.is_some());
        }
    }
}

#[tokio::test]
async fn probes_and_lookups_may_be_compressed() {
    let server = Server::start(&[]).await;
    for encoding in [Gzip, Zstd] {
        let channel = server.channel().await;
        let mut health = HealthClient::new(channel.clone()).send_compressed(encoding);
        health.check(HealthCheckRequest::default()).await.unwrap();
        let mut watch = health.watch(HealthCheckRequest::default()).await.unwrap().into_inner();
        watch.message().await.unwrap().unwrap();
        // What would be a few bytes is bounded by what it is.
        let large = HealthCheckRequest { service: "x".repeat(100_000) };
        assert_eq!(reason(&health.check(large).await.unwrap_err()), "UNREADABLE_MESSAGE");
        let mut lookups = ServerReflectionClient::new(channel).send_compressed(encoding);
        let list = Some(MessageRequest::ListServices(String::new()));
        let list = ServerReflectionRequest { message_request: list, ..Default::default() };
        let answers = lookups.server_reflection_info(tokio_stream::iter([list])).await.unwrap();
        assert!(answers.into_inner().message().await.unwrap().unwrap().message_response.is_some());
    }
}
