use std::fs;

use super::*;
use judge_replay::Fate;

fn line(release: &str) -> ReleaseLine {
    ReleaseLine { release: release.to_owned(), fate: Fate::Broken { error: "no data".to_owned() } }
}

fn open(output: &Path, resume: bool) -> Result<Store, PartsError> {
    Store::open(output, serde_json::json!({ "--judge": "a" }), resume)
}

fn text() -> FrameFormat {
    FrameFormat::Text { header: "head\n".to_owned() }
}

#[test]
fn parts_become_the_output_and_are_gone() {
    let place = tempfile::tempdir().unwrap();
    let output = place.path().join("out.csv");
    let mut store = open(&output, false).unwrap();
    store.add(b"one\n", vec![line("1")]).unwrap();
    store.add(b"two\n", vec![line("2"), line("3")]).unwrap();
    let lines = store.finish(&text()).unwrap();
    assert_eq!(lines, [line("1"), line("2"), line("3")]);
    assert_eq!(fs::read_to_string(&output).unwrap(), "head\none\ntwo\n");
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 1, "the output alone");
}

#[test]
fn a_run_continues_before_the_first_missing_part() {
    let place = tempfile::tempdir().unwrap();
    let output = place.path().join("out.csv");
    let mut store = open(&output, false).unwrap();
    for (number, frame) in ["one\n", "two\n", "three\n"].into_iter().enumerate() {
        store.add(frame.as_bytes(), vec![line(&number.to_string())]).unwrap();
    }
    drop(store);
    fs::remove_file(place.path().join("out.csv.parts/000001.part")).unwrap();

    let mut store = open(&output, true).unwrap();
    assert_eq!((store.done(), store.lines()), (1, &[line("0")][..]));
    store.add(b"two\n", vec![line("1")]).unwrap();
    store.add(b"three\n", vec![line("2")]).unwrap();
    store.finish(&text()).unwrap();
    assert_eq!(fs::read_to_string(&output).unwrap(), "head\none\ntwo\nthree\n");
}

#[test]
fn a_cut_part_ends_the_run_before_anything_is_judged() {
    let place = tempfile::tempdir().unwrap();
    let output = place.path().join("out.csv");
    let mut store = open(&output, false).unwrap();
    store.add(b"one\n", vec![line("1")]).unwrap();
    drop(store);
    let part = place.path().join("out.csv.parts/000000.part");
    let whole = fs::read(&part).unwrap();
    fs::write(&part, &whole[..whole.len() - 2]).unwrap();
    let error = open(&output, true).unwrap_err().to_string();
    assert!(error.contains("000000.part was changed") && error.contains("--resume"), "{error}");
}
