//! Tests the command with a real Prometheus, which scrapes meanwhile. `.ci/sources` installs it and runs these tests.
#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests")]

mod every_point;
mod shop;
mod signed;

#[cfg(feature = "retro")]
use std::fmt::Write as _;
use std::io::{BufRead, BufReader};
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::Value;
use shop::{Answer, Shop};

fn now() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()).unwrap()
}

#[test]
#[ignore = "needs prometheus; .ci/sources runs it"]
fn a_window_is_judged_in_one_command() {
    let shop = Shop::open();
    let start = now();
    shop.await_sample_after(start + 6);
    let (begin, end) = ((start + 1).to_string(), (start + 6).to_string());
    let window = ["run", "--config", "canary.json", "--start", &begin, "--end", &end];
    let Answer { code, stdout, stderr } =
        Answer::run(shop.command_about(&window, "stable", "slow").args(["--report", "page.html"]));
    assert_eq!(code, 4, "{stdout}{stderr}");
    assert!(stdout.starts_with("FAIL") && stdout.contains("latency"), "{stdout}");
    let page = std::fs::read_to_string(shop.folder.path().join("page.html")).unwrap();
    assert!(page.contains("slow"), "the page names the canary");

    // For a missing scope the message names the query, the side and the window, and lists the existing scopes.
    let Answer { code, stderr, .. } =
        Answer::run(&mut shop.command_about(&window, "stabel", "slow"));
    let said = "the query of the baseline finds nothing from ";
    assert!(stderr.contains(said), "{code} {stderr}");
    let hint =
        "no series of latency has version=\"stabel\" in that time; version is same, slow, stable";
    assert!(stderr.contains(hint), "{stderr}");

    let Answer { code, stdout, stderr } = Answer::run(
        shop.command_about(&["config", "try", "canary.json"], "stable", "slow")
            .args(["--last", "5s"]),
    );
    assert_eq!(code, 0, "{stdout}{stderr}");
    assert!(stdout.contains("sum(latency{version=\"slow\"})"), "{stdout}");
    assert!(stdout.contains("1 pair to judge, from prometheus"), "{stdout}");
}

/// Watches five looks of two seconds; Prometheus restarts meanwhile.
fn watched(shop: &mut Shop, canary: &str) -> (i32, Value) {
    let start = (now() + 1).to_string();
    let mut watch = shop.command_about(&["watch", "--config", "canary.json"], "stable", canary);
    watch.args(["--warm-up", "1s", "--lifetime", "10s", "--interval", "2s", "--settle", "2s"]);
    watch.args(["--start", &start, "--output", "looks.json", "--report", "looks.html"]);
    watch.args(["--termination-log", "reason"]);
    let running = watch.stdout(std::process::Stdio::piped()).spawn().unwrap();
    shop.start_again();
    let ended = running.wait_with_output().unwrap();
    let stdout = String::from_utf8(ended.stdout).unwrap();
    let looks: Value = serde_json::from_slice(&shop.read("looks.json")).unwrap();
    let reason = looks["reason"].as_str().unwrap();
    assert_eq!(stdout.lines().last().unwrap(), reason, "the last line is the reason");
    assert_eq!(String::from_utf8(shop.read("reason")).unwrap().trim_end(), reason);
    (ended.status.code().unwrap(), looks)
}

#[test]
#[ignore = "needs prometheus; .ci/sources runs it"]
fn a_canary_that_is_watched_is_stopped_at_the_look_that_fails_it() {
    let mut shop = Shop::open();
    std::fs::write(shop.folder.path().join("reason"), "").unwrap();
    let (code, looks) = watched(&mut shop, "slow");
    assert_eq!(code, 4, "{looks}");
    assert_eq!((&looks["verdict"], &looks["ended"]), (&"Fail".into(), &"stopped".into()));
    assert!(looks["looks"].as_array().unwrap().len() < 5, "it is stopped before the end: {looks}");
    assert!(looks["reason"].as_str().unwrap().starts_with("FAIL  score 0 at look "), "{looks}");
    assert_eq!(looks["becauseOf"], serde_json::json!(["latency"]));
}

#[cfg(feature = "retro")]
#[test]
#[ignore = "needs prometheus; .ci/sources runs it"]
fn watch_and_retro_give_the_same_verdict() {
    let mut shop = Shop::open();
    std::fs::write(shop.folder.path().join("reason"), "").unwrap();
    let (code, looks) = watched(&mut shop, "same");
    assert_eq!(
        (code, &looks["verdict"], &looks["ended"]),
        (0, &"Pass".into(), &"lifetime".into()),
        "{looks}"
    );
    let all = looks["looks"].as_array().unwrap();
    assert_eq!(all.len(), 5);
    // Fetches the same points afterwards, from the start of the warm-up on.
    let begin = all[0]["startMillis"].as_i64().unwrap() / 1000 - 1;
    let end = all[4]["endMillis"].as_i64().unwrap() / 1000;
    let Answer { stdout, stderr, .. } = Answer::run(
        shop.command_about(&["run", "--config", "canary.json"], "stable", "same").args([
            "--start",
            &begin.to_string(),
            "--end",
            &end.to_string(),
            "--format",
            "full",
        ]),
    );
    let full: Value =
        serde_json::from_str(&stdout).unwrap_or_else(|error| panic!("{error}: {stdout}{stderr}"));
    let pair = &full["request"]["metricSetPairList"][0];
    let mut history = String::from("release,role,timestamp,metric,value\n");
    for (role, side) in [("baseline", "control"), ("canary", "experiment")] {
        for (point, value) in pair["values"][side].as_array().unwrap().iter().enumerate() {
            let time = begin + i64::try_from(point).unwrap();
            let value = value.as_f64().map(|value| value.to_string()).unwrap_or_default();
            writeln!(history, "v,{role},{time},latency,{value}").unwrap();
        }
    }
    std::fs::write(shop.folder.path().join("history.csv"), history).unwrap();
    let Answer { stdout, stderr, .. } = Answer::run(
        shop.command(&["retro", "--config", "canary.json", "--history", "history.csv"])
            .args(["--warm-up", "1s", "--lifetime", "10s", "--interval", "2s", "--step", "1s"])
            .args(["--format", "json"]),
    );
    let retro: Value = serde_json::from_str(stdout.lines().next().unwrap())
        .unwrap_or_else(|_| panic!("{stdout}{stderr}"));
    let again = retro["judgements"].as_array().unwrap_or_else(|| panic!("{retro}"));
    assert_eq!(again.len(), 5);
    for (look, again) in all.iter().zip(again) {
        assert_eq!(look["judgement"], again["judgement"], "look {}", look["interval"]);
    }
}

#[cfg(feature = "retro")]
#[test]
#[ignore = "needs prometheus; .ci/sources runs it"]
fn a_release_that_is_fetched_is_judged_as_run_judges_it() {
    let shop = Shop::open();
    let (begin, end) = (now() + 1, now() + 7);
    shop.await_sample_after(end);
    let list = format!(
        "release,start,end,baseline-scope,canary-scope\n\
         same,{begin},{end},stable,same\nslow,{begin},{end},stable,slow\n"
    );
    std::fs::write(shop.folder.path().join("releases.csv"), list).unwrap();
    let Answer { code, stdout, stderr } =
        Answer::run(
            shop.command(&["fetch", "releases.csv", "--config", "canary.json", "--step", "1s"])
                .args(["--prometheus", &shop.url, "--output", "history.parquet"]),
        );
    assert_eq!(code, 0, "{stdout}{stderr}");
    let Answer { stdout, stderr, .. } = Answer::run(
        shop.command(&["retro", "--config", "canary.json", "--history", "history.parquet"])
            .args(["--step", "1s", "--format", "json"]),
    );
    let releases: Vec<Value> = stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{stdout}{stderr}")))
        .collect();
    assert_eq!(releases.len(), 2, "{stdout}{stderr}");
    for (release, canary) in releases.iter().zip(["same", "slow"]) {
        assert_eq!(release["release"], canary);
        let window = ["--start", &begin.to_string(), "--end", &end.to_string()];
        let Answer { stdout, stderr, .. } = Answer::run(
            shop.command_about(&["run", "--config", "canary.json"], "stable", canary)
                .args(window)
                .args(["--format", "json"]),
        );
        let run: Value = serde_json::from_str(&stdout)
            .unwrap_or_else(|error| panic!("{error}: {stdout}{stderr}"));
        for part in ["verdict", "score", "groups", "metrics"] {
            assert_eq!(release["judgements"][0]["judgement"][part], run[part], "{canary} {part}");
        }
    }
}

#[test]
#[ignore = "needs prometheus; .ci/sources runs it"]
fn an_interrupt_ends_with_the_verdict_so_far() {
    let shop = Shop::open();
    let start = now() + 1;
    let mut running = shop
        .command_about(&["watch", "--config", "canary.json"], "stable", "same")
        .args(["--lifetime", "10m", "--interval", "2s", "--settle", "1s"])
        .args(["--start", &start.to_string(), "--output", "looks.json"])
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(running.stdout.take().unwrap()).lines().map(Result::unwrap);
    let first = lines.find(|line| line.starts_with("1/300")).expect("a first look");
    assert!(first.contains("PASS"), "{first}");
    let id = running.id().to_string();
    assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
    assert!(lines.last().unwrap().ends_with("; stopped before the end"));
    assert_eq!(running.wait().unwrap().code(), Some(0));
    let looks: Value = serde_json::from_slice(&shop.read("looks.json")).unwrap();
    assert_eq!((&looks["verdict"], &looks["ended"]), (&"Pass".into(), &"interrupted".into()));
}
