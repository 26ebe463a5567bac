use super::*;
use judge_replay::Fate;

fn line(release: &str) -> ReleaseLine {
    ReleaseLine { release: release.to_owned(), fate: Fate::Broken { error: "no data".to_owned() } }
}

fn settings(judge: &str) -> Value {
    serde_json::json!({ "--judge": judge })
}

fn text() -> FrameFormat {
    FrameFormat::Text { header: "head\n".to_owned() }
}

#[test]
fn parts_become_the_output_and_are_gone() {
    let place = tempfile::tempdir().unwrap();
    let output = place.path().join("out.csv");
    let mut store = Store::open(&output, settings("a"), false).unwrap();
    store.add(b"one\n", vec![line("1")]).unwrap();
    store.add(b"two\n", vec![line("2"), line("3")]).unwrap();
    assert!(!output.exists(), "nothing under the final name before the end");
    let lines = store.finish(&text()).unwrap();
    assert_eq!(lines, [line("1"), line("2"), line("3")]);
    assert_eq!(fs::read_to_string(&output).unwrap(), "head\none\ntwo\n");
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 1, "the output alone");
}

#[test]
fn an_interrupted_run_continues_with_the_same_settings() {
    let place = tempfile::tempdir().unwrap();
    let output = place.path().join("out.csv");
    let mut store = Store::open(&output, settings("a"), false).unwrap();
    store.add(b"one\n", vec![line("1")]).unwrap();
    // As if the run was killed between the frame and its lines.
    fs::write(place.path().join("out.csv.parts/000001.frame"), "half").unwrap();
    drop(store);

    let error = Store::open(&output, settings("a"), false).unwrap_err().to_string();
    assert!(error.contains("holds 1 releases") && error.contains("--resume"), "{error}");
    let error = Store::open(&output, settings("b"), true).unwrap_err().to_string();
    assert!(error.contains("--judge was \"a\" and is now \"b\""), "{error}");

    let mut store = Store::open(&output, settings("a"), true).unwrap();
    assert_eq!((store.done(), store.lines()), (1, &[line("1")][..]));
    store.add(b"two\n", vec![line("2")]).unwrap();
    store.finish(&text()).unwrap();
    assert_eq!(fs::read_to_string(&output).unwrap(), "head\none\ntwo\n");
}

#[test]
fn long_settings_are_quoted_where_they_differ() {
    let place = tempfile::tempdir().unwrap();
    let output = place.path().join("out.csv");
    let long = |end: &str| serde_json::json!({"the config": format!("{}{end}", "x".repeat(200))});
    let mut store = Store::open(&output, long("old"), false).unwrap();
    store.add(b"one\n", vec![line("1")]).unwrap();
    drop(store);
    let error = Store::open(&output, long("new"), true).unwrap_err().to_string();
    let said = |end: &str| format!("...{}{end}\"", "x".repeat(BEFORE_DIFFERENCE));
    let said = format!("the config was {} and is now {};", said("old"), said("new"));
    assert!(error.contains(&said), "{error}");
}

/// A run with other settings may follow a run that was killed while it removed its parts.
#[test]
fn no_part_is_left_of_a_run_that_ended() {
    let place = tempfile::tempdir().unwrap();
    let output = place.path().join("out.csv");
    let parts = place.path().join("out.csv.parts");
    let mut store = Store::open(&output, settings("a"), false).unwrap();
    store.add(b"old one\n", vec![line("1")]).unwrap();
    store.add(b"old two\n", vec![line("2")]).unwrap();
    fs::remove_file(parts.join("000000.lines")).unwrap();
    drop(store);

    let mut store = Store::open(&output, settings("b"), false).unwrap();
    store.add(b"one\n", vec![line("1")]).unwrap();
    drop(store);
    let store = Store::open(&output, settings("b"), true).unwrap();
    assert_eq!(store.lines(), [line("1")]);
    store.finish(&text()).unwrap();
    assert_eq!(fs::read_to_string(&output).unwrap(), "head\none\n");
    assert!(!parts.exists());
}

#[test]
fn only_one_run_writes_an_output() {
    let place = tempfile::tempdir().unwrap();
    let output = place.path().join("out.csv");
    let mut store = Store::open(&output, settings("a"), false).unwrap();
    let refused = |resume| Store::open(&output, settings("a"), resume).unwrap_err().to_string();
    for resume in [false, true] {
        let error = refused(resume);
        assert!(error.contains("another run is writing "), "{error}");
    }
    store.add(b"one\n", vec![line("1")]).unwrap();
    assert!(refused(true).contains("another run is writing "));
    drop(store);

    // A killed run leaves a lock file that no process has locked.
    fs::write(place.path().join("out.csv.parts/lock"), "").unwrap();
    let mut store = Store::open(&output, settings("a"), true).unwrap();
    store.add(b"two\n", vec![line("2")]).unwrap();
    store.finish(&text()).unwrap();
    assert_eq!(fs::read_to_string(&output).unwrap(), "head\none\ntwo\n");
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 1, "the output alone");
}

#[test]
fn a_run_without_parts_leaves_no_folder() {
    let place = tempfile::tempdir().unwrap();
    drop(Store::open(&place.path().join("out.csv"), settings("a"), false).unwrap());
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0);
}

#[test]
fn resuming_without_parts_starts_the_output() {
    let place = tempfile::tempdir().unwrap();
    let output = place.path().join("out.csv");
    let store = Store::open(&output, settings("a"), true).unwrap();
    assert_eq!(store.done(), 0);
    store.finish(&text()).unwrap();
    assert_eq!(fs::read_to_string(&output).unwrap(), "head\n");
}

#[test]
fn an_output_that_cannot_be_written_stays_unchanged() {
    let place = tempfile::tempdir().unwrap();
    let output = place.path().join("folder/out.csv");
    let error = Store::open(&output, settings("a"), false).unwrap_err().to_string();
    assert!(error.contains("cannot write") && error.contains("out.csv.parts"), "{error}");

    let full = Store::open(Path::new("/dev/full"), settings("a"), false).unwrap();
    let error = full.finish(&text()).unwrap_err().to_string();
    assert!(error.contains("cannot write /dev/full"), "{error}");
}
