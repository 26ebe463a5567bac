//! What clients of Kayenta send, in order and with their odd bodies, and every field that they read.

pub(crate) mod argo;
pub(crate) mod bodies;
mod ends;
mod gate;
pub(crate) mod kayentactl;
mod orca;

use http::Request;
use serde_json::{Value, json};

use crate::harness::{Answer, Server, send, until};
use crate::kept::Service;
use crate::source::{Prometheus, config};

/// A server with a source and an empty store, called as Kayenta is.
pub(crate) struct Kayenta {
    pub(crate) server: Server,
    pub(crate) source: Prometheus,
    pub(crate) folder: tempfile::TempDir,
}

impl Kayenta {
    pub(crate) async fn start(tokens: &str) -> Self {
        let Service { server, source, folder } = Service::start(tokens).await;
        Self { server, source, folder }
    }

    pub(crate) async fn call(&self, method: &str, path: &str, body: &str) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(format!("http://{}{path}", self.server.kayenta.unwrap()))
            .header("content-type", "application/json");
        send(request.body(body.to_owned().into()).unwrap()).await
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        let answer = self.call("GET", path, "").await;
        assert_eq!(answer.status.as_u16(), 200, "{path}: {}", answer.text());
        answer.json()
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Value {
        let answer = self.call("POST", path, &body.to_string()).await;
        assert_eq!(answer.status.as_u16(), 200, "{path}: {}", answer.text());
        answer.json()
    }

    /// The message of a call that is refused.
    pub(crate) async fn refused(&self, method: &str, path: &str, body: &Value) -> (u16, String) {
        let answer = self.call(method, path, &body.to_string()).await;
        (answer.status.as_u16(), answer.json()["message"].as_str().unwrap().to_owned())
    }

    /// Stores a config, and gives its id.
    pub(crate) async fn store(&self, config: &Value) -> String {
        let created = self.post("/canaryConfig", config).await;
        created["canaryConfigId"].as_str().unwrap().to_owned()
    }

    /// Polls an execution until it is complete, as clients do.
    pub(crate) async fn completed(&self, path: &str) -> Value {
        until(async || self.get(path).await["complete"] == json!(true)).await;
        self.get(path).await
    }
}

/// A config whose metrics are of the scope `default`, as Spinnaker has them.
pub(crate) fn scoped(metrics: usize) -> Value {
    let mut config = config(metrics);
    for metric in config["metrics"].as_array_mut().unwrap() {
        metric["scopeName"] = json!("default");
    }
    config
}

/// One side of an hour that is over.
pub(crate) fn side(scope: &str) -> Value {
    json!({
        "scope": scope, "location": "", "start": "2026-01-01T10:00:00Z", "end": "2026-01-01T11:00:00Z",
        "step": "60", "extendedScopeParams": null,
    })
}

/// An execution request for a canary against the stable side.
pub(crate) fn run(canary: &str, pass: &Value, marginal: &Value) -> Value {
    json!({
        "scopes": {"default": {"controlScope": side("stable"), "experimentScope": side(canary)}},
        "thresholds": {"pass": pass, "marginal": marginal},
    })
}
