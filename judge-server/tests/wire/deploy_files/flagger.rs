//! Flagger's metric templates and webhooks.

use serde_json::{Value, json};

use super::{TOKEN, ask, check_keys, documents, examples, hosts, placed, started};
use crate::kayenta_clients::Kayenta;
use crate::scores::encoded;

/// The query with Flagger's variables in place, and its blanks made one, as Flagger sends it.
fn query(template: &Value, target: &str, interval: &str) -> String {
    let variables =
        [("target", target), ("namespace", "test"), ("interval", interval), ("name", target)];
    let text = template["spec"]["query"].as_str().unwrap().to_owned();
    let text = variables
        .iter()
        .fold(text, |text, (name, value)| text.replace(&format!("{{{{ {name} }}}}"), value));
    assert!(!text.contains("{{"), "{text}");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What a check of the metric comes to: whether its value is in the range.
async fn check(kayenta: &Kayenta, template: &Value, metric: &Value, target: &str) -> bool {
    let provider = &template["spec"]["provider"];
    check_keys(
        "a provider",
        provider,
        &["type", "address"],
        &["secretRef", "headers", "insecureSkipVerify"],
    );
    check_keys("a metric", metric, &["name", "templateRef", "thresholdRange"], &["interval"]);
    assert_eq!(metric["templateRef"]["name"], template["metadata"]["name"]);
    assert!(provider["secretRef"]["name"].is_string());
    let hosts = hosts();
    let hosts: Vec<&str> = hosts.iter().map(String::as_str).collect();
    let address = placed(kayenta, provider["address"].as_str().unwrap(), &hosts);
    let interval = metric["interval"].as_str().unwrap();
    let headers = [("authorization".to_owned(), format!("Bearer {TOKEN}"))];
    let ask = async |query: &str| {
        let url = format!("{address}/api/v1/query?query={}", encoded(query));
        let answer = ask("GET", &url, &headers, String::new()).await;
        assert_eq!(answer.status.as_u16(), 200, "{}", answer.text());
        answer.json()["data"]["result"][0]["value"][1]
            .as_str()
            .expect("a text")
            .parse::<f64>()
            .unwrap()
    };
    // Whether the provider is there.
    assert!((ask("vector(1)").await - 1.0).abs() < f64::EPSILON);
    let value = ask(&query(template, target, interval)).await;
    let range = &metric["thresholdRange"];
    range["min"].as_f64().is_none_or(|min| value >= min)
        && range["max"].as_f64().is_none_or(|max| value <= max)
}

/// What a webhook is answered about a target.
async fn hook(kayenta: &Kayenta, webhook: &Value, target: &str) -> (u16, String) {
    check_keys("a webhook", webhook, &["name", "type", "url"], &["timeout", "retries", "metadata"]);
    let hosts = hosts();
    let hosts: Vec<&str> = hosts.iter().map(String::as_str).collect();
    let url = webhook["url"].as_str().unwrap().replace("/TOKEN/", &format!("/{TOKEN}/"));
    let url = placed(kayenta, &url, &hosts);
    let mut body = json!({
        "name": target, "namespace": "test", "phase": "Progressing", "checksum": "85d557f47b",
        "metadata": webhook.get("metadata").cloned().unwrap_or_else(|| json!({})),
    });
    if webhook["type"] == "event" {
        body["metadata"] = json!({"eventMessage": "Starting", "eventType": "Normal", "timestamp": "1767265200000"});
    }
    let headers = [("content-type".to_owned(), "application/json".to_owned())];
    let answer = ask("POST", &url, &headers, body.to_string()).await;
    (answer.status.as_u16(), answer.text())
}

/// Template, metric and webhooks: each target with what a check and the hooks come to.
pub(super) async fn replay(kayenta: &Kayenta, template: &Value, analysis: &Value, hooks: &[&str]) {
    assert_eq!(
        (&template["kind"], &template["apiVersion"]),
        (&json!("MetricTemplate"), &json!("flagger.app/v1beta1"))
    );
    let metrics = analysis["metrics"].as_array().unwrap();
    let webhooks = analysis["webhooks"].as_array().unwrap();
    let types: Vec<&str> = webhooks.iter().map(|hook| hook["type"].as_str().unwrap()).collect();
    assert_eq!(types, hooks);
    // At a marginal verdict the canary stays as it is: no step, no promotion, not back.
    for (target, in_range, goes_on, goes_back) in
        [("shop", true, true, false), ("weak", true, false, false), ("bad", false, false, true)]
    {
        for metric in metrics {
            assert_eq!(check(kayenta, template, metric, target).await, in_range, "{target}");
        }
        for webhook in webhooks {
            let (status, said) = hook(kayenta, webhook, target).await;
            let does = match webhook["type"].as_str().unwrap() {
                "event" => true,
                "rollback" => goes_back,
                _ => goes_on,
            };
            // Others than these three statuses of success count as failures, and of 429 and 5xx the reason is lost.
            let expected = if does { 200 } else { 412 };
            assert_eq!(status, expected, "{target} {webhook}: {said}");
            assert!(said.len() > 4 && said.lines().count() == 1, "{said}");
        }
    }
}

#[tokio::test]
async fn the_canary_of_deploy_goes_on_and_back_as_it_says() {
    let kayenta = started().await;
    let all = documents("flagger.yaml");
    let [template, canary] = &all[..] else { panic!("two documents") };
    assert_eq!(canary["kind"], "Canary");
    let hooks = ["confirm-traffic-increase", "confirm-promotion", "rollback", "event"];
    replay(&kayenta, template, &canary["spec"]["analysis"], &hooks).await;
}

#[tokio::test]
async fn the_canary_of_the_docs_goes_on_and_back_as_it_says() {
    let kayenta = started().await;
    let all = examples("docs/orchestrators.md", "## Flagger");
    let [template, canary] = &all[..] else { panic!("two blocks") };
    replay(&kayenta, template, &canary["analysis"], &["confirm-promotion", "rollback"]).await;
}
