//! Commands, flags and their words, as clap derives them.

use std::collections::BTreeSet;

use syn::visit::{self, Visit};
use syn::{Attribute, Expr, ExprLit, Field, ItemEnum, ItemStruct, Lit, Token};

pub(super) fn names(sources: &[syn::File]) -> BTreeSet<String> {
    let mut arguments = Arguments::default();
    for file in sources {
        arguments.visit_file(file);
    }
    arguments.0
}

#[derive(Default)]
struct Arguments(BTreeSet<String>);

impl Visit<'_> for Arguments {
    fn visit_item_struct(&mut self, item: &ItemStruct) {
        if derives(&item.attrs, &["Args", "Parser"]) {
            item.fields.iter().for_each(|field| self.0.extend(flag(field)));
        }
        visit::visit_item_struct(self, item);
    }

    fn visit_item_enum(&mut self, item: &ItemEnum) {
        let kind = if derives(&item.attrs, &["Subcommand"]) {
            "command"
        } else if derives(&item.attrs, &["ValueEnum"]) {
            "word"
        } else {
            return visit::visit_item_enum(self, item);
        };
        let names: Vec<String> = item
            .variants
            .iter()
            .map(|variant| {
                let own = attribute(&variant.attrs, "name").flatten();
                own.unwrap_or_else(|| super::words(&variant.ident.to_string()).join("-"))
            })
            .collect();
        self.0.insert(format!("{kind}s: {}", names.join(", ")));
        visit::visit_item_enum(self, item);
    }
}

/// The flag of a field, with its short form and its variable; an argument without a flag is in angle brackets.
fn flag(field: &Field) -> Option<String> {
    let name = super::words(&field.ident.as_ref()?.to_string()).join("-");
    if attribute(&field.attrs, "flatten").is_some()
        || attribute(&field.attrs, "subcommand").is_some()
    {
        return None;
    }
    let Some(long) = attribute(&field.attrs, "long") else {
        let shown = attribute(&field.attrs, "value_name").flatten().unwrap_or(name);
        return Some(format!("<{shown}>"));
    };
    let long = long.unwrap_or_else(|| name.clone());
    let mut forms = vec![format!("--{long}")];
    if let Some(short) = attribute(&field.attrs, "short") {
        forms.push(format!("-{}", short.unwrap_or_else(|| name[..1].to_owned())));
    }
    if let Some(Some(variable)) = attribute(&field.attrs, "env") {
        forms.push(format!("${variable}"));
    }
    if let Some(Some(alias)) = attribute(&field.attrs, "alias") {
        forms.push(format!("--{alias}"));
    }
    Some(forms.join(" "))
}

/// The value of a key of clap's attributes; nothing inside where it stands alone.
#[allow(clippy::option_option, reason = "`long` alone differs from no `long`")]
fn attribute(attributes: &[Attribute], key: &str) -> Option<Option<String>> {
    let mut found = None;
    for attribute in attributes {
        if !["arg", "command", "value", "clap"].iter().any(|name| attribute.path().is_ident(name)) {
            continue;
        }
        attribute
            .parse_nested_meta(|meta| {
                let value = if meta.input.peek(Token![=]) {
                    match meta.value()?.parse::<Expr>()? {
                        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.value()),
                        Expr::Lit(ExprLit { lit: Lit::Char(letter), .. }) => {
                            Some(letter.value().to_string())
                        }
                        _ => None,
                    }
                } else if meta.input.peek(syn::token::Paren) {
                    let inner;
                    syn::parenthesized!(inner in meta.input);
                    inner.parse::<proc_macro2::TokenStream>()?;
                    None
                } else {
                    None
                };
                if meta.path.is_ident(key) {
                    found = Some(value);
                }
                Ok(())
            })
            .unwrap();
    }
    found
}

fn derives(attributes: &[Attribute], traits: &[&str]) -> bool {
    let mut derives = false;
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("derive")) {
        attribute
            .parse_nested_meta(|meta| {
                let name = meta.path.segments.last().unwrap().ident.to_string();
                derives |= traits.contains(&name.as_str());
                Ok(())
            })
            .unwrap();
    }
    derives
}
