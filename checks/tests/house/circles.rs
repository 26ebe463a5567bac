//! No files of a crate import each other in a circle.

use std::collections::BTreeSet;

use crate::exceptions::CIRCLES;
use crate::imports::{Imports, imports};
use crate::sources::{SourceFile, crates, sources};

/// Finds the sets of files that reach each other.
fn circles(imports: &Imports) -> Vec<BTreeSet<usize>> {
    let reach = |from: usize| {
        let mut reached = BTreeSet::new();
        let mut open = vec![from];
        while let Some(file) = open.pop() {
            open.extend(imports[&file].iter().filter(|next| reached.insert(**next)));
        }
        reached
    };
    let reached: Vec<_> = imports.keys().map(|file| reach(*file)).collect();
    let circle = |file: usize| -> BTreeSet<usize> {
        reached[file].iter().copied().filter(|other| reached[*other].contains(&file)).collect()
    };
    let all: BTreeSet<_> = imports.keys().map(|file| circle(*file)).collect();
    all.into_iter().filter(|circle| circle.len() > 1).collect()
}

/// The circles of a crate: the files of each, and the imports between them.
fn circles_of(name: &str) -> Vec<(BTreeSet<String>, String)> {
    let sources = sources(name);
    let imports = imports(&sources);
    let describe = |circle: BTreeSet<usize>| {
        let path = |file: &usize| sources[*file].path.clone();
        let edges = circle.iter().flat_map(|from| {
            let to = imports[from].intersection(&circle);
            to.map(|to| format!("\n    {} -> {}", path(from), path(to))).collect::<Vec<_>>()
        });
        (circle.iter().map(path).collect(), edges.collect())
    };
    circles(&imports).into_iter().map(describe).collect()
}

#[test]
fn no_files_import_each_other() {
    let mut listed: BTreeSet<BTreeSet<String>> =
        CIRCLES.iter().map(|files| files.iter().map(|&file| file.to_owned()).collect()).collect();
    let found = crates().into_iter().flat_map(|name| circles_of(&name));
    let unlisted: Vec<_> =
        found.filter(|(files, _)| !listed.remove(files)).map(|(_, edges)| edges).collect();
    assert!(unlisted.is_empty(), "circles of imports:{}", unlisted.join("\n"));
    assert!(listed.is_empty(), "no circles any more, take them off the exceptions: {listed:#?}");
}

fn source(path: &str, module: &[&str], text: &str) -> SourceFile {
    SourceFile {
        path: path.to_owned(),
        module: module.iter().map(|&name| name.to_owned()).collect(),
        items: syn::parse_file(text).unwrap().items,
    }
}

#[test]
fn a_circle_is_found_however_it_is_written() {
    let facade = "mod a; mod b; pub use a::A; pub use b::{B, help};";
    let a = "pub struct A; use super::B;";
    let circles_with = |b: &str| {
        let sources =
            [source("lib.rs", &[], facade), source("a.rs", &["a"], a), source("b.rs", &["b"], b)];
        circles(&imports(&sources))
    };
    let circle = vec![BTreeSet::from([1, 2])];
    assert_eq!(circles_with("pub struct B; pub fn help() {}"), []);
    assert_eq!(circles_with("use crate::A; pub struct B;"), circle);
    assert_eq!(circles_with("pub struct B(super::A);"), circle);
    assert_eq!(circles_with("use crate::a; pub struct B(a::A);"), circle);
    assert_eq!(circles_with("use super::*; pub struct B(A);"), circle);
    assert_eq!(circles_with("pub struct B; fn b() { println!(\"{}\", crate::A); }"), circle);
    // A whole module does not count as a file until a name is taken from it.
    assert_eq!(circles_with("use crate::a; pub struct B;"), []);
}
