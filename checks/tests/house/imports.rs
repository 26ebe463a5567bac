//! Finds which file imports from which: `use` declarations and paths in code, followed through re-exports to the file
//! that defines the name. Declaring or re-exporting a child module does not count.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{Item, ItemMod, ItemUse, Macro, Path, UseTree};

use crate::sources::SourceFile;

type Module = Vec<String>;

/// For each file, by its index in the list of sources, the files from which it imports.
pub(crate) type Imports = BTreeMap<usize, BTreeSet<usize>>;

/// The names of a module.
#[derive(Default)]
struct Scope {
    file: usize,
    items: BTreeSet<String>,
    /// Names that `use` brings in, with their paths.
    names: BTreeMap<String, Module>,
    globs: Vec<Module>,
}

pub(crate) fn imports(sources: &[SourceFile]) -> Imports {
    let mut scopes = BTreeMap::new();
    for (file, source) in sources.iter().enumerate() {
        declare(&mut scopes, file, &source.module, &source.items);
    }
    let mut imports = Imports::new();
    for (file, source) in sources.iter().enumerate() {
        let mut paths = Paths { module: source.module.clone(), found: Vec::new() };
        source.items.iter().for_each(|item| paths.visit_item(item));
        let of_file = imports.entry(file).or_default();
        for (module, path) in paths.found {
            if let Some(target) = resolve(&scopes, &module, &path, 0)
                && target != file
            {
                of_file.insert(target);
            }
        }
    }
    imports
}

fn declare(scopes: &mut BTreeMap<Module, Scope>, file: usize, module: &[String], items: &[Item]) {
    let mut scope = Scope { file, ..Scope::default() };
    for item in items {
        match item {
            Item::Use(item) => flatten(&item.tree, &mut Vec::new(), &mut |path, name| match name {
                Some(name) => {
                    scope.names.insert(name, path.to_vec());
                }
                None => scope.globs.push(path.to_vec()),
            }),
            Item::Mod(ItemMod { ident, content: Some((_, items)), .. }) => {
                let inner = child(module, &ident.to_string());
                declare(scopes, file, &inner, items);
            }
            _ => scope.items.extend(defined(item)),
        }
    }
    scopes.insert(module.to_vec(), scope);
}

fn defined(item: &Item) -> Option<String> {
    let ident = match item {
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Macro(item) => item.ident.as_ref()?,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::Type(item) => &item.ident,
        Item::Union(item) => &item.ident,
        _ => return None,
    };
    Some(ident.to_string())
}

fn child(module: &[String], name: &str) -> Module {
    module.iter().cloned().chain([name.to_owned()]).collect()
}

/// Calls `each` with every path of a `use` and the name that it brings in; `None` for a glob.
fn flatten(tree: &UseTree, before: &mut Module, each: &mut dyn FnMut(&[String], Option<String>)) {
    match tree {
        UseTree::Path(path) => {
            before.push(path.ident.to_string());
            flatten(&path.tree, before, each);
            before.pop();
        }
        UseTree::Name(name) if name.ident == "self" => each(before, before.last().cloned()),
        UseTree::Name(name) => {
            each(&child(before, &name.ident.to_string()), Some(name.ident.to_string()));
        }
        UseTree::Rename(rename) => {
            each(&child(before, &rename.ident.to_string()), Some(rename.rename.to_string()));
        }
        UseTree::Glob(_) => each(before, None),
        UseTree::Group(group) => group.items.iter().for_each(|tree| flatten(tree, before, each)),
    }
}

/// Finds the file that defines `path` as seen from `module`. `None` for other crates and for whole modules, which
/// matter only by the names taken from them.
fn resolve(
    scopes: &BTreeMap<Module, Scope>,
    module: &[String],
    path: &[String],
    depth: usize,
) -> Option<usize> {
    let (first, rest) = path.split_first()?;
    if depth > 16 {
        return None;
    }
    match first.as_str() {
        "crate" => walk(scopes, &[], rest, depth),
        "self" => walk(scopes, module, rest, depth),
        "super" => {
            let parent = module.split_last()?.1;
            if rest.first().is_some_and(|next| next == "super") {
                return resolve(scopes, parent, rest, depth + 1);
            }
            walk(scopes, parent, rest, depth)
        }
        _ => walk(scopes, module, path, depth),
    }
}

/// Follows `path` from inside `module`.
fn walk(
    scopes: &BTreeMap<Module, Scope>,
    module: &[String],
    path: &[String],
    depth: usize,
) -> Option<usize> {
    let scope = scopes.get(module)?;
    let (first, rest) = path.split_first()?;
    let inner = child(module, first);
    if scopes.contains_key(&inner) {
        return walk(scopes, &inner, rest, depth);
    }
    if scope.items.contains(first) {
        return Some(scope.file);
    }
    if let Some(real) = scope.names.get(first)
        // `use serde;` names another crate and would resolve to itself.
        && real.len() + rest.len() < 32
        && real.as_slice() != std::slice::from_ref(first)
    {
        let whole: Module = real.iter().chain(rest).cloned().collect();
        return resolve(scopes, module, &whole, depth + 1);
    }
    scope.globs.iter().find_map(|glob| {
        let whole: Module = glob.iter().chain(path).cloned().collect();
        resolve(scopes, module, &whole, depth + 1)
    })
}

/// Every path in the code of a file, with its module.
struct Paths {
    module: Module,
    found: Vec<(Module, Module)>,
}

impl Paths {
    fn add(&mut self, path: Module) {
        self.found.push((self.module.clone(), path));
    }

    /// Finds paths among the tokens of a macro's arguments.
    fn tokens(&mut self, tokens: TokenStream) {
        let (mut path, mut colons) = (Module::new(), 0);
        for token in tokens {
            match token {
                TokenTree::Ident(ident) => {
                    if colons != 2 {
                        self.add(std::mem::take(&mut path));
                    }
                    path.push(ident.to_string());
                    colons = 0;
                }
                TokenTree::Punct(punct) if punct.as_char() == ':' => colons += 1,
                other => {
                    self.add(std::mem::take(&mut path));
                    colons = 0;
                    if let TokenTree::Group(group) = other {
                        self.tokens(group.stream());
                    }
                }
            }
        }
        self.add(path);
    }
}

impl<'ast> Visit<'ast> for Paths {
    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        let mut found = Vec::new();
        flatten(&item.tree, &mut Vec::new(), &mut |path, name| {
            if name.is_some() {
                found.push(path.to_vec());
            }
        });
        for path in found {
            let reexports = !matches!(item.vis, syn::Visibility::Inherited);
            // Re-exporting a child does not count: `pub use child::Name`, also of a grandchild.
            let own = path.first().is_some_and(|first| {
                !matches!(first.as_str(), "crate" | "super") && !path.is_empty()
            });
            if !(reexports && own) {
                self.add(path);
            }
        }
    }

    fn visit_item_mod(&mut self, item: &'ast ItemMod) {
        if item.content.is_some() {
            self.module.push(item.ident.to_string());
            visit::visit_item_mod(self, item);
            self.module.pop();
        }
    }

    fn visit_path(&mut self, path: &'ast Path) {
        self.add(path.segments.iter().map(|segment| segment.ident.to_string()).collect());
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, item: &'ast Macro) {
        self.tokens(item.tokens.clone());
        visit::visit_macro(self, item);
    }
}
