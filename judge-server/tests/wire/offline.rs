//! The fuzzers' entrance answers as the server does.

use bytes::Bytes;
use judge_contract::proto::{self, judge_request, validate_config_request};
use judge_server::offline::{Entrance, Offline};
use prost::Message;

use crate::harness::{Server, request, settings};
use crate::monitor::{all, points, started};

#[tokio::test]
async fn every_entrance_answers_as_the_server_does() {
    let server = Server::start(&[]).await;
    let mut client = server.client().await;
    let mut offline = Offline::new(&settings(&[]), 0);

    let judged = request("1", 2, 20);
    let Some(judge_request::Config::CanaryConfig(config)) = judged.config.clone() else {
        panic!("a typed config")
    };
    let answer = client.judge(judged.clone()).await.unwrap().into_inner();
    // The fields of a message may come in any order.
    let same = offline.answer(Entrance::Judge, &judged.encode_to_vec()).unwrap();
    let same = proto::JudgeResponse::decode(same.as_slice()).unwrap();
    assert_eq!(same.encode_to_vec(), answer.encode_to_vec());

    let streamed = proto::JudgeStreamRequest { request: Some(judged.clone()) };
    let mut stream =
        client.judge_stream(tokio_stream::iter([streamed.clone()])).await.unwrap().into_inner();
    let answer = stream.message().await.unwrap().unwrap();
    let same = offline.answer(Entrance::JudgeOfStream, &streamed.encode_to_vec()).unwrap();
    let same = proto::JudgeStreamResponse::decode(same.as_slice()).unwrap();
    assert_eq!(same.encode_to_vec(), answer.encode_to_vec());

    let config = Some(validate_config_request::Config::CanaryConfig(config));
    let validated = proto::ValidateConfigRequest { config };
    let answer = client.validate_config(validated.clone()).await.unwrap().into_inner();
    let same = offline.answer(Entrance::Validate, &validated.encode_to_vec()).unwrap();
    assert_eq!(same, answer.encode_to_vec());

    let kayenta = r#"{"canaryConfig": {"metrics": [{"name": "a", "groups": ["g"]}], "classifier": {}},
        "scoreThresholds": {"pass": 90, "marginal": 50},
        "metricSetPairList": [{"name": "a", "values": {"control": [1], "experiment": [2]}}]}"#;
    let documents = [
        (Entrance::JudgeJson, "/v1/judge", serde_json::to_string(&judged).unwrap()),
        (Entrance::ValidateJson, "/v1/config:validate", serde_json::to_string(&validated).unwrap()),
        (Entrance::JudgeKayenta, "/judge", kayenta.to_owned()),
    ];
    for (entrance, path, document) in documents {
        let answer = server.post(path, document.clone()).await;
        assert!(answer.status.is_success(), "{path}: {}", answer.text());
        let same = offline.answer(entrance, document.as_bytes()).unwrap();
        assert_eq!(Bytes::from(same), answer.body, "{path}");
    }

    let monitored = [started(7), points(all(0..40), 30), points(all(20..60), 60)];
    let mut stream =
        client.monitor(tokio_stream::iter(monitored.clone())).await.unwrap().into_inner();
    let messages: Vec<Vec<u8>> = monitored.iter().map(Message::encode_to_vec).collect();
    let messages: Vec<&[u8]> = messages.iter().map(Vec::as_slice).collect();
    let same = offline.monitor(&messages).unwrap();
    assert_eq!(same.len(), 3);
    for same in same {
        let answer = stream.message().await.unwrap().unwrap();
        let same = proto::MonitorResponse::decode(same.as_slice()).unwrap();
        assert_eq!(same.encode_to_vec(), answer.encode_to_vec());
    }
    assert_eq!(stream.message().await.unwrap(), None);

    // Its parts are counted, however small a message is.
    let mut offline = Offline::new(&settings(&["--max-metrics=1"]), 0);
    let many = request("1", 40, 1).encode_to_vec();
    let refused = offline.answer(Entrance::Judge, &many).unwrap_err();
    assert!(refused.to_string().contains("objects, lists, fields and elements"), "{refused}");
}
