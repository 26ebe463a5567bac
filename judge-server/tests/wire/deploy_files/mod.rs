//! The examples for Argo Rollouts and Flagger, of `deploy/` and of the docs, read as they stand: what these clients would send
//! by them is sent, and what they would make of the answer is what the examples say.

mod argo;
mod compose;
mod conditions;
mod flagger;
mod readme;

use std::path::PathBuf;

use http_body_util::Full;
use serde_json::{Value, json};

use crate::harness::{Answer, send};
use crate::kayenta_clients::{Kayenta, scoped};

/// The token of the server that is called.
const TOKEN: &str = "token-of-16-bytes-or-more";

/// What runs: good, neither, bad.
const CANARIES: [&str; 3] = ["shop", "weak", "bad"];

fn text(path: &str) -> String {
    let path = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/..")).join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn yaml(text: &str) -> Value {
    serde_saphyr::from_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// The documents of a file of `deploy/`.
fn documents(file: &str) -> Vec<Value> {
    let text = text(&format!("deploy/{file}"));
    // A document begins at its separator; comments before it are no document.
    let all = text.split("\n---\n").map(yaml).collect::<Vec<_>>();
    assert!(all.iter().all(Value::is_object), "{file}");
    all
}

/// The blocks of YAML under a heading of a page.
fn examples(page: &str, heading: &str) -> Vec<Value> {
    let section = section(page, heading);
    let blocks = section.split("```yaml\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    let blocks: Vec<Value> = blocks.map(yaml).collect();
    assert!(!blocks.is_empty(), "{heading}");
    blocks
}

/// What stands under a heading of a page.
fn section(page: &str, heading: &str) -> String {
    let page = text(page);
    let heading = format!("\n{heading}\n");
    let (_, section) =
        page.split_once(&heading).unwrap_or_else(|| panic!("there is no {heading:?}"));
    section.split("\n#").next().unwrap().to_owned()
}

/// A server with tokens, and the config that the examples name.
async fn started() -> Kayenta {
    let kayenta = Kayenta::start(&format!("{TOKEN} example judge,read,write\n")).await;
    let mut config = scoped(4);
    config["id"] = "shop".into();
    // The windows end now, so each run of the test draws other noise: no chance may make a healthy metric fail.
    for metric in config["metrics"].as_array_mut().unwrap() {
        metric["analysisConfigurations"]["canary"]["effectSize"] = json!({"allowedIncrease": 1.5});
    }
    let stored =
        kayenta.call("POST", &format!("/t/{TOKEN}/canaryConfig"), &config.to_string()).await;
    assert_eq!(stored.status.as_u16(), 200, "{}", stored.text());
    kayenta
}

/// Only such keys are in an object: others would be refused where it is applied.
fn check_keys(what: &str, object: &Value, required: &[&str], others: &[&str]) {
    let object =
        object.as_object().unwrap_or_else(|| panic!("{what}: expected an object, got {object}"));
    for name in object.keys() {
        let known = required.iter().chain(others).any(|known| known == name);
        assert!(known, "{what} has no key {name:?}");
    }
    for name in required {
        assert!(object.contains_key(*name), "{what}: {name} is missing");
    }
}

/// Where an address of an example is in the test: the port says which listener is meant, the host which service.
fn placed(kayenta: &Kayenta, url: &str, hosts: &[&str]) -> String {
    let rest = url.strip_prefix("http://").unwrap_or_else(|| panic!("{url}"));
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let (host, port) = authority.split_once(':').expect("a port");
    assert!(hosts.contains(&host), "{host} is none of {hosts:?}");
    let address = match port {
        "8080" => kayenta.server.http,
        "8090" => kayenta.server.kayenta.unwrap(),
        other => panic!("nothing listens on {other}"),
    };
    format!("http://{address}{path}")
}

/// The host names of examples: the service of the file that the comments name, or any in the docs.
fn hosts() -> Vec<String> {
    let services =
        documents("kubernetes-canaries.yaml").into_iter().filter(|one| one["kind"] == "Service");
    let mut names = vec!["judge-server".to_owned()];
    for service in services {
        for port in service["spec"]["ports"].as_array().unwrap() {
            let listened = [("http", 8080), ("kayenta", 8090), ("grpc", 50051)];
            let (_, number) = listened.into_iter().find(|(name, _)| port["name"] == *name).unwrap();
            assert_eq!(port["port"], number);
        }
        names.push(service["metadata"]["name"].as_str().unwrap().to_owned());
    }
    names
}

async fn ask(method: &str, url: &str, headers: &[(String, String)], body: String) -> Answer {
    let mut request = http::Request::builder().method(method).uri(url);
    for (name, value) in headers {
        request = request.header(name, value);
    }
    send(request.body(Full::from(body)).unwrap()).await
}
