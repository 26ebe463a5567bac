//! Judges past releases again.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::{fs, thread};

use serde_json::Value;

use crate::harness::{Answer, TestFolder, config, points};

const RECORDED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/recorded");

/// A history of releases `r0`, `r1`, …; every third has a slow canary. The canary's errors are slightly higher, since
/// the judge warns of two sides with the same data.
pub(crate) fn history(releases: usize) -> String {
    let mut csv = "release,role,timestamp,latency,errors\n".to_owned();
    for release in 0..releases {
        for (role, level, more) in
            [("baseline", 100.0, 0.0), ("canary", canary_level(release), 0.01)]
        {
            for (time, latency, errors) in points(level) {
                let errors = errors + more;
                let time = time + 86_400 * i64::try_from(release).unwrap();
                writeln!(csv, "r{release},{role},{time},{latency},{errors}").unwrap();
            }
        }
    }
    csv
}

fn canary_level(release: usize) -> f64 {
    if release % 3 == 2 { 200.0 } else { 100.0 }
}

pub(crate) fn place(releases: usize) -> TestFolder {
    TestFolder::with(&[
        ("config.json", &config(&["latency", "errors"])),
        ("history.csv", history(releases).as_bytes()),
    ])
}

pub(crate) const RETRO: &str = "retro --config config.json --history history.csv";

fn records(csv: &str) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(csv.as_bytes());
    reader.records().map(|record| record.unwrap().iter().map(str::to_owned).collect()).collect()
}

#[test]
fn a_line_a_release_and_a_summary() {
    let answer = place(4).judge(RETRO);
    assert_eq!(answer.code, 0, "{answer:?}");
    assert_eq!(
        answer.stdout,
        "release  verdict   score  stopped                 because of\n\
         r0       PASS        100\n\
         r1       PASS        100\n\
         r2       FAIL         50  after 5m, judged once   latency\n\
         r3       PASS        100\n\
         \n\
         4 releases: 3 passed, 0 marginal, 1 failed, 1 of them stopped\n"
    );
    assert_eq!(answer.stderr, "");
}

/// The same series from two files and from a history.
#[test]
fn one_interval_over_everything_is_what_judge_run_says() {
    for judge in ["NetflixACAJudge-v1.0", "EvidenceJudge-v1"] {
        for name in ["same-version", "slower", "failing", "leaky"] {
            let at = |path: &str| format!("{RECORDED}/{path}");
            let (config, history) = (at("canary-config.json"), at("history.csv"));
            let (baseline, canary) =
                (at(&format!("{name}/baseline.csv")), at(&format!("{name}/canary.csv")));
            let place = TestFolder::with(&[]);
            let run = place.judge(&format!(
                "run -c {config} -b {baseline} -n {canary} --judge {judge} -f json"
            ));
            let retro = place
                .judge(&format!("retro -c {config} --history {history} --judge {judge} -f json"));
            let lines = retro.stdout.lines().map(|line| serde_json::from_str(line).unwrap());
            let line = lines.into_iter().find(|line: &Value| line["release"] == name).unwrap();
            let run: Value = serde_json::from_str(&run.stdout).unwrap();
            assert_eq!(line["judgements"][0]["judgement"], run, "{judge} {name}");
        }
    }
}

#[test]
fn formats_hold_the_same_judgements() {
    let place = place(5);
    let windows = "--interval 100s --all-intervals";
    let csv = place.judge(&format!("{RETRO} {windows} -f csv")).stdout;
    let rows = records(&csv);
    let column = |name: &str| rows[0].iter().position(|column| column == name).unwrap();
    // 5 releases, 5 minutes in 3 intervals, 2 metrics.
    assert_eq!(rows.len(), 1 + 5 * 3 * 2);
    let json = place.judge(&format!("{RETRO} {windows} -f json")).stdout;
    let mut row = rows[1..].iter();
    for line in json.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        for judged in line["judgements"].as_array().unwrap() {
            for metric in judged["judgement"]["metrics"].as_array().unwrap() {
                let row = row.next().unwrap();
                assert_eq!(row[column("release")], line["release"]);
                assert_eq!(row[column("interval")], judged["interval"].to_string());
                assert_eq!(row[column("end")], judged["end"]);
                assert_eq!(row[column("metric")], metric["name"]);
                assert_eq!(row[column("classification")], metric["classification"]);
                let mean: f64 = row[column("canary_mean")].parse().unwrap();
                assert_eq!(Some(mean), metric["canary"]["mean"].as_f64());
            }
        }
    }
    assert!(row.next().is_none());

    let answer = place.judge(&format!("{RETRO} {windows} -o out.parquet"));
    assert_eq!(answer.code, 0, "{answer:?}");
    assert!(answer.stdout.starts_with("release  verdict"), "{}", answer.stdout);
    let bytes = fs::read(place.path().join("out.parquet")).unwrap();
    assert!(bytes.starts_with(b"PAR1") && bytes.ends_with(b"PAR1"));
    // The file can be read back as a history: it has a column release, but no timestamp.
    let answer = place.judge("retro -c config.json --history out.parquet");
    assert!(answer.stderr.contains("a column \"timestamp\""), "{answer:?}");

    let table = place.judge(&format!("{RETRO} {windows} -f table")).stdout;
    assert_eq!(table.matches("interval 1,").count(), 5);
    assert!(table.contains("FAIL  score 50, stopped here"), "{table}");
}

#[test]
fn a_broken_release_is_reported_and_the_rest_is_judged() {
    let place = place(4);
    let rows =
        history(4).replace("r1,canary", "r1,nobody").replacen("r3,canary,", "r3,canary,x", 1);
    place.write("history.csv", rows.as_bytes());
    let answer = place.judge(RETRO);
    assert_eq!(answer.code, 2, "{answer:?}");
    assert!(answer.stdout.contains("r0       PASS        100\n"), "{}", answer.stdout);
    assert!(answer.stdout.contains("\nr1       BROKEN    history.csv: line 62: "));
    assert!(answer.stdout.contains("\nr2       FAIL "));
    assert!(answer.stdout.contains("; 2 could not be judged\n"));
    assert!(answer.stderr.contains("release \"r3\" cannot be judged"), "{}", answer.stderr);
    let csv = records(&place.judge(&format!("{RETRO} -f csv")).stdout);
    let errors: Vec<&str> =
        csv[1..].iter().filter(|row| !row[23].is_empty()).map(|row| row[0].as_str()).collect();
    assert_eq!(errors, ["r1", "r3"]);
}

#[test]
fn one_role_absent() {
    let place = place(2);
    let rows: Vec<String> = history(2)
        .lines()
        .filter(|line| !line.starts_with("r1,baseline"))
        .map(str::to_owned)
        .collect();
    place.write("history.csv", rows.join("\n").as_bytes());
    let answer = place.judge(RETRO);
    assert_eq!(answer.code, 2, "{answer:?}");
    assert!(answer.stderr.contains("no row has the role baseline; record both roles"));
}

#[test]
fn errors_of_usage_and_input_have_a_way_out() {
    let place = place(2);
    for (arguments, parts) in [
        ("--interval 10", &["--interval", "expected a time such as 30s"] as &[&str]),
        ("--interval 20m --lifetime 10m", &["at most the lifetime, 10m"]),
        ("--lookback backwards", &["growing, or a time"]),
        ("--column build=release", &["COLUMN one of release, timestamp"]),
        ("--role red=blue", &["baseline=NAME or canary=NAME"]),
        ("-f parquet", &["give --output FILE"]),
        ("-o out.xyz", &["--output", "--format"]),
        ("--resume", &["--output"]),
        ("--judge Nobody", &["--judge", "\"Nobody\""]),
        ("--column release=build", &["history.csv", "a column \"build\"", "--column release=NAME"]),
    ] {
        let answer = place.judge(&format!("{RETRO} {arguments}"));
        assert_eq!(answer.code, 2, "{arguments}: {answer:?}");
        for part in parts {
            assert!(answer.stderr.contains(part), "{arguments}: {}", answer.stderr);
        }
    }
    let answer = place.judge("retro -c config.json --history nothing/*.parquet");
    assert_eq!(answer.code, 2);
    assert!(answer.stderr.contains("nothing/*.parquet: "), "{answer:?}");
    place.write("none.csv", b"release,role,timestamp,latency\n");
    let answer = place.judge("retro -c config.json --history none.csv");
    assert_eq!(answer.code, 2);
    assert!(answer.stderr.contains("the history has no release"), "{answer:?}");
}

#[test]
fn names_that_terminals_would_obey_are_spelled_out() {
    let place = place(1);
    let rows = history(1).replace("r0,", "\u{1b}[31m</script>,");
    place.write("history.csv", rows.as_bytes());
    let answer = place.judge(RETRO);
    assert!(answer.stdout.contains("\\u{1b}[31m</script>"), "{}", answer.stdout);
    assert!(!answer.stdout.contains('\u{1b}'));
}

#[test]
fn output_that_cannot_be_written_leaves_nothing() {
    let place = place(3);
    let answer = place.judge(&format!("{RETRO} -o /dev/full --format csv"));
    assert_eq!(answer.code, 1, "{answer:?}");
    assert!(answer.stderr.contains("cannot write /dev/full"), "{answer:?}");
    let answer = place.judge(&format!("{RETRO} -o folder/out.csv"));
    assert_eq!(answer.code, 1, "{answer:?}");
    let said = "error: cannot write folder/out.csv.parts: No such file or directory (os error 2)\n";
    assert_eq!(answer.stderr, said);
    // No file may become larger than one block.
    let limited = format!(
        "ulimit -f 1; trap '' XFSZ; {} {RETRO} -o out.csv --all-intervals --interval 15s",
        env!("CARGO_BIN_EXE_judge")
    );
    let ran =
        Command::new("bash").args(["-c", &limited]).current_dir(place.path()).output().unwrap();
    assert_eq!(ran.status.code(), Some(1), "{ran:?}");
    assert!(!place.path().join("out.csv").exists(), "nothing half-written under the final name");
}

#[test]
fn files_are_finished_though_nobody_reads_stdout() {
    let place = place(3);
    assert_eq!(place.judge_unread(&format!("{RETRO} -o out.csv --report pages")), 0);
    assert_eq!(records(&fs::read_to_string(place.path().join("out.csv")).unwrap()).len(), 7);
    assert_eq!(files(&place.path().join("pages")).len(), 4);
    assert_eq!(place.judge_unread(&format!("{RETRO} -f csv --report others")), 0);
    assert_eq!(files(&place.path().join("others")).len(), 4);
    place.write("history.csv", history(3).replace("r1,canary", "r1,nobody").as_bytes());
    assert_eq!(place.judge_unread(&format!("{RETRO} -o out.csv")), 2);
}

/// Runs until some results are stored, then stops the run as Ctrl-C does.
fn run_and_interrupt(place: &TestFolder, arguments: &str, parts: &Path) -> Answer {
    let mut child = Command::new(env!("CARGO_BIN_EXE_judge"))
        .current_dir(place.path())
        .args(arguments.split_whitespace())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    while !parts.join("000000.part").exists() {
        if child.try_wait().unwrap().is_some() {
            break;
        }
        thread::yield_now();
    }
    let interrupted =
        Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(interrupted.success());
    let output = child.wait_with_output().unwrap();
    Answer {
        code: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

#[test]
fn a_stopped_run_resumes_to_the_same_bytes() {
    let place = place(600);
    for ending in ["csv", "json", "parquet"] {
        let whole = format!("whole.{ending}");
        let stopped = format!("stopped.{ending}");
        let retro = format!("{RETRO} --judge EvidenceJudge-v1 --interval 15s --all-intervals");
        let first = place.judge(&format!("{retro} -o {whole}"));
        assert_eq!(first.code, 0, "{first:?}");
        let parts = place.path().join(format!("{stopped}.parts"));
        let answer =
            run_and_interrupt(&place, &format!("{retro} -o {stopped} --threads 1"), &parts);
        assert_eq!(answer.code, 130, "{}", answer.stderr);
        assert!(answer.stderr.contains("--resume"), "{}", answer.stderr);
        assert!(!place.path().join(&stopped).exists());

        let again = place.judge(&format!("{retro} -o {stopped}"));
        assert_eq!(again.code, 2, "not by accident: {}", again.stderr);
        let other = place.judge(&format!("{retro} --pass 50 --marginal 20 -o {stopped} --resume"));
        assert!(other.stderr.contains("--pass was 95.0"), "{}", other.stderr);
        let slower = retro.replace("15s", "30s");
        let other = place.judge(&format!("{slower} -o {stopped} --resume"));
        let said = "--interval was \"15s\" and is now \"30s\"";
        assert!(other.stderr.contains(said), "{}", other.stderr);
        let other =
            place.judge(&format!("{retro} --time-zone Europe/Berlin -o {stopped} --resume"));
        assert!(other.stderr.contains("--time-zone was"), "{}", other.stderr);
        let resumed = place.judge(&format!("{retro} -o {stopped} --resume"));
        assert_eq!(resumed.code, 0, "{}", resumed.stderr);
        assert_eq!(resumed.stdout, first.stdout, "the lines of all releases");
        let bytes = |path: &str| fs::read(place.path().join(path)).unwrap();
        assert!(bytes(&whole) == bytes(&stopped), "{ending}: the same bytes");
        assert!(!parts.exists());
    }
}

/// Every file of a folder.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let files = fs::read_dir(folder).unwrap().map(|file| file.unwrap());
    files
        .map(|file| (file.file_name().into_string().unwrap(), fs::read(file.path()).unwrap()))
        .collect()
}

#[test]
fn pages_are_resumed_too() {
    let place = place(250);
    let retro = format!("{RETRO} --threads 1");
    let first = place.judge(&format!("{retro} -o whole.csv --report whole"));
    assert_eq!(first.code, 0, "{first:?}");
    let stopped = format!("{retro} -o stopped.csv --report stopped");
    let parts = place.path().join("stopped.csv.parts");
    let answer = run_and_interrupt(&place, &stopped, &parts);
    assert_eq!(answer.code, 130, "{}", answer.stderr);
    assert!(!place.path().join("stopped/index.html").exists());

    let without = place.judge(&format!("{retro} -o stopped.csv --resume"));
    assert_eq!(without.code, 2, "{without:?}");
    assert!(without.stderr.contains("--report was \"stopped\""), "{without:?}");
    let resumed = place.judge(&format!("{stopped} --resume"));
    assert_eq!((resumed.code, &resumed.stdout), (0, &first.stdout), "{}", resumed.stderr);
    let [whole, stopped] = ["whole", "stopped"].map(|folder| files(&place.path().join(folder)));
    assert_eq!(whole.len(), 251);
    assert!(whole == stopped, "the same pages and the same index");
}

#[test]
fn scattered_rows_give_the_same_result() {
    let place = place(6);
    let csv = history(6);
    let mut rows: Vec<&str> = csv.lines().skip(1).collect();
    rows.sort_by_key(|row| {
        let number: u32 = row.bytes().fold(7, |sum, byte| sum.wrapping_mul(31) + u32::from(byte));
        number
    });
    // The first release in the input decides the order of the output.
    rows.sort_by_key(|row| !row.starts_with("r0,"));
    let shuffled = format!("release,role,timestamp,latency,errors\n{}\n", rows.join("\n"));
    place.write("shuffled.csv", shuffled.as_bytes());
    let sorted = |answer: Answer| {
        let mut lines: Vec<String> = answer.stdout.lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    let together = sorted(place.judge(&format!("{RETRO} -f csv")));
    let apart = sorted(place.judge("retro -c config.json --history shuffled.csv -f csv"));
    assert_eq!(apart, together);
}

#[test]
fn results_do_not_depend_on_the_number_of_threads() {
    let place = place(40);
    let one = place.judge(&format!("{RETRO} -f json --threads 1")).stdout;
    let five = place.judge(&format!("{RETRO} -f json --threads 5")).stdout;
    assert_eq!(one, five);
    assert_eq!(one.lines().count(), 40);
}

#[test]
fn a_derived_metric_is_judged() {
    let place = place(3);
    let mut document: Value = serde_json::from_slice(&config(&["load", "errors"])).unwrap();
    document["metrics"][0]["analysisConfigurations"]["retro"]["expression"] =
        "latency / errors".into();
    place.write("derived.json", document.to_string().as_bytes());
    let answer = place.judge("retro -c derived.json --history history.csv");
    assert_eq!(answer.code, 0, "{answer:?}");
    assert!(answer.stdout.contains("r2       FAIL         50  after 5m, judged once   load"));
    let check = place.judge("config check --strict derived.json");
    assert_eq!(check.code, 0, "Kayenta's readers do not mind: {check:?}");
}
