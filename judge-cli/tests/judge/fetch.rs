//! Tests `judge fetch` with a stand-in for a Prometheus; `tests/sources` uses a real one.

use std::fmt::Write;
use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use serde_json::{Value, json};

use crate::harness::TestFolder;
use crate::store::{AWAY, Asked, Store, answer, config, matrix, matrix_of};

const LIST: &str = "release,start,end,baseline-scope,canary-scope\n\
    v1,2026-11-20T14:00:00Z,2026-11-20T14:20:00Z,old,v1\n\
    v2,1795186800,1795188000,old,v2\n\
    v3,1795190400,1795191600,old,v3\n";

fn folder(list: &str) -> TestFolder {
    TestFolder::with(&[
        ("canary.json", &config("latency{version=\"${scope}\"}")),
        ("releases.csv", list.as_bytes()),
    ])
}

/// In these answers `v2` is slow.
fn shop(asked: &Asked) -> (&'static str, String) {
    matrix(asked, if asked.query.contains("v2") { 300.0 } else { 100.0 })
}

fn fetch(store: &Store, more: &str) -> String {
    format!("fetch releases.csv --config canary.json {} --timeout 1m {more}", store.named())
}

fn rows(folder: &TestFolder, name: &str) -> Vec<Value> {
    let text = fs::read_to_string(folder.path().join(name)).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn each_point_of_each_release_is_a_row() {
    let (store, folder) = (Store::open(shop), folder(LIST));
    let answer = folder.judge(&fetch(&store, "--output history.ndjson"));
    assert_eq!((answer.code, answer.stderr.as_str()), (0, ""), "{answer:?}");
    assert!(answer.stdout.starts_with("v1  2 series, 40 points\n"), "{answer:?}");
    assert!(answer.stdout.ends_with("history.ndjson: 3 releases\n"), "{answer:?}");
    let rows = rows(&folder, "history.ndjson");
    assert_eq!(rows.len(), 3 * 2 * 20);
    assert_eq!(rows[20]["role"], "canary");
    let first = json!({"release": "v1", "role": "baseline", "metric": "latency", "timestamp": 1_795_183_200_000_i64});
    for (name, value) in first.as_object().unwrap() {
        assert_eq!(rows[0][name], *value, "{name}");
    }
    assert!(
        !folder.path().join("history.ndjson.parts").exists(),
        "what is complete needs no parts"
    );
}

#[test]
fn resume_fetches_the_missing_series() {
    let away = Arc::new(AtomicBool::new(true));
    let asked_while_away = Arc::clone(&away);
    let store = Store::open(move |asked| {
        if asked_while_away.load(Ordering::SeqCst) && asked.query.contains("v2") {
            (AWAY, "busy".to_owned())
        } else {
            shop(asked)
        }
    });
    let folder = folder(LIST);
    let first = folder.judge(&fetch(&store, "--output h.ndjson"));
    assert_eq!(first.code, 1, "{first:?}");
    assert!(
        first.stderr.contains("warning: release \"v2\" is left out: a query failed"),
        "{first:?}"
    );
    assert!(
        first.stdout.ends_with("h.ndjson: 2 releases; 1 missing: fetch them with --resume\n"),
        "{first:?}"
    );
    let again = folder.judge(&fetch(&store, "--output h.ndjson"));
    assert_eq!(again.code, 2, "{again:?}");
    assert!(again.stderr.contains("continue it with --resume"), "{again:?}");

    away.store(false, Ordering::SeqCst);
    let before = store.asked().len();
    let second = folder.judge(&fetch(&store, "--output h.ndjson --resume"));
    assert_eq!(second.code, 0, "{second:?}");
    assert_eq!(store.asked().len(), before + 2, "only both sides of v2 are asked for");
    assert!(
        second.stdout.ends_with("h.ndjson: 3 releases, 2 of them fetched before\n"),
        "{second:?}"
    );
    let whole = folder.judge(&fetch(&store, "--output whole.ndjson"));
    assert_eq!(whole.code, 0, "{whole:?}");
    assert_eq!(
        rows(&folder, "h.ndjson"),
        rows(&folder, "whole.ndjson"),
        "in the order of the list"
    );
}

#[test]
fn a_history_has_one_origin() {
    let full = Arc::new(AtomicBool::new(false));
    let answers_v3 = Arc::clone(&full);
    let shop_without_v3 = move |asked: &Asked| {
        if asked.query.contains("v3") && !answers_v3.load(Ordering::SeqCst) {
            (AWAY, "busy".to_owned())
        } else {
            shop(asked)
        }
    };
    let (store, other) = (Store::open(shop_without_v3), Store::open(shop));
    let folder = folder(LIST);
    folder.write("other.json", &config("errors{version=\"${scope}\"}"));
    let first = folder.judge(&fetch(&store, "--output h.ndjson"));
    assert_eq!(first.code, 1, "{first:?}");

    let resumed = fetch(&store, "--output h.ndjson --resume");
    for (arguments, expected) in [
        (fetch(&other, "--output h.ndjson --resume"), "the sources was "),
        (resumed.replace("canary.json", "other.json"), "the queries of the config was "),
    ] {
        let answer = folder.judge(&arguments);
        assert_eq!(answer.code, 2, "{answer:?}");
        assert!(
            answer.stderr.contains(expected) && answer.stderr.contains("use the same settings"),
            "{answer:?}"
        );
    }
    assert!(other.asked().is_empty(), "{:?}", other.asked());

    // With another step, the parts are no parts of this history: each release is fetched again.
    full.store(true, Ordering::SeqCst);
    let answer = folder.judge(&format!("{resumed} --step 2m"));
    assert_eq!(answer.code, 0, "{answer:?}");
    assert!(answer.stdout.ends_with("h.ndjson: 3 releases\n"), "{answer:?}");
    assert_eq!(rows(&folder, "h.ndjson").len(), 3 * 2 * 10);
}

#[test]
fn a_changed_part_is_noticed_before_anything_is_asked() {
    let store = Store::open(|asked| {
        if asked.query.contains("v3") { (AWAY, "busy".to_owned()) } else { shop(asked) }
    });
    let folder = folder(LIST);
    assert_eq!(folder.judge(&fetch(&store, "--output h.ndjson")).code, 1);
    let asked = store.asked().len();
    let part = folder.path().join("h.ndjson.parts/000001.part");
    let whole = fs::read_to_string(&part).unwrap();
    fs::write(&part, whole.replacen("30", "31", 1)).unwrap();
    let answer = folder.judge(&fetch(&store, "--output h.ndjson --resume"));
    assert_eq!(answer.code, 2, "{answer:?}");
    assert!(answer.stderr.contains("000001.part was changed after it was written"), "{answer:?}");
    assert_eq!(store.asked().len(), asked);

    // The way out that the error names.
    fs::remove_file(part).unwrap();
    let answer = folder.judge(&fetch(&store, "--output h.ndjson --resume"));
    assert!(answer.stdout.contains("2 releases, 1 of them fetched before"), "{answer:?}");
}

/// The settings are removed first: without them no part counts.
#[test]
fn a_run_that_is_killed_while_it_removes_its_parts_leaves_no_part() {
    let away = Arc::new(AtomicBool::new(true));
    let busy = Arc::clone(&away);
    let store = Store::open(move |asked| {
        let busy = busy.load(Ordering::SeqCst) && asked.query.contains("v3");
        if busy { (AWAY, "busy".to_owned()) } else { shop(asked) }
    });
    let folder = folder(LIST);
    assert_eq!(folder.judge(&fetch(&store, "--output h.ndjson")).code, 1);
    let parts = folder.path().join("h.ndjson.parts");
    fs::remove_file(parts.join("settings.json")).unwrap();
    away.store(false, Ordering::SeqCst);
    let answer = folder.judge(&fetch(&store, "--output h.ndjson --resume"));
    assert_eq!(answer.code, 0, "{answer:?}");
    assert!(answer.stdout.ends_with("h.ndjson: 3 releases\n"), "{answer:?}");
    assert!(!parts.exists());
}

#[test]
fn a_run_that_is_killed_goes_on_where_it_was() {
    // The third release is never answered; by then the first two are stored.
    let slow = Arc::new(AtomicBool::new(true));
    let (stall, waiting) = (Arc::clone(&slow), Arc::new(AtomicUsize::new(0)));
    let stalled = Arc::clone(&waiting);
    let store = Store::open(move |asked| {
        if asked.query.contains("v3") && stall.load(Ordering::SeqCst) {
            stalled.fetch_add(1, Ordering::SeqCst);
            std::thread::park();
        }
        shop(asked)
    });
    let folder = folder(LIST);
    let arguments =
        format!("fetch releases.csv --config canary.json {} --output h.ndjson", store.named());
    for signal in ["-INT", "-KILL"] {
        waiting.store(0, Ordering::SeqCst);
        let mut running = std::process::Command::new(env!("CARGO_BIN_EXE_judge"))
            .current_dir(folder.path())
            .args(arguments.split(' '))
            .args(if signal == "-KILL" { vec!["--resume"] } else { Vec::new() })
            .spawn()
            .unwrap();
        while waiting.load(Ordering::SeqCst) == 0 {
            std::thread::yield_now();
        }
        let id = running.id().to_string();
        assert!(std::process::Command::new("kill").args([signal, &id]).status().unwrap().success());
        let ended = running.wait().unwrap();
        assert_eq!(ended.code(), (signal == "-INT").then_some(130));
        assert!(!folder.path().join("h.ndjson").exists(), "nothing half done under its name");
    }
    slow.store(false, Ordering::SeqCst);
    let answer = folder.judge(&fetch(&store, "--output h.ndjson --resume"));
    assert_eq!(answer.code, 0, "{answer:?}");
    assert!(answer.stdout.ends_with("3 releases, 2 of them fetched before\n"), "{answer:?}");
    let of =
        |version: &str| store.asked().iter().filter(|asked| asked.query.contains(version)).count();
    assert_eq!((of("v1"), of("v2")), (1, 1));
}

#[test]
fn errors_are_reported() {
    let store = Store::open(shop);
    for (list, said) in [
        ("release,start\nv1,0\n", "got no \"end\" among release, start"),
        (
            "release,start,end,scope\nv1,0,60,a\n",
            "canary-scope, location and param:NAME, got \"scope\"",
        ),
        ("release,start,end\nv1,noon,60\n", "line 2: column start: "),
        ("release,start,end\n,0,60\n", "line 2: the release has no name"),
        ("release;start;end\nv1;60;0\n", "line 2: expected an end after the start"),
        (
            "release,start,end\nv1,0,60\nv1,60,120\n",
            "line 3: expected different names, got \"v1\" twice",
        ),
        (
            "release,start,end\nv1,0,30\n",
            "line 2: expected a release of at least a step, 1m, got 30s",
        ),
        ("release,start,end\n", "expected a line for each release, got none"),
        ("release,start,end\nv1,0\n", "record 1 (line: 2"),
    ] {
        let answer = folder(list).judge(&fetch(&store, "--output h.ndjson"));
        assert_eq!(answer.code, 2, "{answer:?}");
        assert!(answer.stderr.contains(said), "{said}: {answer:?}");
    }
    let answer = folder(LIST).judge(&fetch(&store, "--output history.txt"));
    assert_eq!(answer.code, 2, "{answer:?}");
    assert!(answer.stderr.contains(".ndjson"), "{answer:?}");
    assert!(store.asked().is_empty(), "nothing is asked for a list that is wrong");
}

#[test]
fn a_source_that_stays_away_ends_the_run() {
    let store = Store::open(|asked| {
        if asked.query.contains("r0") || asked.query.contains("old") && asked.start == 0 {
            shop(asked)
        } else {
            (AWAY, String::new())
        }
    });
    let mut list = "release,start,end,baseline-scope,canary-scope\n".to_owned();
    for release in 0..9 {
        writeln!(list, "r{release},{},{},old,r{release}", release * 1000, release * 1000 + 600)
            .unwrap();
    }
    let answer = folder(&list).judge(&fetch(&store, "--output h.ndjson"));
    assert_eq!(answer.code, 1, "{answer:?}");
    assert!(
        answer.stderr.contains("stopped after 3 releases in a row without an answer; 1 are kept"),
        "{answer:?}"
    );
    // If the first release has an error that a retry cannot fix, all others have it too.
    let refusing = Store::open(|_| ("401 Unauthorized", String::new()));
    let answer = folder(&list).judge(&fetch(&refusing, "--output h.ndjson"));
    assert_eq!((answer.code, refusing.asked().len()), (1, 2), "{answer:?}");
}

#[test]
fn a_release_without_points_is_left_out() {
    let store = Store::open(|asked| {
        if asked.query.contains("v1") || asked.start == 1_795_183_200 {
            answer(&json!([]))
        } else {
            shop(asked)
        }
    });
    let folder = folder(LIST);
    let answer = folder.judge(&fetch(&store, "--output h.ndjson"));
    assert_eq!(answer.code, 2, "{answer:?}");
    assert!(
        answer.stderr.contains("release \"v1\" is left out: no query found a point"),
        "{answer:?}"
    );
    assert_eq!(rows(&folder, "h.ndjson").len(), 2 * 2 * 20);
}

#[test]
fn a_release_whose_points_are_all_nan_is_left_out() {
    let store = Store::open(|asked| matrix_of(asked, |_| f64::NAN));
    let answer = folder(LIST).judge(&fetch(&store, "--output h.ndjson"));
    assert_eq!(answer.code, 2, "{answer:?}");
    assert!(
        answer.stderr.contains("release \"v3\" is left out: no query found a point"),
        "{answer:?}"
    );
    assert!(answer.stdout.contains("no release was fetched"), "{answer:?}");
}

/// Every second value of the canary is infinite: a fetched history keeps that, and is judged like the store itself.
#[cfg(feature = "retro")]
#[test]
fn infinite_values_stay_infinite() {
    let store = Store::open(|asked| {
        let is_canary = asked.query.contains("v1");
        let infinite = |time: i64| is_canary && time % 120 == 0;
        let noise = |time: i64| f64::from(i32::try_from(time * 37 % 101).unwrap());
        matrix_of(asked, |time| if infinite(time) { f64::INFINITY } else { 100.0 + noise(time) })
    });
    let list = LIST.lines().take(2).collect::<Vec<_>>().join("\n");
    let folder = folder(&list);
    let run = folder.judge(&format!(
        "run --config canary.json {} --start 2026-11-20T14:00:00Z --end 2026-11-20T14:20:00Z --timeout 1m \
         --baseline-scope old --canary-scope v1 --judge EvidenceJudge-v1 --format json",
        store.named()
    ));
    assert_eq!(run.code, 4, "{run:?}");
    for output in ["h.parquet", "h.ndjson"] {
        let answer = folder.judge(&fetch(&store, &format!("--output {output}")));
        assert_eq!(answer.code, 0, "{answer:?}");
        let retro = folder.judge(&format!(
            "retro --config canary.json --history {output} --judge EvidenceJudge-v1 --format json"
        ));
        let [judged, replayed]: [Value; 2] =
            [&run, &retro].map(|answer| serde_json::from_str(&answer.stdout).unwrap());
        assert_eq!(
            replayed["judgements"][0]["judgement"]["metrics"], judged["metrics"],
            "{output}: {retro:?}"
        );
    }
    let infinite =
        rows(&folder, "h.ndjson").iter().filter(|row| row["value"] == "Infinity").count();
    assert_eq!(infinite, 10);
}

#[test]
fn a_release_with_swapped_scopes_is_warned_of() {
    let list = LIST.replace("old,v2", "v2,old");
    let answer = folder(&list).judge(&fetch(&Store::open(shop), "--output h.ndjson"));
    assert_eq!(answer.code, 0, "{answer:?}");
    let said = "warning: release \"v2\": latency: the baseline is asked for \"v2\" and the canary for \"old\"; are \
                the scopes swapped?\n";
    assert_eq!(answer.stderr, said);
}

#[cfg(feature = "retro")]
#[test]
fn several_series_are_instances_with_gaps_at_their_times() {
    let store = Store::open(|asked| {
        let pod = |pod: &str, value: &str, skip: i64| {
            let times = (asked.start..=asked.end).step_by(60).filter(|time| time % 600 != skip);
            let values: Vec<Value> = times.map(|time| json!([time, value])).collect();
            json!({"metric": {"pod": pod}, "values": values})
        };
        answer(&json!([pod("a", "1", 0), pod("b", "3", 60)]))
    });
    let folder = folder(LIST);
    for output in ["h.parquet", "h.ndjson"] {
        let answer = folder.judge(&fetch(&store, &format!("--output {output}")));
        assert_eq!(answer.code, 0, "{answer:?}");
        let retro = folder.judge(&format!(
            "retro --config canary.json --history {output} --format json --output {output}.json"
        ));
        assert_eq!(retro.code, 0, "{retro:?}");
    }
    let rows = rows(&folder, "h.ndjson");
    assert_eq!(
        (rows.len(), &rows[0]["instance"], &rows[0]["value"]),
        (3 * 4 * 20, &json!("{pod=\"a\"}"), &Value::Null)
    );
    let [parquet, ndjson] =
        ["h.parquet.json", "h.ndjson.json"].map(|name| fs::read(folder.path().join(name)).unwrap());
    assert_eq!(parquet, ndjson, "both formats are the same history");
    let calibrated =
        folder.judge("calibrate --config canary.json --releases h.parquet --minutes 5");
    assert_eq!(calibrated.code, 0, "{calibrated:?}");
}
