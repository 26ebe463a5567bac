//! Runs `scenarios real --folder` and `scenarios propose --folder` as programs, on series drawn here.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::path::Path;
use std::process::{Command, Output};

use judge_scenarios::random::Random;
use serde_json::Value;

/// Noise around 100 with a lag-one correlation of one half.
fn points(n: usize, random: &mut Random) -> String {
    let mut state = 0.0;
    let mut point = |_| {
        state = 0.5 * state + random.normal();
        (100.0 + 2.0 * state).to_string()
    };
    (0..n).map(&mut point).collect::<Vec<_>>().join(",")
}

/// A folder with ten solo metrics of one host and four concurrent series.
fn folder() -> tempfile::TempDir {
    let mut random = Random::new(11);
    let mut lines = Vec::new();
    for metric in 0..10 {
        let names = format!(r#""source":"Drawn","entity":"host","metric":"m{metric}""#);
        let x = points(200, &mut random);
        lines.push(format!(r#"{{"kind":"solo",{names},"x":[{x}],"not_ok":[[0,20]]}}"#));
    }
    for pair in 0..4 {
        let names = format!(r#""source":"Twins","entity":"run{pair}","metric":"twin{pair}""#);
        let (a, b) = (points(200, &mut random), points(200, &mut random));
        lines.push(format!(r#"{{"kind":"conc",{names},"a":[{a}],"b":[{b}]}}"#));
    }
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("series.ndjson"), lines.join("\n")).unwrap();
    folder
}

fn scenarios(folder: &Path, words: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_scenarios"));
    command.args(words.split_whitespace()).arg("--folder").arg(folder).output().unwrap()
}

fn json(output: &Output) -> Value {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn real_measures_every_class_and_harm_reproducibly() {
    let folder = folder();
    let output = scenarios(folder.path(), "real --json --points 15,30");
    let report = json(&output);
    assert_eq!(output.stdout, scenarios(folder.path(), "real --json --points 15,30").stdout);
    let rows = report["rows"].as_array().unwrap();
    let find = |table: &str, pairs: &str, harm: &str, size: f64, points: u64| {
        let found = rows.iter().find(|row| {
            (&row["table"], &row["pairs"], &row["harm"])
                == (&table.into(), &pairs.into(), &harm.into())
                && row["size"] == size
                && row["points"] == points
                && row["source"].is_null()
        });
        found.unwrap_or_else(|| panic!("{table} {pairs} {harm} {size} {points}"))
    };
    for pairs in ["coin", "evenodd", "conc", "conc alike", "after"] {
        let row = find("falseAlarms", pairs, "none", 0.0, 15);
        let judges = row["judges"].as_array().unwrap();
        assert_eq!(judges.len(), 4);
        for judge in judges {
            assert_eq!(judge["refused"], 0);
            let mean = judge["rate"]["mean"].as_f64().unwrap();
            assert!(mean < 0.5, "{pairs}: {judge}");
        }
    }
    // Windows begin at every half of their length: those of 30 points at 30, 60, … 150, those of 60 at 30 and 90.
    assert_eq!(find("falseAlarms", "coin", "none", 0.0, 15)["cases"], 50);
    assert_eq!(find("falseAlarms", "coin", "none", 0.0, 30)["cases"], 20);
    let doubled = find("found", "coin", "mult", 100.0, 30);
    assert_eq!(
        (&doubled["cases"], &doubled["judges"][0]["rate"]["mean"]),
        (&10.into(), &1.0.into())
    );
    find("foundPractical", "after", "add", 5.0, 30);
    assert_eq!(find("eightMetrics", "coin", "one add", 3.0, 15)["cases"], 2);
    assert_eq!(report["refused"], serde_json::json!({}));

    let text = String::from_utf8(scenarios(folder.path(), "real --points 15").stdout).unwrap();
    let head = "| pairs | points | series | cases | refused | Evidence | Netflix | MW | t |";
    assert!(text.contains(head) && text.contains("| coin | 15 | 10 | 50 | 0 | "), "{text}");
    let other = scenarios(folder.path(), "real --json --points 15,30 --held-back");
    assert_ne!(output.stdout, other.stdout, "other seeds");
}

#[test]
fn propose_estimates_an_allowance_per_series_and_tries_it() {
    let folder = folder();
    let report = json(&scenarios(folder.path(), "propose --json --points 15,120"));
    let proposals = report["proposals"].as_array().unwrap();
    assert_eq!(proposals.len(), 8);
    for proposal in proposals {
        let proposed = proposal["allowance"]["proposed"].as_f64();
        match proposal["points"].as_u64().unwrap() {
            15 => assert!(proposed.is_some_and(|share| (0.0..0.3).contains(&share)), "{proposal}"),
            _ => assert!(proposed.is_none() && proposal["why"].is_string(), "{proposal}"),
        }
    }
    let row = &report["rows"][0];
    assert_eq!(
        (&row["points"], &row["allowances"], &row["windows"]),
        (&15.into(), &4.into(), &20.into())
    );
    assert!(row["alarmsWith"]["mean"].as_f64().unwrap() < 0.2, "{row}");
}

#[test]
fn errors_name_the_file_and_the_line() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("series.ndjson");
    let good = r#"{"kind":"solo","source":"S","entity":"e","metric":"m","x":[1,2]}"#;
    let cases = [
        ("real", format!("{good}\n{good}]"), "series.ndjson:2: expected a JSON object on one line"),
        (
            "real",
            "{\"kind\":\"solo\",\"x\":7}".to_owned(),
            "x: expected a list of numbers and nulls, got 7",
        ),
        ("real", String::new(), "series.ndjson: expected one line or more, got none"),
        ("propose", good.to_owned(), "expected a series of kind conc, got 1 solo"),
        ("real --file x", good.to_owned(), "expected either --file FILE or --folder DIR"),
        ("real --points 0", good.to_owned(), "--points: expected whole numbers from 5"),
    ];
    for (words, text, message) in cases {
        std::fs::write(&file, text).unwrap();
        let output = scenarios(folder.path(), words);
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && stderr.contains(message), "{words}: {stderr}");
        assert!(output.stdout.is_empty());
    }
    // A series too short for any window is not an error, since it leaves nothing to judge.
    std::fs::write(&file, good).unwrap();
    let report = json(&scenarios(folder.path(), "real --json"));
    assert_eq!(report["rows"], serde_json::json!([]));
}
