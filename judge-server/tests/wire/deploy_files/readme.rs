//! What the README shows of the server: its flags, curl, grpcurl, Argo Rollouts and Flagger, each as it stands.

use prost::Message;
use prost_reflect::prost_types::{FileDescriptorProto, FileDescriptorSet};
use prost_reflect::{DescriptorPool, DynamicMessage, SerializeOptions};
use serde_json::Value;
use tonic::Status;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic_reflection::pb::v1::ServerReflectionRequest;
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;

use super::{argo, ask, examples, flagger, section, started, text};
use crate::harness::Server;
use crate::kayenta_clients::Kayenta;
use crate::source::Prometheus;

const PAGE: &str = "README.md";
const HEADING: &str = "### A verdict from a Prometheus and one config";

/// The lines of its commands that begin with a word.
fn commands(word: &str) -> Vec<String> {
    let section = section(PAGE, HEADING);
    let found: Vec<String> =
        section.lines().filter(|line| line.starts_with(word)).map(str::to_owned).collect();
    assert!(!found.is_empty(), "{word}");
    found
}

/// The server that the README starts, with the config that it names.
async fn of_readme() -> Kayenta {
    let (source, folder) = (Prometheus::start().await, tempfile::tempdir().unwrap());
    std::fs::create_dir(folder.path().join("configs")).unwrap();
    std::fs::write(folder.path().join("configs/shop.json"), text("deploy/demo/canary.json"))
        .unwrap();
    let here = |name: &str| folder.path().join(name).display().to_string();
    let [command] = &commands("judge-server ")[..] else { panic!("one command") };
    let command = command
        .replace("http://prometheus:9090", source.url())
        .replace(" judge.db ", &format!(" {} ", here("judge.db")))
        .replace(" configs", &format!(" {}", here("configs")));
    let mut flags: Vec<&str> = command.split(' ').skip(1).collect();
    flags.push("--kayenta-listen=127.0.0.1:0");
    Kayenta { server: Server::start(&flags).await, source, folder }
}

/// Bytes of a message, as a client without stubs has them.
#[derive(Debug, Default)]
struct Bytes;

impl Codec for Bytes {
    type Encode = Vec<u8>;
    type Decode = Vec<u8>;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Bytes {
    type Item = Vec<u8>;
    type Error = Status;

    fn encode(&mut self, item: Vec<u8>, to: &mut EncodeBuf<'_>) -> Result<(), Status> {
        bytes::BufMut::put_slice(to, &item);
        Ok(())
    }
}

impl Decoder for Bytes {
    type Item = Vec<u8>;
    type Error = Status;

    fn decode(&mut self, from: &mut DecodeBuf<'_>) -> Result<Option<Vec<u8>>, Status> {
        let mut item = vec![0; bytes::Buf::remaining(from)];
        bytes::Buf::copy_to_slice(from, &mut item);
        Ok(Some(item))
    }
}

/// The contract, asked of the server by reflection as grpcurl does.
async fn reflected(server: &Server, symbol: &str) -> DescriptorPool {
    let mut client = ServerReflectionClient::new(server.channel().await);
    let mut files = std::collections::BTreeMap::<String, FileDescriptorProto>::new();
    let mut wanted = vec![MessageRequest::FileContainingSymbol(symbol.to_owned())];
    while let Some(message) = wanted.pop() {
        let request =
            ServerReflectionRequest { host: String::new(), message_request: Some(message) };
        let answers = client.server_reflection_info(tokio_stream::once(request)).await;
        let answer = answers.unwrap().into_inner().message().await.unwrap().unwrap();
        let Some(MessageResponse::FileDescriptorResponse(found)) = answer.message_response else {
            panic!("{answer:?}");
        };
        for file in found.file_descriptor_proto {
            let file = FileDescriptorProto::decode(file.as_slice()).unwrap();
            let unknown = file.dependency.iter().filter(|name| !files.contains_key(*name));
            wanted.extend(unknown.map(|name| MessageRequest::FileByFilename(name.clone())));
            files.insert(file.name().to_owned(), file);
        }
    }
    let mut pool = DescriptorPool::new();
    pool.add_file_descriptor_set(FileDescriptorSet { file: files.into_values().collect() })
        .unwrap();
    pool
}

/// What `grpcurl -plaintext -d JSON ADDRESS SERVICE/METHOD` prints: one document a message.
async fn grpcurl(server: &Server, command: &str) -> Vec<Value> {
    let words = command.strip_prefix("grpcurl -plaintext -d '").unwrap();
    let (json, rest) = words.split_once("' ").unwrap();
    let (address, method) = rest.split_once(' ').unwrap();
    assert_eq!(address, "127.0.0.1:50051");
    let (service, name) = method.split_once('/').unwrap();
    let pool = reflected(server, service).await;
    let service = pool.get_service_by_name(service).unwrap();
    let called = service.methods().find(|one| one.name() == name).unwrap();
    let mut read = serde_json::Deserializer::from_str(json);
    let message = DynamicMessage::deserialize(called.input(), &mut read).unwrap();
    let mut client = tonic::client::Grpc::new(server.channel().await);
    client.ready().await.unwrap();
    let path = format!("/{method}").parse().unwrap();
    let request = tonic::Request::new(message.encode_to_vec());
    let mut answers = client.server_streaming(request, path, Bytes).await.unwrap().into_inner();
    let mut all = Vec::new();
    while let Some(answer) = answers.message().await.unwrap() {
        let answer = DynamicMessage::decode(called.output(), answer.as_slice()).unwrap();
        let options = SerializeOptions::new();
        all.push(answer.serialize_with_options(serde_json::value::Serializer, &options).unwrap());
    }
    all
}

#[tokio::test]
async fn curl_gets_a_verdict() {
    let kayenta = of_readme().await;
    let [command] = &commands("curl ")[..] else { panic!("one command") };
    let url = command.strip_prefix("curl '").and_then(|rest| rest.strip_suffix('\'')).unwrap();
    let path = url.strip_prefix("http://127.0.0.1:8080").unwrap();
    for (path, verdict) in [(path.to_owned(), "pass"), (path.replace("shop-canary", "bad"), "fail")]
    {
        let url = format!("http://{}{path}", kayenta.server.http);
        let answer = ask("GET", &url, &[], String::new()).await;
        assert_eq!(
            (answer.status.as_u16(), &answer.json()["verdict"]),
            (200, &verdict.into()),
            "{}",
            answer.text()
        );
    }
}

#[tokio::test]
async fn grpcurl_starts_a_canary_and_watches_it() {
    let kayenta = of_readme().await;
    let [start, watch] = &commands("grpcurl ")[..] else { panic!("two commands") };
    let started = grpcurl(&kayenta.server, start).await;
    assert_eq!(started[0]["canary"]["plannedLooks"], 6, "{started:?}");
    // The half hour is not waited for: the same over one that is past.
    let past = start
        .replace("shop 1.7.3", "shop 1.7.2")
        .replace(r#""stage": {"#, r#""stage": {"start": "2026-01-01T10:00:00Z", "#);
    let started = grpcurl(&kayenta.server, &past).await;
    let id = started[0]["canary"]["id"].as_str().unwrap();
    let events = grpcurl(&kayenta.server, &watch.replace("\"ID\"", &format!("\"{id}\""))).await;
    let last = &events.last().unwrap()["ended"];
    assert_eq!(
        (&last["state"], &last["verdict"]),
        (&"CANARY_STATE_FINISHED".into(), &"VERDICT_PASS".into())
    );
    assert_eq!(events.len(), 7, "{events:?}");
}

#[tokio::test]
async fn argo_rollouts_and_flagger_do_as_its_yaml_says() {
    let kayenta = started().await;
    let [metrics, template, canary] = &examples(PAGE, HEADING)[..] else { panic!("three blocks") };
    let phases = argo::phases(&kayenta, &metrics["metrics"][0]).await;
    assert_eq!(phases, ["Successful", "Inconclusive", "Failed"]);
    flagger::replay(&kayenta, template, &canary["analysis"], &["confirm-promotion"]).await;
}
