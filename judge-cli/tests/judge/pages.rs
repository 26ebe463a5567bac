//! Tests `judge retro --report`, and calibration on the same histories.

use std::fmt::Write;
use std::fs;

use serde_json::Value;

use crate::harness::{TestFolder, config, points};

/// Releases: one has a slow canary, one has no canary, and one has a name that no file can have.
fn place() -> TestFolder {
    let mut csv = "release,role,timestamp,latency,errors\n".to_owned();
    for (release, level) in [("good", Some(100.0)), ("slow", Some(200.0)), ("../</script>", None)] {
        for (role, level) in [("baseline", Some(100.0)), ("canary", level)] {
            for (time, latency, errors) in level.into_iter().flat_map(points) {
                writeln!(csv, "{release},{role},{time},{latency},{errors}").unwrap();
            }
        }
    }
    TestFolder::with(&[
        ("config.json", &config(&["latency", "errors"])),
        ("history.csv", csv.as_bytes()),
    ])
}

const RETRO: &str = "retro --config config.json --history history.csv --interval 100s";

#[test]
fn every_release_has_a_page_and_the_index_lists_them() {
    let place = place();
    let plain = place.judge(RETRO);
    let answer = place.judge(&format!("{RETRO} --all-intervals --report pages"));
    assert_eq!((answer.code, plain.code), (2, 2), "one release is broken: {answer:?}");
    let read = |file: &str| fs::read_to_string(place.path().join("pages").join(file)).unwrap();
    let index = read("index.html");
    for part in [
        "3 releases",
        "1 pass, 1 fail, 1 not judged",
        "href=\"./good.html\"",
        "href=\"./slow.html\"",
        "../&lt;/script&gt;",
        "no row has the role canary",
    ] {
        assert!(index.contains(part), "{part}");
    }
    let slow = read("slow.html");
    assert!(slow.contains("stopped after <strong>1 min 40 s</strong>"));
    assert!(slow.contains("Interval 1 of 3 would have stopped it"));
    assert!(slow.contains("hollow: what would have come"));
    assert!(read("good.html").contains("The last of its 3 intervals has a score of 100"));
    assert_eq!(fs::read_dir(place.path().join("pages")).unwrap().count(), 3);
}

/// The data of the charts on the page of `release`.
fn charts(place: &TestFolder, release: &str) -> Value {
    let page = fs::read_to_string(place.path().join(format!("pages/{release}.html"))).unwrap();
    let start = page.find("id=\"series\">").unwrap() + "id=\"series\">".len();
    let end = start + page[start..].find("</script>").unwrap();
    serde_json::from_str(&page[start..end]).unwrap()
}

#[test]
fn pages_hold_all_that_was_recorded() {
    let place = place();
    assert_eq!(place.judge(&format!("{RETRO} --lifetime 200s --report pages")).code, 2);
    let points = |side: &str| charts(&place, "good")["metrics"][0][side]["points"].clone();
    assert_eq!(points("canary").as_array().unwrap().len(), 20);
    assert_eq!(points("baseline").as_array().unwrap().len(), 20);
}

/// 300 seconds were recorded. The part of the warm-up outside of the deciding window is shaded, wherever that window
/// starts.
#[test]
fn pages_shade_the_warm_up_and_what_was_judged() {
    let place = place();
    let at = |seconds: i64| (1_700_000_000 + seconds) * 1000;
    let span = |(from, to): (i64, i64)| serde_json::json!([at(from), at(to)]);
    for (windows, warm_up, judged) in [
        ("", None, (0, 300)),
        ("--warm-up 30s", Some((0, 30)), (30, 230)),
        ("--warm-up 30s --lookback 100s", Some((0, 30)), (130, 230)),
        ("--warm-up 30s --lookback 80s", Some((0, 30)), (150, 230)),
        ("--warm-up 150s --lookback 200s", Some((0, 50)), (50, 250)),
        ("--warm-up 150s --lookback 300s", None, (-50, 250)),
    ] {
        assert_eq!(place.judge(&format!("{RETRO} {windows} --report pages")).code, 2);
        let charts = charts(&place, "good");
        let shaded = warm_up.map_or(Value::Null, span);
        assert_eq!((&charts["warmUp"], &charts["judged"]), (&shaded, &span(judged)), "{windows}");
    }
}

#[test]
fn pages_that_cannot_be_written_are_reported() {
    let place = place();
    let answer = place.judge(&format!("{RETRO} --report history.csv"));
    assert_eq!(answer.code, 1, "{answer:?}");
    assert!(answer.stderr.contains("cannot make history.csv"), "{answer:?}");
}

#[test]
fn releases_are_healthy_history_too() {
    let place = place();
    let calibrate = "calibrate --config config.json --minutes 1,2 --pairs 20 -f json --releases";
    let read = |more: &str| -> Value {
        let answer = place.judge(&format!("{calibrate} history.csv {more}"));
        assert_eq!(answer.code, 0, "{answer:?}");
        serde_json::from_str(&answer.stdout).unwrap()
    };
    let baselines = read("");
    assert_eq!(baselines["history"]["pairing"], "blocks");
    assert_eq!(baselines["history"]["instances"], 3);
    let both = read("--with-canaries");
    assert_eq!(both["history"]["pairing"], "concurrent");
    assert_eq!(
        (&both["history"]["recordings"], &both["history"]["instances"]),
        (&3.into(), &5.into())
    );
    // One canary in two is always twice as slow.
    let share = both["metrics"][0]["falseAlarms"][1]["share"].as_f64().unwrap();
    assert!(share > 0.0, "{both:#}");

    let coarse = read("--step 30s");
    assert_eq!(coarse["history"]["stepMillis"], 30_000);
    let answer = place.judge(&format!("{calibrate} missing.parquet"));
    assert_eq!(answer.code, 2, "{answer:?}");
    assert!(answer.stderr.contains("missing.parquet"), "{answer:?}");
}
