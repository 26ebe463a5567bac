//! Names that other programs hold on to: fields of messages, keys of JSON and configs, flags, metrics and
//! keys of the log. They are read from the sources of all crates and compared with `names.snap`.
//!
//! A name of this list is renamed on purpose only, with a line in CHANGELOG.md. Names of Rust types and fields
//! are free, as long as an attribute keeps the outer name.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a panic is how a test fails")]

mod flags;
mod json;
mod logs;
mod metrics;
mod proto;
mod tables;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use syn::{File, Item};

/// The crates whose sources have outer names.
const CRATES: [&str; 10] = [
    "judge-core",
    "judge-points",
    "judge-calibrate",
    "judge-replay",
    "judge-report",
    "judge-retro",
    "judge-sources",
    "judge-cli",
    "judge-contract",
    "judge-server",
];

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The files below `folder` that end in `extension`, in order; none where there is no such folder.
fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|found| found == extension) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// The sources of one crate, without the items that only tests have.
fn sources(name: &str) -> Vec<File> {
    let paths = files(&workspace().join(name).join("src"), "rs");
    let parse = |path: &PathBuf| {
        let text = fs::read_to_string(path).unwrap();
        let mut file =
            syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        file.items.retain(|item| !is_test(item));
        file
    };
    let tests = |path: &&PathBuf| !path.ends_with("tests.rs");
    paths.iter().filter(tests).map(parse).collect()
}

fn is_test(item: &Item) -> bool {
    let Item::Mod(module) = item else { return false };
    module.attrs.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute.parse_args::<syn::Path>().is_ok_and(|path| path.is_ident("test"))
    })
}

/// Both words of a kind, each in lower case: `WarmUp` and `warm_up` are `warm`, `up`.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    for letter in name.chars() {
        if letter == '_' || letter.is_uppercase() && !words.last().unwrap().is_empty() {
            words.push(String::new());
        }
        if letter != '_' {
            words.last_mut().unwrap().extend(letter.to_lowercase());
        }
    }
    words
}

fn section(title: &str, lines: BTreeSet<String>) -> String {
    let lines: Vec<String> = lines.into_iter().collect();
    format!("# {title}\n{}\n", lines.join("\n"))
}

#[test]
fn outer_names_stay() {
    let mut text = section("messages", proto::names());
    for name in CRATES {
        let sources = sources(name);
        for (kind, lines) in [
            ("JSON", json::names(&sources)),
            ("flags", flags::names(&sources)),
            ("keys and words", tables::names(&sources)),
            ("metrics", metrics::names(&sources)),
            ("log", logs::names(&sources)),
        ] {
            if !lines.is_empty() {
                text.push_str(&section(&format!("{name}: {kind}"), lines));
            }
        }
    }
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(".");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!("names", text));
}
