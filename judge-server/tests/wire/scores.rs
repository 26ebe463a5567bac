//! Scores as Flagger, Argo Rollouts and curl ask for them, by the examples of the docs.

use serde_json::{Value, json};

use crate::harness::Answer;
use crate::kayenta_clients::Kayenta;
use crate::source::config;

const DOCS: &str = include_str!("../../../docs/orchestrators.md");

/// A time of a day that is over.
pub(crate) const TIME: &str = "1767265200";

pub(crate) async fn call(kayenta: &Kayenta, method: &str, path: &str, body: &str) -> Answer {
    let request = http::Request::builder()
        .method(method)
        .uri(format!("http://{}{path}", kayenta.server.http))
        .header("content-type", "application/x-www-form-urlencoded");
    crate::harness::send(request.body(body.to_owned().into()).unwrap()).await
}

pub(crate) fn encoded(query: &str) -> String {
    form_urlencoded::byte_serialize(query.as_bytes()).collect()
}

/// The part of the docs between two texts, with the sides in place of what an orchestrator fills in.
fn example(from: &str, to: &str, canary: &str) -> String {
    let rest = &DOCS[DOCS.find(from).unwrap()..];
    let text = &rest[..rest.find(to).unwrap()];
    [
        ("{{args.stable-hash}}", "stable"),
        ("{{args.canary-hash}}", canary),
        ("{{ target }}", canary),
        ("{{ namespace }}", "test"),
        ("{{ interval }}", "30m"),
    ]
    .iter()
    .fold(text.to_owned(), |text, (name, value)| text.replace(name, value))
}

async fn started() -> Kayenta {
    let kayenta = Kayenta::start("").await;
    kayenta.store(&config(1)).await;
    kayenta
}

#[tokio::test]
async fn flagger_reads_a_score_as_prometheus_gives_it() {
    let kayenta = started().await;
    let alive = call(&kayenta, "GET", "/api/v1/query?query=vector(1)", "").await.json();
    assert_eq!(alive["data"]["result"][0]["value"][1], "1");
    // Grafana's test of a source.
    let sum = call(&kayenta, "POST", "/api/v1/query", "query=1%2B1&time=4").await.json();
    assert_eq!((&sum["status"], &sum["data"]["resultType"]), (&json!("success"), &json!("scalar")));
    assert_eq!(sum["data"]["result"][1], "2");
    for (canary, score, verdict) in [("shop", "100", "2"), ("bad", "0", "0")] {
        let query = example("judge_score{config=\"shop\", baseline=\"{{ target }}", "\n", canary);
        // The stand-in's series of the baseline must not be called bad.
        let query = query.replace("bad-primary", "stable");
        let path = format!("/api/v1/query?query={}&time={TIME}", encoded(&query));
        let answer = call(&kayenta, "GET", &path, "").await;
        assert_eq!(answer.status.as_u16(), 200, "{}", answer.text());
        let answer = answer.json();
        assert_eq!(
            (&answer["status"], &answer["data"]["resultType"]),
            (&json!("success"), &json!("vector"))
        );
        let result = answer["data"]["result"].as_array().unwrap();
        assert_eq!(result.len(), 1);
        assert!(result[0]["value"][0].is_f64());
        assert_eq!(result[0]["value"][1], score);
        assert_eq!(result[0]["metric"]["canary"], canary);
        let reason = answer["warnings"][0].as_str().unwrap();
        assert!(reason.contains(&format!("score {score}")), "{reason}");
        let form = format!(
            "query={}&time={TIME}",
            encoded(&query.replace("judge_score", "judge_verdict"))
        );
        let answer = call(&kayenta, "POST", "/api/v1/query", &form).await.json();
        assert_eq!(answer["data"]["result"][0]["value"][1], verdict);
    }
}

#[tokio::test]
async fn bad_queries_have_errors_as_prometheus_writes_them() {
    let kayenta = started().await;
    let ask = async |query: &str| {
        let answer =
            call(&kayenta, "GET", &format!("/api/v1/query?query={}", encoded(query)), "").await;
        (answer.status.as_u16(), answer.json())
    };
    for (query, said) in [
        ("up", "expected judge_score"),
        (
            "judge_score{config=\"none\", baseline=\"a\", canary=\"b\"}",
            "GET /v1/configs lists them, got \"none\"",
        ),
        ("judge_score{config=\"shop\", canary=\"b\"}", "baseline: expected"),
        (
            "judge_score{config=\"shop\", baseline=\"a\", canary=\"b\", window=\"x\"}",
            "window: expected",
        ),
        (
            "judge_score{config=\"shop\", baseline=\"a\", canary=\"b\", window=\"5m\", step=\"6m\"}",
            "step: expected at most the window",
        ),
    ] {
        let (status, body) = ask(query).await;
        assert_eq!(
            (status, &body["status"], &body["errorType"]),
            (400, &json!("error"), &json!("bad_data"))
        );
        assert!(body["error"].as_str().unwrap().contains(said), "{body}");
    }
}

#[tokio::test]
async fn argo_reads_a_verdict_and_equal_questions_are_one_look() {
    let kayenta = started().await;
    for (canary, verdict) in [("canary", "pass"), ("bad", "fail")] {
        let path = example("/v1/verdict?config=shop&baseline={{", "\"", canary);
        let answer = call(&kayenta, "GET", &format!("{path}&time={TIME}"), "").await;
        assert_eq!(answer.status.as_u16(), 200);
        assert_eq!(answer.json()["verdict"], verdict, "{}", answer.text());
        assert!(answer.json()["score"].is_f64() && answer.json()["reason"].is_string());
    }
    let unknown = call(&kayenta, "GET", "/v1/verdict?config=none&baseline=a&canary=b", "").await;
    assert_eq!((unknown.status.as_u16(), &unknown.json()["verdict"]), (200, &json!("error")));
    let before = kayenta.source.asked();
    let path = format!("/v1/verdict?config=shop&baseline=a&canary=b&time={TIME}");
    let all = (0..8).map(|_| call(&kayenta, "GET", &path, ""));
    for answer in futures_util::future::join_all(all).await {
        assert_eq!(answer.json()["verdict"], "pass");
    }
    let asked = kayenta.source.asked() - before;
    assert!((2..16).contains(&asked), "8 equal questions asked the source {asked} times");
}

#[tokio::test]
async fn flaggers_hooks_go_on_only_with_a_verdict() {
    let kayenta = started().await;
    let body = json!({"name": "shop", "namespace": "test", "phase": "Progressing", "checksum": "85d557f47b", "metadata": {}});
    let hook = async |kind: &str, more: &str, body: &Value| {
        let path = format!("/flagger/{kind}?config=shop&window=30m&time={TIME}{more}");
        let answer = call(&kayenta, "POST", &path, &body.to_string()).await;
        (answer.status.as_u16(), answer.text())
    };
    for (kind, more, status, said) in [
        ("rollout", "", 200, "pass: score 100"),
        ("confirm-promotion", "", 200, "pass: score 100"),
        ("confirm-traffic-increase", "", 200, "pass: score 100"),
        ("rollback", "", 412, "pass: score 100"),
        ("rollout", "&canary=bad", 412, "fail: score 0: m0 High"),
        ("confirm-promotion", "&canary=bad", 412, "fail: score 0: m0 High"),
        ("rollback", "&canary=bad", 200, "fail: score 0: m0 High"),
        ("event", "", 200, "noted"),
        ("other", "", 404, "expected rollout"),
    ] {
        let (found, text) = hook(kind, more, &body).await;
        assert!(found == status && text.starts_with(said), "{kind}: {found} {text}");
        assert_eq!(text.lines().count(), 1);
    }
}

#[tokio::test]
async fn events_of_flagger_are_kept_with_the_audit_log() {
    let kayenta = started().await;
    let long = "x".repeat(1000);
    for (phase, kind, said) in [
        ("Progressing", "Normal", "Advance shop.test canary weight 5"),
        ("Failed", "Warning", long.as_str()),
    ] {
        let metadata = json!({
            "eventMessage": said, "eventType": kind, "timestamp": "1767265200000", "team": "shop", "count": 3,
        });
        let body = json!({
            "name": "shop", "namespace": "test", "phase": phase, "checksum": "85d557f47b", "metadata": metadata,
        });
        let answer = call(&kayenta, "POST", "/flagger/event", &body.to_string()).await;
        assert_eq!((answer.status.as_u16(), answer.text().as_str()), (200, "noted\n"));
    }
    let audit = kayenta.server.get("/v1/audit?subject=test%2Fshop").await.json();
    let entries = audit["entries"].as_array().unwrap();
    assert_eq!(entries.len(), 2);
    assert_eq!(
        (&entries[0]["action"], &entries[0]["subject"]),
        (&json!("flagger.event"), &json!("test/shop"))
    );
    assert_eq!(entries[0]["detail"]["eventMessage"], "x".repeat(500));
    assert_eq!(
        entries[1]["detail"],
        json!({
            "checksum": "85d557f47b", "phase": "Progressing", "eventType": "Normal", "team": "shop",
            "eventMessage": "Advance shop.test canary weight 5", "timestamp": "1767265200000",
        })
    );
    for body in ["{", "null", "[]", "\"shop\""] {
        let broken = call(&kayenta, "POST", "/flagger/event", body).await;
        assert_eq!(broken.status.as_u16(), 400, "{body}");
    }
    assert_eq!(kayenta.server.get("/v1/audit?subject=%2F").await.json()["entries"], json!([]));
}

#[tokio::test]
async fn a_source_that_is_slow_is_not_waited_for() {
    let kayenta = started().await;
    let query = encoded("judge_score{config=\"shop\", baseline=\"stable\", canary=\"shop\"}");
    let ask = async |time: &str| {
        let path = format!("/api/v1/query?query={query}&time={time}");
        let answer = call(&kayenta, "GET", &path, "").await;
        assert_eq!(answer.status.as_u16(), 200, "{}", answer.text());
        let answer = answer.json();
        let warning = answer["warnings"][0].as_str().unwrap().to_owned();
        (answer["data"]["result"].clone(), warning)
    };
    kayenta.source.set_held(true);
    let (result, warning) = ask(TIME).await;
    assert_eq!(result, json!([]));
    assert_eq!(warning, "no data yet: a look is under way");
    // The look went on without its caller.
    let before = kayenta.source.asked();
    let began = std::time::Instant::now();
    kayenta.source.set_held(false);
    let (result, fresh) = ask(TIME).await;
    assert_eq!(result[0]["value"][1], "100");
    assert!(fresh.starts_with("pass: score 100") && !fresh.contains("ago"), "{fresh}");
    assert!(before > 0, "the source was asked");
    // Another time of the same query: the last look's answer, and how old it is.
    kayenta.source.set_held(true);
    let (result, old) = ask("1767265800").await;
    assert_eq!(result[0]["value"][1], "100");
    let age = old.strip_prefix(&format!("{fresh} (of ")).and_then(|rest| rest.split_once(" s ago"));
    let (age, rest) = age.unwrap_or_else(|| panic!("{old}"));
    assert!((3..=began.elapsed().as_secs()).contains(&age.parse().unwrap()), "{old}");
    assert_eq!(rest, ": a new look is under way)");
}

#[tokio::test]
async fn verdicts_of_other_releases_and_old_ones_are_not_repeated() {
    /// Shorter than the wait for a look, with enough points for a test.
    const SHORT: &str = "3s&step=1s";
    let kayenta = started().await;
    let hook = async |checksum: &str, window: &str, time: &str| {
        let path = format!(
            "/flagger/confirm-promotion?config=shop&baseline=stable&window={window}&time={time}"
        );
        let body = json!({"name": "shop", "namespace": "test", "phase": "Progressing", "checksum": checksum});
        let answer = call(&kayenta, "POST", &path, &body.to_string()).await;
        (answer.status.as_u16(), answer.text())
    };
    for window in ["30m", SHORT] {
        let (status, said) = hook("one", window, TIME).await;
        assert!(status == 200 && said.starts_with("pass: score 100"), "{status} {said}");
    }
    kayenta.source.set_held(true);
    let [(of_this, same), (of_other, other), (of_old, old)] = tokio::join!(
        hook("one", "30m", "1767265800"),
        hook("two", "30m", "1767265800"),
        hook("one", SHORT, "1767265800"),
    )
    .into();
    assert!(
        of_this == 200 && same.contains(" s ago: a new look is under way)"),
        "{of_this} {same}"
    );
    for (status, said) in [(of_other, other), (of_old, old)] {
        assert_eq!((status, said.as_str()), (412, "no data yet: a look is under way\n"));
    }
}
