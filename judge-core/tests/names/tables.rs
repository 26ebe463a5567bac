//! Keys and words that are read by hand: fields of Kayenta's documents, tables of words, columns, and the codes
//! of refusals.

use std::collections::BTreeSet;

use syn::visit::{self, Visit};
use syn::{Expr, ExprArray, ExprLit, ExprMethodCall, ImplItemConst, ItemConst, Lit, LitStr};

pub(super) fn names(sources: &[syn::File]) -> BTreeSet<String> {
    let mut tables = Tables::default();
    for file in sources {
        tables.visit_file(file);
    }
    tables.0
}

#[derive(Default)]
struct Tables(BTreeSet<String>);

impl Tables {
    fn insert_words(&mut self, expr: &Expr) {
        let mut words = Words::default();
        words.visit_expr(expr);
        if words.0.len() > 1 {
            self.0.insert(words.0.join(", "));
        }
    }
}

impl Visit<'_> for Tables {
    fn visit_item_const(&mut self, item: &ItemConst) {
        self.insert_words(&item.expr);
    }

    fn visit_impl_item_const(&mut self, item: &ImplItemConst) {
        self.insert_words(&item.expr);
    }

    fn visit_expr_array(&mut self, array: &ExprArray) {
        if array.elems.iter().all(|element| matches!(element, Expr::Lit(_))) {
            self.insert_words(&Expr::Array(array.clone()));
        }
        visit::visit_expr_array(self, array);
    }

    fn visit_expr_method_call(&mut self, call: &ExprMethodCall) {
        // A field that Debug shows has a value as well.
        if let ("field", 1, Some(Expr::Lit(ExprLit { lit: Lit::Str(key), .. }))) =
            (call.method.to_string().as_str(), call.args.len(), call.args.first())
        {
            self.0.insert(format!("field {}", key.value()));
        }
        visit::visit_expr_method_call(self, call);
    }

    fn visit_lit_str(&mut self, text: &LitStr) {
        let is_code = |text: &str| {
            text.contains('_')
                && text.chars().all(|letter| letter == '_' || letter.is_ascii_uppercase())
        };
        if is_code(&text.value()) {
            self.0.insert(text.value());
        }
    }
}

/// The words of a constant; prose is none.
#[derive(Default)]
struct Words(Vec<String>);

impl Visit<'_> for Words {
    fn visit_lit_str(&mut self, text: &LitStr) {
        let word = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
        if !text.value().is_empty() && text.value().chars().all(word) {
            self.0.push(text.value());
        }
    }
}
