//! Builds a statement from parts, with numbered parameters that both databases understand.

use std::fmt::Write;

use sqlx::any::AnyArguments;
use sqlx::query::Query;
use sqlx::{Any, AssertSqlSafe};

/// A text that both databases can store: PostgreSQL allows no NUL.
pub(super) fn plain(text: &str) -> String {
    text.replace('\0', "\u{FFFD}")
}

#[derive(Debug, Clone)]
enum Bound {
    Text(String),
    Whole(i64),
}

/// Text and parameters of a statement. Input of callers is only ever a parameter.
#[derive(Debug, Default)]
pub(super) struct Statement {
    text: String,
    bound: Vec<Bound>,
}

impl Statement {
    pub(super) fn new(text: &'static str) -> Self {
        Self { text: text.to_owned(), bound: Vec::new() }
    }

    pub(super) fn push(&mut self, text: &'static str) -> &mut Self {
        self.text.push_str(text);
        self
    }

    pub(super) fn text(&mut self, value: &str) -> &mut Self {
        self.bind(Bound::Text(plain(value)))
    }

    pub(super) fn integer(&mut self, value: i64) -> &mut Self {
        self.bind(Bound::Whole(value))
    }

    fn bind(&mut self, value: Bound) -> &mut Self {
        self.bound.push(value);
        // Writing to a String cannot fail.
        let _ = write!(self.text, "${}", self.bound.len());
        self
    }

    /// Adds ` WHERE column = value`, or ` AND …` after the first condition.
    pub(super) fn filter(&mut self, column: &'static str, value: Option<&str>) -> &mut Self {
        if let Some(value) = value {
            self.and().push(column).push(" = ").text(value);
        }
        self
    }

    /// Adds ` WHERE column IN (values)`, or ` AND …` after the first condition; nothing if there are no values.
    pub(super) fn filter_any<'a>(
        &mut self,
        column: &'static str,
        values: impl Iterator<Item = &'a str>,
    ) -> &mut Self {
        for (index, value) in values.enumerate() {
            if index == 0 {
                self.and().push(column).push(" IN (").text(value);
            } else {
                // Closes the bracket of the values.
                self.text.pop();
                self.push(", ").text(value);
            }
            self.push(")");
        }
        self
    }

    /// Adds ` WHERE `, or ` AND ` after the first condition.
    pub(super) fn and(&mut self) -> &mut Self {
        let word = if self.text.contains(" WHERE ") { " AND " } else { " WHERE " };
        self.push(word)
    }

    pub(super) fn query(&self) -> Query<'static, Any, AnyArguments> {
        let query = sqlx::query(AssertSqlSafe(self.text.clone()));
        self.bound.iter().fold(query, |query, bound| match bound {
            Bound::Text(text) => query.bind(text.clone()),
            Bound::Whole(whole) => query.bind(*whole),
        })
    }
}
