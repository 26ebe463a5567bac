use std::fs;

use serde_json::Value;

use crate::harness::{RUN, TestFolder, config, slow_canary};

#[test]
fn a_file_gets_what_stdout_would() {
    let place = slow_canary();
    for format in ["table", "json", "kayenta"] {
        let shown = place.judge(&format!("{RUN} --format {format}"));
        let answer = place.judge(&format!("{RUN} --format {format} -o out"));
        assert_eq!((answer.code, answer.stdout.as_str()), (4, ""), "{answer:?}");
        assert_eq!(fs::read_to_string(place.path().join("out")).unwrap(), shown.stdout);
    }
    assert_eq!(place.judge(&format!("{RUN} -o -")).stdout, place.judge(RUN).stdout);
}

#[cfg(unix)]
#[test]
fn a_file_is_replaced_where_it_is_and_devices_are_not() {
    use std::os::unix::fs::{PermissionsExt, symlink};

    let place = slow_canary();
    place.write("real", b"old");
    fs::set_permissions(place.path().join("real"), PermissionsExt::from_mode(0o640)).unwrap();
    symlink("real", place.path().join("link")).unwrap();
    assert_eq!(place.judge(&format!("{RUN} -o link")).code, 4);
    let real = place.path().join("real");
    assert!(fs::read_to_string(&real).unwrap().starts_with("FAIL"));
    assert!(place.path().join("link").is_symlink());
    assert_eq!(fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o640);

    assert!(place.judge(&format!("{RUN} -o /dev/stdout")).stdout.starts_with("FAIL"));
}

#[test]
fn an_input_is_never_replaced() {
    let place = slow_canary();
    let history = "release,timestamp,role,latency\nv1,0,baseline,1\nv1,0,canary,1\n";
    place.write("h.csv", history.as_bytes());
    place.write("s.toml", b"[sources.main]\nurl = 'http://127.0.0.1:1'\n");
    let watch = "watch -c config.json --sources s.toml --canary-scope c --lifetime 1m";
    let mut cases = vec![
        "run -c config.json --sources s.toml --last 5m -o s.toml".to_owned(),
        format!("{watch} -o config.json"),
        format!("{watch} -o s.toml"),
        format!("{watch} --report config.json"),
        format!("{RUN} -o canary.csv"),
        format!("{RUN} --report ./canary.csv"),
        "calibrate --config config.json --history canary.csv --minutes 1 -o canary.csv".to_owned(),
        "report canary.csv -o canary.csv".to_owned(),
    ];
    if cfg!(feature = "retro") {
        cases.push("retro --config config.json --history h.csv -o h.csv".to_owned());
        cases.push("retro --config config.json --history h.csv -f csv -o config.json".to_owned());
    }
    let names = ["canary.csv", "h.csv", "config.json", "s.toml"];
    let files = || names.map(|name| fs::read(place.path().join(name)).unwrap());
    let before = files();
    for case in cases {
        let answer = place.judge(&case);
        assert_eq!(answer.code, 2, "{case}: {answer:?}");
        assert!(
            answer.stderr.contains("expected another file than an input"),
            "{case}: {answer:?}"
        );
        assert!(files() == before, "{case}");
    }
    assert!(!place.path().join("h.csv.parts").exists());
}

#[test]
fn two_outputs_are_two_files() {
    let place = slow_canary();
    place.write("old.html", b"old");
    place.write("s.toml", b"[sources.main]\nurl = 'http://127.0.0.1:1'\n");
    let watch = "watch -c config.json --sources s.toml --canary-scope c --lifetime 1m";
    for case in [
        format!("{RUN} -o new.html --report ./new.html"),
        format!("{RUN} -o old.html --report ./old.html"),
        format!("{watch} -o new.html --report new.html"),
    ] {
        let answer = place.judge(&case);
        assert_eq!((answer.code, answer.stdout.as_str()), (2, ""), "{case}: {answer:?}");
        let said = "error: --report: expected another file than --output, got ";
        assert!(answer.stderr.starts_with(said), "{case}: {answer:?}");
        assert_eq!(fs::read(place.path().join("old.html")).unwrap(), b"old");
        assert!(!place.path().join("new.html").exists());
    }
    assert_eq!(place.judge(&format!("{RUN} -o /dev/null --report /dev/null")).code, 4);
    assert_eq!(place.judge(&format!("{RUN} -o - --report new.html")).code, 4);
}

#[test]
fn exit_code_and_report_do_not_depend_on_who_reads() {
    let place = slow_canary();
    for format in ["table", "json", "kayenta", "full"] {
        assert_eq!(place.judge_unread(&format!("{RUN} -f {format} --report report.html")), 4);
        fs::remove_file(place.path().join("report.html")).unwrap();
    }
    assert_eq!(place.judge_unread("config check missing.json"), 2);
    assert_eq!(place.judge_unread("judges"), 0);
}

#[test]
fn a_failed_write_is_not_the_inputs_fault() {
    let answer = slow_canary().judge(&format!("{RUN} -o missing/out"));
    assert_eq!(answer.code, 1, "{answer:?}");
    let said =
        "cannot write missing/out: no file can be made in the folder missing: entity not found\n";
    assert!(answer.stderr.ends_with(said), "{answer:?}");
}

#[test]
fn bad_input_does_not_change_the_file() {
    let place = slow_canary();
    place.write("out", b"old");
    place.write("canary.csv", b"bad");
    assert_eq!(place.judge(&format!("{RUN} -o out")).code, 2);
    assert_eq!(fs::read(place.path().join("out")).unwrap(), b"old");
}

#[test]
fn colour_is_for_terminals_and_those_who_ask() {
    let place = slow_canary();
    place.write("warned.json", &config(&["latency"]));
    let run = RUN.replace("config.json", "warned.json");
    for (option, coloured) in [("", false), ("--color never", false), ("--color always", true)] {
        let answer = place.judge(&format!("{run} {option}"));
        assert_eq!(answer.stdout.contains('\u{1b}'), coloured, "{option}");
        assert_eq!(answer.stderr.contains('\u{1b}'), coloured, "{option}");
    }
    // Tests have no terminal; CLICOLOR_FORCE simulates one.
    for (unwanted, coloured) in [("", true), ("1", false)] {
        let mut forced = place.command(&run);
        let forced = forced.env("CLICOLOR_FORCE", "1").env("NO_COLOR", unwanted);
        let output = forced.output().unwrap();
        assert_eq!(output.stdout.contains(&0x1b), coloured, "NO_COLOR={unwanted}");
        assert_eq!(output.stderr.contains(&0x1b), coloured, "NO_COLOR={unwanted}");
    }
}

#[test]
fn hostile_names_cannot_reach_the_terminal() {
    let hostile = "\u{1b}]0;owned\u{7}\u{1b}[2J\u{9b}31m\r\n\u{202e}";
    let long = "long".repeat(75);
    let place = TestFolder::with(&[
        ("config.json", &config(&[hostile, &long])),
        ("baseline.csv", format!("timestamp,\"{hostile}\",{long}\n0,1,2\n1,2,3\n").as_bytes()),
        ("canary.csv", format!("timestamp,\"{hostile}x\",{long}\n0,1,2\n1,2,3\n").as_bytes()),
    ]);
    let safe = |text: &str| text.chars().all(|c| c == '\n' || !(c.is_control() || c == '\u{202e}'));
    for format in ["table", "json", "kayenta"] {
        let answer = place.judge(&format!("{RUN} --format {format}"));
        assert!(safe(&answer.stderr), "{answer:?}");
        assert!(answer.stderr.contains("\\u{1b}[2J"), "{answer:?}");
        if format == "table" {
            assert!(safe(&answer.stdout), "{answer:?}");
            assert!(answer.stdout.contains("\\u{1b}]0;owned"), "{answer:?}");
        } else {
            let shown: Value = serde_json::from_str(&answer.stdout).unwrap();
            assert!(shown.to_string().contains("owned"), "the name is kept");
            assert!(!answer.stdout.contains('\u{1b}'), "{answer:?}");
        }
    }
    place.write("canary.csv", format!("a,\"{hostile}\"\n").as_bytes());
    let answer = place.judge(RUN);
    assert_eq!(answer.code, 2);
    assert!(safe(&answer.stderr), "{answer:?}");
}

#[test]
fn judges_are_listed_with_the_default() {
    let place = TestFolder::with(&[]);
    let shown = place.judge("judges").stdout;
    let listed: Vec<Value> =
        serde_json::from_str(&place.judge("judges --format json").stdout).unwrap();
    assert_eq!(shown.lines().count(), listed.len());
    assert_eq!(listed.iter().filter(|judge| judge["default"] == true).count(), 1);
    for (line, judge) in shown.lines().zip(&listed) {
        assert!(line.starts_with(judge["name"].as_str().unwrap()), "{shown}");
        assert!(line.contains(judge["summary"].as_str().unwrap()), "{shown}");
    }
}

#[test]
fn help_starts_with_examples_and_shells_can_complete() {
    let place = TestFolder::with(&[]);
    for command in ["", "run", "batch", "config check", "completions"] {
        let answer = place.judge(&format!("{command} --help"));
        assert_eq!((answer.code, answer.stderr.as_str()), (0, ""), "{command}");
        assert!(answer.stdout.starts_with("Examples:\n"), "{command}: {}", answer.stdout);
        assert!(command == "completions" || answer.stdout.contains("Exit codes:"), "{command}");
    }
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let answer = place.judge(&format!("completions {shell}"));
        assert_eq!(answer.code, 0);
        assert!(answer.stdout.contains("baseline"), "{shell}");
    }
}

#[cfg(feature = "retro")]
#[test]
fn headings_of_help_are_of_their_own_options() {
    let place = TestFolder::with(&[]);
    for (command, option, heading) in [
        ("retro", "--stage-rule", "Options:"),
        ("retro", "--threads", "Options:"),
        ("retro", "--column", "History:"),
        ("retro", "--step", "Windows, such as 90s, 10m, 1h 30m, 7d:"),
        ("calibrate", "--minutes", "Options:"),
        ("calibrate", "--history-format", "History:"),
    ] {
        let help = place.judge(&format!("{command} --help")).stdout;
        let lines: Vec<&str> = help.lines().skip_while(|line| !line.starts_with("Usage")).collect();
        let wanted = format!("{option} ");
        let at = lines.iter().position(|line| line.trim_start().starts_with(&wanted)).unwrap();
        let is_heading = |line: &&&str| line.ends_with(':') && !line.starts_with(' ');
        let above = lines[..at].iter().rev().find(is_heading).unwrap();
        assert_eq!(*above, heading, "{command} {option}");
    }
}

#[test]
fn explain_shows_every_finding_of_the_metric_and_what_would_change_it() {
    let place = slow_canary();
    let answer = place.judge(&format!("{RUN} --explain latency"));
    assert_eq!(answer.code, 4, "{answer:?}");
    let explained = answer.stdout.rsplit("\nlatency  High\n").next().unwrap();
    let first = explained.lines().nth(1).unwrap();
    assert!(first.trim_start().starts_with("harm"), "{answer:?}");
    assert!(explained.contains("location: statistic "), "{answer:?}");
    assert!(explained.contains("no harm with a p above "), "{answer:?}");
    assert!(explained.contains("What would change it: "), "{answer:?}");
    let unknown = place.judge(&format!("{RUN} --explain nobody"));
    assert_eq!(unknown.code, 2, "{unknown:?}");
    let names = ["--explain: ", "latency", "\"nobody\""];
    assert!(names.iter().all(|name| unknown.stderr.contains(name)), "{unknown:?}");
}
