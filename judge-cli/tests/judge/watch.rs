//! Tests `judge watch` with a stand-in for a Prometheus; `tests/sources` uses a real one.

use std::io::{BufRead, BufReader};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::harness::{Answer, TestFolder};
use crate::store::{AWAY, Asked, Store, answer, config, matrix};

/// The start of the canary, so long ago that all looks are due.
const START: i64 = 1_700_000_000;

/// The current time, in milliseconds since 1970.
fn millis() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    u64::try_from(since.as_millis()).unwrap()
}

/// A store that does not respond during the looks in `away`; each look takes ten seconds.
fn store_away_at(away: &'static [i64]) -> Store {
    Store::open(move |asked| {
        // The end is not included.
        let look = (asked.end + 1 - START) / 10;
        if away.contains(&look) { (AWAY, "busy".to_owned()) } else { shop(asked) }
    })
}

/// In these responses the scope `slow` is slow.
fn shop(asked: &Asked) -> (&'static str, String) {
    matrix(asked, if asked.query.contains("slow") { 300.0 } else { 100.0 })
}

fn folder() -> TestFolder {
    TestFolder::with(&[("canary.json", &config("latency{version=\"${scope}\"}"))])
}

/// Watches three looks of ten seconds, all in the past.
fn watch(folder: &TestFolder, store: &Store, more: &str) -> Answer {
    let canary = if more.contains("--canary-scope") { "" } else { "--canary-scope new" };
    folder.judge(&format!(
        "watch --config canary.json {} --start {START} --lifetime 30s --interval 10s --step 1s --settle 0s \
         --timeout 1m --baseline-scope stable --output looks.json {canary} {more}",
        store.named()
    ))
}

fn looks(folder: &TestFolder) -> Value {
    serde_json::from_slice(&std::fs::read(folder.path().join("looks.json")).unwrap()).unwrap()
}

fn last_line(answer: &Answer) -> &str {
    answer.stdout.lines().last().unwrap_or_default()
}

#[test]
fn a_look_whose_source_fails_ends_the_watch_without_a_verdict() {
    let (store, folder) = (store_away_at(&[2]), folder());
    let answer = watch(&folder, &store, "--exit-zero-on pass,marginal,fail");
    assert_eq!(answer.code, 1, "{answer:?}");
    let said = last_line(&answer);
    assert!(said.starts_with("NO VERDICT  look 2 of 3 was not judged: "), "{said}");
    assert!(said.ends_with("; before: PASS, score 100 at look 1 of 3, after 10s"), "{said}");
    let looks = looks(&folder);
    assert_eq!((&looks["verdict"], &looks["ended"]), (&Value::Null, &json!("sourceFailed")));
    assert_eq!(looks["looks"].as_array().unwrap().len(), 2, "the third is not tried");
    assert!(looks["looks"][1]["error"].as_str().unwrap().contains("503"), "{looks}");
}

#[test]
fn a_look_that_is_skipped_leaves_the_verdict_to_the_next() {
    let (store, folder) = (store_away_at(&[1, 2]), folder());
    let answer = watch(&folder, &store, "--on-source-error skip");
    assert_eq!(answer.code, 0, "{answer:?}");
    assert_eq!(last_line(&answer), "PASS  score 100 at look 3 of 3, after 30s");
    assert!(answer.stdout.contains("no look: "), "{answer:?}");
    let looks = looks(&folder);
    assert_eq!((&looks["verdict"], &looks["ended"]), (&json!("Pass"), &json!("lifetime")));
    let judged = |number: usize| looks["looks"][number]["judgement"].is_object();
    assert_eq!([judged(0), judged(1), judged(2)], [false, false, true]);

    let answer = watch(&folder, &store, "--on-source-error skip --canary-scope slow");
    assert_eq!(answer.code, 4, "{answer:?}");
    assert!(
        last_line(&answer).starts_with("FAIL  score 0 at look 3 of 3, after 30s: latency High")
    );
}

#[test]
fn an_end_that_was_not_judged_is_no_pass() {
    let (store, folder) = (store_away_at(&[2, 3]), folder());
    let skip = "--on-source-error skip --exit-zero-on pass,marginal,fail --report page.html";
    let answer = watch(&folder, &store, skip);
    assert_eq!(answer.code, 1, "{answer:?}");
    let said = last_line(&answer);
    assert!(said.starts_with("NO VERDICT  look 3 of 3 was not judged: "), "{said}");
    assert!(said.ends_with("; before: PASS, score 100 at look 1 of 3, after 10s"), "{said}");
    let looks = looks(&folder);
    assert_eq!((&looks["verdict"], &looks["ended"]), (&Value::Null, &json!("sourceFailed")));
    assert_eq!((&looks["reason"], looks["looks"].as_array().unwrap().len()), (&json!(said), 3));
    let page = std::fs::read_to_string(folder.path().join("page.html")).unwrap();
    assert!(page.contains("<title>No verdict · c</title>"), "the page says so");
    assert!(!page.contains("<span class=\"badge\">Pass</span> score"), "and no Pass");

    // A look that stops the canary is the last one, whatever would have followed.
    let answer = watch(&folder, &store, "--on-source-error skip --canary-scope slow");
    assert_eq!(answer.code, 4, "{answer:?}");
}

#[test]
fn a_canary_that_nobody_could_judge_has_no_verdict() {
    let (store, folder) = (store_away_at(&[0, 1, 2, 3]), folder());
    let answer = watch(&folder, &store, "--on-source-error skip");
    assert_eq!(answer.code, 1, "{answer:?}");
    assert!(last_line(&answer).starts_with("no look was judged: "), "{answer:?}");
    assert!(!folder.path().join("looks.json").exists());

    // An error that a retry cannot fix is reported at once.
    let refusing = Store::open(|_| ("401 Unauthorized", String::new()));
    let answer = watch(&folder, &refusing, "--on-source-error skip");
    assert_eq!((answer.code, refusing.asked().len()), (1, 2), "{answer:?}");
    assert!(answer.stderr.contains("401"), "{answer:?}");
}

/// A mistyped scope says nothing about the canary, so it must not roll it back.
#[test]
fn a_canary_without_any_point_on_either_side_has_no_verdict() {
    let (store, folder) = (Store::open(|_| answer(&json!([]))), folder());
    let said = "canary.json: no query found a point on either side";
    for more in ["", "--on-source-error skip", "--judge EvidenceJudge-v1"] {
        let answer = watch(&folder, &store, more);
        assert_eq!(answer.code, 2, "{more}: {answer:?}");
        assert_eq!(last_line(&answer), format!("no look was judged: {said}"), "{more}");
        let text = format!("error: {said}\n  latency: the store has no series at all from ");
        assert!(answer.stderr.contains(&text), "{more}: {answer:?}");
    }
    let answer = monitor(&folder, &store, "");
    assert_eq!(answer.code, 2, "{answer:?}");
    assert_eq!(last_line(&answer), format!("no verdict: {said}"));
    assert!(answer.stderr.contains(&format!("error: {said}\n")), "{answer:?}");
}

#[test]
fn a_look_without_any_point_leaves_the_verdict_to_the_next() {
    let found_at = |found: &'static [i64]| {
        Store::open(move |asked| {
            let is_found = found.contains(&((asked.end + 1 - START) / 10));
            if is_found { shop(asked) } else { answer(&json!([])) }
        })
    };
    let folder = folder();
    let answer = watch(&folder, &found_at(&[2, 3]), "");
    assert_eq!(answer.code, 0, "{answer:?}");
    assert_eq!(last_line(&answer), "PASS  score 100 at look 3 of 3, after 30s");
    assert_eq!(answer.stderr.matches("no query found a point").count(), 1, "{answer:?}");

    let answer = watch(&folder, &found_at(&[1, 2]), "--exit-zero-on pass,marginal,fail");
    assert_eq!(answer.code, 2, "{answer:?}");
    let said = last_line(&answer);
    assert!(
        said.starts_with("NO VERDICT  look 3 of 3 was not judged: canary.json: no query"),
        "{said}"
    );
    let looks = looks(&folder);
    assert_eq!((&looks["verdict"], &looks["ended"]), (&Value::Null, &json!("nothingFound")));
}

#[test]
fn a_source_that_comes_back_within_the_interval_is_asked_again() {
    let failures = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&failures);
    let now = i64::try_from(millis() / 1000).unwrap();
    // The only look is due in a second, and its interval allows retries for a minute more.
    let start = now - 59;
    // Once before the first look, and then at least one complete fetch; each queries both sides.
    let store = Store::open(move |asked| {
        let is_look = asked.end >= start;
        if is_look && asked.query.contains("stable") && counted.fetch_add(1, Ordering::SeqCst) < 6 {
            ("503 Service Unavailable", String::new())
        } else {
            shop(asked)
        }
    });
    let answer = folder().judge(&format!(
        "watch --config canary.json {} --start {start} --lifetime 60s --step 1s --settle 0s --timeout 3s \
         --baseline-scope stable --canary-scope new",
        store.named()
    ));
    assert_eq!(answer.code, 0, "{answer:?}");
    assert!(failures.load(Ordering::SeqCst) > 6, "{answer:?}");
    assert!(answer.stderr.contains("warning: queried again: "), "{answer:?}");
    assert_eq!(last_line(&answer), "PASS  score 100 at look 1 of 1, after 1m");
}

#[test]
fn a_look_waits_until_the_last_scrape_is_in() {
    let start = i64::try_from(millis() / 1000).unwrap() - 9;
    let asked_at = Arc::new(AtomicU64::new(0));
    let kept = Arc::clone(&asked_at);
    let store = Store::open(move |asked| {
        if asked.end >= start {
            kept.store(millis(), Ordering::SeqCst);
        }
        shop(asked)
    });
    let answer = folder().judge(&format!(
        "watch --config canary.json {} --start {start} --lifetime 10s --step 1s --settle 1500ms \
         --baseline-scope stable --canary-scope new",
        store.named()
    ));
    assert_eq!(answer.code, 0, "{answer:?}");
    let due = u64::try_from(start + 10).unwrap() * 1000 + 1500;
    assert!(asked_at.load(Ordering::SeqCst) >= due, "{answer:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_terminal_shows_the_time_to_the_next_look() {
    let (store, folder) = (Store::open(shop), folder());
    let start = i64::try_from(millis() / 1000).unwrap() - 9;
    let watch = format!(
        "{} watch --config canary.json {} --start {start} --lifetime 10s --step 1s --settle 6s \
         --baseline-scope stable --canary-scope new",
        env!("CARGO_BIN_EXE_judge"),
        store.named()
    );
    // util-linux's program, which runs a command on a terminal and copies its output.
    let mut script = std::process::Command::new("script");
    let ran = script.args(["-qec", &watch, "/dev/null"]).current_dir(folder.path());
    let ran = ran.env("TERM", "xterm").output().unwrap();
    let shown = String::from_utf8(ran.stdout).unwrap();
    assert_eq!(ran.status.code(), Some(0), "{shown}");
    let left = shown.split("look 1 of 1 in ").skip(1).map(|rest| rest.split('s').next().unwrap());
    let left: Vec<u32> = left.map(|left| left.parse().unwrap()).collect();
    // A machine that is busy at the start shows fewer.
    assert!(left.len() > 1 && left.is_sorted_by(|one, next| one >= next), "{shown:?}");
    assert!(left[0] > left[left.len() - 1], "{shown:?}");
    assert!(shown.trim_end().ends_with("PASS  score 100 at look 1 of 1, after 10s"), "{shown:?}");
}

#[test]
fn where_stdout_is_json_the_reason_stands_on_stderr() {
    let (store, folder) = (store_away_at(&[]), folder());
    folder.write("reason", b"");
    let answer = watch(&folder, &store, "--format json --termination-log reason");
    let document: Value = serde_json::from_str(&answer.stdout).unwrap();
    let said = "PASS  score 100 at look 3 of 3, after 30s";
    assert_eq!((answer.code, &document["reason"]), (0, &json!(said)), "{answer:?}");
    assert_eq!(answer.stderr.lines().last(), Some(said), "{answer:?}");
    let kept = std::fs::read_to_string(folder.path().join("reason")).unwrap();
    assert_eq!(kept, format!("{said}\n"));
}

#[test]
fn a_signal_before_the_first_look_ends_the_watch_without_a_verdict() {
    for (more, look) in
        [("", "look was judged"), ("--every-point --judge EvidenceJudge-v1", "look")]
    {
        let (asked, waiting) = std::sync::mpsc::channel();
        // Never answered.
        let store = Store::open(move |_| {
            asked.send(()).unwrap();
            loop {
                std::thread::park();
            }
        });
        let folder = folder();
        folder.write("reason", b"");
        let command = format!(
            "watch --config canary.json {} --lifetime 1h --baseline-scope stable --canary-scope new \
             --termination-log reason {more}",
            store.named()
        );
        let mut running = std::process::Command::new(env!("CARGO_BIN_EXE_judge"))
            .current_dir(folder.path())
            .args(command.split_whitespace())
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap();
        waiting.recv().unwrap();
        let id = running.id().to_string();
        assert!(std::process::Command::new("kill").arg(&id).status().unwrap().success());
        assert_eq!(running.wait().unwrap().code(), Some(130), "{more}");
        let reason = std::fs::read_to_string(folder.path().join("reason")).unwrap();
        assert_eq!(reason, format!("stopped before the first {look}\n"));
    }
}

/// Starts a watch that has points for `seconds` by now, stops it after `lines` lines of stdout, and returns its exit code and the
/// last line.
fn stopped_after(lines: usize, seconds: i64, more: &str, store: &Store) -> (Option<i32>, String) {
    let folder = folder();
    folder.write("reason", b"");
    let start = i64::try_from(millis() / 1000).unwrap() - seconds;
    let command = format!(
        "watch --config canary.json {} --start {start} --lifetime 1h --step 1s --settle 0s \
         --baseline-scope stable --canary-scope new --judge EvidenceJudge-v1 \
         --termination-log reason {more}",
        store.named()
    );
    let mut running = std::process::Command::new(env!("CARGO_BIN_EXE_judge"))
        .current_dir(folder.path())
        .args(command.split_whitespace())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut shown = BufReader::new(running.stdout.take().unwrap()).lines();
    for _ in 0..lines {
        shown.next().unwrap().unwrap();
    }
    let id = running.id().to_string();
    assert!(std::process::Command::new("kill").arg(&id).status().unwrap().success());
    // The rest is read, or the command could not write its last line.
    shown.for_each(drop);
    let code = running.wait().unwrap().code();
    (code, std::fs::read_to_string(folder.path().join("reason")).unwrap())
}

#[test]
fn a_watch_that_is_stopped_without_data_has_no_verdict() {
    let none = || {
        Store::open(
            |asked| if asked.query.contains("new") { answer(&json!([])) } else { shop(asked) },
        )
    };
    // The plan, the columns, and the first look.
    for (seconds, more, store, said) in [
        (2, "--interval 2s", Store::open(shop), "stopped before any metric could be judged"),
        (1, "--every-point", none(), "stopped before any metric had points on both sides"),
    ] {
        let (code, reason) = stopped_after(3, seconds, more, &store);
        assert_eq!(code, Some(130), "{more}: {reason}");
        assert!(reason.starts_with(&format!("NO VERDICT  {said}; before: PASS")), "{reason}");
    }
    let (code, reason) = stopped_after(3, 10, "--interval 10s", &Store::open(shop));
    assert_eq!(code, Some(0), "{reason}");
    assert!(reason.starts_with("PASS  score 100 at look 1 of 360"), "{reason}");
}

#[test]
fn points_without_data_are_shown_so_and_warned_of_once() {
    let store =
        Store::open(
            |asked| if asked.query.contains("new") { answer(&json!([])) } else { noisy(asked) },
        );
    let folder = folder();
    let answer = monitor(&folder, &store, "");
    assert_eq!(answer.stdout.matches("  NO DATA\n").count(), 60, "{answer:?}");
    assert_eq!(
        answer.stderr.matches("the query of the canary finds nothing").count(),
        1,
        "{answer:?}"
    );
    assert_eq!(
        (answer.code, &looks(&folder)["looks"][0]["verdict"]),
        (4, &Value::Null),
        "{answer:?}"
    );
}

#[test]
fn a_plan_whose_looks_have_too_few_points_is_warned_of() {
    let (store, folder) = (Store::open(shop), folder());
    let lack = "warning: no look can be judged: even the last has only 3 points a side, and EvidenceJudge-v1 needs 5; ";
    for (more, is_warned) in [
        ("--step 10s --judge EvidenceJudge-v1", true),
        ("--step 6s --judge EvidenceJudge-v1", false),
        ("--step 10s", false),
    ] {
        let answer = folder.judge(&format!(
            "watch --config canary.json {} --start {START} --lifetime 30s --settle 0s --baseline-scope stable \
             --canary-scope new {more}",
            store.named()
        ));
        assert_eq!(answer.stderr.contains(lack), is_warned, "{more}: {answer:?}");
    }
}

#[test]
fn errors_of_the_config_are_reported_once() {
    let store = store_away_at(&[]);
    let text = String::from_utf8(config("latency{version=\"${scope}\"}")).unwrap();
    let folder = folder();
    folder.write("canary.json", text.replace("\"increase\"", "\"sideways\"").as_bytes());
    let answer = watch(&folder, &store, "");
    assert_eq!(answer.stderr.matches("sideways").count(), 1, "{answer:?}");
}

#[test]
fn exit_zero_on_names_the_verdicts_that_exit_with_zero() {
    let (store, folder) = (store_away_at(&[]), folder());
    for (more, code) in [
        ("", 0),
        ("--exit-zero-on marginal", 0),
        ("--canary-scope slow", 4),
        ("--canary-scope slow --exit-zero-on pass,marginal", 4),
        ("--canary-scope slow --exit-zero-on pass,fail", 0),
        // With a threshold of 0, a score of 0 is marginal.
        ("--canary-scope slow --marginal 0", 3),
        ("--canary-scope slow --marginal 0 --exit-zero-on pass,marginal", 0),
        ("--canary-scope slow --marginal 0 --exit-zero-on fail", 3),
        ("--exit-zero-on good", 2),
    ] {
        let answer = watch(&folder, &store, more);
        assert_eq!(answer.code, code, "{more}: {answer:?}");
    }
}

const COMMANDS: [&str; 3] = [
    "run --config canary.json --start 1700000000 --end 1700000030 --step 1s",
    "watch --config canary.json --start 1700000000 --lifetime 30s --step 1s --settle 0s",
    "config try canary.json --start 1700000000 --end 1700000030 --step 1s",
];

/// The requests of a command, without those that watch sends before its first look.
fn asked_by(folder: &TestFolder, command: &str, more: &str) -> (Answer, Vec<Asked>) {
    let store = Store::open(shop);
    let answer = folder.judge(&format!("{command} {} {more}", store.named()));
    let asked = store.asked();
    let before = |asked: &Asked| asked.end - asked.start == 0;
    (answer, asked.into_iter().filter(|asked| !before(asked)).collect())
}

#[test]
fn a_baseline_offset_asks_for_an_earlier_baseline() {
    let folder = folder();
    for command in COMMANDS {
        let scopes = "--baseline-scope stable --canary-scope new --baseline-offset 1d";
        let (answer, asked) = asked_by(&folder, command, scopes);
        assert_eq!(answer.code, 0, "{command}: {answer:?}");
        let [baseline, canary] = ["stable", "new"].map(|scope| {
            asked
                .iter()
                .find(|asked| asked.query.contains(scope))
                .unwrap_or_else(|| panic!("{command} asks for {scope}: {asked:?}"))
        });
        assert_eq!((canary.start, canary.end), (START, START + 29), "{command}");
        let day = 86_400;
        assert_eq!((baseline.start, baseline.end), (START - day, START + 29 - day), "{command}");
        assert_eq!(asked.len(), 2, "{command}: {asked:?}");
    }
}

#[test]
fn queries_contain_location_and_parameters() {
    let query =
        "latency{version=\"${scope}\",zone=\"${location}\",tier=\"${tier}\",ring=\"${ring}\"}";
    let folder = TestFolder::with(&[("canary.json", &config(query))]);
    for command in COMMANDS {
        let scopes = "--baseline-scope stable --canary-scope new";
        let named = format!("{scopes} --location eu-1 --param tier=web --param ring=a=b");
        let (answer, asked) = asked_by(&folder, command, &named);
        assert_eq!(answer.code, 0, "{command}: {answer:?}");
        for scope in ["stable", "new"] {
            let wanted =
                format!("latency{{version=\"{scope}\",zone=\"eu-1\",tier=\"web\",ring=\"a=b\"}}");
            assert!(asked.iter().any(|asked| asked.query == wanted), "{command}: {asked:?}");
        }
        for (more, said) in [
            ("--location eu --param tier=web", "nothing is known for ${ring}"),
            ("--param tier=web --param ring=a", "nothing is known for ${location}"),
            ("--param tier", "expected NAME=VALUE"),
            ("--location eu --param tier=web --param ring=\"}or{x=\"", "ring"),
        ] {
            let (answer, asked) = asked_by(&folder, command, &format!("{scopes} {more}"));
            assert_eq!((answer.code, asked.len()), (2, 0), "{command} {more}: {answer:?}");
            let all = [answer.stdout.as_str(), answer.stderr.as_str()].concat();
            assert!(all.contains(said), "{command} {more}: {answer:?}");
        }
    }
}

#[test]
fn scopes_that_are_swapped_or_the_same_are_warned_of() {
    let folder = folder();
    for command in COMMANDS {
        for (scopes, said) in [
            ("--baseline-scope shop-canary --canary-scope shop-stable", "are the scopes swapped?"),
            ("--baseline-scope shop --canary-scope shop", "as both scopes are \"shop\"; give two"),
        ] {
            let (answer, _) = asked_by(&folder, command, scopes);
            let all = [answer.stdout.as_str(), answer.stderr.as_str()].concat();
            assert_eq!(all.matches(said).count(), 1, "{command} {scopes}: {answer:?}");
            let begin = answer.stderr.lines().next().unwrap_or_default();
            assert!(command.starts_with("config try") || begin.contains(said), "{answer:?}");
        }
        let scopes = "--baseline-scope shop-stable --canary-scope shop-canary";
        let (answer, _) = asked_by(&folder, command, scopes);
        assert_eq!(answer.code, 0, "{command}: {answer:?}");
        assert!(!format!("{answer:?}").contains("scopes"), "{command}: {answer:?}");
    }
}

/// Noisy latency per point; for `slow` it rises from the twentieth second on.
fn noisy(asked: &Asked) -> (&'static str, String) {
    let (seed, late) = if asked.query.contains("slow") { (7, 30.0) } else { (5, 0.0) };
    let value = |at: i64| {
        let noise = if asked.query.contains("stable") { at * 3 % 11 } else { at * seed % 11 };
        100.0 + f64::from(i32::try_from(noise).unwrap()) + if at >= START + 20 { late } else { 0.0 }
    };
    crate::store::matrix_of(asked, value)
}

/// Monitors a minute of points, all in the past.
fn monitor(folder: &TestFolder, store: &Store, more: &str) -> Answer {
    let canary = if more.contains("--canary-scope") { "" } else { "--canary-scope new" };
    let judge = if more.contains("--judge") { "" } else { "--judge EvidenceJudge-v1" };
    folder.judge(&format!(
        "watch --config canary.json {} --start {START} --lifetime 60s --every-point --step 1s --settle 0s \
         --timeout 1m --baseline-scope stable --output looks.json {canary} {judge} {more}",
        store.named()
    ))
}

#[test]
fn a_canary_is_monitored_at_every_point_until_it_alarms() {
    let (store, folder) = (Store::open(noisy), folder());
    let answer = monitor(&folder, &store, "");
    assert_eq!(answer.code, 0, "{answer:?}");
    assert_eq!(last_line(&answer), "PASS  score 100 at point 60 of 60, after 1m");
    assert!(answer.stdout.contains("strongest evidence of harm"), "{answer:?}");
    assert_eq!(looks(&folder)["looks"].as_array().unwrap().len(), 60);

    let answer = monitor(&folder, &store, "--canary-scope slow");
    assert_eq!(answer.code, 4, "{answer:?}");
    assert!(
        last_line(&answer).contains(": latency High, higher than the baseline since the alarm")
    );
    let looks = looks(&folder);
    assert_eq!((&looks["verdict"], &looks["ended"]), (&json!("Fail"), &json!("stopped")));
    assert_eq!(looks["becauseOf"], json!(["latency"]));
    let points = looks["looks"].as_array().unwrap().len();
    assert!((27..60).contains(&points), "{points}");
}

#[test]
fn the_library_says_the_same_of_the_same_points_and_outages_change_nothing() {
    let folder = folder();
    let document = std::fs::read(folder.path().join("canary.json")).unwrap();
    let config = judge_core::kayenta::read_config(&document).unwrap();
    let thresholds = config.thresholds.unwrap_or(judge_core::Thresholds::DEFAULT);
    let mut library = judge_core::monitor::Monitor::new(config, thresholds).unwrap();
    for at in 0..60 {
        for (side, seed) in [(judge_core::Side::Baseline, 3), (judge_core::Side::Canary, 5)] {
            let noise = i32::try_from((START + at) * seed % 11).unwrap();
            library.add("latency", side, at, 100.0 + f64::from(noise)).unwrap();
        }
        library.complete_through(at);
    }
    let expected = serde_json::to_value(library.report_at_end()).unwrap();
    monitor(&folder, &Store::open(noisy), "");
    assert_eq!(looks(&folder)["monitor"], expected);

    // The store is down from the eleventh to the thirtieth point; the next look gets these points.
    let away = Store::open(|asked| {
        let point = asked.end + 1 - START;
        if (11..=30).contains(&point) { (AWAY, "busy".to_owned()) } else { noisy(asked) }
    });
    let answer = monitor(&folder, &away, "--on-source-error skip");
    assert_eq!(answer.code, 0, "{answer:?}");
    assert_eq!(looks(&folder)["monitor"], expected);

    let answer = monitor(&folder, &away, "");
    assert_eq!(answer.code, 1, "{answer:?}");
    assert!(last_line(&answer).starts_with("NO VERDICT  "), "{answer:?}");
}

#[test]
fn a_monitor_refuses_intervals_and_other_judges() {
    let (store, folder) = (Store::open(noisy), folder());
    for more in ["--interval 10s", "--lookback 10s", "--report page.html"] {
        let answer = monitor(&folder, &store, more);
        assert!(answer.code == 2 && answer.stderr.contains("--every-point"), "{answer:?}");
    }
    let answer = monitor(&folder, &store, "--judge NetflixACAJudge-v1.0");
    assert_eq!((answer.code, answer.stdout.as_str()), (2, ""), "{answer:?}");
    let said = "error: --every-point: expected the judge EvidenceJudge-v1, got NetflixACAJudge-v1.0; choose it";
    assert!(answer.stderr.starts_with(said), "{answer:?}");
}
