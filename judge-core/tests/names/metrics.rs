//! Prometheus metrics and their labels.

use std::collections::BTreeSet;

use syn::visit::{self, Visit};
use syn::{Expr, ExprCall, ExprLit, ExprReference, Lit, LitStr};

pub(super) fn names(sources: &[syn::File]) -> BTreeSet<String> {
    let mut metrics = Metrics::default();
    for file in sources {
        metrics.visit_file(file);
    }
    metrics.0
}

#[derive(Default)]
struct Metrics(BTreeSet<String>);

impl Visit<'_> for Metrics {
    fn visit_lit_str(&mut self, text: &LitStr) {
        if is_metric(&text.value()) {
            self.0.insert(text.value());
        }
    }

    fn visit_expr_call(&mut self, call: &ExprCall) {
        let labels: Vec<String> = call.args.iter().flat_map(words).collect();
        let mut inner = Metrics::default();
        visit::visit_expr_call(&mut inner, call);
        if let (1, false) = (inner.0.len(), labels.is_empty()) {
            let name = inner.0.first().unwrap();
            self.0.insert(format!("{name} by {}", labels.join(", ")));
        }
        self.0.extend(inner.0);
    }
}

fn is_metric(text: &str) -> bool {
    let known = text.starts_with("judge_") || text.starts_with("process_");
    known && text.chars().all(|letter| letter == '_' || letter.is_ascii_lowercase())
}

/// The texts of an array of them.
fn words(argument: &Expr) -> Vec<String> {
    let Expr::Reference(ExprReference { expr, .. }) = argument else { return Vec::new() };
    let Expr::Array(array) = &**expr else { return Vec::new() };
    let text = |element: &Expr| match element {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.value()),
        _ => None,
    };
    array.elems.iter().filter_map(text).collect()
}
