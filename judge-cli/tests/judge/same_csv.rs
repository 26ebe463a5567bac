//! `judge run` and `judge retro` read CSV by the same rules.

use std::fmt::Write;

use serde_json::Value;

use crate::harness::{Answer, PARITY, TestFolder, config, wide};

/// Judges the same two files with `judge run`, and as the history of one release.
struct Both {
    run: Answer,
    retro: Answer,
}

fn judge(baseline: &[u8], canary: &[u8]) -> Both {
    let place = TestFolder::with(&[
        ("config.json", &config(&["latency", "errors"])),
        ("history/release=r/role=baseline/x.csv", baseline),
        ("history/release=r/role=canary/x.csv", canary),
    ]);
    let at = |role: &str| format!("history/release=r/role={role}/x.csv");
    let (baseline, canary) = (at("baseline"), at("canary"));
    let run = format!("run -c config.json -b {baseline} -n {canary} {PARITY} -f json");
    let retro = format!("retro -c config.json --history history {PARITY} -f json");
    Both { run: place.judge(&run), retro: place.judge(&retro) }
}

/// Returns the error of `judge run` on two files, and checks that `judge retro` reports the same error.
fn same(baseline: &[u8], canary: &[u8]) -> Value {
    let Both { run, retro } = judge(baseline, canary);
    assert_eq!((run.stderr.as_str(), retro.stderr.as_str()), ("", ""));
    let line: Value = serde_json::from_str(&retro.stdout).unwrap();
    let run: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(line["judgements"][0]["judgement"], run);
    run
}

/// Converts a wide table to a long one.
fn long(level: f64) -> String {
    let mut table = "timestamp,metric,value\n".to_owned();
    for (time, latency, errors) in crate::harness::points(level) {
        let _ = write!(table, "{time},latency,{latency}\n{time},errors,{errors}\n");
    }
    table
}

type Change = fn(&str) -> String;

#[test]
fn both_read_the_same_numbers() {
    let (baseline, canary) = (wide(100.0), wide(200.0));
    let plain = same(baseline.as_bytes(), canary.as_bytes());
    assert_eq!(plain["score"], 50.0);
    let kinds: [(&str, Change); 9] = [
        ("blank lines", |table| format!("\n\n{}\n\n", table.replace('\n', "\n\n"))),
        ("CRLF", |table| table.replace('\n', "\r\n")),
        ("blank CRLF lines", |table| format!("\r\n{}\r\n", table.replace('\n', "\r\n\r\n"))),
        ("a byte order mark", |table| format!("\u{feff}{table}")),
        ("spaces", |table| table.replace(',', " ,\t").replace('\n', " \n")),
        ("quotes", |table| {
            let quoted = table.trim_end().replace(',', " \",\" ").replace('\n', "\"\n\" ");
            format!("\" {quoted}\"\n")
        }),
        ("case", |table| table.replace("timestamp", "TimeStamp")),
        ("time", |table| table.replace("timestamp", " Time")),
        ("no last line end", |table| table.trim_end().to_owned()),
    ];
    for (kind, change) in kinds {
        for (baseline, canary) in [(wide(100.0), wide(200.0)), (long(100.0), long(200.0))] {
            let changed = same(change(&baseline).as_bytes(), change(&canary).as_bytes());
            assert_eq!(changed, plain, "{kind}");
        }
    }
}

#[test]
fn both_refuse_the_same_files_with_the_same_words() {
    let whole = wide(100.0);
    let utf16 =
        |text: &str, bytes: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(bytes).collect();
    let marked = format!("\u{feff}{whole}");
    let said = "UTF-16 text; save the file as UTF-8";
    let cases: [(Vec<u8>, &str); 11] = [
        (utf16(&marked, u16::to_le_bytes), said),
        (utf16(&marked, u16::to_be_bytes), said),
        (utf16(&whole, u16::to_le_bytes), said),
        (utf16(&whole, u16::to_be_bytes), said),
        (b"\n\r\n".into(), "is empty"),
        (
            b"timestamp,latency,errors\r\n0,1,2\r\n\r\n60,1\r\n".into(),
            "line 4: expected 3 fields as in the header, got 2; ",
        ),
        (
            b"timestamp,latency,errors\n0,1,2,3\n".into(),
            "line 2: expected 3 fields as in the header, got 4; ",
        ),
        (
            b"timestamp,latency,errors\n0,1,2\n \n".into(),
            "line 3: expected 3 fields as in the header, got 1; ",
        ),
        (b"timestamp,latency,latency \n0,1,2\n".into(), "\"latency\" twice"),
        (b"timestamp,latency,\n0,1,2\n".into(), "none for column 3"),
        (b"timestamp,latency,errors\n0,1,\xff\n".into(), "line 2: not UTF-8"),
    ];
    for (file, said) in cases {
        let Both { run, retro } = judge(&file, &file);
        for answer in [run, retro] {
            assert_eq!(answer.code, 2, "{answer:?}");
            let named = answer.stderr.contains("history/release=r/role=baseline/x.csv: ")
                || answer.stderr.contains("history/release=r/role=canary/x.csv: ");
            assert!(named && answer.stderr.contains(said), "{said}: {answer:?}");
        }
    }
}

/// Semicolons, tabs, decimal commas and a line that names the separator make no difference.
#[test]
fn both_read_other_dialects_alike() {
    let plain = wide(100.5);
    let expected = judge(plain.as_bytes(), plain.as_bytes());
    assert_eq!((expected.run.code, expected.retro.code), (0, 0), "{:?}", expected.retro);
    let semicolons = plain.replace('.', "\u{1}").replace(',', ";").replace('\u{1}', ",");
    for dialect in [
        plain.replace(',', "\t"),
        plain.replace(',', ";"),
        semicolons.clone(),
        format!("sep=;\n{semicolons}"),
        format!("sep=,\n{plain}"),
    ] {
        let Both { run, retro } = judge(dialect.as_bytes(), dialect.as_bytes());
        assert_eq!(run.stdout, expected.run.stdout, "{dialect}");
        assert_eq!(retro.stdout, expected.retro.stdout, "{dialect}: {retro:?}");
    }
}

#[test]
fn bad_cells_are_named_with_their_line_by_both() {
    let header = "timestamp,latency,errors\n\n0,1,2\n\n";
    for (row, said) in [
        ("60,much,2\n", "x.csv: line 5: column \"latency\": expected a number, Inf or -Inf"),
        ("noon,1,2\n", "x.csv: line 5: column \"timestamp\": expected a timestamp"),
        ("60,\u{a0}1,2\n", "got \"\\u{a0}1\""),
    ] {
        let file = format!("{header}{row}");
        let Both { run, retro } = judge(file.as_bytes(), file.as_bytes());
        for answer in [run, retro] {
            assert_eq!(answer.code, 2, "{answer:?}");
            assert!(answer.stderr.contains(said), "{said}: {answer:?}");
        }
    }
}

/// A lenient reader takes such a quote for the start of a field of many lines.
#[test]
fn stray_quotes_are_refused_by_both() {
    let file = b"timestamp,latency,errors\n0,1,2\n60,\"5\"\"\" s,2\n120,1,2\n";
    let Both { run, retro } = judge(file, file);
    let said = "x.csv: line 3: a quote in the middle of a field; put the whole field in quotes and \
                double each quote in it";
    for answer in [run, retro] {
        assert_eq!(answer.code, 2);
        assert!(answer.stderr.contains(said), "{answer:?}");
    }
}
