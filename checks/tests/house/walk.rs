//! CONTRIBUTING's table "Where is …?": one search finds each thing.

use std::fs;

use crate::sources::{crates, files, workspace};

#[test]
fn one_search_finds_each_thing() {
    let page = fs::read_to_string(workspace().join("CONTRIBUTING.md")).unwrap();
    let (_, table) = page.split_once("## Where is").unwrap();
    let sources: Vec<(String, String)> = crates()
        .iter()
        .flat_map(|name| files(&format!("{name}/src"), ".rs"))
        .map(|path| (path.clone(), fs::read_to_string(workspace().join(path)).unwrap()))
        .collect();
    let rows: Vec<&str> = table.lines().filter(|line| line.contains(".rs |")).collect();
    assert!(rows.len() >= 40);
    for row in rows {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let [_, file, search] = cells.as_slice() else { panic!("{row}") };
        let search = search.trim_matches('`');
        let found: Vec<&str> = sources
            .iter()
            .filter(|(_, text)| text.contains(search))
            .map(|(path, _)| path.as_str())
            .collect();
        assert_eq!(found, [*file], "{search}");
    }
}
