//! The contract as the server itself tells it, to old and new clients.

use prost::Message;
use prost_reflect::prost_types::FileDescriptorProto;

use crate::harness::Server;

/// The same test for both versions of the protocol, which differ in their package alone.
macro_rules! describes_itself {
    ($name:ident, $version:ident) => {
        #[tokio::test]
        async fn $name() {
            use tonic_reflection::pb::$version::ServerReflectionRequest;
            use tonic_reflection::pb::$version::server_reflection_client::ServerReflectionClient;
            use tonic_reflection::pb::$version::server_reflection_request::MessageRequest;
            use tonic_reflection::pb::$version::server_reflection_response::MessageResponse;

            let server = Server::start(&[]).await;
            let mut client = ServerReflectionClient::new(server.channel().await);
            let ask = |message| ServerReflectionRequest {
                host: String::new(),
                message_request: Some(message),
            };
            let requests = [
                ask(MessageRequest::ListServices(String::new())),
                ask(MessageRequest::FileContainingSymbol("canary.judge.v1.JudgeService".into())),
                ask(MessageRequest::FileByFilename("canary/judge/v1/config.proto".into())),
                ask(MessageRequest::FileContainingSymbol("no.such.Thing".into())),
            ];
            let answers = client.server_reflection_info(tokio_stream::iter(requests)).await;
            let mut answers = answers.unwrap().into_inner();
            let mut next = async || answers.message().await.map(|answer| answer.unwrap());

            let services = match next().await.unwrap().message_response.unwrap() {
                MessageResponse::ListServicesResponse(list) => list.service,
                other => panic!("{other:?}"),
            };
            let mut services: Vec<String> =
                services.into_iter().map(|service| service.name).collect();
            services.sort();
            let expected = [
                "canary.judge.v1.CanaryService",
                "canary.judge.v1.JudgeService",
                "grpc.health.v1.Health",
                "grpc.reflection.v1.ServerReflection",
                "grpc.reflection.v1alpha.ServerReflection",
            ];
            assert_eq!(services, expected);

            for name in ["canary/judge/v1/judge_service.proto", "canary/judge/v1/config.proto"] {
                let files = match next().await.unwrap().message_response.unwrap() {
                    MessageResponse::FileDescriptorResponse(files) => files.file_descriptor_proto,
                    other => panic!("{other:?}"),
                };
                let file = FileDescriptorProto::decode(files[0].as_slice()).unwrap();
                assert_eq!(file.name(), name);
            }
            assert_eq!(next().await.unwrap_err().code(), tonic::Code::NotFound);
        }
    };
}

describes_itself!(to_clients_of_v1, v1);
describes_itself!(to_clients_of_v1alpha, v1alpha);
