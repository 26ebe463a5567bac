//! Expands templates: `${name}` in the text of a query, by Kayenta's rules.
//!
//! Kayenta expands them with commons-text's `StringSubstitutor`: `${x:-default}` has a default, `$${x}` stays
//! as `${x}`, and a value is expanded again. In contrast to Kayenta, values that would end the text around them
//! are refused: so a caller who may choose a scope cannot read other series with it.

use std::collections::BTreeMap;

use thiserror::Error;

/// Why a template cannot be expanded.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TemplateError {
    /// A name has no value.
    #[error("nothing is known for ${{{name}}}{known}")]
    Unbound {
        /// The name.
        name: String,
        /// The template.
        template: String,
        /// The known names, as the end of a sentence.
        known: String,
    },
    /// The value of a name contains the name itself.
    #[error("${{{0}}} stands for a text that has ${{{0}}} in it")]
    Cycle(String),
    /// The expanded text is too long.
    #[error(
        "the template grows beyond {LONGEST} bytes; look for parameters with templates in them"
    )]
    TooLong,
    /// A part of a query between quotes.
    #[error("${{{0}}} stands between quotes, but it is a part of the query; take the quotes away")]
    Quoted(String),
    /// Values put a comment of InfluxQL into the query.
    #[error(
        "the query would have -- in it, with which a comment begins; expected values without it"
    )]
    Comment,
    /// A value would end the text around it.
    #[error(
        "{name} has {found:?} in it, which would change the query around it; expected a value without {refused}"
    )]
    Unsafe {
        /// Name of the value.
        name: String,
        /// The character in the value.
        found: char,
        /// Characters that values may not contain there.
        refused: &'static str,
    },
}

/// Longest expanded text, in bytes.
const LONGEST: usize = 64 << 10;

/// The place of a value in a query, which determines the characters that it may contain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Place {
    /// Between quotes of this kind.
    Quoted(char),
    /// In a comment of PromQL, up to the end of the line. Quotes mean nothing there.
    Comment,
    /// Anywhere else.
    #[default]
    Bare,
}

/// Characters besides spaces that a value may not contain where no quotes stand around it. The slash ends a regular
/// expression of InfluxQL.
const REFUSED_BARE: &str = "\"'`\\{}()[],;#/";

impl Place {
    /// The place after `text`, which began at this place. A backslash escapes the next character in all quotes
    /// but backticks.
    pub(crate) fn after(self, text: &str) -> Self {
        let mut place = self;
        let mut characters = text.chars();
        while let Some(character) = characters.next() {
            place = match place {
                Self::Bare if matches!(character, '"' | '\'' | '`') => Self::Quoted(character),
                Self::Bare if character == '#' => Self::Comment,
                Self::Comment if character == '\n' => Self::Bare,
                Self::Quoted(quote) if quote == character => Self::Bare,
                Self::Quoted('"' | '\'') if character == '\\' => {
                    characters.next();
                    place
                }
                _ => place,
            };
        }
        place
    }

    /// Checks that the `value` of `name` does not change the query around it.
    ///
    /// # Errors
    /// With the character that does.
    pub(crate) fn check(self, name: &str, value: &str) -> Result<(), TemplateError> {
        let is_refused = |c: &char| match self {
            Self::Quoted('`') => *c == '`',
            Self::Quoted(quote) => *c == quote || matches!(c, '\\' | '\n' | '\r'),
            Self::Bare | Self::Comment => c.is_whitespace() || REFUSED_BARE.contains(*c),
        };
        let refused = match self {
            Self::Quoted('`') => "a backtick",
            Self::Quoted(_) => "quotes, backslashes and line ends",
            Self::Bare | Self::Comment => {
                "quotes, slashes, brackets, commas and spaces where no quotes stand around it"
            }
        };
        match value.chars().find(is_refused) {
            Some(found) => Err(TemplateError::Unsafe { name: name.to_owned(), found, refused }),
            None => Ok(()),
        }
    }
}

/// Values of names.
pub(crate) type Bindings = BTreeMap<String, String>;

/// Expands `template`.
pub(crate) fn expand(template: &str, bindings: &Bindings) -> Result<String, TemplateError> {
    expand_with(template, bindings, &[])
}

/// Expands `template`, with names for parts of a query besides values. These names take precedence, and only
/// the template may contain them.
pub(crate) fn expand_with(
    template: &str,
    bindings: &Bindings,
    parts: &[(&str, String)],
) -> Result<String, TemplateError> {
    let template = template.replace("$\\{", "${");
    let mut expansion = Expansion {
        template: &template,
        bindings,
        parts,
        under_way: Vec::new(),
        text: String::new(),
        place: Place::Bare,
    };
    expansion.text(&template)?;
    Ok(expansion.text)
}

struct Expansion<'a> {
    template: &'a str,
    bindings: &'a Bindings,
    parts: &'a [(&'a str, String)],
    /// Names whose values are being expanded, the outermost first.
    under_way: Vec<String>,
    text: String,
    /// The place at the end of `text`, without its values.
    place: Place,
}

impl Expansion<'_> {
    fn text(&mut self, template: &str) -> Result<(), TemplateError> {
        let mut rest = template;
        while let Some(at) = rest.find("${") {
            let (before, from) = rest.split_at(at);
            if let Some(before) = before.strip_suffix('$') {
                self.push(before)?;
                self.push("${")?;
                rest = &from[2..];
                continue;
            }
            let Some(end) = from.find('}') else {
                break;
            };
            self.push(before)?;
            self.name(&from[2..end])?;
            rest = &from[end + 1..];
        }
        self.push(rest)
    }

    /// Appends text from the template or from a value.
    fn push(&mut self, text: &str) -> Result<(), TemplateError> {
        match self.under_way.first() {
            Some(outermost) => self.place.check(outermost, text)?,
            None => self.place = self.place.after(text),
        }
        self.text.push_str(text);
        if self.text.len() > LONGEST { Err(TemplateError::TooLong) } else { Ok(()) }
    }

    fn name(&mut self, name: &str) -> Result<(), TemplateError> {
        let (name, default) =
            name.split_once(":-").map_or((name, None), |(name, default)| (name, Some(default)));
        if self.under_way.iter().any(|outer| outer == name) {
            return Err(TemplateError::Cycle(name.to_owned()));
        }
        let part = self.parts.iter().find(|(part, _)| *part == name && self.under_way.is_empty());
        if let Some((name, part)) = part {
            if matches!(self.place, Place::Quoted(_)) {
                return Err(TemplateError::Quoted((*name).to_owned()));
            }
            return self.push(part);
        }
        let bindings = self.bindings;
        match (bindings.get(name), default) {
            (Some(value), _) => {
                self.under_way.push(name.to_owned());
                self.text(value)?;
                self.under_way.pop();
                Ok(())
            }
            // The template's author wrote it, so it is not checked.
            (None, Some(default)) => self.text(default),
            (None, None) => {
                let known: Vec<&str> = bindings.keys().map(String::as_str).collect();
                let known = match known.join(", ") {
                    none if none.is_empty() => none,
                    known => format!(" (known: {known})"),
                };
                let (name, template) = (name.to_owned(), self.template.to_owned());
                Err(TemplateError::Unbound { name, template, known })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bindings(pairs: &[(&str, &str)]) -> Bindings {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn names_are_replaced_by_their_values() {
        let known =
            bindings(&[("scope", "canary"), ("two", "${scope}-2"), ("a", "1"), ("empty", "")]);
        for (template, expanded) in [
            ("up", "up"),
            (r#"x{a="${scope}"}"#, r#"x{a="canary"}"#),
            (r#"x{a="$\{scope}"}"#, r#"x{a="canary"}"#),
            ("${two}", "canary-2"),
            ("${none:-5m}", "5m"),
            ("${none:-${a}}", "${a}"),
            ("${scope:-5m}", "canary"),
            ("$${scope}", "${scope}"),
            (r#"x{a=~"y$"}"#, r#"x{a=~"y$"}"#),
            ("${scope", "${scope"),
            ("a${empty}b", "ab"),
            ("${a}${a}", "11"),
        ] {
            assert_eq!(expand(template, &known).as_deref(), Ok(expanded), "{template}");
        }
    }

    #[test]
    fn a_name_that_is_not_known_is_an_error_that_says_so() {
        let error = expand("${location}", &bindings(&[("scope", "c")])).unwrap_err().to_string();
        let said = "nothing is known for ${location} (known: scope)";
        assert_eq!(error, said);
    }

    #[test]
    fn circles_and_floods_are_errors() {
        let known = bindings(&[("a", "${b}"), ("b", "${a}")]);
        assert_eq!(expand("${a}", &known), Err(TemplateError::Cycle("a".to_owned())));
        let mut known = bindings(&[("0", "aaaaaaaaaa")]);
        for level in 1..9 {
            known.insert(level.to_string(), format!("${{{}}}", level - 1).repeat(10));
        }
        assert_eq!(expand("${8}", &known), Err(TemplateError::TooLong));
    }

    #[test]
    fn a_value_cannot_leave_its_place() {
        let refused = |template: &str, value: &str| {
            matches!(
                expand(template, &bindings(&[("v", value)])),
                Err(TemplateError::Unsafe { .. })
            )
        };
        for (template, value, is_refused) in [
            (r#"x{a="${v}"}"#, r#"b"} or secret{c=""#, true),
            (r#"x{a="${v}"}"#, "b\\", true),
            (r#"x{a="${v}"}"#, "b\nc", true),
            (r#"x{a="${v}"}"#, "it's {fine} (really), or not", false),
            (r#"x{a="\"${v}"}"#, "a'b", false),
            ("x{a='${v}'}", "a'b", true),
            ("x{a='${v}'}", "a\"b", false),
            ("x{a=`${v}`}", "a\"\\b\n", false),
            ("x{a=`${v}`}", "a`b", true),
            ("rate(x[${v}])", "5m", false),
            ("rate(x[${v}])", "5m])or(y[5m", true),
            ("x > ${v}", "1 or secret", true),
            ("x{${v}}", "a=b", false),
            ("x =~ /^${v}/", "b/or", true),
            // Quotes in a comment open nothing.
            ("x # it's\n > ${v}", "1 or secret", true),
            ("x # it's\n{a=\"${v}\"}", "b c", false),
            ("x{a=\"#\", b=\"${v}\"}", "b c", false),
            ("x # ${v}", "\nor secret", true),
            (r#"x{a="${v}"}"#, "${w}", false),
        ] {
            if value != "${w}" {
                assert_eq!(refused(template, value), is_refused, "{template} {value}");
            }
        }
        // What a value has in it by another name is held to the same.
        let known = bindings(&[("v", "${w}"), ("w", "\"")]);
        assert!(matches!(expand(r#"x{a="${v}"}"#, &known), Err(TemplateError::Unsafe { .. })));
    }
}
