//! The workspace's files.

use std::fs;
use std::path::{Path, PathBuf};

use syn::{Attribute, Item, Meta};

/// A source file without its test code.
pub(crate) struct SourceFile {
    /// Path from the workspace's root, such as `judge-core/src/stats/mod.rs`.
    pub(crate) path: String,
    /// Its module: `["stats"]`.
    pub(crate) module: Vec<String>,
    pub(crate) items: Vec<Item>,
}

pub(crate) fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The folders of all crates of the workspace.
pub(crate) fn crates() -> Vec<String> {
    let manifest: toml::Table = toml(&workspace().join("Cargo.toml"));
    let members = manifest["workspace"]["members"].as_array().unwrap();
    members.iter().map(|member| member.as_str().unwrap().to_owned()).collect()
}

pub(crate) fn toml(path: &Path) -> toml::Table {
    fs::read_to_string(path).unwrap().parse().unwrap()
}

/// The files below `folder` with this extension, as paths from the workspace's root.
pub(crate) fn files(folder: &str, extension: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(workspace().join(&folder)).into_iter().flatten() {
            let entry = entry.unwrap();
            let path = format!("{folder}/{}", entry.file_name().to_str().unwrap());
            if entry.file_type().unwrap().is_dir() {
                folders.push(path);
            } else if path.ends_with(extension) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// The sources of a crate's library or program, without `src/bin/`.
pub(crate) fn sources(name: &str) -> Vec<SourceFile> {
    let root = format!("{name}/src/");
    let paths = files(&format!("{name}/src"), ".rs").into_iter();
    let all = paths.filter_map(|path| {
        let inner = path.strip_prefix(&root)?.strip_suffix(".rs")?.to_owned();
        let mut module: Vec<String> = inner.split('/').map(str::to_owned).collect();
        if module.iter().any(|name| name == "tests" || name == "bin") {
            return None;
        }
        if matches!(module.last()?.as_str(), "mod" | "lib" | "main") {
            module.pop();
        }
        let text = fs::read_to_string(workspace().join(&path)).unwrap();
        let file = syn::parse_file(&text).unwrap_or_else(|error| panic!("{path}: {error}"));
        Some(SourceFile { path, module, items: without_tests(file.items) })
    });
    all.collect()
}

fn without_tests(items: Vec<Item>) -> Vec<Item> {
    let kept = items.into_iter().filter(|item| !attributes(item).iter().any(is_test));
    kept.map(|mut item| {
        if let Item::Mod(module) = &mut item
            && let Some((_, inner)) = &mut module.content
        {
            *inner = without_tests(std::mem::take(inner));
        }
        item
    })
    .collect()
}

/// Whether the attribute is `#[cfg(test)]`, `#[test]` or a `#[cfg(all(test, …))]`.
fn is_test(attribute: &Attribute) -> bool {
    match &attribute.meta {
        Meta::Path(path) => path.is_ident("test"),
        Meta::List(list) if list.path.is_ident("cfg") => {
            let text = list.tokens.to_string();
            text == "test" || text.contains("(test") || text.contains("doctest")
        }
        _ => false,
    }
}

pub(crate) fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Union(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}
