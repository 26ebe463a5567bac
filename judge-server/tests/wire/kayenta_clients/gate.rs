//! Gate and Deck: configs, lists, points, and runs by a config in the body.

use serde_json::{Value, json};

use super::{Kayenta, run, scoped};

#[tokio::test]
async fn deck_edits_configs() {
    let kayenta = Kayenta::start("").await;
    let mut config = scoped(2);
    config["templates"] = json!({"t": "a $\\{scope} b"});
    let id = kayenta.store(&config).await;
    assert_eq!((id.len(), id.as_bytes()[14]), (36, b'4'));
    let got =
        kayenta.get(&format!("/canaryConfig/{id}?configurationAccountName=judge-store")).await;
    assert_eq!(got["id"], json!(id));
    assert_eq!(got["metrics"][0]["query"]["serviceType"], "prometheus");
    assert_eq!(got["metrics"][0]["query"]["type"], "prometheus");
    assert_eq!(got["templates"]["t"], "a ${scope} b");
    assert_eq!(got["createdTimestamp"], got["updatedTimestamp"]);
    assert!(got["createdTimestamp"].is_i64() && got["updatedTimestampIso"].is_string());
    // What was read comes back, with a change.
    let mut changed = got.clone();
    changed["description"] = json!("new");
    let path = format!("/canaryConfig/{id}");
    let put = kayenta.call("PUT", &path, &changed.to_string()).await;
    assert_eq!((put.status.as_u16(), put.json()), (200, json!({"canaryConfigId": id})));
    let after = kayenta.get(&path).await;
    assert_eq!(
        (&after["description"], &after["createdTimestamp"]),
        (&json!("new"), &got["createdTimestamp"])
    );
    assert!(after["updatedTimestamp"].as_i64() >= got["updatedTimestamp"].as_i64());
    let with = |change: &dyn Fn(&mut Value)| {
        let mut config = scoped(1);
        change(&mut config);
        config
    };
    let id_is_taken = format!("Canary config '{id}' already exists.");
    let name_is_taken =
        "Canary config with name 'shop' already exists in the scope of applications [shop].";
    let name_is_bad = "Canary config cannot be named 'a b'. Names must contain only letters, numbers, dashes (-) and \
                       underscores (_).";
    let numbered = with(&|config| {
        config["id"] = json!(7);
        config["name"] = json!("seven");
    });
    assert_eq!(kayenta.store(&numbered).await, "7");
    let no_application = "Canary config must specify at least one application.";
    let post = "/canaryConfig";
    let none = "/canaryConfig/none";
    for (method, path, body, status, message) in [
        ("POST", post, with(&|config| config["id"] = json!(id)), 400, id_is_taken.as_str()),
        ("POST", post, scoped(1), 400, name_is_taken),
        ("POST", post, with(&|config| config["name"] = json!("a b")), 400, name_is_bad),
        ("POST", post, with(&|config| config["applications"] = json!([])), 400, no_application),
        (
            "POST",
            post,
            with(&|config| config["applications"] = json!("shop")),
            400,
            "applications: expected a list of texts, got \"shop\"",
        ),
        (
            "POST",
            post,
            with(&|config| config["createdTimestamp"] = json!(9e14)),
            400,
            "createdTimestamp: expected milliseconds since 1970, to the year 9999, got 900000000000000",
        ),
        ("PUT", none, scoped(1), 400, "Canary config 'none' does not exist."),
        ("DELETE", none, Value::Null, 400, "Canary config 'none' does not exist."),
        ("GET", none, Value::Null, 404, "Canary config 'none' does not exist"),
    ] {
        let message = message.to_owned();
        assert_eq!(
            kayenta.refused(method, path, &body).await,
            (status, message),
            "{method} {path}"
        );
    }
    assert_eq!(
        kayenta.get("/canaryConfig?application=x&application=shop").await.as_array().unwrap().len(),
        2
    );
    assert_eq!(kayenta.get("/canaryConfig?application=x").await, json!([]));
    let deleted = kayenta.call("DELETE", &path, "").await;
    assert_eq!((deleted.status.as_u16(), deleted.text().as_str()), (204, ""));
    let judges = kayenta.get("/judges").await;
    assert!(
        judges
            .as_array()
            .unwrap()
            .contains(&json!({"name": "NetflixACAJudge-v1.0", "visible": true}))
    );
    let request =
        http::Request::post(format!("http://{}/canaryConfig", kayenta.server.kayenta.unwrap()));
    let plain =
        request.header("content-type", "text/plain").body(String::from("{}").into()).unwrap();
    assert_eq!(crate::harness::send(plain).await.status.as_u16(), 415);
}

#[tokio::test]
async fn deck_shows_runs_and_their_points() {
    let kayenta = Kayenta::start("").await;
    let mut config = scoped(2);
    // An ad-hoc config may have any name, and kayentactl leaves nulls in it.
    config["name"] = json!("any name");
    config["classifier"]["scoreThresholds"] = json!(null);
    let body =
        json!({"canaryConfig": config, "executionRequest": run("bad", &json!("95"), &json!("75"))});
    let started = kayenta.post("/canary?storageAccountName=s3", &body).await;
    let id = started["canaryExecutionId"].as_str().unwrap();
    let done = kayenta.completed(&format!("/canary/{id}")).await;
    assert_eq!(
        (&done["application"], &done["canaryConfigId"]),
        (&json!("ad-hoc"), &json!("ad-hoc"))
    );
    assert_eq!(done["storageAccountName"], "s3");
    assert!(done.get("configurationAccountName").is_none() && done["config"].is_object());
    let list = done["metricSetPairListId"].as_str().unwrap();
    let pairs = kayenta.get(&format!("/metricSetPairList/{list}?accountName=s3")).await;
    for (pair, result) in pairs
        .as_array()
        .unwrap()
        .iter()
        .zip(done["result"]["judgeResult"]["results"].as_array().unwrap())
    {
        assert_eq!((&pair["id"], &pair["name"]), (&result["id"], &result["name"]));
        assert_eq!(pair["values"]["control"].as_array().unwrap().len(), 60);
        assert_eq!(pair["scopes"]["control"]["startTimeIso"], "2026-01-01T10:00:00Z");
        assert_eq!(pair["scopes"]["experiment"]["startTimeMillis"], 1_767_261_600_000_i64);
        assert_eq!(pair["scopes"]["experiment"]["stepMillis"], 60_000);
        assert!(
            pair["attributes"]["experiment"]["query"].as_str().unwrap().contains("app=\"bad\"")
        );
        assert!(result["experimentMetadata"]["stats"]["mean"].is_f64());
        assert!(result["resultMetadata"]["ratio"].is_f64());
    }
    let one = kayenta
        .get(&format!("/metricSetPairList/{list}/{}", pairs[1]["id"].as_str().unwrap()))
        .await;
    assert_eq!(one, pairs[1]);
    for (query, found) in [
        ("", 1),
        ("?application=ad-hoc&limit=5&page=1", 1),
        ("?page=2", 0),
        ("?application=shop", 0),
        ("?statuses=RUNNING,SUCCEEDED", 1),
        ("?statuses=TERMINAL", 0),
        ("?statuses=PAUSED", 0),
    ] {
        let listed = kayenta.get(&format!("/canary/executions{query}")).await;
        assert_eq!(listed.as_array().unwrap().len(), found, "{query}");
        assert!(found == 0 || listed[0] == done, "{query}");
    }
}

#[tokio::test]
async fn the_points_of_a_run_are_judged_again_at_once() {
    let kayenta = Kayenta::start("").await;
    let mut config = scoped(4);
    let id = kayenta.store(&config).await;
    let started =
        kayenta.post(&format!("/canary/{id}"), &run("weak", &json!(95), &json!(75))).await;
    let path = format!("/canary/{}", started["canaryExecutionId"].as_str().unwrap());
    let done = kayenta.completed(&path).await;
    let list = done["metricSetPairListId"].as_str().unwrap();
    let asked = kayenta.source.asked();
    let path = |pass: &str, more: &str| {
        format!(
            "/judges/judge?canaryConfigId={id}&metricSetPairListId={list}&passThreshold={pass}&marginalThreshold=60{more}"
        )
    };
    let again = kayenta.post(&path("95", "&storageAccountName=s3"), &Value::Null).await;
    assert_eq!(again, done["result"]["judgeResult"]);
    let other = kayenta.post(&path("75", ""), &Value::Null).await;
    assert_eq!(
        (&other["score"]["score"], &other["score"]["classification"]),
        (&json!(75.0), &json!("Pass"))
    );
    for (path, status, said) in [
        (path("x", ""), 400, "passThreshold: expected a number, got \"x\""),
        (
            path("95", "").replace("marginalThreshold", "m"),
            400,
            "Required parameter 'marginalThreshold' is not present.",
        ),
        (path("95", "").replace(&id, "none"), 404, "Canary config 'none' does not exist"),
        (path("95", "").replace(list, "none"), 404, "Metric set 'none' does not exist"),
    ] {
        assert_eq!(kayenta.refused("POST", &path, &Value::Null).await, (status, said.to_owned()));
    }
    config["judge"]["name"] = json!("NoJudge");
    kayenta.call("PUT", &format!("/canaryConfig/{id}"), &config.to_string()).await;
    let refused = kayenta.refused("POST", &path("95", ""), &Value::Null).await;
    assert_eq!(refused, (400, "Unable to resolve canary judge 'NoJudge'.".to_owned()));
    assert_eq!(kayenta.source.asked(), asked, "the source is not asked again");
}

#[tokio::test]
async fn runs_that_cannot_start_are_refused_in_kayentas_words() {
    let kayenta = Kayenta::start("").await;
    let id = kayenta.store(&scoped(1)).await;
    let good = || run("canary", &json!(95), &json!(75));
    let without = |pointer: &str, name: &str| {
        let mut body = good();
        body.pointer_mut(pointer).unwrap().as_object_mut().unwrap().remove(name);
        body
    };
    let with = |pointer: &str| {
        let mut body = good();
        *body.pointer_mut(pointer).unwrap() = json!("x");
        body
    };
    let path = format!("/canary/{id}");
    let other = json!({"scopes": {"other": good()["scopes"]["default"]}, "thresholds": good()["thresholds"]});
    let mut neither = without("/scopes/default/controlScope", "start");
    neither.as_object_mut().unwrap().remove("thresholds");
    for (path, body, message) in [
        (path.clone(), without("", "thresholds"), "Execution request must contain thresholds"),
        // The first that Kayenta finds.
        (path.clone(), neither, "Execution request must contain thresholds"),
        (
            path.clone(),
            json!({}),
            "Canary metrics require scopes which were not provided in the execution request: [default]",
        ),
        ("/canary/none?metricsAccountName=no".into(), json!({}), "Unable to resolve account no."),
        (
            path.clone(),
            other,
            "Canary metrics require scopes which were not provided in the execution request: [default]",
        ),
        (path.clone(), without("/scopes/default/controlScope", "start"), "Start time is required."),
        (path.clone(), json!({"scopes": [1]}), "scopes: expected an object, got [1]"),
        (
            path.clone(),
            with("/scopes/default/experimentScope/step"),
            "scopes.default.experimentScope.step: expected a number, got \"x\"",
        ),
        (
            path.clone(),
            with("/scopes/default/controlScope/end"),
            "scopes.default.controlScope.end: expected a time such as 2026-01-01T10:00:00Z, got \"x\"",
        ),
        (path.clone(), with("/thresholds/pass"), "thresholds.pass: expected a number, got \"x\""),
        (format!("{path}?metricsAccountName=none"), good(), "Unable to resolve account none."),
        (
            "/canary".into(),
            json!({"canaryConfig": {"name": "x", "metrics": []}, "executionRequest": good()}),
            "The canary config must specify at least one metric.",
        ),
    ] {
        assert_eq!(kayenta.refused("POST", &path, &body).await, (400, message.to_owned()));
    }
    let mut judge = scoped(1);
    judge["judge"]["name"] = json!("NoJudge");
    let body = json!({"canaryConfig": judge, "executionRequest": good()});
    let (status, message) = kayenta.refused("POST", "/canary", &body).await;
    assert!(status == 400 && message.contains("NoJudge"), "{message}");
    let (status, _) = kayenta.refused("POST", "/canary/none", &good()).await;
    assert_eq!(status, 404);
}

#[tokio::test]
async fn deck_completes_the_names_of_metrics() {
    let kayenta = Kayenta::start("").await;
    for (query, names) in [
        ("", &["node_cpu", "node_load1", "requests"][..]),
        ("?metricsAccountName=prometheus&filter=NODE", &["node_cpu", "node_load1"]),
        ("?filter=none", &[]),
    ] {
        let found = kayenta.get(&format!("/metadata/metricsService{query}")).await;
        let expected: Vec<Value> = names.iter().map(|name| json!({"name": name})).collect();
        assert_eq!(found, json!(expected), "{query}");
    }
    let unknown = "/metadata/metricsService?metricsAccountName=none";
    let refused = kayenta.refused("GET", unknown, &Value::Null).await;
    assert_eq!(refused, (400, "Unable to resolve account none.".to_owned()));
    kayenta.source.set_away(true);
    let (status, said) = kayenta.refused("GET", "/metadata/metricsService", &Value::Null).await;
    assert!(status == 503 && said.contains("503"), "{status} {said}");
}

#[tokio::test]
async fn a_query_is_shown_without_asking_the_source() {
    let kayenta = Kayenta::start("").await;
    let path = |store: &str, more: &str| {
        let times = "start=2026-01-01T10:00:00Z&end=2026-01-01T11:00:00Z&step=60";
        format!("/fetch/{store}/query?metricSetName=set&metricName=cpu&{times}&scope=shop{more}")
    };
    for (store, more, text) in [
        (
            "prometheus",
            "&dryRun=true&customFilter=app%3D%22$%7Bscope%7D%22&groupByFields=zone,job",
            "avg(cpu{app=\"shop\"}) by (zone,job)",
        ),
        (
            "prometheus",
            "&dryRun=true&resourceType=gce_instance&location=eu&project=p&labelBindings=a=%22b%22&labelBindings=c=~%22d{1,2}%22",
            "avg(cpu{a=\"b\",c=~\"d{1,2}\",instance=~\"shop-.{4}\",zone=~\".+/projects/p/zones/eu-.{1}\"})",
        ),
        ("graphite", "&dryRun=true", "cpu"),
    ] {
        let path = path(store, more).replace('{', "%7B").replace('}', "%7D");
        let answer = kayenta.call("POST", &path, "").await;
        assert_eq!(
            (answer.status.as_u16(), answer.json()),
            (200, json!({"query": text})),
            "{path}"
        );
    }
    for (path, said) in [
        (path("prometheus", ""), "dryRun: expected true, for points are fetched by canaries alone"),
        (path("prometheus", "&dryRun=true").replace("metricName", "other"), "metricName: missing"),
        (path("prometheus", "&dryRun=true").replace("start", "from"), "Start time is required."),
    ] {
        assert_eq!(kayenta.refused("POST", &path, &Value::Null).await, (400, said.to_owned()));
    }
    for path in [
        path("prometheus", "&dryRun=true"),
        path("other", "&dryRun=true"),
        path("prometheus", "&dryRun=true&resourceType=gce_instance&location=a")
            .replace("step=60", "step=0"),
    ] {
        assert_eq!(kayenta.refused("POST", &path, &Value::Null).await.0, 400, "{path}");
    }
    assert_eq!(kayenta.source.asked(), 0);
}

#[tokio::test]
async fn a_config_that_cannot_be_judged_is_stored_with_its_problems() {
    let kayenta = Kayenta::start("").await;
    for (change, said) in [
        (json!({"judge": {"name": "nope"}}), "nope"),
        (json!({"classifier": {"groupWeights": {"G": 50}}}), "weights that sum to 100"),
        (
            json!({"metrics": [{"name": "m", "groups": ["G"], "query": {"customFilterTemplate": "t"}}]}),
            "customFilterTemplate",
        ),
    ] {
        let mut config = scoped(1);
        config["judge"]["name"] = json!("EvidenceJudge-v1");
        config["applications"] = json!([said.replace(' ', "-")]);
        for (name, value) in change.as_object().unwrap() {
            config[name] = value.clone();
        }
        let stored = kayenta.post("/canaryConfig", &config).await;
        let warnings = stored["warnings"].to_string();
        assert!(stored["canaryConfigId"].is_string() && warnings.contains(said), "{stored}");
    }
    let stored = kayenta.post("/canaryConfig", &scoped(1)).await;
    assert_eq!(stored.as_object().unwrap().len(), 1, "{stored}");
}
