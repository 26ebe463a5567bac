//! Finds the selectors in a PromQL expression, to compare them with the names in a store.

use crate::expression::{arguments, split_at_operators};

/// A metric's name and its matchers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Selector {
    /// Name of the metric; empty if there are only matchers.
    pub(crate) name: String,
    /// Label, and the text of its matcher: `job=~"a.*"`.
    pub(crate) matchers: Vec<(String, String)>,
    /// Whether it has a range, as in `up[5m]`.
    pub(crate) is_range: bool,
}

impl Selector {
    /// The selector with only `matchers`.
    pub(crate) fn with<'a>(&self, matchers: impl IntoIterator<Item = &'a str>) -> String {
        let matchers: Vec<&str> = matchers.into_iter().collect();
        if matchers.is_empty() {
            self.name.clone()
        } else {
            format!("{}{{{}}}", self.name, matchers.join(","))
        }
    }
}

/// Largest depth of nested expressions that is read.
const DEEPEST: usize = 32;

/// Words that are no metric although no bracket follows.
const KEYWORDS: [&str; 13] = [
    "and",
    "or",
    "unless",
    "atan2",
    "bool",
    "offset",
    "inf",
    "nan",
    "start",
    "end",
    "group_left",
    "group_right",
    "fill",
];
/// Words before a list of labels.
const BEFORE_LABELS: [&str; 6] = ["by", "without", "on", "ignoring", "group_left", "group_right"];

/// All selectors of `promql`, in order. Parts that cannot be parsed are skipped.
pub(crate) fn find_selectors(promql: &str) -> Vec<Selector> {
    let mut scanner = Scanner { rest: promql };
    let mut found: Vec<Selector> = Vec::new();
    while let Some(first) = scanner.rest.chars().next() {
        match first {
            '"' | '\'' | '`' => {
                scanner.quoted();
            }
            '{' => found.push(scanner.selector("")),
            '[' => scanner.skip_to(']'),
            '#' => scanner.skip_to('\n'),
            first if is_first(first) => {
                let name = scanner.word();
                scanner.blanks();
                let lower = name.to_ascii_lowercase();
                if BEFORE_LABELS.contains(&lower.as_str()) {
                    if scanner.rest.starts_with('(') {
                        scanner.skip_to(')');
                    }
                } else if scanner.rest.starts_with('{') {
                    found.push(scanner.selector(name));
                } else if !scanner.rest.starts_with('(') && !KEYWORDS.contains(&lower.as_str()) {
                    // Aggregations such as sum may precede `by`; a metric never does.
                    let is_operator =
                        ["by", "without"].iter().any(|word| scanner.rest.starts_with(word));
                    if !is_operator {
                        found.push(scanner.selector(name));
                    }
                }
            }
            first if first.is_ascii_digit() => scanner.number(),
            other => scanner.rest = &scanner.rest[other.len_utf8()..],
        }
    }
    found.dedup();
    found
}

/// All selectors of `promql`. Selectors before an `or` come last, because something else replaces them if they
/// find nothing.
pub(crate) fn needed_first(promql: &str) -> Vec<Selector> {
    let mut found = needed(promql, DEEPEST);
    for selector in find_selectors(promql) {
        if !found.contains(&selector) {
            found.push(selector);
        }
    }
    found
}

fn needed(promql: &str, deepest: usize) -> Vec<Selector> {
    let (promql, Some(deepest)) = (promql.trim(), deepest.checked_sub(1)) else {
        return find_selectors(promql);
    };
    let Some((operands, operators)) = split_at_operators(promql) else {
        return find_selectors(promql);
    };
    if operators.contains(&"or") {
        return Vec::new();
    }
    let inner =
        |parts: Vec<&str>| parts.into_iter().flat_map(|part| needed(part, deepest)).collect();
    if !operators.is_empty() {
        return inner(operands);
    }
    let word = promql.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == ':'));
    match arguments(&promql[word.unwrap_or(promql.len())..]) {
        Some(arguments) => inner(arguments),
        None => find_selectors(promql),
    }
}

/// Names of the counters in `promql` that are used without `rate` or a like function.
pub(crate) fn bare_counters(promql: &str) -> Vec<String> {
    // Growth by other means: a subquery, a difference to earlier values. Or the value does not matter.
    let means =
        [")[", "offset", "count(", "count by", "count without", "absent(", "timestamp(", "group"];
    if means.iter().any(|means| promql.contains(means)) {
        return Vec::new();
    }
    let is_counter = |name: &str| name.ends_with("_total") || name.ends_with("_bucket");
    let bare = find_selectors(promql)
        .into_iter()
        .filter(|found| !found.is_range && is_counter(&found.name));
    let mut names: Vec<String> = bare.map(|found| found.name).collect();
    names.dedup();
    names
}

fn is_first(c: char) -> bool {
    c.is_ascii_alphabetic() || c == '_' || c == ':'
}

struct Scanner<'a> {
    rest: &'a str,
}

impl<'a> Scanner<'a> {
    fn word(&mut self) -> &'a str {
        self.take_while(|c| c.is_ascii_alphanumeric() || c == '_' || c == ':')
    }

    /// A number or a duration.
    fn number(&mut self) {
        self.take_while(|c| c.is_ascii_alphanumeric() || c == '.');
    }

    fn blanks(&mut self) {
        self.take_while(char::is_whitespace);
    }

    fn take_while(&mut self, is_part: impl Fn(char) -> bool) -> &'a str {
        let end = self.rest.find(|c| !is_part(c)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        taken
    }

    fn skip_to(&mut self, last: char) {
        self.rest = self.rest.split_once(last).map_or("", |(_, rest)| rest);
    }

    /// A quoted text with its quotes.
    fn quoted(&mut self) -> &'a str {
        let mut characters = self.rest.char_indices();
        let quote = characters.next().map_or('"', |(_, quote)| quote);
        let mut end = self.rest.len();
        while let Some((at, c)) = characters.next() {
            if c == quote {
                end = at + c.len_utf8();
                break;
            }
            if c == '\\' && quote != '`' {
                characters.next();
            }
        }
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        taken
    }

    /// A selector, after its name.
    fn selector(&mut self, name: &str) -> Selector {
        let matchers = if self.rest.starts_with('{') { self.matchers() } else { Vec::new() };
        self.blanks();
        Selector { name: name.to_owned(), matchers, is_range: self.rest.starts_with('[') }
    }

    /// The matchers in braces.
    fn matchers(&mut self) -> Vec<(String, String)> {
        self.rest = self.rest.strip_prefix('{').unwrap_or(self.rest);
        let mut matchers = Vec::new();
        loop {
            self.take_while(|c| c.is_whitespace() || c == ',');
            if self.rest.is_empty() {
                return matchers;
            }
            if let Some(rest) = self.rest.strip_prefix('}') {
                self.rest = rest;
                return matchers;
            }
            let label = self.word();
            self.blanks();
            let operator = self.take_while(|c| matches!(c, '=' | '!' | '~'));
            self.blanks();
            if label.is_empty() || operator.is_empty() || !self.rest.starts_with(['"', '\'', '`']) {
                self.skip_to('}');
                return matchers;
            }
            let value = self.quoted();
            matchers.push((label.to_owned(), format!("{label}{operator}{value}")));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_without_their_growth_are_found() {
        for (promql, expected) in [
            ("sum(rate(requests_total{a=\"b\"}[5m]))", vec![]),
            ("sum(requests_total{a=\"b\"})", vec!["requests_total"]),
            ("histogram_quantile(0.9, latency_seconds_bucket)", vec!["latency_seconds_bucket"]),
            ("increase(a_total [1h]) / b_total", vec!["b_total"]),
            ("a_total - a_total offset 5m", vec![]),
            ("count(a_total)", vec![]),
            ("memory_bytes", vec![]),
        ] {
            assert_eq!(bare_counters(promql), expected, "{promql}");
        }
    }

    #[test]
    fn selectors_with_a_replacement_come_last() {
        for (promql, expected) in [
            ("a / b", vec!["a", "b"]),
            ("(sum(rate(a[5m])) or vector(0)) / sum(rate(b[5m]))", vec!["b", "a"]),
            ("sum by (x) (rate(a[5m]) or 0 * b) / on (x) c", vec!["c", "a", "b"]),
            ("a or b", vec!["a", "b"]),
            ("(a", vec!["a"]),
            ("", vec![]),
        ] {
            let found: Vec<String> =
                needed_first(promql).into_iter().map(|selector| selector.name).collect();
            assert_eq!(found, expected, "{promql}");
        }
        let deep = format!("{}a{}", "(".repeat(1000), ")".repeat(1000));
        assert_eq!(needed_first(&deep).len(), 1);
    }

    #[test]
    fn selectors_are_found_in_expressions() {
        for (promql, expected) in [
            ("up", vec!["up"]),
            (r#"x{a="b",c=~"d{2},e"}"#, vec![r#"x{a="b",c=~"d{2},e"}"#]),
            (r#"avg(x{a="b"}) by (a,b)"#, vec![r#"x{a="b"}"#]),
            (
                r#"histogram_quantile(0.5, sum by (le) (rate(b{job="shop", r='c'}[4s])))"#,
                vec![r#"b{job="shop",r='c'}"#],
            ),
            ("sum(rate(a[5m])) / sum without (x) (b offset 5m) > bool 2e3", vec!["a", "b"]),
            ("a + on (x) group_left (y) b", vec!["a", "b"]),
            (r#"{__name__="a"} # up"#, vec![r#"{__name__="a"}"#]),
            (r#"label_replace(up, "a", "$1", "b", "(x)")"#, vec!["up"]),
            ("a{b=c}", vec!["a"]),
            ("", vec![]),
            ("a{b=\"", vec!["a{b=\"}"]),
            ("1 / 0 == inf", vec![]),
        ] {
            let found: Vec<String> = find_selectors(promql)
                .iter()
                .map(|selector| {
                    selector.with(selector.matchers.iter().map(|(_, matcher)| matcher.as_str()))
                })
                .collect();
            assert_eq!(found, expected, "{promql}");
        }
    }
}
