//! Argo Rollouts' providers `web`, `prometheus` and `kayenta`.

use serde_json::{Value, json};

use super::conditions::phase;
use super::{CANARIES, TOKEN, ask, check_keys, documents, examples, hosts, placed, started};
use crate::kayenta_clients::Kayenta;
use crate::kayenta_clients::argo::measured;
use crate::scores::encoded;

/// The metric with its arguments in place.
fn with_arguments(metric: &Value, canary: &str) -> Value {
    let arguments = [("stable-hash", "stable"), ("canary-hash", canary), ("token", TOKEN)];
    let text = arguments.iter().fold(metric.to_string(), |text, (name, value)| {
        text.replace(&format!("{{{{args.{name}}}}}"), value)
    });
    assert!(!text.contains("{{"), "an argument is not known: {text}");
    serde_json::from_str(&text).unwrap()
}

/// Headers of an example, and the token where its page leaves it out.
fn headers(provider: &Value) -> Vec<(String, String)> {
    let given = provider["headers"].as_array().into_iter().flatten();
    let mut headers: Vec<(String, String)> = given
        .map(|header| {
            check_keys("a header", header, &["key", "value"], &[]);
            (
                header["key"].as_str().unwrap().to_owned(),
                header["value"].as_str().unwrap().to_owned(),
            )
        })
        .collect();
    if headers.is_empty() {
        headers.push(("authorization".to_owned(), format!("Bearer {TOKEN}")));
    }
    headers
}

async fn web(kayenta: &Kayenta, metric: &Value) -> &'static str {
    let provider = &metric["provider"]["web"];
    let known = ["method", "headers", "timeoutSeconds", "insecure", "body", "jsonBody", "jsonPath"];
    check_keys("web", provider, &["url"], &known);
    let url = placed(
        kayenta,
        provider["url"].as_str().unwrap(),
        &hosts().iter().map(String::as_str).collect::<Vec<_>>(),
    );
    let method = provider["method"].as_str().unwrap_or("GET");
    let answer = ask(method, &url, &headers(provider), String::new()).await;
    assert!(answer.status.is_success(), "{url}: {}", answer.text());
    // The whole answer is the value, so that its reason is seen.
    assert_eq!(provider["jsonPath"], "{$}");
    let value = answer.json();
    assert!(value["reason"].as_str().is_some_and(|reason| !reason.is_empty()), "{value}");
    phase(metric, &value)
}

async fn prometheus(kayenta: &Kayenta, metric: &Value) -> &'static str {
    let provider = &metric["provider"]["prometheus"];
    check_keys(
        "prometheus",
        provider,
        &["address", "query"],
        &["headers", "timeout", "insecure", "authentication"],
    );
    let address = placed(
        kayenta,
        provider["address"].as_str().unwrap(),
        &hosts().iter().map(String::as_str).collect::<Vec<_>>(),
    );
    let url = format!("{address}/api/v1/query");
    let now = jiff::Timestamp::now().as_second();
    let form = format!("query={}&time={now}", encoded(provider["query"].as_str().unwrap()));
    let mut headers = headers(provider);
    headers.push(("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned()));
    let answer = ask("POST", &url, &headers, form).await;
    assert_eq!(answer.status.as_u16(), 200, "{}", answer.text());
    let answer = answer.json();
    assert!(answer["warnings"][0].is_string(), "the reason, in the measurement's metadata");
    let samples = answer["data"]["result"].as_array().unwrap().iter();
    let values: Vec<f64> =
        samples.map(|sample| sample["value"][1].as_str().unwrap().parse().unwrap()).collect();
    phase(metric, &json!(values))
}

async fn kayenta_provider(kayenta: &Kayenta, metric: &Value) -> &'static str {
    let provider = &metric["provider"]["kayenta"];
    let needed = [
        "address",
        "application",
        "canaryConfigName",
        "metricsAccountName",
        "configurationAccountName",
        "storageAccountName",
        "threshold",
        "scopes",
    ];
    check_keys("kayenta", provider, &needed, &["lookback"]);
    check_keys("threshold", &provider["threshold"], &["pass", "marginal"], &[]);
    let text = |name: &str| provider[name].as_str().unwrap();
    let mut address =
        placed(kayenta, text("address"), &hosts().iter().map(String::as_str).collect::<Vec<_>>());
    if !address.contains("/t/") {
        address = format!("{address}/t/{TOKEN}");
    }
    let (application, storage) = (text("application"), text("storageAccountName"));
    let list = format!(
        "{address}/canaryConfig?application={application}&configurationAccountName={storage}"
    );
    let listed = ask("GET", &list, &[], String::new()).await;
    assert_eq!(listed.status.as_u16(), 200, "{}", listed.text());
    let listed = listed.json();
    let config =
        listed.as_array().unwrap().iter().find(|one| one["name"] == provider["canaryConfigName"]);
    let id = config.expect("the config that the example names")["id"].as_str().unwrap();
    let now = jiff::Timestamp::now();
    let interval = metric["interval"].as_str().expect("its window is its interval");
    let start =
        now - jiff::SignedDuration::try_from(humantime::parse_duration(interval).unwrap()).unwrap();
    let mut scopes = json!({});
    for scope in provider["scopes"].as_array().unwrap() {
        check_keys("a scope", scope, &["name", "controlScope", "experimentScope"], &[]);
        let side = |name: &str| {
            let side = &scope[name];
            check_keys(name, side, &["scope", "region", "step"], &["start", "end"]);
            assert!(side["step"].is_i64());
            json!({
                "scope": side["scope"], "location": side["region"], "step": side["step"],
                "start": format!("{start:.0}"), "end": format!("{now:.0}"),
            })
        };
        let (control, experiment) = (side("controlScope"), side("experimentScope"));
        scopes[scope["name"].as_str().unwrap()] =
            json!({"controlScope": control, "experimentScope": experiment});
    }
    let body = json!({"scopes": scopes, "thresholds": provider["threshold"]});
    let url = format!(
        "{address}/canary/{id}?application={application}&metricsAccountName={}&configurationAccountName={}\
         &storageAccountName={storage}",
        text("metricsAccountName"),
        text("configurationAccountName"),
    );
    let json = [("content-type".to_owned(), "application/json".to_owned())];
    let started = ask("POST", &url, &json, body.to_string()).await;
    assert_eq!(started.status.as_u16(), 200, "{}", started.text());
    let id = started.json()["canaryExecutionId"].as_str().unwrap().to_owned();
    let path = format!("/t/{TOKEN}/canary/{id}");
    let poll = kayenta.completed(&path).await;
    let threshold = |name: &str| provider["threshold"][name].as_i64().unwrap();
    let found = measured(&poll, threshold("pass"), threshold("marginal"));
    match found.split(' ').next() {
        Some("Successful") => "Successful",
        Some("Inconclusive") => "Inconclusive",
        _ => "Failed",
    }
}

/// What each of the canaries comes to.
pub(super) async fn phases(kayenta: &Kayenta, metric: &Value) -> Vec<&'static str> {
    let known = [
        "initialDelay",
        "interval",
        "count",
        "successCondition",
        "failureCondition",
        "failureLimit",
        "inconclusiveLimit",
        "consecutiveErrorLimit",
    ];
    check_keys("a metric", metric, &["name", "provider"], &known);
    let provider = metric["provider"].as_object().unwrap();
    assert_eq!(provider.len(), 1);
    let mut phases = Vec::new();
    for canary in CANARIES {
        let metric = with_arguments(metric, canary);
        phases.push(match provider.keys().next().unwrap().as_str() {
            "web" => web(kayenta, &metric).await,
            "prometheus" => prometheus(kayenta, &metric).await,
            "kayenta" => kayenta_provider(kayenta, &metric).await,
            other => panic!("nobody replays {other}"),
        });
    }
    phases
}

#[tokio::test]
async fn templates_of_deploy_give_the_phases_that_they_say() {
    let kayenta = started().await;
    let templates = documents("argo-analysis.yaml");
    let expected = [
        ("judge-web", ["Successful", "Inconclusive", "Failed"]),
        ("judge-prometheus", ["Successful", "Inconclusive", "Failed"]),
        ("judge-kayenta", ["Successful", "Inconclusive", "Failed"]),
    ];
    assert_eq!(templates.len(), expected.len());
    for (template, (name, expected)) in templates.iter().zip(expected) {
        assert_eq!(template["apiVersion"], "argoproj.io/v1alpha1");
        assert_eq!(
            (&template["kind"], &template["metadata"]["name"]),
            (&json!("AnalysisTemplate"), &json!(name))
        );
        let arguments: Vec<&Value> =
            template["spec"]["args"].as_array().unwrap().iter().map(|one| &one["name"]).collect();
        assert_eq!(arguments, ["stable-hash", "canary-hash", "token"]);
        let metrics = template["spec"]["metrics"].as_array().unwrap();
        assert_eq!(metrics.len(), 1);
        assert_eq!(phases(&kayenta, &metrics[0]).await, expected, "{name}");
    }
}

#[tokio::test]
async fn metrics_of_the_docs_give_the_phases_that_they_say() {
    let kayenta = started().await;
    for (provider, expected) in [
        ("web", ["Successful", "Inconclusive", "Failed"]),
        // A score of 75 is at the example's threshold.
        ("prometheus", ["Successful", "Successful", "Failed"]),
        ("kayenta", ["Successful", "Inconclusive", "Failed"]),
    ] {
        let blocks = examples("docs/orchestrators.md", &format!("## Argo Rollouts, `{provider}`"));
        assert_eq!(blocks.len(), 1);
        let metrics = blocks[0]["metrics"].as_array().unwrap();
        assert!(metrics[0]["provider"][provider].is_object());
        assert_eq!(phases(&kayenta, &metrics[0]).await, expected, "{provider}");
    }
}
