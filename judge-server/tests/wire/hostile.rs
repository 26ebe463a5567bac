//! Small requests that would take much memory or time, or whose refusal would not fit.

use judge_contract::proto::judge_stream_response::Outcome;
use judge_contract::proto::{self, judge_request};
use prost::Message;
use tonic::codec::CompressionEncoding;
use tonic::{Code, Status};
use tonic_types::StatusExt;

use crate::harness::{Server, reason, request};

const INVALID: (Code, &str) = (Code::InvalidArgument, "INVALID_REQUEST");

const DOCUMENT: usize = 4 * 1024 * 1024;

/// A document of the largest size that is read, of a beginning and one part again and again.
fn filled(start: &str, part: &str) -> String {
    format!("{start}{}", part.repeat((DOCUMENT - start.len()) / part.len()))
}

#[tokio::test]
async fn documents_of_very_many_parts_are_refused_unread() {
    let server = Server::start(&[]).await;
    let documents = [
        filled(r#"{"canaryConfig": {"metrics": ["#, "0,"),
        filled(r#"{"canaryConfig": {"metrics": ["#, r#"{"":0},"#),
        filled(r#"{"metricSetPairList": ["#, "{},"),
        filled(r#"{"pairs": ["#, "{},"),
        filled("", "["),
    ];
    for document in documents {
        for path in ["/judge", "/v1/judge", "/v1/config:validate"] {
            let answer = server.post(path, document.clone()).await;
            assert_eq!(
                (answer.status.as_u16(), answer.reason().as_str()),
                (400, "INVALID_REQUEST")
            );
            let text = answer.text();
            assert!(text.contains("objects, lists, fields and elements"), "{path}: {text}");
        }
    }
    // The config in a text is a document of its own.
    let text = serde_json::to_string(&filled(r#"{"metrics": ["#, "0,")[..DOCUMENT / 2]).unwrap();
    let answer = server.post("/v1/judge", format!(r#"{{"kayentaConfigJson": {text}}}"#)).await;
    assert!(answer.text().contains("objects, lists, fields and elements"), "{}", answer.text());
}

#[tokio::test]
async fn messages_of_very_many_parts_are_refused_undecoded() {
    let server = Server::start(&[]).await;
    let mut client = server.client().await;
    let pairs = proto::JudgeRequest {
        pairs: vec![proto::MetricPair::default(); 500_000],
        ..Default::default()
    };
    let config = proto::CanaryConfig {
        metrics: vec![proto::MetricConfig::default(); 500_000],
        ..Default::default()
    };
    let metrics = proto::JudgeRequest {
        config: Some(judge_request::Config::CanaryConfig(config.clone())),
        ..Default::default()
    };
    for message in [pairs, metrics] {
        let status = client.judge(message.clone()).await.unwrap_err();
        assert_eq!(status.code(), Code::InvalidArgument);
        assert!(status.message().contains("objects, lists, fields and elements"), "{status}");
        let message = proto::JudgeStreamRequest { request: Some(message) };
        let answers = client.judge_stream(tokio_stream::iter([message])).await;
        let answer = answers.unwrap().into_inner().message().await.unwrap().unwrap();
        assert!(format!("{answer:?}").contains("objects, lists, fields and elements"));
    }
    let config = Some(proto::validate_config_request::Config::CanaryConfig(config));
    let status = client.validate_config(proto::ValidateConfigRequest { config }).await.unwrap_err();
    assert_eq!(reason(&status), "INVALID_REQUEST");
}

/// A config whose evidence has `words` tests of no known kind, in itself and in its metric.
fn unknown_tests(words: usize) -> proto::CanaryConfig {
    let metric = proto::MetricConfig {
        name: "metric-0".into(),
        evidence: Some(proto::MetricEvidence { tests: vec![0; words], ..Default::default() }),
        ..Default::default()
    };
    proto::CanaryConfig {
        metrics: vec![metric],
        evidence: Some(proto::EvidenceConfig { tests: vec![0; words], ..Default::default() }),
        ..Default::default()
    }
}

#[tokio::test]
async fn numbers_that_take_more_memory_than_bytes_are_refused_undecoded() {
    let server = Server::start(&[]).await;
    let mut client = server.client().await.send_compressed(CompressionEncoding::Gzip);
    let config = unknown_tests(DOCUMENT / 2 - 100);
    let mut tests = request("", 1, 1);
    tests.config = Some(judge_request::Config::CanaryConfig(config.clone()));
    let mut times = request("", 1, 1);
    let millis = vec![0; DOCUMENT - 200];
    times.pairs[0].baseline = Some(proto::Series {
        values: Vec::new(),
        times: Some(proto::series::Times::Timestamps(proto::Timestamps { millis })),
    });
    let words = "expected at most 64000";
    for (message, said) in [(tests, words), (times, "expected at most 500000")] {
        let status = client.judge(message.clone()).await.unwrap_err();
        assert_eq!((status.code(), reason(&status).as_str()), INVALID);
        assert!(status.message().contains(said), "{status}");
        let message = proto::JudgeStreamRequest { request: Some(message) };
        let answers = client.judge_stream(tokio_stream::iter([message])).await;
        let answer = answers.unwrap().into_inner().message().await.unwrap().unwrap();
        assert!(format!("{answer:?}").contains(said), "{answer:?}");
    }
    let config = Some(proto::validate_config_request::Config::CanaryConfig(config));
    let status = client.validate_config(proto::ValidateConfigRequest { config }).await.unwrap_err();
    assert!(status.message().contains(words), "{status}");
}

#[tokio::test]
async fn the_problems_of_one_request_are_a_thousand_and_how_many_more() {
    let server = Server::start(&[]).await;
    let mut client = server.client().await;
    // Few enough to be read.
    let config = unknown_tests(20_000);
    let more = "39000 more problems";
    let mut wrong = request("", 1, 1);
    wrong.config = Some(judge_request::Config::CanaryConfig(config.clone()));
    let status = client.judge(wrong.clone()).await.unwrap_err();
    let violations = status.get_details_bad_request().unwrap().field_violations;
    let (last, listed) = violations.split_last().unwrap();
    assert!(last.description.starts_with(&format!("{} more", 40_000 - listed.len())), "{last:?}");

    let message = proto::JudgeStreamRequest { request: Some(wrong.clone()) };
    let answers = client.judge_stream(tokio_stream::iter([message])).await;
    let answer = answers.unwrap().into_inner().message().await.unwrap().unwrap();
    let Some(Outcome::Refusal(refusal)) = answer.outcome else { panic!("{answer:?}") };
    assert_eq!(refusal.problems.len(), 1001);
    assert_eq!(refusal.problems[1000].value, more);

    let answer = server.post("/v1/judge", serde_json::to_vec(&wrong).unwrap()).await;
    assert_eq!(answer.fields().len(), 1001);
    let last = answer.json()["violations"][1000]["description"].to_string();
    assert!(last.contains(more), "{last}");

    let config = Some(proto::validate_config_request::Config::CanaryConfig(config));
    let request = proto::ValidateConfigRequest { config };
    let answer = client.validate_config(request.clone()).await.unwrap().into_inner();
    assert!(!answer.usable);
    assert_eq!(answer.problems.len(), 1001);
    assert_eq!(answer.problems[1000].value, more);
    let answer = server.post("/v1/config:validate", serde_json::to_vec(&request).unwrap()).await;
    assert_eq!(answer.json()["problems"].as_array().unwrap().len(), 1001);
}

#[tokio::test]
async fn a_message_too_large_once_decompressed_is_refused_as_too_large() {
    let server = Server::start(&[]).await;
    let client = server.client().await;
    for encoding in [CompressionEncoding::Gzip, CompressionEncoding::Zstd] {
        let mut client = client.clone().send_compressed(encoding);
        let mut bomb = request("", 1, 1);
        bomb.pairs[0].id = Some("x".repeat(DOCUMENT));
        let status = client.judge(bomb.clone()).await.unwrap_err();
        assert_eq!(status.code(), Code::InvalidArgument);
        assert_eq!(reason(&status), "MESSAGE_TOO_LARGE");

        let bomb = proto::JudgeStreamRequest { request: Some(bomb) };
        let good = proto::JudgeStreamRequest { request: Some(request("good", 1, 5)) };
        let answers = client.judge_stream(tokio_stream::iter([good, bomb])).await.unwrap();
        let mut answers = answers.into_inner();
        assert_eq!(answers.message().await.unwrap().unwrap().id, "good");
        let status = answers.message().await.unwrap_err();
        assert_eq!(status.code(), Code::InvalidArgument);
        assert_eq!(reason(&status), "MESSAGE_TOO_LARGE");
    }
}

/// The headers of `status` are within the 8 KiB that the stricter clients read of all together.
fn assert_fits(status: &Status) {
    let headers = status.clone().into_http::<()>().into_parts().0.headers;
    // Each line has four bytes between and behind its two texts.
    let length: usize =
        headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
    assert!(length < 8 * 1024, "{length} bytes of headers");
}

#[tokio::test]
async fn very_many_problems_fit_the_headers_of_any_client() {
    let server = Server::start(&["--max-metrics=5000"]).await;
    let mut wrong = request("", 3000, 1);
    for pair in &mut wrong.pairs {
        pair.canary = None;
    }
    let mut client = server.client().await;
    let status = client.judge(wrong.clone()).await.unwrap_err();
    assert_eq!(reason(&status), "INVALID_REQUEST");
    assert_fits(&status);
    let violations = status.get_details_bad_request().unwrap().field_violations;
    assert_eq!(violations[0].field, "pairs[0].canary");
    let last = violations.last().unwrap();
    let listed = violations.len() - 1;
    assert_eq!(last.field, "");
    assert!(last.description.starts_with(&format!("{} more problems", 3000 - listed)), "{last:?}");

    // Where there is room, there are more.
    let answer = server.post("/v1/judge", serde_json::to_vec(&wrong).unwrap()).await;
    assert_eq!(answer.fields().len(), 1001);
    let last = answer.json()["violations"][1000]["description"].to_string();
    assert!(last.contains("2000 more problems"), "{last}");
}

#[tokio::test]
async fn a_wrong_config_is_answered_with_what_is_wrong() {
    let server = Server::start(&[]).await;
    let json = r#"{"metrics": [{"name": 5, "groups": []}], "classifier": {}}"#.to_owned();
    let config = Some(proto::validate_config_request::Config::KayentaConfigJson(json));
    let request = proto::ValidateConfigRequest { config };
    let answer = server.client().await.validate_config(request).await.unwrap().into_inner();
    assert!(!answer.usable);
    assert_eq!(answer.problems[0].path, "kayentaConfigJson.metrics[0].name");
}

#[tokio::test]
async fn a_field_with_a_very_long_name_fits_too() {
    let server = Server::start(&[]).await;
    let mut wrong = request("", 1, 1);
    wrong.pairs[0].name = "x".repeat(1_000_000);
    let status = server.client().await.judge(wrong).await.unwrap_err();
    assert_eq!(reason(&status), "INVALID_REQUEST");
    assert_fits(&status);
}

#[tokio::test]
async fn long_names_make_no_answer_of_many_times_their_length() {
    let server = Server::start(&[]).await;
    let mut client = server.client().await;
    for judge in ["NetflixACAJudge-v1.0", "EvidenceJudge-v1"] {
        let mut long = request("", 500, 0);
        long.judge = Some(judge.to_owned());
        let Some(judge_request::Config::CanaryConfig(config)) = &mut long.config else {
            panic!("a typed config")
        };
        for ((number, metric), pair) in config.metrics.iter_mut().enumerate().zip(&mut long.pairs) {
            // The longest that is taken, in a metric that fails the canary and has every warning.
            metric.name = format!("{number:01024}");
            metric.groups = vec![metric.name.clone()];
            metric.critical = true;
            pair.name.clone_from(&metric.name);
            let side = |values: Vec<f64>| Some(proto::Series { values, times: None });
            pair.baseline = side([1.0, 2.0, f64::INFINITY].repeat(4));
            pair.canary = side([9.0, 8.0, f64::NEG_INFINITY].repeat(4));
        }
        let answer = client.judge(long.clone()).await.unwrap().into_inner();
        let (sent, answered) = (long.encoded_len(), answer.encoded_len());
        assert!(answered < 4 * sent, "{judge}: {answered} bytes in answer to {sent}");
    }
}

#[tokio::test]
async fn very_many_notices_are_a_thousand_warnings_and_how_many_more() {
    let server = Server::start(&[]).await;
    let keys = (0..5000).map(|key| format!(r#""{key}":0"#)).collect::<Vec<_>>().join(",");
    let mut odd = request("", 1, 5);
    odd.config = Some(judge_request::Config::KayentaConfigJson(format!(
        r#"{{"classifier": {{}}, "metrics": [{{"name": "metric-0", "groups": ["all"],
            "analysisConfigurations": {{"canary": {{{keys}}}}}}}]}}"#
    )));
    let answer = server.client().await.judge(odd).await.unwrap().into_inner();
    let mut warnings = answer.judgement.unwrap().warnings;
    warnings.retain(|warning| warning.problem.is_some());
    assert_eq!(warnings.len(), 1001);
    let last = warnings[1000].problem.as_ref().unwrap();
    assert_eq!(last.value, "4000 more problems");
    assert_eq!(last.severity(), proto::Severity::Notice);
}

#[tokio::test]
async fn problems_of_any_script_fit_too() {
    let server = Server::start(&[]).await;
    let mut client = server.client().await;
    for (script, length) in [("灰度发布组", 16), ("灰度发布组", 60), ("a ", 100), ("ö\u{7f}", 9)]
    {
        let mut wrong = request("", 1, 1);
        let Some(proto::judge_request::Config::CanaryConfig(config)) = &mut wrong.config else {
            panic!("a typed config")
        };
        let name = |group: usize| format!("{}{group}", script.repeat(length));
        config.group_weights = (0..60).map(|group| (name(group), -5.0)).collect();
        let status = client.judge(wrong).await.unwrap_err();
        assert_eq!(reason(&status), "INVALID_REQUEST");
        assert!(status.message().contains(script), "{status}");
        assert_fits(&status);
    }
}
