//! `--configs`: configs of a folder, used wherever a stored one is, and changed by their files alone.

use std::path::Path;

use judge_contract::proto::canary_service_client::CanaryServiceClient;
use judge_contract::proto::{self, start_canary_request};
use judge_server::{Listeners, Settings, serve};
use serde_json::{Value, json};
use tempfile::TempDir;
use tonic::Code;

use crate::canaries;
use crate::harness::{Server, settings, until};
use crate::kayenta_clients::{Kayenta, run, scoped};
use crate::kept::flags;
use crate::source::Prometheus;

fn write(folder: &Path, name: &str, text: &str) {
    // Whole at once, as volumes and editors do it.
    std::fs::write(folder.join(".new"), text).unwrap();
    std::fs::rename(folder.join(".new"), folder.join(name)).unwrap();
}

/// A config as users of `judge run` have it: without applications, and its name is the file's.
fn plain(pass: u8) -> String {
    let mut config = scoped(1);
    let fields = config.as_object_mut().unwrap();
    fields.retain(|name, _| name != "applications" && name != "name");
    config["classifier"]["scoreThresholds"]["pass"] = json!(pass);
    config.to_string()
}

async fn started(folder: &TempDir, source: &Prometheus) -> Server {
    let mut flags = flags(folder, source.url());
    let configs = folder.path().join("configs");
    std::fs::create_dir_all(&configs).unwrap();
    flags.push(format!("--configs={}", configs.display()));
    flags.push("--reload-every=5ms".to_owned());
    let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    Server::start(&flags).await
}

async fn with_files(files: &[(&str, String)]) -> Kayenta {
    let folder = tempfile::tempdir().unwrap();
    let configs = folder.path().join("configs");
    std::fs::create_dir(&configs).unwrap();
    for (name, text) in files {
        write(&configs, name, text);
    }
    let source = Prometheus::start().await;
    Kayenta { server: started(&folder, &source).await, source, folder }
}

impl Kayenta {
    fn configs(&self) -> std::path::PathBuf {
        self.folder.path().join("configs")
    }

    /// Version and pass threshold of the config that is in force.
    async fn in_force(&self, id: &str) -> Option<(String, Value)> {
        let answer = self.server.get(&format!("/v1/configs/{id}")).await.json();
        let text = answer["kayentaConfigJson"].as_str()?;
        let config: Value = serde_json::from_str(text).unwrap();
        let version = answer["version"]["version"].as_str().unwrap().to_owned();
        Some((version, config["classifier"]["scoreThresholds"]["pass"].clone()))
    }

    async fn files(&self, state: &str) -> Option<f64> {
        let name = format!("judge_config_files{{state=\"{state}\"}}");
        let metrics = self.server.get("/metrics").await.text();
        let line = metrics.lines().find_map(|line| line.strip_prefix(&name).map(str::to_owned));
        line.map(|value| value.trim().parse().unwrap())
    }
}

#[tokio::test]
async fn a_config_of_a_file_is_used_wherever_a_stored_one_is() {
    let kayenta = with_files(&[("shop.json", plain(95)), ("notes.txt", "no config".into())]).await;
    let listed = kayenta.get("/canaryConfig?application=anything").await;
    assert_eq!(listed.as_array().unwrap().len(), 1);
    assert_eq!((&listed[0]["id"], &listed[0]["name"]), (&json!("shop"), &json!("shop")));
    // Kayenta's clients.
    let started = kayenta.post("/canary/shop", &run("canary", &json!(95), &json!(75))).await;
    let path = format!("/canary/{}", started["canaryExecutionId"].as_str().unwrap());
    let done = kayenta.completed(&path).await;
    assert_eq!(done["result"]["judgeResult"]["score"]["score"], json!(100.0));
    // gRPC.
    let mut client = CanaryServiceClient::new(kayenta.server.channel().await);
    let config = Some(start_canary_request::Config::ConfigId("shop".into()));
    let start = proto::StartCanaryRequest { config, ..canaries::start("", "canary") };
    let canary = client.start_canary(start).await.unwrap().into_inner().canary.unwrap();
    assert_eq!((canary.config_name.as_str(), canary.config_version), ("shop", 1));
    // Scores, and Flagger's hooks.
    let sides = "config=shop&baseline=stable&canary=bad&time=1767265200";
    let verdict = kayenta.server.get(&format!("/v1/verdict?{sides}")).await.json();
    assert_eq!(verdict["verdict"], "fail", "{verdict}");
    let query = "judge_score%7Bconfig=%22shop%22,baseline=%22stable%22,canary=%22canary%22%7D";
    let score =
        kayenta.server.get(&format!("/api/v1/query?time=1767265200&query={query}")).await.json();
    assert_eq!(score["data"]["result"][0]["value"][1], "100", "{score}");
    let hook = json!({"name": "shop", "namespace": "", "phase": "Progressing", "checksum": "1"});
    let hook = kayenta.server.post(&format!("/flagger/rollback?{sides}"), hook.to_string()).await;
    assert_eq!(hook.status.as_u16(), 200, "{}", hook.text());
    // Who did it, for the audit log.
    let audit = kayenta.server.get("/v1/audit?subject=shop").await.json();
    assert_eq!(audit["entries"][0]["actor"], "file shop.json", "{audit}");
}

#[tokio::test]
async fn configs_of_files_cannot_be_changed_by_calls() {
    let kayenta = with_files(&[("shop.json", plain(95))]).await;
    let said = "Canary config 'shop' is read from the file \"shop.json\": change it there.";
    let mut config = scoped(1);
    for (method, path) in
        [("PUT", "/canaryConfig/shop"), ("DELETE", "/canaryConfig/shop"), ("POST", "/canaryConfig")]
    {
        config["id"] = json!("shop");
        assert_eq!(
            kayenta.refused(method, path, &config).await,
            (400, said.to_owned()),
            "{method}"
        );
    }
    let mut client = CanaryServiceClient::new(kayenta.server.channel().await);
    let kayenta_config_json = config.to_string();
    let update = proto::UpdateConfigRequest { id: "shop".into(), kayenta_config_json };
    let refused = client.update_config(update).await.unwrap_err();
    assert_eq!((refused.code(), refused.message()), (Code::FailedPrecondition, said));
    assert_eq!(crate::harness::reason(&refused), "READ_ONLY");
    let delete = proto::DeleteConfigRequest { id: "shop".into() };
    assert_eq!(client.delete_config(delete).await.unwrap_err().code(), Code::FailedPrecondition);
    let create = json!({"id": "shop", "kayentaConfigJson": config.to_string()});
    let refused = kayenta.server.post("/v1/configs", create.to_string()).await;
    assert_eq!((refused.status.as_u16(), refused.reason().as_str()), (409, "READ_ONLY"));
    // Others are written as before.
    config["id"] = json!("other");
    config["name"] = json!("other");
    assert_eq!(kayenta.store(&config).await, "other");
    assert_eq!(kayenta.in_force("shop").await, Some(("1".to_owned(), json!(95))));
}

#[tokio::test]
async fn files_with_the_name_of_another_config_are_not_taken() {
    let named = |applications: &[&str], pass: u8| {
        let mut config: Value = serde_json::from_str(&plain(pass)).unwrap();
        config["name"] = json!("shop");
        if !applications.is_empty() {
            config["applications"] = json!(applications);
        }
        config.to_string()
    };
    let kayenta = with_files(&[
        ("a.json", named(&[], 95)),
        // For all applications, and for one of them.
        ("b.json", named(&[], 90)),
        ("c.json", named(&["cart"], 90)),
    ])
    .await;
    let ids = async || {
        let listed = kayenta.get("/canaryConfig?application=cart").await;
        let ids =
            listed.as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned());
        ids.collect::<Vec<_>>()
    };
    assert_eq!((ids().await, kayenta.files("broken").await), (vec!["a".to_owned()], Some(2.0)));
    // Other applications may have the same name.
    write(&kayenta.configs(), "a.json", &named(&["shop"], 95));
    write(&kayenta.configs(), "b.json", &named(&["pay"], 95));
    until(async || kayenta.files("broken").await == Some(0.0)).await;
    assert_eq!(ids().await, ["c"]);
    // A stored config has a name that a new file has for all applications.
    let mut stored = scoped(1);
    (stored["name"], stored["applications"]) = (json!("stored"), json!(["cart"]));
    let id = kayenta.store(&stored).await;
    write(&kayenta.configs(), "stored.json", &plain(95));
    until(async || kayenta.files("broken").await == Some(1.0)).await;
    let mut both = ids().await;
    both.retain(|one| *one == id || one == "stored");
    assert_eq!(both, [id]);
}

#[tokio::test]
async fn a_renamed_file_keeps_its_config() {
    let mut config: Value = serde_json::from_str(&plain(95)).unwrap();
    config["name"] = json!("shop");
    let kayenta = with_files(&[("old.json", config.to_string())]).await;
    let configs = kayenta.configs();
    std::fs::rename(configs.join("old.json"), configs.join("new.json")).unwrap();
    until(async || kayenta.in_force("new").await.is_some()).await;
    assert_eq!(kayenta.in_force("old").await, None);
}

#[tokio::test]
async fn files_are_read_again_and_a_broken_one_keeps_the_last_that_was_good() {
    let kayenta = with_files(&[("shop.json", plain(95)), ("broken.json", "{".into())]).await;
    assert_eq!(
        (kayenta.files("in_force").await, kayenta.files("broken").await),
        (Some(1.0), Some(1.0))
    );
    assert_eq!(kayenta.in_force("broken").await, None);
    let configs = kayenta.configs();
    let reached = async |expected: Option<(&str, u8)>| {
        let expected = expected.map(|(version, pass)| (version.to_owned(), json!(pass)));
        until(async || kayenta.in_force("shop").await == expected).await;
    };
    write(&configs, "shop.json", &plain(90));
    reached(Some(("2", 90))).await;
    let no_judge = plain(80).replace("NetflixACAJudge-v1.0", "NoJudge");
    let no_metric = plain(80).replace("\"m0\"", "\"\"");
    let large = format!("{}{}", plain(80), " ".repeat(5 << 20));
    for broken in ["", "[]", "{\"metrics\": 5}", &no_judge, &no_metric, &large] {
        write(&configs, "shop.json", broken);
        until(async || kayenta.files("broken").await == Some(2.0)).await;
        assert_eq!(
            kayenta.in_force("shop").await,
            Some(("2".to_owned(), json!(90))),
            "{broken:.40}"
        );
        write(&configs, "shop.json", &plain(90));
        until(async || kayenta.files("broken").await == Some(1.0)).await;
    }
    // The same text is no new version.
    assert_eq!(kayenta.in_force("shop").await, Some(("2".to_owned(), json!(90))));
    let verdicts =
        kayenta.server.get("/v1/verdict?config=shop&baseline=a&canary=b&time=1767265200").await;
    assert_eq!(verdicts.json()["verdict"], "pass");
    write(&configs, "broken.json", &plain(70));
    until(async || kayenta.in_force("broken").await.is_some()).await;
    // Over a restart: what has no file any more is gone, what is broken stays, what was stored by a caller stays.
    let mut stored = scoped(1);
    stored["id"] = json!("stored");
    stored["name"] = json!("stored");
    kayenta.store(&stored).await;
    let Kayenta { server, source, folder } = kayenta;
    drop(server.stop);
    server.ended.await.unwrap().unwrap();
    std::fs::remove_file(configs.join("broken.json")).unwrap();
    write(&configs, "shop.json", "{");
    let kayenta = Kayenta { server: started(&folder, &source).await, source, folder };
    assert_eq!(kayenta.in_force("shop").await, Some(("2".to_owned(), json!(90))));
    let listed = kayenta.get("/canaryConfig").await;
    let ids: Vec<&Value> = listed.as_array().unwrap().iter().map(|config| &config["id"]).collect();
    assert_eq!(ids, [&json!("shop"), &json!("stored")]);
    std::fs::remove_file(configs.join("shop.json")).unwrap();
    until(async || kayenta.in_force("shop").await.is_none()).await;
    // A folder that is away for a while keeps all.
    write(&configs, "other.json", &plain(60));
    until(async || kayenta.in_force("other").await.is_some()).await;
    let away = configs.with_file_name("away");
    std::fs::rename(&configs, &away).unwrap();
    until(async || kayenta.files("broken").await == Some(1.0)).await;
    assert!(kayenta.in_force("other").await.is_some());
    std::fs::rename(&away, &configs).unwrap();
    until(async || kayenta.files("in_force").await == Some(1.0)).await;
    // Then anyone may store one of that name.
    let mut config = scoped(1);
    config["id"] = json!("shop");
    assert_eq!(kayenta.store(&config).await, "shop");
    assert_eq!(kayenta.in_force("shop").await.unwrap().0, "3");
}

#[tokio::test]
async fn special_files_are_errors_and_links_are_followed() {
    use std::os::unix::fs::symlink;
    let kayenta = with_files(&[]).await;
    let configs = kayenta.configs();
    let pipe = std::process::Command::new("mkfifo").arg(configs.join("pipe.json")).status();
    assert!(pipe.unwrap().success());
    std::fs::create_dir(configs.join("folder.json")).unwrap();
    symlink("/dev/zero", configs.join("device.json")).unwrap();
    symlink("loop.json", configs.join("loop.json")).unwrap();
    symlink("../nothing", configs.join("nothing.json")).unwrap();
    write(kayenta.folder.path(), "elsewhere", &plain(90));
    symlink("../elsewhere", configs.join("\u{fc} 1.json")).unwrap();
    let mut named = scoped(1);
    named["name"] = json!("named");
    write(kayenta.folder.path(), "elsewhere", &named.to_string());
    until(async || kayenta.files("broken").await == Some(5.0)).await;
    until(async || kayenta.in_force("%C3%BC%201").await.is_some()).await;
    assert_eq!(kayenta.files("in_force").await, Some(1.0));
    let listed = kayenta.get("/canaryConfig").await;
    assert_eq!((&listed[0]["id"], &listed[0]["name"]), (&json!("\u{fc} 1"), &json!("named")));
}

#[tokio::test]
async fn a_missing_folder_is_an_error_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let mut flags = flags(&folder, "http://127.0.0.1:1");
    flags.push(format!("--configs={}", folder.path().join("none").display()));
    let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    let settings = settings(&flags);
    let listeners = Listeners::bind(&settings).await.unwrap();
    let refused = serve(&settings, listeners, async {}).await.unwrap_err().to_string();
    assert!(refused.contains("configs ") && refused.contains("No such file"), "{refused}");
    let stateless = Settings::read(["judge-server", "--configs=x"].map(Into::into)).unwrap();
    assert!(stateless.check().unwrap_err().to_string().contains("--configs needs --store"));
}
