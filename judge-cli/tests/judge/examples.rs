//! Runs every example of docs/sources.md, and the README's examples with a source, exactly as the pages show them.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use judge_sources::SourceSettings;

use crate::harness::TestFolder;
use crate::store::{Store, matrix};

/// The URL of the Prometheus in the examples.
const URL: &str = "http://prometheus:9090";

/// The list in the help of judge fetch.
const RELEASES: &str = "release,start,end,baseline-scope,canary-scope\n\
    v7,2026-11-20T14:00:00Z,2026-11-20T14:30:00Z,shop-v6,shop-v7\n";

/// The blocks of `language` in a page.
fn blocks(page: &str, language: &str) -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let text = std::fs::read_to_string(root.join(page)).unwrap();
    let fence = format!("```{language}\n");
    let parts = text.split(&fence).skip(1);
    parts.map(|part| part.split("```").next().unwrap().to_owned()).collect()
}

/// The commands that query a source, or read what such a command wrote.
fn examples() -> Vec<String> {
    let of_readme = blocks("README.md", "sh").into_iter().filter(|block| block.contains(URL));
    let all: Vec<String> = of_readme.chain(blocks("docs/sources.md", "sh")).collect();
    for command in ["run", "watch", "config try", "fetch", "retro"] {
        let called = format!("judge {command} ");
        assert!(all.iter().any(|block| block.contains(&called)), "no example of {command}");
    }
    all
}

#[test]
fn every_example_of_a_source_runs() {
    let store = Store::open(|asked| matrix(asked, 100.0));
    // Readers of the README have its first config.
    let config = blocks("README.md", "json").swap_remove(0);
    let folder = TestFolder::with(&[
        ("canary.json", config.as_bytes()),
        ("releases.csv", RELEASES.as_bytes()),
    ]);
    let binary = PathBuf::from(env!("CARGO_BIN_EXE_judge"));
    let path = format!("{}:{}", binary.parent().unwrap().display(), std::env::var("PATH").unwrap());
    // We do not wait for half an hour: the watched canary started an hour ago.
    let start = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() - 3600;
    let begun = format!("judge watch --start {start} --settle 0s ");
    for example in examples() {
        let script = example.replace(URL, &store.url).replace("judge watch ", &begun);
        let ran = Command::new("bash")
            .args(["-ec", &script])
            .current_dir(folder.path())
            .env("PATH", &path)
            .output()
            .unwrap();
        let said = [ran.stdout, ran.stderr].map(|said| String::from_utf8(said).unwrap()).concat();
        assert!(ran.status.success(), "{script}{said}");
    }
    for written in ["canary.html", "history.parquet"] {
        assert!(folder.path().join(written).is_file(), "{written}");
    }
}

#[test]
fn the_sources_of_the_page_can_be_read() {
    let all = blocks("docs/sources.md", "toml");
    assert_eq!(all.len(), 1);
    let sources = SourceSettings::read_all(&all[0]).unwrap();
    let names: Vec<&str> = sources.iter().map(SourceSettings::name).collect();
    assert_eq!(names, ["amp", "main", "metrics", "old"]);
}
