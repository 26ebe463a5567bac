//! Flag, environment and file, and what none of them may say.

use std::collections::BTreeSet;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

use crate::harness::BINARY;

pub(crate) fn run(variables: &[(&str, &str)], flags: &[&str]) -> Output {
    let mut command = Command::new(BINARY);
    command.args(flags).envs(variables.iter().copied()).output().unwrap()
}

/// The line of `--print-config` for a setting.
fn printed(setting: &str, variables: &[(&str, &str)], flags: &[&str]) -> String {
    let output = run(variables, &[flags, &["--print-config"]].concat());
    let text = String::from_utf8(output.stdout).unwrap();
    let value = text.lines().find_map(|line| line.strip_prefix(setting)?.strip_prefix(" = "));
    value.unwrap_or_else(|| panic!("{:?}", output.stderr)).to_owned()
}

fn file(folder: &Path, text: &str) -> String {
    let path = folder.join("judge-server.toml");
    std::fs::write(&path, text).unwrap();
    path.display().to_string()
}

#[test]
fn a_flag_wins_over_the_environment_and_that_over_the_file() {
    let folder = TempDir::new().unwrap();
    let config = file(folder.path(), "max-metrics = 2\nread-time = \"2s\"\ninsecure = true\n");
    let from_file = ["--config", &config];
    let from_variable = [("JUDGE_CONFIG", config.as_str())];
    let three = ("JUDGE_MAX_METRICS", "3");
    assert_eq!(printed("max-metrics", &[], &[]), "1000");
    assert_eq!(printed("max-metrics", &[], &from_file), "2");
    assert_eq!(printed("max-metrics", &from_variable, &[]), "2");
    assert_eq!(printed("max-metrics", &[three], &from_file), "3");
    assert_eq!(printed("max-metrics", &[three, from_variable[0]], &["--max-metrics=4"]), "4");
    // One source says one thing, another the next.
    assert_eq!(printed("read-time", &[three], &from_file), "\"2s\"");
    assert_eq!(printed("insecure", &[], &from_file), "true");
    assert_eq!(printed("insecure", &[("JUDGE_INSECURE", "no")], &from_file), "false");
}

#[test]
fn yes_and_no_as_people_write_them() {
    for (value, expected) in [
        ("1", "true"),
        ("true", "true"),
        ("yes", "true"),
        ("0", "false"),
        ("false", "false"),
        ("no", "false"),
    ] {
        assert_eq!(printed("insecure", &[("JUDGE_INSECURE", value)], &[]), expected, "{value}");
    }
    assert_eq!(run(&[("JUDGE_INSECURE", "maybe")], &["--print-config"]).status.code(), Some(2));
}

#[test]
fn settings_that_cannot_work_are_refused_with_a_way_out() {
    const TIMES: (&str, &str) = ("1ms", "30days");
    const COUNTS: (&str, &str) = ("1", "100000000");
    let cases = [
        ("reload-every", "0s", "31days", TIMES),
        ("call-time", "0s", "31days", TIMES),
        ("read-time", "0s", "31days", TIMES),
        ("write-time", "0s", "31days", TIMES),
        ("header-time", "0s", "31days", TIMES),
        ("idle-time", "0s", "31days", TIMES),
        ("connection-age", "0s", "31days", TIMES),
        ("keep-alive", "0s", "31days", TIMES),
        ("drain-delay", "-1s", "31days", ("0s", "30days")),
        ("drain-time", "-1s", "31days", ("0s", "30days")),
        ("threads", "-1", "1025", ("0", "1024")),
        ("io-threads", "-1", "1025", ("0", "1024")),
        ("max-metrics", "0", "100000001", COUNTS),
        ("max-series-points", "0", "100000001", COUNTS),
        ("max-points", "0", "100000001", COUNTS),
        ("max-stream-calls", "0", "100000001", COUNTS),
        ("max-address-connections", "0", "100000001", COUNTS),
        ("caller-share", "0.009", "1.1", ("0.01", "1")),
        ("stream-age", "0s", "31days", TIMES),
        ("stream-silence", "0s", "31days", TIMES),
        ("max-connections", "0", "2305843009213693952", COUNTS),
        ("max-message-size", "4X", "5GiB", ("1 B", "4 GiB")),
        ("max-buffered", "16383", "65TiB", ("16 KiB", "64 TiB")),
        ("store-max-age", "-1s", "101years", ("0s", "100years")),
        ("store-max-size", "4X", "65TiB", ("0 B", "64 TiB")),
        ("store-audit-age", "-1s", "101years", ("0s", "100years")),
        ("store-lease", "2s", "2h", ("3s", "1h")),
    ];
    for (setting, below, above, (least, most)) in cases {
        for value in [below, above] {
            let output = run(&[], &[&format!("--{setting}={value}"), "--print-config"]);
            let said = String::from_utf8(output.stderr).unwrap();
            assert_eq!(output.status.code(), Some(2), "{setting} {value}: {said}");
            assert!(said.contains(&format!("'{value}' for '--{setting} ")), "{said}");
            let allowed = format!("allowed is {least} to {most}");
            assert!(said.contains(&allowed), "{said}");
        }
        // Its ends are within, and so from everywhere.
        let variable = format!("JUDGE_{}", setting.to_uppercase().replace('-', "_"));
        for value in [least, most] {
            let output = run(&[(&variable, value)], &["--print-config"]);
            assert!(output.status.success(), "{setting} {value}: {output:?}");
        }
    }
    // Every setting that has an amount is among them.
    let all = String::from_utf8(run(&[], &["--print-config"]).stdout).unwrap();
    let all = all.lines().filter_map(|line| line.split_once(" = "));
    for (setting, value) in all {
        let amount = value.starts_with(|first: char| first.is_ascii_digit() || first == '"')
            && !matches!(
                setting,
                "grpc-listen" | "http-listen" | "kayenta-listen" | "log" | "log-format"
            );
        assert_eq!(amount, cases.iter().any(|case| case.0 == setting), "{setting}");
    }
}

#[test]
fn a_variable_that_says_what_cannot_work_is_named() {
    for (variable, value, why) in [
        ("JUDGE_MAX_METRICS", "x", "'x' for 'JUDGE_MAX_METRICS': allowed is 1 to 100000000"),
        ("JUDGE_LOG", "loud", "'loud' for 'JUDGE_LOG': allowed is a level"),
        ("JUDGE_LOG_FORMAT", "xml", "'xml' for 'JUDGE_LOG_FORMAT'"),
        (
            "JUDGE_GRPC_LISTEN",
            "here",
            "'here' for 'JUDGE_GRPC_LISTEN': allowed is an IP address with a port",
        ),
        ("JUDGE_INSECURE", "maybe", "'maybe' for 'JUDGE_INSECURE': "),
        (
            "JUDGE_PUBLIC_URL",
            "javascript:alert(1)",
            "'javascript:alert(1)' for 'JUDGE_PUBLIC_URL': allowed is a URL without user and query",
        ),
        (
            "JUDGE_ALLOWED_HOSTS",
            "a,a_b/c:80",
            "'a_b/c:80' for 'JUDGE_ALLOWED_HOSTS': allowed is a host without a port",
        ),
    ] {
        let output = run(&[(variable, value)], &["--print-config"]);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(why), "{said}");
    }
    let output = run(&[], &["--store=", SOURCE, "--print-config"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(2) && said.contains("'--store <FILE|URL>'"), "{said}");
    // The flag is what counts, so it is to blame.
    let output = run(&[("JUDGE_MAX_METRICS", "x")], &["--max-metrics=y"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("'y' for '--max-metrics "), "{said}");
}

#[test]
fn an_empty_variable_is_none() {
    let folder = TempDir::new().unwrap();
    let config = file(folder.path(), "max-metrics = 2\n");
    for (setting, variable, default) in [
        ("max-metrics", "JUDGE_MAX_METRICS", "2"),
        ("log-format", "JUDGE_LOG_FORMAT", "\"json\""),
        ("insecure", "JUDGE_INSECURE", "false"),
        ("http-listen", "JUDGE_HTTP_LISTEN", "\"127.0.0.1:8080\""),
    ] {
        assert_eq!(printed(setting, &[(variable, "")], &["--config", &config]), default);
    }
    let printed = run(&[("JUDGE_TOKENS", ""), ("JUDGE_CONFIG", "")], &["--print-config"]);
    assert!(printed.status.success(), "{printed:?}");
    assert!(!String::from_utf8(printed.stdout).unwrap().contains("tokens"));
}

#[test]
fn sizes_are_printed_as_they_are() {
    for (size, exact) in [
        ("4MB", "4000000 B"),
        ("4194305", "4194305 B"),
        ("1.5MiB", "1536 KiB"),
        ("1023KiB", "1023 KiB"),
        ("1KB", "1000 B"),
        ("3GiB", "3 GiB"),
    ] {
        let exact = format!("\"{exact}\"");
        assert_eq!(printed("max-message-size", &[], &["--max-message-size", size]), exact);
        let folder = TempDir::new().unwrap();
        let config = file(folder.path(), &format!("max-message-size = {exact}"));
        assert_eq!(printed("max-message-size", &[], &["--config", &config]), exact);
    }
}

const STORE: &str = "--store=judge.db";
const SOURCE: &str = "--prometheus=http://prometheus:9090";

#[test]
fn settings_that_contradict_each_other_are_printed_and_fail() {
    let everywhere = "--grpc-listen=0.0.0.0:0";
    for (flags, why) in [
        (&[everywhere][..], "judge-server: 0.0.0.0:0 is reachable from other machines, "),
        (&["--http-listen=[::]:0"], "judge-server: [::]:0 is reachable from other machines, "),
        (&["--tls-key=k"], "judge-server: --tls-certificate and --tls-key are needed together"),
        (
            &["--grpc-listen=127.0.0.1:9000", "--http-listen=127.0.0.1:9000"],
            "judge-server: grpc-listen 127.0.0.1:9000 and http-listen 127.0.0.1:9000 overlap: ",
        ),
        (
            &["--grpc-listen=0.0.0.0:9000", "--http-listen=127.0.0.1:9000", "--insecure"],
            "judge-server: grpc-listen 0.0.0.0:9000 and http-listen 127.0.0.1:9000 overlap: ",
        ),
        (
            &[
                "--http-listen=[::]:9000",
                "--kayenta-listen=127.0.0.1:9000",
                "--insecure",
                STORE,
                SOURCE,
            ],
            "judge-server: http-listen [::]:9000 and kayenta-listen 127.0.0.1:9000 overlap: ",
        ),
        // Without a store it is not listened on.
        (&["--http-listen=127.0.0.1:9000", "--kayenta-listen=127.0.0.1:9000"], ""),
        (&["--grpc-listen=127.0.0.1:9000", "--http-listen=[::1]:9000"], ""),
        (&[everywhere, "--insecure"], ""),
        // Files may be on another machine.
        (&[everywhere, "--tokens=/nowhere"], ""),
    ] {
        let output = run(&[], &[flags, &["--print-config"]].concat());
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(i32::from(!why.is_empty())), "{flags:?}: {said}");
        assert!(said.starts_with(why) && said.is_empty() == why.is_empty(), "{said}");
        assert!(output.stdout.starts_with(b"grpc-listen = "), "{flags:?}");
    }
}

#[test]
fn what_cannot_be_opened_is_named_with_its_setting() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    let free = "127.0.0.1:0";
    for (grpc, http, setting) in
        [(taken.as_str(), free, "grpc-listen"), (free, taken.as_str(), "http-listen")]
    {
        let (grpc, http) = (format!("--grpc-listen={grpc}"), format!("--http-listen={http}"));
        let output = run(&[], &[&grpc, &http]);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains(&format!("cannot listen on {taken}: ")), "{said}");
        assert!(said.contains(&format!("; give another --{setting}")), "{said}");
    }
    let output = run(&[], &["audit", "--store=/nonexistent/judge.db"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("got no file /nonexistent/judge.db"), "{said}");
}

#[test]
fn a_file_that_says_what_cannot_work_is_named() {
    let folder = TempDir::new().unwrap();
    for (text, why) in [
        (
            "reload-every = \"0s\"",
            "invalid value '0s' for '--reload-every <RELOAD_EVERY>': allowed is 1ms to 30days",
        ),
        (
            "log-format = \"xml\"",
            "invalid value 'xml' for '--log-format <LOG_FORMAT>' [possible values: json, text]",
        ),
        ("max-metrix = 7", "there is no setting \"max-metrix\"; see --print-config"),
        ("max_metrics = 7", "there is no setting \"max_metrics\"; there is \"max-metrics\""),
        ("config = \"x\"", "there is no setting \"config\"; see --print-config"),
        ("insecure = \"yes\"", "insecure = \"yes\": allowed is true or false"),
        (
            "max-metrics = -1",
            "invalid value '-1' for '--max-metrics <MAX_METRICS>': allowed is 1 to 100000000",
        ),
        ("threads = true", "invalid value 'true' for '--threads <THREADS>': allowed is 0 to 1024"),
        (
            "call-time = [1]",
            "invalid value '[1]' for '--call-time <CALL_TIME>': allowed is 1ms to 30days",
        ),
    ] {
        let config = file(folder.path(), text);
        let output = run(&[], &["--config", &config, "--print-config"]);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert_eq!(said.trim_end(), format!("judge-server: {config}: {why}"));
    }
}

#[test]
fn log_filters_are_levels_and_levels_of_targets() {
    for (value, read) in [
        ("", "info"),
        (",", "info"),
        ("warning", "warn"),
        ("ERROR", "error"),
        ("judge_server::call=off, debug", "judge_server::call=off,debug"),
        // The rest of the log is not what this is about.
        ("h2=Warning", "info,h2=warn"),
    ] {
        let read = format!("\"{read}\"");
        assert_eq!(printed("log", &[], &["--log", value]), read, "{value}");
        assert_eq!(printed("log", &[("JUDGE_LOG", value)], &[]), read, "{value}");
    }
    for value in ["nonsense", "info,nonsense", "judge=loud", "judge=", "=info", "a[b]=info", "3"] {
        let output = run(&[], &["--log", value]);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{value}: {said}");
        let allowed = "allowed is a level (off, error, warn, info, debug, trace), target=level, ";
        assert!(said.contains(&format!("'{value}' for '--log ")), "{said}");
        assert!(said.contains(allowed), "{said}");
    }
}

const SAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../deploy/judge-server.toml");

#[test]
fn the_sample_of_deploy_has_every_setting_and_each_at_its_default() {
    let read = run(&[], &["--config", SAMPLE, "--print-config"]);
    assert!(read.status.success(), "{read:?}");

    let sample = std::fs::read_to_string(SAMPLE).unwrap();
    let setting = |line: &str| {
        let name = line.split_once(" = ")?.0.to_owned();
        name.bytes().all(|byte| byte == b'-' || byte.is_ascii_lowercase()).then_some(name)
    };
    let names = |line: &str| setting(line.strip_prefix("# ").unwrap_or(line));
    let mut named: BTreeSet<String> = sample.lines().filter_map(names).collect();
    // Only some builds have it.
    assert!(named.remove("otlp-endpoint"));
    let help = String::from_utf8(run(&[], &["--help"]).stdout).unwrap();
    let flags = help.split_whitespace().filter_map(|word| word.strip_prefix("--"));
    let variables = help.matches("[env: JUDGE_").count();
    let known: BTreeSet<String> = flags.map(str::to_owned).collect();
    let unsaid = ["config", "otlp-endpoint"].map(str::to_owned).into();
    let not_in_files = ["healthcheck", "help", "print-config", "version"].map(str::to_owned).into();
    let settings: BTreeSet<String> = &(&known - &unsaid) - &not_in_files;
    assert_eq!(named, settings);
    // What the help says is the whole: every setting has its variable.
    assert_eq!(variables, settings.len() + (&known & &unsaid).len());

    let defaults = String::from_utf8(run(&[], &["--print-config"]).stdout).unwrap();
    let defaults: BTreeSet<&str> = defaults.lines().collect();
    let here = ["grpc-listen", "http-listen", "tokens"];
    let without_default = [
        "allowed-hosts",
        "otlp-endpoint",
        "prometheus",
        "public-url",
        "store",
        "tls-certificate",
        "tls-client-ca",
        "tls-key",
        "trusted-proxies",
        "webhook-secret-file",
        "configs",
        "webhook-url",
    ];
    for line in sample.lines().filter(|line| names(line).is_some()) {
        let name = names(line).unwrap();
        assert_eq!(!line.starts_with('#'), here.contains(&name.as_str()), "{line}");
        let default = line.strip_prefix("# ").is_some_and(|line| defaults.contains(line));
        let has_one = !here.contains(&name.as_str()) && !without_default.contains(&name.as_str());
        assert_eq!(default, has_one, "{line}");
    }
}
