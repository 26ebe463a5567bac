//! The parts of a PromQL expression: operands, operators and arguments. Text in quotes or brackets is skipped.

/// Operators made of symbols, the longer ones first.
const SYMBOLS: [&str; 12] = ["<=", ">=", "==", "!=", "+", "-", "*", "/", "%", "^", "<", ">"];
/// Operators that are words.
const WORDS: [&str; 4] = ["and", "or", "unless", "atan2"];
/// Words after an operator of vector matching; a list of labels may follow.
const MATCHING: [&str; 5] = ["bool", "on", "ignoring", "group_left", "group_right"];

/// The operands of the outermost operators, and the operators in lower case. Offsets and vector matching are
/// removed from the operands. `None` if brackets or quotes do not close.
pub(crate) fn split_at_operators(text: &str) -> Option<(Vec<&str>, Vec<&'static str>)> {
    let (mut operands, mut operators) = (Vec::new(), Vec::new());
    let mut rest = text;
    loop {
        let (operand, found) = until_operator(rest)?;
        operands.push(operand.trim());
        let Some((operator, behind)) = found else { return Some((operands, operators)) };
        operators.push(operator);
        rest = after_matching(behind)?;
    }
}

/// The text before the first operator, the operator, and the rest.
fn until_operator(text: &str) -> Option<(&str, Option<(&'static str, &str)>)> {
    let mut at = 0;
    // End of the operand, before an offset.
    let mut end = None;
    while let Some(next) = text[at..].chars().next() {
        let rest = &text[at..];
        let is_empty = text[..at].trim().is_empty();
        let symbol = SYMBOLS.iter().find(|symbol| rest.starts_with(**symbol));
        if let Some(symbol) = symbol.filter(|_| !is_empty) {
            return Some((&text[..end.unwrap_or(at)], Some((symbol, &rest[symbol.len()..]))));
        }
        if next.is_ascii_alphabetic() || next == '_' {
            let (word, behind) = word(rest);
            let lower = word.to_ascii_lowercase();
            if let Some(operator) = WORDS.iter().find(|operator| **operator == lower && !is_empty) {
                return Some((&text[..end.unwrap_or(at)], Some((operator, behind))));
            }
            if lower == "offset" && !is_empty {
                end = end.or(Some(at));
            }
            at += word.len();
            continue;
        }
        if next == '@' {
            end = end.or(Some(at));
        }
        at += passed(rest)?;
    }
    Some((&text[..end.unwrap_or(at)], None))
}

/// Length of the first element of `text`: something in brackets or quotes, or one character.
fn passed(text: &str) -> Option<usize> {
    let mut open = Vec::new();
    let mut characters = text.char_indices();
    while let Some((_, character)) = characters.next() {
        match character {
            '"' | '\'' | '`' => loop {
                let (_, inner) = characters.next()?;
                if inner == character {
                    break;
                }
                if inner == '\\' && character != '`' {
                    characters.next()?;
                }
            },
            '(' => open.push(')'),
            '[' => open.push(']'),
            '{' => open.push('}'),
            ')' | ']' | '}' if open.pop() != Some(character) => return None,
            _ => {}
        }
        if open.is_empty() {
            return Some(text.len() - characters.as_str().len());
        }
    }
    None
}

fn word(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == ':'));
    text.split_at(end.unwrap_or(text.len()))
}

/// The text after the words of vector matching.
fn after_matching(mut text: &str) -> Option<&str> {
    loop {
        let (first, behind) = word(text.trim_start());
        if !MATCHING.contains(&first.to_ascii_lowercase().as_str()) {
            return Some(text);
        }
        text = behind.trim_start();
        if text.starts_with('(') {
            text = &text[passed(text)?..];
        }
    }
}

/// The arguments of a function, if `text` follows its name; `None` if it is no function. The grouping labels of
/// an aggregation are no arguments.
pub(crate) fn arguments(text: &str) -> Option<Vec<&str>> {
    let mut text = text.trim_start();
    let (first, behind) = word(text);
    if matches!(first, "by" | "without") {
        let labels = behind.trim_start();
        text = labels.get(passed(labels)?..)?.trim_start();
    }
    let end = passed(text)?;
    let inner = text.get(..end)?.strip_prefix('(')?.strip_suffix(')')?;
    let mut all = Vec::new();
    let (mut from, mut at) = (0, 0);
    while at < inner.len() {
        if inner[at..].starts_with(',') {
            all.push(&inner[from..at]);
            from = at + 1;
        }
        at += passed(&inner[at..])?;
    }
    all.push(&inner[from..]);
    Some(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operators_outside_of_brackets_and_quotes_part_an_expression() {
        for (text, operands, operators) in [
            ("up", vec!["up"], vec![]),
            ("a / b", vec!["a", "b"], vec!["/"]),
            ("sum(a / b) by (c)", vec!["sum(a / b) by (c)"], vec![]),
            (r#"x{a="b / (\"c"}[5m] / y"#, vec![r#"x{a="b / (\"c"}[5m]"#, "y"], vec!["/"]),
            ("a offset 1h - b @ end()", vec!["a", "b"], vec!["-"]),
            (
                "a / on (x) group_left (y) b or vector(0)",
                vec!["a", "b", "vector(0)"],
                vec!["/", "or"],
            ),
            ("a >= bool 5", vec!["a", "5"], vec![">="]),
            ("-a", vec!["-a"], vec![]),
        ] {
            let expected = Some((operands, operators));
            assert_eq!(split_at_operators(text), expected, "{text}");
        }
        for text in ["(", "a)", "x{a=\"", "(]", "a / on (b"] {
            assert_eq!(split_at_operators(text), None, "{text}");
        }
    }

    #[test]
    fn arguments_are_parted_by_commas_outside_of_brackets() {
        for (text, expected) in [
            ("(a)", Some(vec!["a"])),
            (" by (x, y) (0.5, b{c=\"d,e\"})", Some(vec!["0.5", " b{c=\"d,e\"}"])),
            ("(a, b) by (x)", Some(vec!["a", " b"])),
            ("{a=\"b\"}", None),
            ("[5m]", None),
            ("", None),
            ("(a", None),
        ] {
            assert_eq!(arguments(text), expected, "{text}");
        }
    }
}
