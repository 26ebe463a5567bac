//! What is wrong with a request comes back as an error that says where.

use std::io::Write;

use bytes::{BufMut, Bytes, BytesMut};
use http::{HeaderName, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use judge_contract::proto::judge_service_client::JudgeServiceClient;
use judge_contract::proto::{
    self, JudgeRequest, JudgeStreamRequest, judge_stream_response::Outcome,
};
use tonic::{Code, Status};

use crate::harness::{Server, fields, reason, request, send, series};

type Change = fn(&mut JudgeRequest);

fn config(request: &mut JudgeRequest) -> &mut proto::CanaryConfig {
    match &mut request.config {
        Some(proto::judge_request::Config::CanaryConfig(config)) => config,
        _ => panic!("a typed config"),
    }
}

#[tokio::test]
async fn every_wrong_field_is_named_over_grpc_and_over_a_stream() {
    let server = Server::start(&[]).await;
    let mut client = server.client().await;
    let cases: &[(Change, &[&str])] = &[
        (|request| request.config = None, &["config"]),
        (|request| request.thresholds = None, &["thresholds"]),
        (|request| request.thresholds.as_mut().unwrap().pass = None, &["thresholds.pass"]),
        (|request| request.pairs[1].canary = None, &["pairs[1].canary"]),
        (|request| request.pairs[0].name = "other".into(), &["pairs[0].name"]),
        (
            |request| config(request).metrics[1].direction = 77,
            &["canaryConfig.metrics[1].direction"],
        ),
        (|request| request.judge = Some("Nobody-v1".into()), &["judge"]),
        (|request| config(request).judge = Some("Nobody-v1".into()), &["canaryConfig.judge"]),
        (
            |request| {
                let text = r#"{"metrics": [{"name": "a", "groups": ["g"]}], "classifier": {},
                    "judge": {"name": "NetflixACAJudge-v1.0"}}"#;
                request.config =
                    Some(proto::judge_request::Config::KayentaConfigJson(text.to_owned()));
                request.judge = Some("Nobody-v1".into());
            },
            &["judge"],
        ),
        (|request| request.id = "x".repeat(257), &["id"]),
        (
            |request| {
                request.id = "x".repeat(257);
                request.thresholds = None;
                request.pairs[1].canary = None;
            },
            &["thresholds", "id", "pairs[1].canary"],
        ),
        (
            |request| {
                let text = r#"{"metrics": [{"groups": 5}]}"#.to_owned();
                request.config = Some(proto::judge_request::Config::KayentaConfigJson(text));
            },
            &[
                "kayentaConfigJson.metrics[0].name",
                "kayentaConfigJson.metrics[0].groups",
                "kayentaConfigJson.classifier",
            ],
        ),
    ];
    let mut messages = vec![JudgeStreamRequest { request: Some(request("good", 2, 5)) }];
    for (change, expected) in cases {
        let mut wrong = request("wrong", 2, 5);
        change(&mut wrong);
        let status = client.judge(wrong.clone()).await.unwrap_err();
        assert_eq!(status.code(), Code::InvalidArgument);
        assert_eq!(reason(&status), "INVALID_REQUEST");
        assert_eq!(fields(&status), *expected);
        messages.push(JudgeStreamRequest { request: Some(wrong) });
    }
    messages.push(JudgeStreamRequest { request: Some(request("good", 2, 5)) });
    let stream = client.judge_stream(tokio_stream::iter(messages)).await.unwrap();
    let mut stream = stream.into_inner();
    let (mut judged, mut refused) = (0, 0);
    while let Some(answer) = stream.message().await.unwrap() {
        match answer.outcome.unwrap() {
            Outcome::Judgement(_) => judged += 1,
            Outcome::Refusal(refusal) => {
                assert_eq!(refusal.code, i32::from(Code::InvalidArgument));
                assert!(!refusal.problems.is_empty());
                refused += 1;
            }
        }
    }
    assert_eq!((judged, refused), (2, cases.len()));
}

#[tokio::test]
async fn configs_that_only_kayenta_accepts_are_judged_with_a_warning() {
    let server = Server::start(&[]).await;
    let mut client = server.client().await;
    let cases: &[(Change, &str)] = &[
        (
            |request| config(request).metrics[1].name = "metric-0".into(),
            "canaryConfig.metrics[1].name",
        ),
        (
            |request| config(request).group_weights.extend([("all".to_owned(), -5.0)]),
            "canaryConfig.groupWeights.all",
        ),
    ];
    for (change, expected) in cases {
        let mut suspect = request("suspect", 2, 5);
        change(&mut suspect);
        suspect.pairs[1].name = "metric-0".into();
        suspect.judge = Some("NetflixACAJudge-v1.0".into());
        let answer = client.judge(suspect).await.unwrap().into_inner();
        let warnings = answer.judgement.unwrap().warnings;
        let mut problems = warnings.iter().filter_map(|warning| warning.problem.as_ref());
        assert!(problems.any(|problem| problem.path == *expected), "{warnings:?}");
    }
}

#[tokio::test]
async fn series_of_any_doubles_are_judged() {
    let server = Server::start(&[]).await;
    let mut client = server.client().await;
    for odd in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MAX, f64::MIN_POSITIVE, -0.0] {
        let mut request = request("odd", 2, 5);
        request.pairs[0].canary = Some(proto::Series { values: vec![odd; 4], times: None });
        request.pairs[1].baseline = Some(series(0, 0));
        client.judge(request).await.unwrap();
    }
}

/// Where it is posted, its bytes, and the status, reason and fields of the answer.
type Document<'a> = (&'a str, &'a [u8], u16, &'a str, &'a [&'a str]);

#[tokio::test]
async fn wrong_documents_over_http() {
    let server = Server::start(&["--max-message-size=64KiB"]).await;
    let deep = format!(r#"{{"canaryConfig": {}"#, "[".repeat(10_000));
    let large = format!(r#"{{"x": "{}"}}"#, "y".repeat(65536));
    let no_partner = r#"{"canaryConfig": {"metrics": [{"name": "a", "groups": []}], "classifier": {}},
        "scoreThresholds": {"pass": 90, "marginal": 50},
        "metricSetPairList": [{"name": "a", "values": {"control": [1]}}]}"#;
    let cases: &[Document<'_>] = &[
        ("/judge", b"", 400, "INVALID_REQUEST", &[""]),
        ("/judge", b"{\"canaryConfig\": \xff}", 400, "INVALID_REQUEST", &["canaryConfig"]),
        ("/judge", b"[1, 2", 400, "INVALID_REQUEST", &["canaryConfig"]),
        ("/judge", b"[{}, {}, []]", 400, "INVALID_REQUEST", &[""]),
        (
            "/judge",
            br#"{"metricSetPairList": [{"values": [[1], [2]]}]}"#,
            400,
            "INVALID_REQUEST",
            &[
                "canaryConfig",
                "scoreThresholds",
                "metricSetPairList[0].name",
                "metricSetPairList[0].values",
            ],
        ),
        ("/judge", deep.as_bytes(), 400, "INVALID_REQUEST", &["canaryConfig"]),
        ("/v1/judge", deep.as_bytes(), 400, "INVALID_REQUEST", &["canaryConfig"]),
        ("/judge", large.as_bytes(), 413, "MESSAGE_TOO_LARGE", &[""]),
        ("/v1/judge", large.as_bytes(), 413, "MESSAGE_TOO_LARGE", &[""]),
        (
            "/judge",
            no_partner.as_bytes(),
            400,
            "INVALID_REQUEST",
            &["metricSetPairList[0].values.experiment"],
        ),
        ("/v1/judge", br#"{"nome": 1}"#, 400, "INVALID_REQUEST", &["nome"]),
        ("/v1/config:validate", b"{}", 400, "INVALID_REQUEST", &["config"]),
        ("/nowhere", b"{}", 404, "NOT_FOUND", &[]),
        ("/v1/judges", b"{}", 405, "METHOD_NOT_ALLOWED", &[]),
    ];
    for (path, body, status, reason, expected) in cases {
        let answer = server.post(path, Bytes::copy_from_slice(body)).await;
        let what = format!("{path} {}", String::from_utf8_lossy(&body[..body.len().min(40)]));
        assert_eq!(answer.status.as_u16(), *status, "{what}: {}", answer.text());
        assert_eq!(answer.reason(), *reason, "{what}");
        let fields = answer.fields();
        let path_free = expected == &["canaryConfig"] && fields.len() == 1;
        assert!(path_free || fields == *expected, "{what}: {fields:?}");
    }
    let wrong_type = Request::post(format!("http://{}/judge", server.http))
        .header(header::CONTENT_TYPE, "text/xml")
        .body(Full::from("<a/>"));
    assert_eq!(send(wrong_type.unwrap()).await.reason(), "UNSUPPORTED_MEDIA_TYPE");
}

#[tokio::test]
async fn the_exact_message_size_is_read_and_one_byte_more_is_not() {
    let server = Server::start(&["--max-message-size=2KiB"]).await;
    let document = |bytes: usize| {
        let start = r#"{"canaryConfig": {"metrics": [], "classifier": {},
            "judge": {"name": "NetflixACAJudge-v1.0"}}, "scoreThresholds":
            {"pass": 9, "marginal": 5}, "metricSetPairList": []}"#;
        format!("{start}{}", " ".repeat(bytes - start.len()))
    };
    assert_eq!(server.post("/judge", document(2048)).await.status, StatusCode::OK);
    assert_eq!(server.post("/judge", document(2049)).await.reason(), "MESSAGE_TOO_LARGE");

    let mut client = server.client().await;
    let sized = |bytes: usize| {
        use prost::Message;
        let mut request = request("", 1, 5);
        let config = config(&mut request);
        config.name = "x".repeat(1024);
        let missing = bytes - request.encoded_len();
        if let Some(proto::judge_request::Config::CanaryConfig(config)) = &mut request.config {
            config.name.push_str(&"x".repeat(missing));
        }
        assert_eq!(request.encoded_len(), bytes);
        request
    };
    client.judge(sized(2048)).await.unwrap();
    let status = client.judge(sized(2049)).await.unwrap_err();
    assert_eq!(
        (status.code(), reason(&status).as_str()),
        (Code::InvalidArgument, "MESSAGE_TOO_LARGE")
    );
}

/// Bytes as they are, to a method of the gRPC side, with one more header.
async fn raw(
    server: &Server,
    method: &str,
    (header, value): (&str, &str),
    body: Bytes,
) -> Response<Bytes> {
    let client = Client::builder(TokioExecutor::new()).http2_only(true).build_http();
    let mut request = Request::post(format!("http://{}/{method}", server.grpc))
        .header(header::CONTENT_TYPE, "application/grpc")
        .header(header::TE, "trailers")
        .body(Full::new(body))
        .unwrap();
    let name = HeaderName::try_from(header).unwrap();
    request.headers_mut().insert(name, value.parse().unwrap());
    let (parts, body) = client.request(request).await.unwrap().into_parts();
    Response::from_parts(parts, body.collect().await.unwrap().to_bytes())
}

const JUDGE: &str = "canary.judge.v1.JudgeService/Judge";

/// The status that an answer without a message is.
fn status(answer: &Response<Bytes>) -> Status {
    Status::from_header_map(answer.headers()).unwrap_or_else(|| panic!("{answer:?}"))
}

fn frame(length: u32, compressed: u8, body: &[u8]) -> Bytes {
    let mut frame = BytesMut::new();
    frame.put_u8(compressed);
    frame.put_u32(length);
    frame.extend_from_slice(body);
    frame.freeze()
}

#[tokio::test]
async fn broken_frames_and_foreign_content_types() {
    let server = Server::start(&[]).await;
    let cases = [
        ("no frame", Bytes::new()),
        ("half a header", Bytes::from_static(&[0, 0])),
        ("less than announced", frame(100, 0, b"\x0a")),
        ("not protobuf", frame(3, 0, b"\xff\xff\xff")),
        ("invalid UTF-8 in the id", frame(3, 0, b"\x0a\x01\xff")),
        ("an unknown compression flag", frame(1, 9, b"\x00")),
    ];
    for (what, body) in cases {
        let answer = raw(&server, JUDGE, ("grpc-timeout", "1M"), body).await;
        let status = status(&answer);
        assert_eq!(status.code(), Code::InvalidArgument, "{what}: {answer:?}");
        assert_eq!(reason(&status), "UNREADABLE_MESSAGE", "{what}");
    }
    for content_type in ["application/json", "application/grpc-web", ""] {
        let header = ("content-type", content_type);
        let answer = raw(&server, JUDGE, header, frame(0, 0, b"")).await;
        assert_eq!(answer.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE, "{content_type}");
    }
    server.client().await.judge(request("after", 1, 5)).await.unwrap();
}

#[tokio::test]
async fn unknown_methods_and_bad_compression_over_grpc() {
    let server = Server::start(&[]).await;
    for method in ["canary.judge.v1.JudgeService/Judgement", "canary.judge.v2.JudgeService/Judge"] {
        let answer = raw(&server, method, ("grpc-encoding", "identity"), frame(0, 0, b"")).await;
        let status = status(&answer);
        let found = (status.code(), reason(&status));
        assert_eq!(found, (Code::Unimplemented, "NOT_FOUND".to_owned()), "{method}");
        assert!(status.message().contains(method), "{status}");
    }
    let methods = ["Judge", "JudgeStream", "ValidateConfig", "ListJudges"];
    let methods = methods.map(|method| format!("canary.judge.v1.JudgeService/{method}"));
    let health = "grpc.health.v1.Health/Check".to_owned();
    let lookup = "grpc.reflection.v1.ServerReflection/ServerReflectionInfo".to_owned();
    for method in methods.into_iter().chain([health, lookup]) {
        // Its words are taken to the letter.
        for encoding in ["snappy", "GZIP", "gzip, zstd", ""] {
            let answer = raw(&server, &method, ("grpc-encoding", encoding), frame(0, 1, b"")).await;
            let status = status(&answer);
            let found = (status.code(), reason(&status));
            let expected = (Code::Unimplemented, "UNSUPPORTED_ENCODING".to_owned());
            assert_eq!(found, expected, "{method} {encoding:?}");
            assert_eq!(answer.headers()["grpc-accept-encoding"], "gzip,zstd,identity");
        }
    }
}

#[tokio::test]
async fn compressed_documents_over_http_are_refused_as_such() {
    let server = Server::start(&[]).await;
    let document = serde_json::to_vec(&request("", 1, 5)).unwrap();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(&document).unwrap();
    let gzip = gzip.finish().unwrap();
    let post = async |path: &str, encoding: &str, body: &[u8]| {
        let request = Request::post(format!("http://{}{path}", server.http))
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::CONTENT_ENCODING, encoding)
            .body(Full::new(Bytes::copy_from_slice(body)));
        send(request.unwrap()).await
    };
    for path in ["/judge", "/v1/judge", "/v1/config:validate"] {
        for encoding in ["gzip", "br", "identity, gzip"] {
            let answer = post(path, encoding, &gzip).await;
            let found = (answer.status.as_u16(), answer.reason());
            assert_eq!(found, (415, "UNSUPPORTED_ENCODING".to_owned()), "{path} {encoding}");
            assert_eq!(answer.headers[header::ACCEPT_ENCODING], "identity");
            assert!(answer.text().contains("expected identity, got"), "{}", answer.text());
        }
    }
    for encoding in ["identity", "Identity", ""] {
        let answer = post("/v1/judge", encoding, &document).await;
        assert_eq!(answer.status, StatusCode::OK, "{encoding}: {}", answer.text());
    }
}

#[tokio::test]
async fn an_id_that_is_too_long_is_not_sent_back_whole() {
    let server = Server::start(&[]).await;
    // A client as it comes, which reads 4 MiB.
    let mut client = JudgeServiceClient::new(server.channel().await);
    let long = |id: String| JudgeStreamRequest { request: Some(request(&id, 1, 5)) };
    let messages =
        [long("x".repeat(3_000_000)), long(format!("{}é", "x".repeat(255))), long("y".repeat(256))];
    let stream = client.judge_stream(tokio_stream::iter(messages)).await.unwrap();
    let mut stream = stream.into_inner();
    let mut answered = Vec::new();
    while let Some(answer) = stream.message().await.unwrap() {
        let judged = matches!(answer.outcome, Some(Outcome::Judgement(_)));
        answered.push((answer.id.chars().next(), answer.id.len(), judged));
    }
    answered.sort();
    // The character that does not fit is left out.
    let expected = [(Some('x'), 255, false), (Some('x'), 256, false), (Some('y'), 256, true)];
    assert_eq!(answered, expected);
}
