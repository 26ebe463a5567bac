use super::settings::BEFORE_DIFFERENCE;
use super::*;

type TestParts = OutputParts<String>;

fn settings(judge: &str) -> Value {
    serde_json::json!({ "--judge": judge })
}

fn open(output: &Path, resume: bool) -> Result<TestParts, PartsError> {
    OutputParts::open(output, settings("a"), resume)
}

fn refused(output: &Path, resume: bool) -> String {
    open(output, resume).unwrap_err().to_string()
}

fn join(parts: &TestParts) -> Result<(), PartsError> {
    let numbers: Vec<usize> = parts.notes().map(|(number, _)| number).collect();
    parts.join(|out| {
        for number in numbers {
            out.write_all(&parts.read(number)?)?;
        }
        Ok(())
    })
}

/// A folder, its `out.csv`, and the folder of the parts.
struct Place {
    folder: tempfile::TempDir,
    output: PathBuf,
    parts: PathBuf,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (output, parts) = (folder.path().join("out.csv"), folder.path().join("out.csv.parts"));
        Self { folder, output, parts }
    }

    /// With two parts of an interrupted run.
    fn with_parts() -> Self {
        let place = Self::new();
        let mut parts = open(&place.output, false).unwrap();
        parts.add(0, "1".to_owned(), b"one\n").unwrap();
        parts.add(1, "2".to_owned(), b"two\n").unwrap();
        place
    }

    fn files(&self) -> usize {
        fs::read_dir(self.folder.path()).unwrap().count()
    }

    fn text(&self) -> String {
        fs::read_to_string(&self.output).unwrap()
    }
}

fn notes(parts: &TestParts) -> Vec<(usize, &str)> {
    parts.notes().map(|(number, note)| (number, note.as_str())).collect()
}

#[test]
fn parts_become_the_output_and_are_gone() {
    let place = Place::with_parts();
    assert!(!place.output.exists(), "nothing under the final name before the end");
    let parts = open(&place.output, true).unwrap();
    assert_eq!(notes(&parts), [(0, "1"), (1, "2")]);
    join(&parts).unwrap();
    parts.remove().unwrap();
    assert_eq!(place.text(), "one\ntwo\n");
    assert_eq!(place.files(), 1, "the output alone");
}

#[test]
fn an_interrupted_run_continues_with_the_same_settings() {
    let place = Place::with_parts();
    let error = refused(&place.output, false);
    assert!(error.contains("interrupted") && error.contains("--resume"), "{error}");
    let other =
        OutputParts::<String>::open(&place.output, settings("b"), true).unwrap_err().to_string();
    assert!(other.contains("--judge was \"a\" and is now \"b\""), "{other}");
    assert_eq!(open(&place.output, true).unwrap().notes().count(), 2);
}

#[test]
fn long_settings_are_quoted_where_they_differ() {
    let place = Place::new();
    let long = |end: &str| serde_json::json!({"the config": format!("{}{end}", "x".repeat(200))});
    let mut parts = OutputParts::open(&place.output, long("old"), false).unwrap();
    parts.add(0, "1".to_owned(), b"one\n").unwrap();
    drop(parts);
    let error =
        OutputParts::<String>::open(&place.output, long("new"), true).unwrap_err().to_string();
    let said = |end: &str| format!("...{}{end}\"", "x".repeat(BEFORE_DIFFERENCE));
    let said = format!("the config was {} and is now {};", said("old"), said("new"));
    assert!(error.contains(&said), "{error}");
}

#[test]
fn a_part_that_was_cut_or_changed_is_named_with_the_way_out() {
    let place = Place::with_parts();
    let path = place.parts.join("000001.part");
    let whole = fs::read(&path).unwrap();
    let refuse = |bytes: &[u8]| {
        fs::write(&path, bytes).unwrap();
        let error = refused(&place.output, true);
        assert!(
            error.contains("000001.part was changed after it was written: expected "),
            "{error}"
        );
        assert!(
            error.contains(", got ") && error.contains("remove this file, and --resume"),
            "{error}"
        );
    };
    let huge = format!("{{\"bytes\":{},\"crc32\":0}}\n", usize::MAX);
    refuse(huge.as_bytes());
    for kept in 0..whole.len() {
        refuse(&whole[..kept]);
    }
    for at in 0..whole.len() {
        let mut changed = whole.clone();
        changed[at] ^= 1;
        refuse(&changed);
    }
    refuse(&[whole.as_slice(), b"\n"].concat());

    fs::remove_file(&path).unwrap();
    let mut parts = open(&place.output, true).unwrap();
    assert_eq!(notes(&parts), [(0, "1")]);
    parts.add(1, "2".to_owned(), b"two\n").unwrap();
    // As above, but while the run goes on.
    fs::write(&path, &whole[..whole.len() - 1]).unwrap();
    let error = join(&parts).unwrap_err().to_string();
    assert!(error.contains("000001.part was changed"), "{error}");
    assert!(!place.output.exists());
}

#[test]
fn settings_that_cannot_be_read_are_named_with_the_way_out() {
    let place = Place::with_parts();
    fs::write(place.parts.join(SETTINGS), "{\"--jud").unwrap();
    let error = refused(&place.output, true);
    assert!(error.contains("settings.json was changed") && error.contains("start over"), "{error}");
}

/// A run with other settings may follow a run that was killed while it removed its parts.
#[test]
fn no_part_is_left_of_a_run_that_ended() {
    let place = Place::with_parts();
    fs::remove_file(place.parts.join(SETTINGS)).unwrap();
    let mut parts = OutputParts::open(&place.output, settings("b"), false).unwrap();
    assert_eq!(notes(&parts), []);
    parts.add(0, "3".to_owned(), b"three\n").unwrap();
    drop(parts);
    let parts = OutputParts::<String>::open(&place.output, settings("b"), true).unwrap();
    assert_eq!(notes(&parts), [(0, "3")]);
    parts.remove().unwrap();
    assert_eq!(place.files(), 0);
}

/// A run may be killed while it writes a part or joins the parts.
#[test]
fn unfinished_files_are_gone_with_the_next_run() {
    let place = Place::with_parts();
    let parts = open(&place.output, true).unwrap();
    // The unfinished output is in the folder of the parts, not where a user would find it.
    parts
        .join(|out| {
            out.write_all(b"half")?;
            let inside = fs::read_dir(&place.parts)?.flatten();
            let inside = inside.filter(|file| file.path().to_string_lossy().ends_with(UNFINISHED));
            assert_eq!((inside.count(), place.files()), (1, 1));
            Err(io::Error::other("stop").into())
        })
        .unwrap_err();
    drop(parts);
    fs::write(place.parts.join(".tmpabc.unfinished"), "half").unwrap();
    drop(open(&place.output, true).unwrap());
    assert!(!place.parts.join(".tmpabc.unfinished").exists());
}

#[test]
fn only_one_run_writes_an_output() {
    let place = Place::with_parts();
    let parts = open(&place.output, true).unwrap();
    for resume in [false, true] {
        let error = refused(&place.output, resume);
        assert!(error.contains("another run is writing "), "{error}");
    }
    drop(parts);
    // A killed run leaves a lock file that no process has locked.
    fs::write(place.parts.join("lock"), "").unwrap();
    open(&place.output, true).unwrap().remove().unwrap();
    assert_eq!(place.files(), 0);
}

#[test]
fn a_run_without_parts_leaves_no_folder() {
    let place = Place::new();
    for resume in [false, true] {
        drop(open(&place.output, resume).unwrap());
        assert_eq!(place.files(), 0);
    }
}

#[test]
fn an_output_that_cannot_be_written_stays_unchanged() {
    let folder = tempfile::tempdir().unwrap();
    let error = refused(&folder.path().join("folder/out.csv"), false);
    assert!(error.contains("cannot write") && error.contains("out.csv.parts"), "{error}");

    let full = open(Path::new("/dev/full"), false).unwrap();
    let error = full.join(|out| Ok(out.write_all(b"one")?)).unwrap_err().to_string();
    assert!(error.contains("cannot write /dev/full"), "{error}");
}

#[cfg(unix)]
#[test]
fn a_link_stays_and_its_file_is_replaced() {
    let (place, other) = (Place::new(), Place::new());
    fs::write(&other.output, "old").unwrap();
    std::os::unix::fs::symlink(&other.output, &place.output).unwrap();
    let mut parts = open(&place.output, false).unwrap();
    parts.add(0, "1".to_owned(), b"one\n").unwrap();
    join(&parts).unwrap();
    parts.remove().unwrap();
    assert!(place.output.is_symlink());
    assert_eq!((other.text().as_str(), other.files(), place.files()), ("one\n", 1, 1));
}
