//! A type name means one thing in the workspace. Names that are private to a file may repeat.

use std::collections::BTreeMap;

use syn::{Item, Visibility};

use crate::exceptions::COMMON_TYPE_NAMES;
use crate::sources::{crates, sources};

/// The types of a file that other files can name.
fn types(items: &[Item]) -> Vec<String> {
    let visible = |visibility: &Visibility| !matches!(visibility, Visibility::Inherited);
    let name = |item: &Item| match item {
        Item::Struct(item) if visible(&item.vis) => Some(item.ident.to_string()),
        Item::Enum(item) if visible(&item.vis) => Some(item.ident.to_string()),
        Item::Trait(item) if visible(&item.vis) => Some(item.ident.to_string()),
        Item::Type(item) if visible(&item.vis) => Some(item.ident.to_string()),
        _ => None,
    };
    items.iter().filter_map(name).collect()
}

#[test]
fn a_type_name_means_one_thing() {
    let mut files: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for source in crates().iter().flat_map(|name| sources(name)) {
        for name in types(&source.items) {
            files.entry(name).or_default().push(source.path.clone());
        }
    }
    files.retain(|_, files| files.len() > 1);
    files.retain(|name, _| !COMMON_TYPE_NAMES.iter().any(|(common, _)| common == name));
    assert!(files.is_empty(), "names of several types: {files:#?}");
}
