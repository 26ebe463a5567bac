//! Packages have the fields that a registry shows and the files that a licence requires.

use std::fs;

use crate::sources::{crates, workspace};

/// The required lines of a manifest.
const KEYS: [&str; 4] =
    ["description = ", "keywords = ", "categories = ", "license.workspace = true"];

#[test]
fn published_crates_have_a_readme_a_licence_and_a_description() {
    let licence = fs::read(workspace().join("LICENSE")).unwrap();
    let mut published = 0;
    for member in crates() {
        let folder = workspace().join(&member);
        let manifest = fs::read_to_string(folder.join("Cargo.toml")).unwrap();
        if manifest.contains("publish = false") {
            continue;
        }
        published += 1;
        for key in KEYS {
            assert!(manifest.lines().any(|line| line.starts_with(key)), "{member}: no {key:?}");
        }
        assert!(folder.join("README.md").is_file(), "{member} has no README.md");
        assert!(
            fs::read(folder.join("LICENSE")).is_ok_and(|own| own == licence),
            "{member}: LICENSE"
        );
    }
    assert!(published > 10, "{published} packages");
}
