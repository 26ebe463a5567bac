//! Keys and words that serde reads or writes, one line a type.

use std::collections::BTreeSet;

use syn::visit::{self, Visit};
use syn::{Attribute, Fields, ItemEnum, ItemStruct, LitStr, Token};

pub(super) fn names(sources: &[syn::File]) -> BTreeSet<String> {
    let mut types = Types::default();
    for file in sources {
        types.visit_file(file);
    }
    types.0
}

#[derive(Default)]
struct Types(BTreeSet<String>);

impl Types {
    fn insert(&mut self, names: &[String]) {
        if !names.is_empty() {
            self.0.insert(names.join(", "));
        }
    }
}

impl Visit<'_> for Types {
    fn visit_item_struct(&mut self, item: &ItemStruct) {
        let serde = Serde::of(&item.attrs);
        if derives(&item.attrs) && !serde.transparent {
            self.insert(&fields(&item.fields, serde.rename_all.as_deref()));
        }
        visit::visit_item_struct(self, item);
    }

    fn visit_item_enum(&mut self, item: &ItemEnum) {
        let serde = Serde::of(&item.attrs);
        if derives(&item.attrs) {
            let mut words = Vec::new();
            for variant in &item.variants {
                let own = Serde::of(&variant.attrs);
                let word = own.name(&variant.ident.to_string(), serde.rename_all.as_deref());
                let inner = fields(&variant.fields, serde.rename_all_fields.as_deref());
                let inner = if inner.is_empty() {
                    inner.concat()
                } else {
                    format!(" ({})", inner.join(" "))
                };
                words.push(format!("{word:?}{inner}"));
            }
            words.extend(serde.tag.map(|tag| format!("tag {tag}")));
            self.insert(&words);
        }
        visit::visit_item_enum(self, item);
    }
}

fn fields(fields: &Fields, rule: Option<&str>) -> Vec<String> {
    let named = fields.iter().filter_map(|field| Some((field, field.ident.as_ref()?)));
    let written = named.filter_map(|(field, name)| {
        let serde = Serde::of(&field.attrs);
        let flat = if serde.flatten { "flattened" } else { "" };
        (!serde.skip).then(|| format!("{flat}{}", serde.name(&name.to_string(), rule)))
    });
    let mut written: Vec<String> = written.collect();
    // Their order is no name.
    written.sort();
    written
}

fn derives(attributes: &[Attribute]) -> bool {
    let mut derives = false;
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("derive")) {
        attribute
            .parse_nested_meta(|meta| {
                let name = &meta.path.segments.last().unwrap().ident;
                derives |= name == "Serialize" || name == "Deserialize";
                Ok(())
            })
            .unwrap();
    }
    derives
}

/// What serde's attributes say, as far as names depend on it.
#[derive(Default)]
struct Serde {
    rename: Option<String>,
    rename_all: Option<String>,
    rename_all_fields: Option<String>,
    tag: Option<String>,
    transparent: bool,
    flatten: bool,
    skip: bool,
}

impl Serde {
    fn of(attributes: &[Attribute]) -> Self {
        let mut serde = Self::default();
        for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("serde")) {
            attribute
                .parse_nested_meta(|meta| {
                    let key = meta.path.get_ident().unwrap().to_string();
                    let value = if meta.input.peek(Token![=]) {
                        Some(meta.value()?.parse::<LitStr>()?.value())
                    } else {
                        None
                    };
                    match key.as_str() {
                        "rename" => serde.rename = value,
                        "rename_all" => serde.rename_all = value,
                        "rename_all_fields" => serde.rename_all_fields = value,
                        "tag" => serde.tag = value,
                        "transparent" => serde.transparent = true,
                        "flatten" => serde.flatten = true,
                        "skip" => serde.skip = true,
                        "default"
                        | "with"
                        | "skip_serializing_if"
                        | "serialize_with"
                        | "deserialize_with"
                        | "deny_unknown_fields"
                        | "untagged"
                        | "try_from"
                        | "into"
                        | "from"
                        | "bound"
                        | "borrow"
                        | "other" => {}
                        unknown => panic!("serde({unknown}) may rename"),
                    }
                    Ok(())
                })
                .unwrap();
        }
        serde
    }

    fn name(&self, name: &str, rule: Option<&str>) -> String {
        let words = super::words(name);
        match (&self.rename, rule) {
            (Some(rename), _) => rename.clone(),
            (None, None) => name.to_owned(),
            (None, Some("camelCase")) => {
                let rest = words[1..].iter().map(|word| word[..1].to_uppercase() + &word[1..]);
                words[0].clone() + &rest.collect::<String>()
            }
            (None, Some("kebab-case")) => words.join("-"),
            (None, Some("snake_case")) => words.join("_"),
            (None, Some("lowercase")) => name.to_lowercase(),
            (None, Some("SCREAMING_SNAKE_CASE")) => words.join("_").to_uppercase(),
            (None, Some(rule)) => panic!("rename_all = {rule:?} is not known here"),
        }
    }
}
