use serde_json::Value;

use crate::harness::{RUN, TestFolder, slow_canary};

/// The page without the facts about the source of the series.
fn without_sources(page: &str) -> String {
    let facts = ["Config", "Baseline series", "Canary series"];
    facts.iter().fold(page.to_owned(), |page, fact| {
        let start = page.find(&format!("<div><dt><bdi>{fact}</bdi></dt>")).unwrap();
        let end = start + page[start..].find("</div>").unwrap() + "</div>".len();
        format!("{}{}", &page[..start], &page[end..])
    })
}

#[test]
fn a_kept_judgement_gives_the_page_that_a_run_gives() {
    let place = slow_canary();
    assert_eq!(place.judge(&format!("{RUN} --format full -o full.json --report run.html")).code, 4);
    assert_eq!(place.judge("report full.json -o kept.html").code, 0);
    let read = |name| std::fs::read_to_string(place.path().join(name)).unwrap();
    assert_eq!(read("kept.html"), without_sources(&read("run.html")));
    let full = std::fs::read(place.path().join("full.json")).unwrap();
    assert_eq!(place.judge_with("report -", &full).stdout, read("kept.html"));
}

#[test]
fn full_is_the_judgement_and_a_request_that_gives_it_again() {
    let place = slow_canary();
    let answer = place.judge(&format!("{RUN} --pass 51 --marginal 50 --format full"));
    let mut full: Value = serde_json::from_str(&answer.stdout).unwrap();
    let request = full.as_object_mut().unwrap().remove("request").unwrap();
    place.write("request.json", request.to_string().as_bytes());
    let again = place.judge("run request.json --format json");
    assert_eq!((again.code, answer.code), (3, 3), "{again:?}");
    assert_eq!(serde_json::from_str::<Value>(&again.stdout).unwrap(), full);
}

#[test]
fn a_judgement_without_series_is_shown_without_charts() {
    let place = slow_canary();
    let json = place.judge(&format!("{RUN} --format json"));
    let page = place.judge_with("report -", json.stdout.as_bytes());
    assert_eq!(page.code, 0, "{page:?}");
    assert!(page.stdout.contains("no charts") && !page.stdout.contains("<script"));
}

#[test]
fn bad_judgements_are_refused() {
    let place = TestFolder::with(&[]);
    for (judgement, says) in [
        (&b"{"[..], "not JSON"),
        (b"{}", "judge"),
        (b"[]", "a judgement as judge run writes it"),
        (b"\xff\xfe{\x00", "UTF-16"),
        (b"", "empty"),
        (br#"{"judge":"j","verdict":"Maybe"}"#, "verdict"),
    ] {
        let answer = place.judge_with("report -", judgement);
        assert_eq!(answer.code, 2, "{answer:?}");
        assert!(answer.stderr.contains(says), "{answer:?}");
    }
    let mut full: Value =
        serde_json::from_str(&slow_canary().judge(&format!("{RUN} --format full")).stdout).unwrap();
    full["request"]["metricSetPairList"] = Value::from(5);
    let answer = place.judge_with("report -", full.to_string().as_bytes());
    assert_eq!(answer.code, 2, "{answer:?}");
    assert!(answer.stderr.contains("request.metricSetPairList"), "{answer:?}");
}

#[test]
fn a_page_that_cannot_be_written_leaves_nothing() {
    let place = slow_canary();
    let answer = place.judge(&format!("{RUN} --report missing/out.html"));
    assert_eq!(answer.code, 1, "{answer:?}");
    assert!(!place.path().join("missing").exists());
    if std::path::Path::new("/dev/full").exists() {
        assert_eq!(place.judge(&format!("{RUN} --report /dev/full")).code, 1);
    }
}
