//! A crate depends only on crates below it.

use crate::sources::{crates, toml, workspace};

/// The crates from the bottom up. Crates of one row do not depend on each other.
const ROWS: &[&[&str]] = &[
    &["judge-core", "judge-points", "judge-ordered", "judge-output", "checks"],
    &[
        "judge-calibrate",
        "judge-contract",
        "judge-replay",
        "judge-report",
        "judge-sources",
        "judge-scenarios",
    ],
    &["judge-canary", "judge-retro", "judge-python"],
    &["judge-pages"],
    &["judge-cli", "judge-server", "benches"],
];

fn row(folder: &str) -> usize {
    let row = ROWS.iter().position(|row| row.contains(&folder));
    row.unwrap_or_else(|| panic!("{folder} is in no row: add it to ROWS"))
}

#[test]
fn crates_depend_only_on_crates_below_them() {
    let root = toml(&workspace().join("Cargo.toml"));
    let shared = root["workspace"]["dependencies"].as_table().unwrap();
    for name in crates() {
        let manifest = toml(&workspace().join(&name).join("Cargo.toml"));
        let Some(dependencies) = manifest.get("dependencies") else { continue };
        for key in dependencies.as_table().unwrap().keys() {
            let path = shared.get(key).and_then(|dependency| dependency.get("path"));
            if let Some(below) = path.and_then(|path| path.as_str()) {
                assert!(row(below) < row(&name), "{name} depends on {below}");
            }
        }
    }
}
