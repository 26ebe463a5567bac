//! Signals that do not end the server at once, and what is said at its start.

use std::io::Read;
use std::process::Stdio;

use tempfile::TempDir;

use crate::harness::{Server, line, request};

#[test]
fn hangup_reads_tokens_again_and_user_1_does_nothing() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("tokens");
    std::fs::write(&file, "correct-horse-battery-staple ci\n").unwrap();
    let flag = format!("--tokens={}", file.display());
    let mut server = Server::start(&[&flag, "--reload-every=1h"], Stdio::piped());
    let mut log = server.log();
    server.signal("-USR1");
    server.signal("-HUP");
    let read = std::iter::from_fn(|| line(&mut log)).find(|line| line["message"] == "read again");
    assert!(read.is_some());
    server.signal("-QUIT");
    assert!(server.told().starts_with("STOPPING=1\n"));
    assert!(server.wait().success());
}

#[test]
fn without_files_hangup_does_nothing() {
    let mut server = Server::start(&[], Stdio::null());
    server.signal("-HUP");
    server.until("judge_calls_in_flight", |calls| calls == 1);
    server.signal("-TERM");
    assert!(server.wait().success());
}

#[test]
fn settings_that_are_gone_are_warned_of_with_their_successor() {
    let flags = ["--max-calls=7", "--max-streams=0", "--max-open-calls=9"];
    let mut server = Server::start(&flags, Stdio::piped());
    server.signal("-TERM");
    let mut log = String::new();
    server.log().read_to_string(&mut log).unwrap();
    for setting in ["max-calls", "max-streams", "max-open-calls"] {
        let warned = format!("\"setting\":\"{setting}\",\"successor\":\"max-buffered\"");
        assert!(log.contains(&warned), "{log}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn invisible_characters_of_ids_are_escaped_in_both_formats() {
    for format in ["json", "text"] {
        let mut server = Server::start(&[&format!("--log-format={format}")], Stdio::piped());
        let mut call = request();
        call.id = "a\u{85}b\u{2028}c\u{9b}d\u{7f}e\u{202e}f".into();
        server.client().await.judge(call).await.unwrap();
        server.signal("-TERM");
        let mut log = String::new();
        server.log().read_to_string(&mut log).unwrap();
        for unseen in ['\u{85}', '\u{2028}', '\u{9b}', '\u{7f}', '\u{202e}'] {
            assert!(!log.contains(unseen), "{format}: {log:?}");
        }
        assert!(log.contains("2028"), "{format}: {log}");
    }
}

#[test]
fn the_limit_on_files_is_raised_or_warned_of() {
    const WARNING: &str = "the system lets this process open fewer files";
    // For 300 connections it needs some more files than that.
    for (soft, hard, limit, warns) in [(256, 500, "364", false), (256, 300, "300", true)] {
        let limits = format!("ulimit -Sn {soft}; ulimit -Hn {hard}");
        let mut server = Server::start_after(&limits, &["--max-connections=300"], Stdio::piped());
        let path = format!("/proc/{}/limits", server.process.id());
        let limits = std::fs::read_to_string(path).unwrap();
        let files = limits.lines().find(|line| line.starts_with("Max open files")).unwrap();
        assert_eq!(files.split_whitespace().nth(3), Some(limit), "{files}");
        server.signal("-TERM");
        assert!(server.wait().success());
        let mut log = server.log();
        let lines = std::iter::from_fn(|| line(&mut log));
        let warned: Vec<_> = lines
            .filter(|line| line["message"].as_str().is_some_and(|said| said.starts_with(WARNING)))
            .collect();
        assert_eq!(warned.len(), usize::from(warns), "{warned:?}");
        if let [warned] = warned.as_slice() {
            assert_eq!((&warned["level"], &warned["files"]), (&"WARN".into(), &300.into()));
        }
    }
}
