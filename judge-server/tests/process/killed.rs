//! Canaries whose server is killed again and again: each look is there once, and says what an undisturbed server says.

use std::collections::BTreeMap;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep};

use crate::harness::Server;
use crate::source::{Prometheus, config};

/// Looks of one canary.
const LOOKS: usize = 12;

/// Longer than all canaries take after the last kill.
const BOUND: Duration = Duration::from_mins(2);

/// How often servers are killed.
fn kills() -> usize {
    if std::env::var_os("JUDGE_LONG").is_some() { 300 } else { 20 }
}

fn flags(store: &str, prometheus: &Prometheus) -> Vec<String> {
    vec![
        format!("--store={store}"),
        format!("--prometheus={}", prometheus.url()),
        "--kayenta-listen=127.0.0.1:0".to_owned(),
        "--store-lease=3s".to_owned(),
    ]
}

fn start(flags: &[String]) -> Server {
    let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    Server::start(&flags, Stdio::null())
}

/// The answer of a server that may be killed meanwhile.
async fn ask(address: &str, head: &str, body: &str) -> Option<Value> {
    let mut connection = TcpStream::connect(address).await.ok()?;
    let head = format!("{head} HTTP/1.0\r\ncontent-length: {}\r\n\r\n", body.len());
    connection.write_all(format!("{head}{body}").as_bytes()).await.ok()?;
    let mut answer = String::new();
    connection.read_to_string(&mut answer).await.ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    if !head.starts_with("HTTP/1.0 200") {
        return None;
    }
    serde_json::from_str(body).ok()
}

/// A canary of the past, so that its looks follow each other at once. One in four is bad.
fn request(number: usize) -> String {
    let canary = if number % 4 == 3 { format!("bad-{number}") } else { format!("canary-{number}") };
    json!({
        "key": format!("release {number}"),
        "application": "shop",
        "kayentaConfigJson": config(2).to_string(),
        "scopes": {"default": {"baseline": {"scope": "stable"}, "canary": {"scope": canary}}},
        "stage": {
            "start": "2026-03-29T00:30:00Z",
            "lifetime": format!("{}s", 600 * LOOKS),
            "interval": "600s",
        },
    })
    .to_string()
}

async fn begin(address: &str, number: usize) -> Option<String> {
    let answer = ask(address, "POST /v1/canaries", &request(number)).await?;
    answer["canary"]["id"].as_str().map(str::to_owned)
}

/// All looks of a canary once it has ended, without what differs between runs: ids and the times of the look itself.
async fn looks(address: &str, id: &str) -> Value {
    let bound = Instant::now() + BOUND;
    loop {
        let answer = ask(address, &format!("GET /v1/canaries/{id}"), "").await;
        let Some(mut answer) = answer else { panic!("{id} is not there") };
        if answer["canary"]["state"] != "CANARY_STATE_RUNNING" {
            let mut looks = answer["looks"].take();
            for look in looks.as_array_mut().unwrap() {
                let look = look.as_object_mut().unwrap();
                for name in ["began", "ended", "metricSetId"] {
                    assert!(look.remove(name).is_some(), "{name}");
                }
                for metric in look["judgement"]["metrics"].as_array_mut().unwrap() {
                    metric.as_object_mut().unwrap().remove("id");
                }
            }
            let canary = &answer["canary"];
            return json!([
                canary["state"],
                canary["verdict"],
                canary["score"],
                canary["reason"],
                looks
            ]);
        }
        assert!(Instant::now() < bound, "{id} does not end: {}", answer["canary"]);
        sleep(Duration::from_millis(20)).await;
    }
}

/// Kills one of `replicas` servers at a random time, `kills` times, while canaries are started and looked at.
async fn survives(store: &str, replicas: usize) {
    let seed = std::env::var("JUDGE_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed = seed.unwrap_or_else(|| fastrand::u64(..));
    let mut random = fastrand::Rng::with_seed(seed);
    let prometheus = Prometheus::start().await;
    let flags = flags(store, &prometheus);
    let mut servers: Vec<Server> = (0..replicas).map(|_| start(&flags)).collect();
    let mut started: BTreeMap<usize, String> = BTreeMap::new();
    for number in 0..kills() {
        let victim = random.usize(..replicas);
        let address = servers[victim].http.clone();
        let beginning = tokio::spawn(async move { begin(&address, number).await });
        sleep(Duration::from_millis(random.u64(..400))).await;
        servers[victim].process.kill().unwrap();
        servers[victim].process.wait().unwrap();
        let told = beginning.await.unwrap();
        servers[victim] = start(&flags);
        // Whoever was told that it was started finds it again; whoever was not starts it now, once.
        let id = begin(&servers[victim].http, number).await.expect("a server that runs answers");
        assert!(told.is_none_or(|told| told == id), "seed {seed}: {number} was started twice");
        started.insert(number, id);
    }
    let folder = TempDir::new().unwrap();
    let quiet = folder.path().join("quiet.db").display().to_string();
    let quiet = start(&self::flags(&quiet, &prometheus));
    for (&number, id) in &started {
        let expected = begin(&quiet.http, number).await.unwrap();
        let expected = looks(&quiet.http, &expected).await;
        let found = looks(&servers[0].http, id).await;
        assert_eq!(found, expected, "seed {seed}, canary {number}");
        let numbers = found[4].as_array().unwrap().iter().map(|look| look["number"].clone());
        let numbers: Vec<Value> = numbers.collect();
        let planned: Vec<Value> = (1..=LOOKS).map(Value::from).collect();
        let count = if number % 4 == 3 { 1 } else { LOOKS };
        assert_eq!(numbers, planned[..count], "seed {seed}, canary {number}");
    }
    let list = ask(&servers[0].http, "GET /v1/canaries?pageSize=1000", "").await.unwrap();
    assert_eq!(list["canaries"].as_array().unwrap().len(), kills(), "seed {seed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn canaries_in_a_file_survive_kills() {
    let folder = TempDir::new().unwrap();
    survives(&folder.path().join("judge.db").display().to_string(), 1).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL"]
async fn canaries_in_postgresql_survive_kills_of_two_replicas() {
    survives(&new_database(), 2).await;
}

/// The URL of a new database.
pub(crate) fn new_database() -> String {
    let server = std::env::var("JUDGE_POSTGRES").expect("JUDGE_POSTGRES is the URL of a server");
    let name = format!("process_{:016x}", fastrand::u64(..));
    let made = Command::new("psql")
        .args([&format!("{server}/postgres"), "--quiet", "--command"])
        .arg(format!("CREATE DATABASE {name}"))
        .status();
    assert!(made.unwrap().success());
    format!("{server}/{name}")
}

/// A server whose store is on a disk that fills up says so, has nothing half-written, and heals once there is room. The disk is
/// a small one of memory that only the server's own process sees.
#[tokio::test(flavor = "multi_thread")]
async fn a_disk_without_room_is_an_error_and_work_goes_on_later() {
    let is_root = Command::new("id").arg("-u").output().is_ok_and(|id| id.stdout == b"0\n");
    let disk = ["--mount", "mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", "/mnt"];
    if !is_root || !Command::new("unshare").args(disk).status().is_ok_and(|done| done.success()) {
        // Only root may have a disk of its own; the next test is for all.
        return;
    }
    let prometheus = Prometheus::start().await;
    let flags = flags("/mnt/judge.db", &prometheus);
    let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    let server = Server::start_on_small_disk("16m", "/mnt", &flags);
    let filler = format!("/proc/{}/root/mnt/filler", server.process.id());
    let first = begin(&server.http, 0).await.unwrap();
    let expected = looks(&server.http, &first).await;
    // All that is left of it.
    let full = std::fs::write(&filler, vec![0; 32 << 20]).unwrap_err();
    assert_eq!(full.kind(), std::io::ErrorKind::StorageFull);
    let refused = start_answer(&server.http, 1).await;
    assert!(refused.starts_with("HTTP/1.0 503"), "{refused}");
    assert!(refused.contains(r#""reason":"STORE_AWAY""#) && refused.contains("full"), "{refused}");
    assert_eq!(looks(&server.http, &first).await, expected);
    std::fs::remove_file(&filler).unwrap();
    let second = begin_in_time(&server.http, 1).await;
    assert_eq!(looks(&server.http, &second).await[0], "CANARY_STATE_FINISHED");
    let list = ask(&server.http, "GET /v1/canaries", "").await.unwrap();
    assert_eq!(list["canaries"].as_array().unwrap().len(), 2);
}

/// The whole answer to a start.
async fn start_answer(address: &str, number: usize) -> String {
    let mut connection = TcpStream::connect(address).await.unwrap();
    let body = request(number);
    let head = format!("POST /v1/canaries HTTP/1.0\r\ncontent-length: {}\r\n\r\n", body.len());
    connection.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).await.unwrap();
    answer
}

/// Starts a canary as soon as the store has room again; it may wait a moment before it tries.
async fn begin_in_time(address: &str, number: usize) -> String {
    let bound = Instant::now() + BOUND;
    loop {
        if let Some(id) = begin(address, number).await {
            return id;
        }
        assert!(
            Instant::now() < bound,
            "it does not heal: {}",
            start_answer(address, number).await
        );
        sleep(Duration::from_millis(50)).await;
    }
}

/// A server whose files may not grow, as on a disk that is full, says so, has nothing half-written, and heals.
#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_an_error_and_work_goes_on_later() {
    let folder = TempDir::new().unwrap();
    let prometheus = Prometheus::start().await;
    let flags = flags(&folder.path().join("judge.db").display().to_string(), &prometheus);
    let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    let server = Server::start_bounded(&flags);
    let limit = |bytes: &str| {
        let process = server.process.id().to_string();
        let size = format!("--fsize={bytes}");
        let set = Command::new("prlimit").args(["--pid", &process, &size]).status();
        assert!(set.unwrap().success());
    };
    let first = begin(&server.http, 0).await.unwrap();
    let expected = looks(&server.http, &first).await;
    limit("4096:unlimited");
    let refused = start_answer(&server.http, 1).await;
    assert!(refused.starts_with("HTTP/1.0 503"), "{refused}");
    assert!(refused.contains(r#""reason":"STORE_AWAY""#), "{refused}");
    // What is there is read all the same.
    assert_eq!(looks(&server.http, &first).await, expected);
    limit("unlimited:unlimited");
    let second = begin_in_time(&server.http, 1).await;
    assert_eq!(looks(&server.http, &second).await[0], "CANARY_STATE_FINISHED");
    let list = ask(&server.http, "GET /v1/canaries", "").await.unwrap();
    assert_eq!(list["canaries"].as_array().unwrap().len(), 2);
}
