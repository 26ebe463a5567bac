use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use flate2::read::GzDecoder;
use judge_core::{judges, kayenta};
use proptest::prelude::*;
use serde_json::Value;

use crate::harness::TestFolder;

/// A request on one line.
const REQUEST: &str = concat!(
    r#"{"canaryConfig":{"judge":{"name":"NetflixACAJudge-v1.0"},"metrics":[{"name":"m","groups":["g"]}],"#,
    r#""classifier":{"groupWeights":{}}},"scoreThresholds":{"pass":95,"marginal":75},"#,
    r#""metricSetPairList":[{"name":"m","id":"1","tags":{},"#,
    r#""values":{"control":[1,2,3],"experiment":[1,2,3]}}],"unknown":{"keys":["are ignored"]}}"#,
);

/// The requests of Kayenta's golden results. Their expected results are extra keys, which the judge ignores.
fn golden() -> String {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/golden/kayenta/judge.ndjson.gz");
    let mut text = String::new();
    GzDecoder::new(File::open(path).unwrap()).read_to_string(&mut text).unwrap();
    text
}

fn spawn(place: &TestFolder, arguments: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_judge"))
        .current_dir(place.path())
        .arg("batch")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

#[test]
fn a_compressed_input_is_refused_once() {
    let place = TestFolder::with(&[]);
    let answer = place.judge_with("batch", b"\x1f\x8b\x08\x00\n\n\x00\n\x00\n");
    assert_eq!((answer.code, answer.stdout.as_str()), (2, ""), "{answer:?}");
    assert!(answer.stderr.contains("compressed by gzip; unpack it first"), "{answer:?}");
}

#[test]
fn any_number_of_threads_gives_the_same_bytes_in_the_same_order() {
    let golden = golden();
    // Bad lines keep their places too.
    let mut lines: Vec<&str> = golden.lines().collect();
    lines.insert(300, "not json");
    lines.insert(1, "[]");
    let input = lines.join("\n");
    let place = TestFolder::with(&[("requests", input.as_bytes())]);
    let one = place.judge("batch requests --threads 1");
    assert_eq!((one.code, one.stderr.as_str()), (2, ""));
    assert_eq!(one.stdout.lines().count(), 602);
    for arguments in ["batch --threads 2 requests", "batch --threads 7 -", "batch"] {
        let answer = place.judge_with(arguments, input.as_bytes());
        assert!(answer.stdout == one.stdout, "{arguments}: other bytes");
        assert_eq!(answer.code, 2);
    }
}

#[test]
fn verdicts_are_those_of_kayenta() {
    let golden = golden();
    let answer = TestFolder::with(&[]).judge_with("batch", golden.as_bytes());
    assert_eq!(answer.code, 0);
    let mut compared = 0;
    for (request, result) in golden.lines().zip(answer.stdout.lines()) {
        let request: Value = serde_json::from_str(request).unwrap();
        let result: Value = serde_json::from_str(result).unwrap();
        if !random(&request) {
            assert_eq!(result["score"], request["expected"]["score"], "{}", request["id"]);
            compared += 1;
        }
    }
    assert!(compared > 500, "only {compared} compared");
}

/// The server's tests compare every call with the library in the same way.
#[test]
fn numbers_are_those_of_the_library() {
    let golden = golden();
    let answer = TestFolder::with(&[]).judge_with("batch", golden.as_bytes());
    assert_eq!(answer.stdout.lines().count(), golden.lines().count());
    for (request, result) in golden.lines().zip(answer.stdout.lines()) {
        let request = kayenta::read_request(request.as_bytes()).unwrap();
        let judgement = judges::built_in().chosen_by(&request).unwrap().judge(&request).unwrap();
        assert_eq!(result, serde_json::to_string(&kayenta::result(&judgement)).unwrap());
    }
}

/// Whether Kayenta's classes are random: with one point a side it adds noise.
fn random(request: &Value) -> bool {
    let count = |metric: &Value, side: &str| metric[side]["stats"]["count"].as_u64();
    let noisy = request["random_ratio"].as_array().unwrap();
    request["expected"]["results"].as_array().unwrap().iter().any(|metric| {
        noisy.contains(&metric["name"])
            && count(metric, "controlMetadata") == Some(1)
            && count(metric, "experimentMetadata") == Some(1)
    })
}

#[test]
fn run_and_batch_give_the_same_result() {
    let place = TestFolder::with(&[("request.json", REQUEST.as_bytes())]);
    let run: Value =
        serde_json::from_str(&place.judge("run request.json --format kayenta").stdout).unwrap();
    let batch: Value = serde_json::from_str(&place.judge("batch request.json").stdout).unwrap();
    assert_eq!(run, batch);
    assert_eq!(batch["score"]["classification"], "Pass");
}

#[test]
fn errors_of_bad_lines_keep_the_order_of_lines() {
    let long = format!("{{\"x\":\"{}\"}}", "x".repeat(5000));
    let mut input = Vec::new();
    for line in [
        REQUEST.as_bytes(),
        b"",
        b"{\"truncated\":",
        b"\xff\xfe",
        long.as_bytes(),
        REQUEST.replace("[1,2,3]", "[1,\"x\"]").as_bytes(),
        b"   \r",
        REQUEST.as_bytes(),
    ] {
        input.extend_from_slice(line);
        input.push(b'\n');
    }
    let answer = TestFolder::with(&[]).judge_with("batch --max-line-bytes 4096", &input);
    assert_eq!((answer.code, answer.stderr.as_str()), (2, ""));
    let lines: Vec<Value> =
        answer.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 6, "{answer:?}");
    assert_eq!(lines[0]["score"]["classification"], "Pass");
    assert_eq!(lines[0], lines[5]);
    for (index, line, field, part) in [
        (1, 3, "truncated", "not JSON"),
        (2, 4, "", "not JSON"),
        (3, 5, "", "longer than 4096 bytes"),
        (4, 6, "metricSetPairList[0].values.control[1]", "expected"),
    ] {
        let error = &lines[index]["error"];
        assert_eq!((&error["line"], &error["field"]), (&line.into(), &field.into()), "{error}");
        assert!(error["message"].as_str().unwrap().contains(part), "{error}");
    }
}

#[test]
fn the_named_judge_judges_every_line() {
    let other = REQUEST.replace("NetflixACAJudge-v1.0", "Nobody");
    let place = TestFolder::with(&[("requests", other.as_bytes())]);
    let answer = place.judge("batch requests");
    assert_eq!(answer.code, 2);
    assert!(answer.stdout.contains("\"field\":\"canaryConfig.judge.name\""), "{answer:?}");
    assert_eq!(place.judge("batch requests --judge NetflixACAJudge-v1.0").code, 0);

    let answer = place.judge("batch requests --judge Nobody");
    assert_eq!((answer.code, answer.stdout.as_str()), (2, ""));
    assert!(answer.stderr.contains("EvidenceJudge-v1, NetflixACAJudge-v1.0"), "{answer:?}");
}

#[test]
fn unreadable_input_is_bad_input() {
    let place = TestFolder::with(&[("directory/file", b"")]);
    for (arguments, part) in [
        ("batch missing", "missing: No such file"),
        ("batch directory", "directory: Is a directory"),
        ("batch --threads 0", "1..=1024"),
        ("batch --max-line-bytes 0", "0 is not in"),
    ] {
        let answer = place.judge(arguments);
        assert_eq!((answer.code, answer.stdout.as_str()), (2, ""), "{arguments}: {answer:?}");
        assert!(answer.stderr.contains(part), "{arguments}: {answer:?}");
    }
    assert_eq!(place.judge("batch").code, 0, "no lines are no bad lines");
}

#[test]
fn a_slow_pipe_gets_its_answers_at_once() {
    let mut child = spawn(&TestFolder::with(&[]), &["--threads", "2"]);
    let mut stdin = child.stdin.take().unwrap();
    let mut results = BufReader::new(child.stdout.take().unwrap()).lines();
    for _ in 0..20 {
        // If the response waited for more input, this test would never end.
        writeln!(stdin, "{REQUEST}").unwrap();
        assert!(results.next().unwrap().unwrap().contains("Pass"));
    }
    drop(stdin);
    assert!(results.next().is_none());
    assert!(child.wait().unwrap().success());
}

#[test]
fn an_endless_pipe_ends_quietly_when_nobody_reads() {
    let mut child = spawn(&TestFolder::with(&[]), &[]);
    let mut stdin = child.stdin.take().unwrap();
    drop(child.stdout.take());
    // The command reads a bounded number of lines, then its pipe breaks.
    while writeln!(stdin, "{REQUEST}").is_ok() {}
    assert_eq!(child.wait().unwrap().code(), Some(1));
    let mut messages = String::new();
    child.stderr.take().unwrap().read_to_string(&mut messages).unwrap();
    assert_eq!(messages, "");
}

#[test]
fn unread_results_stop_the_reading() {
    let mut child = spawn(&TestFolder::with(&[]), &["--threads", "2"]);
    let mut stdin = child.stdin.take().unwrap();
    // Nobody reads the results, so the command reads no more lines at some point. The writer then waits in the middle
    // of a line. A command with bounded memory never lets it finish the count.
    let (progress, taken) = std::sync::mpsc::channel();
    let writer = std::thread::spawn(move || {
        for line in 0..100_000_u32 {
            if writeln!(stdin, "{REQUEST}").is_err() {
                return;
            }
            let _ = progress.send(line);
        }
    });
    let mut last = 0;
    while let Ok(line) = taken.recv_timeout(std::time::Duration::from_millis(500)) {
        last = line;
    }
    assert!(last < 50_000, "{last} lines taken without a result read");
    child.kill().unwrap();
    child.wait().unwrap();
    writer.join().unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_lines_get_an_answer_each(
        junk in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..60), 0..20),
        cuts in proptest::collection::vec((0_usize..400, "[\\[\\]{},:\"a0-]{0,3}"), 0..20),
    ) {
        let mut input = Vec::new();
        for line in &junk {
            input.extend(line.iter().map(|&byte| if byte == b'\n' { b' ' } else { byte }));
            input.push(b'\n');
        }
        for (place, with) in &cuts {
            let mut line = REQUEST.to_owned();
            let place = place % line.len();
            line.replace_range(place..=place, with);
            input.extend_from_slice(line.as_bytes());
            input.push(b'\n');
        }
        let asked = input
            .split(|&byte| byte == b'\n')
            .filter(|line| !line.iter().all(u8::is_ascii_whitespace))
            .count();
        let answer = TestFolder::with(&[]).judge_with("batch", &input);
        prop_assert!(answer.code == 0 || answer.code == 2, "{:?}", answer);
        prop_assert_eq!(&answer.stderr, "");
        prop_assert_eq!(answer.stdout.lines().count(), asked);
        for line in answer.stdout.lines() {
            let result: Value = serde_json::from_str(line).unwrap();
            prop_assert!(result["error"]["line"].is_u64() || result["score"].is_object());
        }
    }
}
