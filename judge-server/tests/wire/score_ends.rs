//! Every end of a look as Flagger and Argo Rollouts' `prometheus` and `web` providers read it: passed, marginal, failed,
//! without data, its source down, its query refused, its config wrong.

use serde_json::{Value, json};

use crate::kayenta_clients::Kayenta;
use crate::kayenta_clients::bodies::differences;
use crate::scores::{TIME, call, encoded};
use crate::source::config;

/// What Flagger makes of an answer, with `min: 75`: the reason that it shows, or nothing for a check that passed.
fn flagger(status: u16, body: &Value) -> Option<String> {
    if status >= 400 {
        return Some(format!("error response: Status {status}: {body}"));
    }
    let results = body["data"]["result"].as_array().unwrap();
    let Some(value) = results.last() else { return Some("no values found".to_owned()) };
    assert!(value.get("values").is_none());
    let number: f64 = value["value"][1].as_str().expect("a text").parse().unwrap();
    (!number.is_nan() && number < 75.0).then(|| format!("{number} is below 75"))
}

/// What Argo Rollouts makes of it by the conditions of the docs: the phase, and the reason that it keeps.
fn argo(status: u16, body: &Value) -> (&'static str, String) {
    if !matches!(status, 200 | 400 | 422) {
        return ("Error", format!("server error: {status}"));
    }
    if body["status"] == "error" {
        assert!(body["errorType"].is_string());
        return ("Error", body["error"].as_str().unwrap().to_owned());
    }
    let values = body["data"]["result"].as_array().unwrap().iter();
    let values: Vec<f64> =
        values.map(|sample| sample["value"][1].as_str().unwrap().parse().unwrap()).collect();
    let phase = match values.first() {
        Some(score) if *score >= 75.0 => "Successful",
        Some(_) => "Failed",
        None => "Inconclusive",
    };
    (phase, body["warnings"][0].as_str().unwrap_or_default().to_owned())
}

/// What the `web` provider makes of it by the conditions of the docs.
fn web(status: u16, body: &Value) -> &'static str {
    if !(200..300).contains(&status) {
        return "Error";
    }
    match body["verdict"].as_str() {
        Some("pass") => "Successful",
        Some("fail") => "Failed",
        _ => "Inconclusive",
    }
}

fn vector(value: &str, canary: &str, warning: &str) -> Value {
    let labels = json!({"config": "shop", "baseline": "stable", "canary": canary});
    let result = json!([{"metric": labels, "value": ["<number>", value]}]);
    json!({"status": "success", "data": {"resultType": "vector", "result": result}, "warnings": [warning]})
}

fn judged(word: &str, score: f64, reason: &str) -> Value {
    json!({"verdict": word, "score": score, "reason": reason, "warnings": [], "at": "<time>"})
}

/// The line of the verdict, and what to know of each of the four metrics.
fn once_and_each(line: &str) -> Value {
    let nothing = "<text with the query of the canary finds nothing>";
    json!([line, nothing, nothing, nothing, nothing])
}

struct End {
    canary: &'static str,
    status: u16,
    query: Value,
    verdict: Value,
    flagger: &'static str,
    argo: &'static str,
    web: &'static str,
    /// What `rollout` and `rollback` answer.
    hooks: [u16; 2],
}

/// Asks all that is asked, and compares.
async fn check(kayenta: &Kayenta, end: End) {
    let End { canary, .. } = end;
    let query = format!("judge_score{{config=\"shop\", baseline=\"stable\", canary=\"{canary}\"}}");
    let asked = [
        ("GET", format!("/api/v1/query?query={}&time={TIME}", encoded(&query)), String::new()),
        ("POST", "/api/v1/query".to_owned(), format!("query={}&time={TIME}", encoded(&query))),
    ];
    for (method, path, form) in asked {
        let answer = call(kayenta, method, &path, &form).await;
        let (status, body) = (answer.status.as_u16(), answer.json());
        assert_eq!(status, end.status, "{canary}: {body}");
        assert_eq!(differences(&end.query, &body), Vec::<String>::new(), "{canary}: {body:#}");
        let check = flagger(status, &body).unwrap_or_default();
        assert!(
            check.contains(end.flagger) && check.is_empty() == end.flagger.is_empty(),
            "{check}"
        );
        let (phase, why) = argo(status, &body);
        assert_eq!(phase, end.argo, "{canary}: {body}");
        assert!(!why.is_empty());
    }
    let path = format!("/v1/verdict?config=shop&baseline=stable&canary={canary}&time={TIME}");
    let answer = call(kayenta, "GET", &path, "").await;
    let body = answer.json();
    assert_eq!(differences(&end.verdict, &body), Vec::<String>::new(), "{canary}: {body:#}");
    assert_eq!(web(answer.status.as_u16(), &body), end.web, "{canary}: {body}");
    assert_eq!(body["reason"].as_str().unwrap().lines().count(), 1, "{canary}: {body}");
    for (hook, status) in ["rollout", "rollback"].into_iter().zip(end.hooks) {
        let path = format!(
            "/flagger/{hook}?config=shop&baseline=stable&canary={canary}&location=&time={TIME}"
        );
        let body = json!({"name": "shop", "namespace": "", "phase": "Progressing", "checksum": canary, "metadata": {}});
        let answer = call(kayenta, "POST", &path, &body.to_string()).await;
        let said = answer.text();
        assert_eq!(answer.status.as_u16(), status, "{canary} {hook}: {said}");
        // It stands in an event of Kubernetes.
        assert!((5..1024).contains(&said.len()) && said.lines().count() == 1, "{said:?}");
    }
}

#[tokio::test]
async fn each_end_of_a_look_reads_as_its_client_expects() {
    let kayenta = Kayenta::start("").await;
    let id = kayenta.store(&config(4)).await;
    let error = |kind: &str, why: &str| json!({"status": "error", "errorType": kind, "error": why});
    let unknown = json!({"verdict": "error", "reason": "<text with NoJudge>"});
    for end in [
        End {
            canary: "shop",
            status: 200,
            query: vector("100", "shop", "<text with pass: score 100>"),
            verdict: judged("pass", 100.0, "score 100"),
            flagger: "",
            argo: "Successful",
            web: "Successful",
            hooks: [200, 412],
        },
        End {
            canary: "weak",
            status: 200,
            query: vector("75", "weak", "<text with marginal: score 75: m0 High>"),
            verdict: judged("marginal", 75.0, "<text with score 75: m0 High>"),
            flagger: "",
            argo: "Successful",
            // The rollout pauses, and neither goes on nor back.
            web: "Inconclusive",
            hooks: [412, 412],
        },
        End {
            canary: "bad",
            status: 200,
            query: vector("0", "bad", "<text with fail: score 0: m0 High>"),
            verdict: judged("fail", 0.0, "<text with score 0: m0 High>"),
            flagger: "0 is below 75",
            argo: "Failed",
            web: "Failed",
            hooks: [412, 200],
        },
        End {
            canary: "no_query",
            status: 422,
            query: error("execution", "<text with unexpected end of input>"),
            verdict: json!({"verdict": "error", "reason": "<text with unexpected end of input>"}),
            flagger: "unexpected end of input",
            argo: "Error",
            web: "Inconclusive",
            hooks: [412, 412],
        },
        End {
            canary: "nothing",
            status: 200,
            query: json!({
                "status": "success", "data": {"resultType": "vector", "result": []},
                "warnings": once_and_each("<text with noData: score 0>"),
            }),
            verdict: json!({
                "verdict": "noData", "score": "<number>", "reason": "<text>", "at": "<time>",
                "warnings": once_and_each("<text with noData: score 0>").as_array().unwrap()[1..],
            }),
            flagger: "no values found",
            argo: "Inconclusive",
            web: "Inconclusive",
            hooks: [412, 412],
        },
    ] {
        check(&kayenta, end).await;
    }
    let down = End {
        canary: "gone",
        status: 422,
        // The first of four queries.
        query: error("execution", "<text with ; and 3 more>"),
        verdict: json!({"verdict": "error", "reason": "<text with HTTP 503>"}),
        flagger: "HTTP 503",
        argo: "Error",
        web: "Inconclusive",
        hooks: [412, 412],
    };
    check(&kayenta, down).await;
    let mut wrong = config(4);
    wrong["judge"]["name"] = json!("NoJudge");
    let put = kayenta.call("PUT", &format!("/canaryConfig/{id}"), &wrong.to_string()).await;
    assert_eq!(put.status.as_u16(), 200);
    let wrong = End {
        canary: "wrong",
        status: 400,
        query: error("bad_data", "<text with NoJudge>"),
        verdict: unknown,
        flagger: "NoJudge",
        argo: "Error",
        web: "Inconclusive",
        hooks: [412, 412],
    };
    check(&kayenta, wrong).await;
}

/// A config of one metric, which is critical, for the judge that counts points.
fn critical() -> Value {
    let mut config = config(1);
    config["judge"]["name"] = json!("EvidenceJudge-v1");
    config["metrics"][0]["analysisConfigurations"]["canary"]["critical"] = json!(true);
    config
}

#[tokio::test]
async fn a_canary_that_has_just_started_is_not_rolled_back() {
    let kayenta = Kayenta::start("").await;
    kayenta.store(&critical()).await;
    let few = "m0 Inconclusive, m0 cannot be judged from 40 baseline and 2 canary points";
    let few = format!("<text with {few}>");
    let young = End {
        canary: "young",
        status: 200,
        query: json!({
            "status": "success", "data": {"resultType": "vector", "result": []}, "warnings": [few],
        }),
        verdict: judged("noData", 0.0, &few),
        flagger: "no values found",
        argo: "Inconclusive",
        web: "Inconclusive",
        hooks: [412, 412],
    };
    check(&kayenta, young).await;
}

#[tokio::test]
async fn looks_share_the_level_if_their_number_is_given() {
    let kayenta = Kayenta::start("").await;
    kayenta.store(&critical()).await;
    let ask = async |looks: &str| {
        let path = "/v1/verdict?config=shop&baseline=stable&canary=slow3";
        let answer = call(&kayenta, "GET", &format!("{path}&time={TIME}{looks}"), "").await.json();
        let word = |name: &str| answer[name].as_str().unwrap().to_owned();
        (word("verdict"), word("reason"))
    };
    for looks in ["", "&looks=1", "&looks=6"] {
        assert_eq!(ask(looks).await.0, "fail", "{looks}");
    }
    // The same change is not clear enough for a millionth of the level.
    assert_ne!(ask("&looks=1000000").await.0, "fail");
    for wrong in ["0", "six", "1000001", "-1"] {
        let (verdict, reason) = ask(&format!("&looks={wrong}")).await;
        let expected =
            format!("looks: expected a number of looks from 1 to 1000000, got {wrong:?}");
        assert_eq!((verdict.as_str(), reason), ("error", expected));
    }
}
