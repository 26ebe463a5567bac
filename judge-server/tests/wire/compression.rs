//! Answers are compressed as their requests were, and only then.

use judge_server::proto::JudgeStreamRequest;
use tonic::codec::CompressionEncoding::{Gzip, Zstd};
use tonic::metadata::MetadataMap;

use crate::harness::{Server, request};

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
