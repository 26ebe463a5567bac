//! Recognizes a document that was given as a canary config but is something else.

use judge_core::kayenta;
use serde_json::{Map, Value};

/// What a document looks like, and what to do with it.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a canary config, got {what}; {way_out}")]
pub(crate) struct OtherDocument {
    /// Its kind, with an article.
    what: String,
    way_out: &'static str,
}

/// Advice for the queries of other tools.
const COPY_QUERY: &str = "a canary config lists metrics, each with a query; copy the PromQL into its \
                          query.customInlineTemplate, after `PromQL:`";
const WRITE_ONE: &str =
    "a canary config is JSON or YAML with `metrics` and `classifier`; README has a small one";

impl OtherDocument {
    /// Recognizes well-known documents other than canary configs.
    pub(crate) fn in_bytes(bytes: &[u8]) -> Option<Self> {
        match kayenta::read_document(bytes) {
            Ok(document) => Self::recognize(&document),
            Err(_) => Self::in_text(str::from_utf8(bytes).ok()?),
        }
    }

    /// Recognizes text that is not JSON.
    fn in_text(text: &str) -> Option<Self> {
        let first =
            text.lines().find(|line| !line.trim().is_empty() && !line.starts_with('#'))?.trim();
        let is_table =
            first.contains([',', ';', '\t']) && !first.contains(['{', '}', '[', ']', ':', '=']);
        if is_table {
            let way_out = "series are given as --baseline and --canary";
            return Some(Self { what: "a table".to_owned(), way_out });
        }
        let is_toml = first.starts_with("[sources") && first.ends_with(']');
        is_toml
            .then(|| Self { what: "a file of sources".to_owned(), way_out: "give it as --sources" })
    }

    /// Recognizes `document` as a well-known document other than a canary config.
    pub(super) fn recognize(document: &Value) -> Option<Self> {
        let is = |what: &str, way_out| Some(Self { what: what.to_owned(), way_out });
        let object = match document {
            Value::Array(list) => {
                let pairs =
                    list.first().is_some_and(|first| first.pointer("/values/control").is_some());
                return if pairs {
                    is("Kayenta's metricSetPairList", "give it as --pairs")
                } else {
                    None
                };
            }
            Value::Object(object) => object,
            _ => return None,
        };
        // A document with these keys is a config, even if it is invalid.
        if object.contains_key("metrics") && object.contains_key("classifier") {
            return None;
        }
        if let Some(manifest) = Self::manifest(object) {
            return Some(manifest);
        }
        let has = |key: &str| object.contains_key(key);
        if has("canaryConfig") {
            is(
                "a request with a canary config in it",
                "give its canaryConfig alone, or the request as `judge run FILE`",
            )
        } else if has("metricSetPairList") {
            is("a request without a canary config", "give its metricSetPairList as --pairs")
        } else if document.pointer("/data/resultType").is_some() {
            is("a response of Prometheus", "give it as --baseline or --canary")
        } else if has("verdict") && has("score") {
            is("a judgement", "`judge report` makes a page of it")
        } else if document.pointer("/groups/0/rules").is_some() {
            is("a file of Prometheus rules", COPY_QUERY)
        } else if has("scrape_configs") {
            is("the configuration of a Prometheus", "give its URL as --prometheus")
        } else if has("panels") || document.pointer("/dashboard/panels").is_some() {
            is("a dashboard of Grafana", COPY_QUERY)
        } else if has("services") {
            is("a docker compose file", WRITE_ONE)
        } else if has("stages") {
            is(
                "a pipeline of Spinnaker",
                "its canary stage names a config by canaryConfigId; give what Kayenta has at /canaryConfig/ID",
            )
        } else if has("sources") {
            is("a file of sources", "give it as --sources")
        } else {
            None
        }
    }

    /// Recognizes a Kubernetes manifest.
    fn manifest(object: &Map<String, Value>) -> Option<Self> {
        let kind = object.get("kind").and_then(Value::as_str)?;
        let version = object.get("apiVersion").and_then(Value::as_str)?;
        let way_out = match kind {
            "ConfigMap" | "Secret" => {
                "give a file of its data alone, as `kubectl get` with `-o jsonpath` prints it"
            }
            "AnalysisTemplate"
            | "ClusterAnalysisTemplate"
            | "AnalysisRun"
            | "MetricTemplate"
            | "PrometheusRule" => COPY_QUERY,
            _ => WRITE_ONE,
        };
        let whose = match version.split_once('/') {
            Some(("argoproj.io", _)) => "Argo",
            Some(("flagger.app", _)) => "Flagger",
            _ => "Kubernetes",
        };
        let article = if whose == "Argo" { "an" } else { "a" };
        Some(Self { what: format!("{article} {whose} {kind}"), way_out })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn well_known_documents_are_recognized() {
        for (yaml, what) in [
            ("apiVersion: apps/v1\nkind: Deployment\nspec: {}", "a Kubernetes Deployment"),
            (
                "apiVersion: v1\nkind: ConfigMap\ndata: {canary.json: '{}'}",
                "a Kubernetes ConfigMap",
            ),
            (
                "apiVersion: argoproj.io/v1alpha1\nkind: AnalysisTemplate\nspec: {metrics: []}",
                "an Argo AnalysisTemplate",
            ),
            (
                "apiVersion: flagger.app/v1beta1\nkind: MetricTemplate\nspec: {query: up}",
                "a Flagger MetricTemplate",
            ),
            ("groups: [{name: a, rules: [{alert: b, expr: up}]}]", "a file of Prometheus rules"),
            ("global: {}\nscrape_configs: []", "the configuration of a Prometheus"),
            ("services: {shop: {image: shop}}", "a docker compose file"),
            ("{\"dashboard\": {\"panels\": []}}", "a dashboard of Grafana"),
            ("{\"stages\": [{\"type\": \"kayentaCanary\"}]}", "a pipeline of Spinnaker"),
            (
                "{\"status\": \"success\", \"data\": {\"resultType\": \"matrix\"}}",
                "a response of Prometheus",
            ),
            ("[{\"name\": \"a\", \"values\": {\"control\": []}}]", "Kayenta's metricSetPairList"),
            ("{\"verdict\": \"Pass\", \"score\": 100, \"metrics\": []}", "a judgement"),
            ("{\"canaryConfig\": {}}", "a request with a canary config in it"),
        ] {
            let document = serde_saphyr::from_str(yaml).unwrap();
            let found = OtherDocument::recognize(&document);
            assert_eq!(found.map(|found| found.what).as_deref(), Some(what), "{yaml}");
        }
        for yaml in [
            "metrics: 5\nclassifier: {}\nkind: a\napiVersion: b",
            "metrics: []",
            "[]",
            "a: 1",
            "null",
        ] {
            let document = serde_saphyr::from_str(yaml).unwrap();
            assert_eq!(OtherDocument::recognize(&document), None, "{yaml}");
        }
    }

    #[test]
    fn tables_and_sources_are_recognized_by_their_first_line() {
        for (text, what) in [
            ("timestamp,latency\n0,1\n", Some("a table")),
            ("\n# of Monday\ntime;a;b\n", Some("a table")),
            ("[sources.main]\nurl = \"http://h\"\n", Some("a file of sources")),
            ("{\"metrics\": [", None),
            ("name: a, b", None),
            ("not json", None),
            ("", None),
        ] {
            let found = OtherDocument::in_bytes(text.as_bytes());
            assert_eq!(found.map(|found| found.what).as_deref(), what, "{text}");
        }
    }
}
