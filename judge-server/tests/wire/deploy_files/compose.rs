//! compose.yaml: what its services are started with is what their programs take, and they find each other.

use std::collections::BTreeSet;

use judge_server::Settings;
use serde_json::Value;

use super::{ask, text, yaml};
use crate::harness::Server;
use crate::kayenta_clients::{Kayenta, run};
use crate::source::Prometheus;

fn compose() -> Value {
    yaml(&text("deploy/compose.yaml"))
}

/// The arguments of the judge's server, its folders in the test's.
fn arguments(compose: &Value, folder: &std::path::Path) -> Vec<String> {
    let command = compose["services"]["judge-server"]["command"].as_array().unwrap().iter();
    let texts = command.map(|argument| argument.as_str().unwrap());
    texts.map(|text| text.replace("=/", &format!("={}/", folder.display()))).collect()
}

/// Files that a service mounts: where they are here, and where there.
fn mounts(service: &Value) -> Vec<(String, String)> {
    let volumes = service["volumes"].as_array().into_iter().flatten();
    let pairs = volumes
        .map(|volume| volume.as_str().unwrap().trim_end_matches(":ro").split_once(':').unwrap());
    pairs.map(|(from, to)| (from.to_owned(), to.to_owned())).collect()
}

#[test]
fn services_find_each_other_and_mount_what_is_there() {
    let compose = compose();
    let services = compose["services"].as_object().unwrap();
    for (name, service) in services {
        for (from, _) in mounts(service) {
            let is_file = from.starts_with('.');
            let there =
                std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy").join(&from);
            assert!(
                if is_file { there.exists() } else { compose["volumes"].get(&from).is_some() },
                "{name}: {from}"
            );
        }
        for other in service["depends_on"].as_array().into_iter().flatten() {
            assert!(services.contains_key(other.as_str().unwrap()));
        }
    }
    let command = |name: &str| services[name]["command"].to_string();
    let port = |name: &str, flag: &str| {
        let command = command(name);
        let words: Vec<&str> = command.split_whitespace().collect();
        let flags = words.windows(2).filter(|pair| pair[0] == flag);
        flags.map(|pair| pair[1].trim_end_matches(['\\', '"']).to_owned()).collect::<Vec<_>>()
    };
    // The load reaches both shops, which share one network, and Prometheus their figures.
    assert_eq!(
        port("load", "--port"),
        [port("shop-stable", "--port"), port("shop-canary", "--port")].concat()
    );
    for name in ["shop-canary", "load"] {
        assert_eq!(services[name]["network_mode"], "service:shop-stable");
    }
    let scraped = yaml(compose["configs"]["prometheus"]["content"].as_str().unwrap());
    let targets = scraped["scrape_configs"][0]["static_configs"].as_array().unwrap().iter();
    let targets: Vec<String> = targets
        .map(|one| {
            format!(
                "{} {}",
                one["targets"][0].as_str().unwrap(),
                one["labels"]["version"].as_str().unwrap()
            )
        })
        .collect();
    let metrics = |name: &str, version: &str| {
        format!("shop-stable:{} {version}", port(name, "--metrics-port").concat())
    };
    assert_eq!(targets, [metrics("shop-stable", "stable"), metrics("shop-canary", "canary")]);
    // Every flag of the shop and the load is one that they have.
    for (name, script) in [("shop-stable", "shop"), ("shop-canary", "shop"), ("load", "load")] {
        let program = text(&format!("fixtures/recorded/service/{script}.py"));
        for flag in command(name)
            .split_whitespace()
            .filter(|word| word.starts_with("--") && *word != "--quiet")
        {
            assert!(
                program.contains(&format!("add_argument(\"{flag}\"")),
                "{script}.py has no {flag}"
            );
        }
    }
    assert_eq!(scraped["scrape_configs"][0]["job_name"], "shop");
}

#[tokio::test]
async fn the_judge_of_compose_answers_as_its_comment_says() {
    let compose = compose();
    let source = Prometheus::start().await;
    let folder = tempfile::tempdir().unwrap();
    let service = &compose["services"]["judge-server"];
    for (from, to) in mounts(service) {
        let to = folder.path().join(to.trim_start_matches('/'));
        if from.starts_with('.') {
            std::fs::create_dir_all(to.parent().unwrap()).unwrap();
            std::fs::write(to, text(&format!("deploy/{from}"))).unwrap();
        } else {
            std::fs::create_dir_all(to).unwrap();
        }
    }
    let mut arguments = arguments(&compose, folder.path());
    let before: BTreeSet<String> = arguments.iter().cloned().collect();
    for argument in &mut arguments {
        if argument.starts_with("--prometheus=") {
            assert_eq!(argument, "--prometheus=http://prometheus:9090");
            *argument = format!("--prometheus={}", source.url());
        }
    }
    // As the image has it in its environment; the ports are published.
    let image = ["--grpc-listen=0.0.0.0:50051", "--http-listen=0.0.0.0:8080"].map(str::to_owned);
    let all = ["judge-server".to_owned()].into_iter().chain(image).chain(before);
    Settings::read(all.map(Into::into)).unwrap().check().unwrap();
    let published: Vec<&str> =
        service["ports"].as_array().unwrap().iter().map(|port| port.as_str().unwrap()).collect();
    assert_eq!(published, ["127.0.0.1:8080:8080", "127.0.0.1:8090:8090", "127.0.0.1:50051:50051"]);
    arguments.push("--kayenta-listen=127.0.0.1:0".to_owned());
    let flags: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let kayenta = Kayenta { server: Server::start(&flags).await, source, folder };
    let text = text("deploy/compose.yaml");
    let url = text.split("curl '").nth(1).unwrap().split('\'').next().unwrap();
    let path = url.strip_prefix("http://127.0.0.1:8080").unwrap();
    for (path, verdict) in [(path.to_owned(), "pass"), (path.replace("=canary", "=bad"), "fail")] {
        let address = format!("http://{}{path}", kayenta.server.http);
        let answer = ask("GET", &address, &[], String::new()).await.json();
        assert_eq!(answer["verdict"], verdict, "{answer}");
    }
    // The same config by Kayenta's API.
    let started = kayenta.post("/canary/shop", &run("canary", &90.into(), &60.into())).await;
    let path = format!("/canary/{}", started["canaryExecutionId"].as_str().unwrap());
    assert_eq!(kayenta.completed(&path).await["status"], "succeeded");
}
